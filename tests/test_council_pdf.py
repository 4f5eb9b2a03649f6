"""Agenda and minutes as PDF."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from council.models import Attachment, Attendance, Meeting, Membership, Person
from council.public.pdf import agenda_pdf, minutes_pdf
from udsat.lib.pdf_making import make_pdf
from udsat.lib.publishing import Status

from . import factories
from .pdf_reader import bookmarks, elements, failures, links, qr_code_on_page, read, words
from .selection import dealt

pytestmark = pytest.mark.once

DAY = datetime.date(2025, 3, 3)


@pytest.fixture
def council(esbjerg):
    return factories.council(esbjerg, phone="79 79 79 79", chair_label="forperson")


@pytest.fixture
def meeting(council):
    """An ordinary meeting with agenda and minutes, and two items with every field filled."""
    made = factories.meeting(
        council, DAY, starts_at=datetime.time(14), ends_at=datetime.time(16), place="Rådhuset, lokale 1", first_number=7
    )
    factories.agenda(made, intro="<p>Kaffe fra kl. 13.30.</p>")
    factories.minutes(
        made,
        approved_on=datetime.date(2025, 4, 7),
        approved_how="på mødet den 7. april 2025",
        chaired_by="Karen Holm",
        minutes_by="Anna Sekretær",
        guests="Lars fra Havnen",
        plain_text="<p>Mødet handlede om unge.</p>",
    )
    item = factories.item(
        made,
        "Boliger til unge",
        kind="beslutning",
        case_number="25/1234",
        presentation="<p>Der mangler boliger.</p>",
        recommendation="<p>At rådet skriver til udvalget.</p>",
        discussion="<p>Alle var enige.</p>",
        answer="godkendt",
        decision="<p>Rådet skriver.</p>",
        dissent="<p>Per var imod.</p>",
        plain_text="<p>Vi skriver et brev.</p>",
    )
    factories.agreement(item, "Skrive brevet", responsible="Karen", due_on=datetime.date(2025, 5, 1))
    factories.attachment(made, "notat.txt", item=item, title="Notat om boliger")
    factories.attachment(made, "brev.txt", item=item, title="Udkast til brev", paper=Attachment.Paper.MINUTES)
    factories.attachment(made, "plan.txt", title="Årets plan")
    factories.attachment(made, "tal.txt", title="Optælling af stemmer", paper=Attachment.Paper.MINUTES)
    factories.item(made, "Rejst af Per", discussion="<p>Per spurgte om bussen.</p>", raised_at_meeting=True)
    return made


@pytest.fixture
def closed(meeting):
    """A closed item with a secret word in every field."""
    secret = "<p>Hemmelig</p>"
    item = factories.item(
        meeting,
        "Hemmelig sag om Hansen",
        is_closed=True,
        public_title="Personsag",
        case_number="Hemmelig-1",
        presentation=secret,
        recommendation=secret,
        discussion=secret,
        decision=secret,
        dissent=secret,
        plain_text=secret,
        answer="udsat",
    )
    factories.agreement(item, "Hemmelig aftale", responsible="Hemmelig Hansen")
    factories.attachment(meeting, "hemmelig.txt", item=item, title="Hemmeligt bilag")
    return item


def fresh(meeting):
    return Meeting.objects.select_related("council__municipality", "agenda", "minutes").get(pk=meeting.pk)


def agenda_of(meeting):
    return make_pdf(agenda_pdf(fresh(meeting)))


def minutes_of(meeting):
    return make_pdf(minutes_pdf(fresh(meeting)))


@pytest.mark.parametrize("style", Meeting.Style.values)
def test_agenda_and_minutes_pass_pdf_ua_in_every_style(meeting, closed, style):
    meeting.style = style
    meeting.save()
    for data in (agenda_of(meeting), minutes_of(meeting)):
        assert failures(data) == []


def test_the_minutes_contain_discussions_and_decisions(meeting):
    text = words(minutes_of(meeting))
    for part in [
        "REFERAT",
        "Ordinært møde",
        "mandag den 3. marts 2025 kl. 14.00–16.00",
        "Rådhuset, lokale 1",
        "Karen Holm",
        "Anna Sekretær",
        "Lars fra Havnen",
        "Rådet har godkendt referatet på mødet den 7. april 2025.",
        "Boliger til unge",
        "Til beslutning",
        "Sagsnr. 25/1234",
        "Der mangler boliger.",
        "At rådet skriver til udvalget.",
        "Alle var enige.",
        "Godkendt",
        "Rådet skriver.",
        "Per var imod.",
        "Vi skriver et brev.",
        "Skrive brevet",
        "Karen",
        "1. maj 2025",
        "Notat om boliger (TXT)",
        "Udkast til brev",
        "Årets plan",
        "Optælling af stemmer",
        "Rejst på mødet",
        "Per spurgte om bussen.",
        "79 79 79 79",
        "Mødet handlede om unge.",
    ]:
        assert part in text, part


def test_the_agenda_contains_no_discussions_or_decisions(meeting):
    text = words(agenda_of(meeting))
    for part in [
        "DAGSORDEN",
        "Kaffe fra kl. 13.30.",
        "Boliger til unge",
        "Der mangler boliger.",
        "At rådet skriver til udvalget.",
        "Notat om boliger",
        "Årets plan",
    ]:
        assert part in text, part
    for part in [
        "Alle var enige",
        "Rådet skriver.",
        "Per var imod",
        "Vi skriver et brev",
        "Skrive brevet",
        "Godkendt",
        "Udkast til brev",
        "Rejst af Per",
        "Per spurgte",
        "Anna Sekretær",
        "Lars fra Havnen",
        "Mødet handlede om unge.",
        "Optælling",
    ]:
        assert part not in text, part


def test_of_a_closed_item_only_number_and_neutral_title_are_on_paper(meeting, closed):
    # The discussion comes before the decision in the minutes.
    for data, number in ((agenda_of(meeting), 8), (minutes_of(meeting), 9)):
        text = words(data)
        assert f"{number} Personsag Punktet er lukket." in text
        assert "emmelig" not in text and "Hansen" not in text
        assert all("hemmelig" not in link for link in links(data))
        assert "emmelig" not in str(read(data).metadata) + str(bookmarks(data))


def test_the_items_keep_their_numbers_and_are_bookmarks(meeting, closed):
    assert bookmarks(minutes_of(meeting))[:3] == ["Ordinært møde", "Kort fortalt", "7 Boliger til unge"]
    assert {"8 Rejst af Per", "9 Personsag"} < set(bookmarks(minutes_of(meeting)))


@pytest.mark.parametrize(
    ("style", "heading", "label"),
    [
        ("sag", "7 Boliger", True),
        ("let", "7 Boliger", True),
        ("fortaellende", "7. Boliger", False),
        ("punkt", "Punkt 7: Boliger", False),
    ],
)
def test_each_style_has_its_own_headings(meeting, style, heading, label):
    meeting.style = style
    meeting.save()
    data = minutes_of(meeting)
    assert any(title.startswith(heading) for title in bookmarks(data))
    assert ("Sagsfremstilling" in words(data)) is label
    assert "Beslutning Godkendt Rådet skriver." in words(data)


def test_who_came_who_sent_word_and_who_did_not_are_kept_apart(meeting, council):
    def member(name, shown=Person.Shown.FULL, status=Attendance.Status.PRESENT, role=Membership.Role.MEMBER, **fields):
        person = factories.person(council.municipality, name, "Holm", shown)
        seat = factories.membership(council, person, role=role, speaks_as="bruger")
        factories.attendance(meeting, seat, status=status, **fields)
        return seat

    member("Karen", role=Membership.Role.CHAIR)
    member("Skjult", Person.Shown.ROLE)
    member("Gemt", Person.Shown.ROLE)
    member("Mikkel", Person.Shown.FIRST, remark="til kl. 15")
    away = member("Bente", status=Attendance.Status.EXCUSED)
    member("Ali", status=Attendance.Status.ABSENT)
    member("Yusuf", role=Membership.Role.SUBSTITUTE, substitute_for=away)
    text = words(minutes_of(meeting))
    for part in [
        "Til stede Karen Holm (forperson)",
        "Brugerrepræsentant (2 personer)",
        "Mikkel, til kl. 15",
        "Yusuf Holm (suppleant), i stedet for Bente Holm",
        "Afbud Bente Holm",
        "Fraværende Ali Holm",
    ]:
        assert part in text, part
    assert "Skjult" not in text and "Gemt" not in text and "Mikkel Holm" not in text


def test_a_person_who_wants_to_be_hidden_is_gone_from_old_minutes_too(meeting, council):
    karen = factories.person(council.municipality, "Karen", "Yndig")
    factories.attendance(meeting, factories.membership(council, karen, speaks_as="bruger"))
    assert "Karen Yndig" in words(minutes_of(meeting))
    karen.shown = Person.Shown.ROLE
    karen.save()
    assert "Yndig" not in words(minutes_of(meeting))


def test_agreements_are_a_table_with_headings_for_what_who_and_when(meeting):
    data = minutes_of(meeting)
    assert "Hvad Hvem Hvornår Skrive brevet Karen 1. maj 2025" in words(data)
    assert [cell["/A"]["/Scope"] for cell in elements(data, "/TH")] == ["/Column"] * 3


def test_a_follow_up_and_a_link_to_the_strategy_are_with_the_item(meeting, council, settings):
    theme = factories.theme(factories.strategy(council.municipality), "Et sted at bo")
    hidden = factories.theme(factories.strategy(council.municipality, "Kladde", Status.DRAFT), "Ikke klar")
    item = factories.item(meeting, "Opfølgning")
    item.themes.set([theme, hidden])
    earlier = factories.meeting(council, datetime.date(2025, 1, 6))
    factories.minutes(earlier)
    agreement = factories.agreement(factories.item(earlier, "Tidligere"), "Ringe til havnen", responsible="Per")
    agreement.followed_up_at.add(item)
    data = minutes_of(meeting)
    assert "Ringe til havnen (Per), aftalt 6. januar 2025" in words(data)
    assert "Et sted at bo" in words(data) and "Ikke klar" not in words(data)
    assert settings.SITE_URL + theme.get_absolute_url() in links(data)


def test_a_correction_shows_its_text_and_date(meeting):
    minutes = meeting.minutes
    minutes.corrected_on, minutes.correction = datetime.date(2025, 5, 2), "Bente var til stede."
    minutes.save()
    assert "Rettet den 2. maj 2025 Bente var til stede." in words(minutes_of(meeting))


def test_unapproved_minutes_are_marked(meeting):
    minutes = meeting.minutes
    minutes.approved_on, minutes.approved_how = None, ""
    minutes.save()
    assert "Referatet er ikke godkendt af rådet endnu." in words(minutes_of(meeting))


def test_the_agenda_of_a_cancelled_meeting_is_marked(meeting):
    meeting.is_cancelled, meeting.cancelled_reason = True, "Sne"
    meeting.save()
    text = words(agenda_of(meeting))
    assert "er aflyst" in text and "Sne" in text


def test_the_agenda_of_an_open_meeting_shows_how_to_attend(meeting):
    meeting.is_open, meeting.how_to_attend = True, "Ring til Anna, så henter vi dig."
    meeting.save()
    assert "Åbent møde Ring til Anna, så henter vi dig." in words(agenda_of(meeting))


def test_the_pdf_of_a_draft_is_marked(council):
    meeting = factories.meeting(council)
    factories.agenda(meeting)
    factories.minutes(meeting, Status.DRAFT)
    assert "KLADDE, IKKE OFFENTLIG" in words(minutes_of(meeting)).upper()
    assert "KLADDE" not in words(agenda_of(meeting)).upper()


def test_language_title_author_and_the_way_to_the_page_are_in_the_file(meeting, settings):
    data = minutes_of(meeting)
    reader = read(data)
    assert reader.trailer["/Root"]["/Lang"] == "da"
    assert reader.metadata.title == ("Referat: Ordinært møde mandag den 3. marts 2025 – Udsatterådet, Esbjerg Kommune")
    assert reader.metadata.author == "Esbjerg Kommune"
    address = f"{settings.SITE_URL}/esbjerg/moeder/2025-03-03/"
    assert qr_code_on_page(data) == address
    assert address in links(data)


def test_the_same_minutes_give_the_same_bytes_and_a_change_shows_at_once(meeting):
    before = minutes_of(meeting)
    assert minutes_of(meeting) == before
    item = meeting.items.first()
    item.decision = "<p>Rådet ringer i stedet.</p>"
    item.save()
    assert "Rådet ringer i stedet." in words(minutes_of(meeting))


def test_longer_minutes_cost_no_more_queries(meeting, council):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            minutes_of(meeting)
        return len(captured)

    def come():
        """A member who attends instead of the chair, whose name is hidden."""
        member = factories.membership(council, factories.person(council.municipality))
        chair = factories.membership(council, role=Membership.Role.CHAIR)
        factories.attendance(meeting, member, substitute_for=chair)

    come()
    before = queries()
    for number in range(5):
        item = factories.item(meeting)
        factories.agreement(item)
        factories.attachment(meeting, f"{number}.txt", item=item)
        factories.attachment(meeting, f"hele-{number}.txt")
        come()
    assert queries() == before


def test_a_long_word_and_a_wide_table_stay_on_the_page(meeting):
    cells = "".join(f"<td>Beskæftigelsesforvaltningen{number}</td>" for number in range(9))
    factories.item(meeting, "B" * 200, discussion=f"<p>{'x' * 2000}</p><table><tbody><tr>{cells}</tr></tbody></table>")
    data = minutes_of(meeting)
    assert failures(data) == []
    for page in read(data).pages:
        page.extract_text(visitor_text=lambda text, cm, tm, font, size: _inside(text, cm, tm))


def test_long_minutes_have_contents_with_page_numbers_and_short_ones_have_none(meeting):
    assert "Indhold" not in words(minutes_of(meeting))
    for number in range(24):
        factories.item(meeting, f"Sag {number}", discussion="<p>Vi talte om det længe.</p>" * 6)
    pages = [page.extract_text() for page in read(minutes_of(meeting)).pages]
    contents = "\n".join(pages[:2])
    assert "Indhold" in contents
    [number] = re.findall(r"32\. Sag 23\s*(\d+)", contents)
    assert "Sag 23" in pages[int(number) - 1]


def _inside(text, cm, tm):
    x = tm[4] * cm[0] + cm[4]
    assert not text.strip() or 0 <= x <= 595, text


@pytest.mark.parametrize("hand", [0, pytest.param(1, marks=pytest.mark.soak)])
def test_every_meeting_of_the_demo_passes_pdf_ua(demo_to_read, db, settings, hand):
    settings.MEDIA_ROOT = demo_to_read / "uploads"
    meetings = Meeting.objects.select_related("council__municipality", "agenda", "minutes")
    papers = [agenda_pdf(meeting) for meeting in meetings if hasattr(meeting, "agenda")]
    papers += [minutes_pdf(meeting) for meeting in meetings if hasattr(meeting, "minutes")]
    assert len(papers) > 10
    for paper in dealt(papers, 2)[hand]:
        assert failures(make_pdf(paper)) == []
