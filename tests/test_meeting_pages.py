"""The list of meetings and the page of a meeting: agenda, minutes, and what is not public."""

import datetime
import re
import zipfile
from io import BytesIO

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from lxml import html
from pypdf import PdfReader

from council.citizens.following.news_items import news_items_since
from council.meetings.word.export import agenda_docx
from council.models import AgendaItem, Meeting, Membership, Minutes, Person
from council.templatetags.council import council_talks
from udsat.lib.danish import weekday_date
from udsat.lib.publishing import Status
from udsat.models import batch_reindexing

from . import factories as make

LIST = "/esbjerg/moeder/"
HIDDEN = [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"]
RICH = ("presentation", "recommendation", "discussion", "decision", "dissent", "plain_text")


def text(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def words(client, address):
    """Return the text of the page without tags and line breaks."""
    return " ".join(html.fromstring(text(client, address)).text_content().split())


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg)


@pytest.fixture
def meeting(council):
    return make.meeting(council, place="Rådhuset", starts_at=datetime.time(14), ends_at=datetime.time(16, 30))


def in_days(days):
    return timezone.localdate() + datetime.timedelta(days=days)


# The list


def test_coming_meetings_are_listed_before_past_ones(council, client):
    meetings = [make.meeting(council, in_days(days)) for days in (400, 40, 4, -4)]
    page = text(client, LIST)
    near, next_one, far, last = (page.rindex(meetings[n].get_absolute_url()) for n in (2, 1, 0, 3))
    assert near < next_one < far < last


def test_each_year_has_one_wheel_with_its_meetings_visits_and_deadlines(council, client):
    make.meeting(council, datetime.date(2025, 3, 3))
    make.meeting(council, datetime.date(2025, 4, 3), kind=Meeting.Kind.VISIT)
    make.hearing(council, deadline=datetime.date(2025, 5, 3))
    make.meeting(council, datetime.date(2024, 3, 3))
    for address in (LIST, f"{LIST}2025/"):
        page = text(client, address)
        assert page.count('<svg class="wheel"') == 1
        assert "Årshjul for 2025: 1 møde, 1 besøg og 1 svarfrist." in page
        assert "Frist for høringssvar" in page
    assert "Årshjul for 2024: 1 møde." in text(client, f"{LIST}2024/")


def test_a_citizen_finds_the_meetings_of_an_earlier_year_at_its_own_address(council, client):
    for year in (2023, 2024, 2025):
        make.minutes(make.meeting(council, datetime.date(year, 3, 3)))
    newest = html.fromstring(text(client, LIST))
    assert "/esbjerg/moeder/2025-03-03/" in newest.xpath("//ol//a/@href")
    assert "/esbjerg/moeder/2023-03-03/" not in newest.xpath("//a/@href")
    # A link to the year on the page that once had all years leads to the link.
    assert newest.xpath("//*[@id='aar-2023']//a/@href") == ["/esbjerg/moeder/2023/"]
    page = html.fromstring(text(client, "/esbjerg/moeder/2023/"))
    assert page.xpath("//ol//a[contains(@class, 'entry-title')]/@href") == ["/esbjerg/moeder/2023-03-03/"]
    assert page.xpath("//link[@rel='canonical']/@href")[0].endswith("/esbjerg/moeder/2023/")
    assert "i 2023" in page.findtext(".//title") and "i 2023" in page.xpath("//h1")[0].text_content()
    assert page.xpath("//a[@aria-current='page' and text()='2023']")
    assert {"/esbjerg/moeder/", "/esbjerg/moeder/2024/"} <= set(page.xpath("//ul[@class='years']//a/@href"))
    assert "/esbjerg/moeder/2023/" in html.fromstring(text(client, "/esbjerg/moeder/2023-03-03/")).xpath("//a/@href")


def test_the_page_of_the_present_year_has_what_is_past_and_what_is_to_come(council, client):
    today = in_days(0)
    ends = [datetime.date(today.year, 1, 1), datetime.date(today.year, 12, 31)]
    meetings = [make.meeting(council, date, ordinal=2) for date in ends]
    page = text(client, f"{LIST}{today.year}/")
    assert all(meeting.get_absolute_url() in page for meeting in meetings)
    assert client.get(f"{LIST}{today.year + 1}/").status_code == 404


def test_the_number_of_years_adds_nothing_to_the_list(council, client):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            size = len(text(client, LIST))
        return len(queries), size

    make.meeting(council, datetime.date(2025, 3, 3))
    queries, size = cost()
    for year in range(2005, 2025):
        make.meeting(council, datetime.date(year, 3, 3))
    assert cost()[0] == queries and cost()[1] < size + 20 * 100


@pytest.mark.parametrize("status", HIDDEN)
def test_a_meeting_that_is_not_public_leaves_no_trace_in_the_list(council, client, bo, status):
    hidden = make.meeting(council, datetime.date(2023, 5, 9), status, title="Hemmeligt møde")
    coming = make.meeting(council, in_days(5), status, title="Hemmeligt møde")
    make.hearing(council, "Hemmelig høring", status, deadline=datetime.date(2022, 6, 7))
    for reader in (None, bo):
        if reader:
            client.force_login(reader)
        page = text(client, LIST)
        for trace in ("Hemmeligt", "Hemmelig", "2023", "2022", hidden.address_part, coming.address_part):
            assert trace not in page
        assert [client.get(f"{LIST}{year}/").status_code for year in (2022, 2023)] == [404, 404]


def test_the_list_shows_which_papers_are_public(council, client):
    held = make.meeting(council, in_days(-40))
    make.agenda(held)
    make.minutes(held)
    unfinished = make.meeting(council, in_days(-10))
    make.agenda(unfinished)
    make.minutes(unfinished, Status.DRAFT)
    bare = make.meeting(council, in_days(10))
    make.agenda(bare, Status.DRAFT)
    rows = html.fromstring(text(client, LIST)).xpath("//li[contains(@class, 'entry')]")
    tags = {row.xpath(".//a/@href")[0]: [tag.strip() for tag in row.xpath(".//li/text()")] for row in rows}
    assert tags[held.get_absolute_url()] == ["Referat"]
    assert tags[unfinished.get_absolute_url()] == ["Dagsorden"]
    assert tags[bare.get_absolute_url()] == ["Kun for rådet"]


def test_the_next_meeting_is_the_nearest_that_is_not_cancelled(council, client):
    make.meeting(council, in_days(2), is_cancelled=True, cancelled_reason="Sygdom")
    coming = make.meeting(council, in_days(3), is_open=True)
    make.meeting(council, in_days(30))
    box = html.fromstring(text(client, LIST)).xpath("//section[@aria-labelledby='naeste']")[0]
    assert box.xpath(".//a/@href") == [coming.get_absolute_url(), f"{coming.get_absolute_url()}#kom-med"]
    assert "Du må gerne komme med." in box.text_content()
    assert "Sygdom" in text(client, LIST)


def test_a_meeting_that_is_over_today_is_nowhere_the_next_one(council, client):
    """Its end has passed, and the day has not: pages, poster and e-mails to followers."""
    over = make.meeting(
        council,
        in_days(0),
        title="Morgenmøde",
        starts_at=datetime.time(0),
        ends_at=datetime.time(0, 0, 1),
        is_open=True,
    )
    make.agenda(over)
    coming = make.meeting(council, in_days(9), title="Julemøde", is_open=True)
    make.agenda(coming)
    for address in ("/", "/esbjerg/", "/esbjerg/udsatteraad/", "/esbjerg/moeder/"):
        page = text(client, address).split("Det skete i")[0]
        assert "Morgenmøde" not in page and "Julemøde" in page, address
    mailed = {item.path for item in news_items_since(timezone.now() - datetime.timedelta(days=9), timezone.now())}
    assert coming.get_absolute_url() in mailed and over.get_absolute_url() not in mailed
    assert "Morgenmøde" in text(client, "/esbjerg/moeder/").split("Det skete i")[1]
    page = text(client, over.get_absolute_url())
    assert "Referatet er ikke klar endnu." in page and "Må jeg komme med?" not in page
    assert client.get(over.get_poster_url()).status_code == 404


def test_a_closed_meeting_is_followed_by_the_next_open_one(council, client):
    make.meeting(council, in_days(5), title="Lukket møde")
    opened = make.meeting(council, in_days(9), starts_at=datetime.time(14), is_open=True)
    named = f"Næste åbne møde: {weekday_date(opened.date)} kl. 14.00"
    for address in ("/esbjerg/", "/esbjerg/udsatteraad/", "/esbjerg/moeder/"):
        assert named in words(client, address), address


def test_a_council_without_meetings_and_a_municipality_without_council_make_pages(council, vejle, client):
    assert "Vi har ingen møder fra rådet" in text(client, LIST)
    assert "Vi har ingen møder fra rådet" in text(client, "/vejle/moeder/")


# Time, place and address


def test_the_heading_shows_time_and_place(meeting, client):
    page = words(client, meeting.get_absolute_url())
    assert "mandag den 3. marts 2025 kl. 14.00 til 16.30" in page and "Rådhuset" in page


def test_two_meetings_on_one_day_have_an_address_each(council, meeting, client):
    second = make.meeting(council, meeting.date, ordinal=2, title="Aftenmøde")
    assert second.get_absolute_url() == "/esbjerg/moeder/2025-03-03-2/"
    assert "Aftenmøde" in text(client, second.get_absolute_url())
    page = text(client, meeting.get_absolute_url())
    assert f'class="pager-on" href="{second.get_absolute_url()}"' in page
    assert "Mødet efter 3. marts 2025, Aftenmøde" in words(client, meeting.get_absolute_url())


@pytest.mark.parametrize("status", HIDDEN)
def test_an_unknown_date_names_the_meetings_there_are_and_no_others(council, meeting, client, status):
    make.meeting(council, datetime.date(2025, 3, 5), status)
    for address in ("2025-03-04", "2025-03-05"):
        response = client.get(f"{LIST}{address}/")
        assert response.status_code == 404
        page = response.content.decode()
        assert "Der er møde den 3. marts 2025." in page
        assert page.count("5. marts 2025") == (address == "2025-03-05")  # only in the echoed address


@pytest.mark.parametrize("address", ["2025-13-45", "i-morgen", "2025-03-03-0", "2025-03-03-1", "2025-03-03-22", "0"])
def test_a_strange_address_gets_a_helpful_404(meeting, client, address):
    response = client.get(f"{LIST}{address}/")
    assert response.status_code == 404
    assert "Adressen på et møde er en dato" in response.content.decode() or "Vi kender ikke noget møde" in (
        response.content.decode()
    )


def test_another_municipalitys_meeting_has_no_address_here(vejle, esbjerg, client):
    make.meeting(make.council(vejle))
    assert client.get("/esbjerg/moeder/2025-03-03/").status_code == 404


@pytest.mark.parametrize("status", HIDDEN)
def test_neighbours_that_are_not_public_are_passed_over(council, meeting, client, status):
    early, late = make.meeting(council, datetime.date(2025, 1, 6)), make.meeting(council, datetime.date(2025, 6, 2))
    hidden = [make.meeting(council, datetime.date(2025, month, 3), status) for month in (2, 4)]
    page = text(client, meeting.get_absolute_url())
    assert f'class="pager-back" href="{early.get_absolute_url()}"' in page
    assert f'class="pager-on" href="{late.get_absolute_url()}"' in page
    assert not any(other.get_absolute_url() in page for other in hidden)


def test_a_coming_open_meeting_answers_whether_i_may_come(council, client):
    council.phone = "79 79 79 79"
    council.save()
    meeting = make.meeting(council, in_days(5), is_open=True, how_to_attend="Der er suppe.")
    page = words(client, meeting.get_absolute_url())
    assert "Kan jeg komme med? Ja, mødet er åbent for alle. Der er suppe." in page
    assert "Ring 79 79 79 79" in page
    closed = make.meeting(council, in_days(6))
    assert "Nej, mødet er kun for rådet." in words(client, closed.get_absolute_url())


def test_a_cancelled_meeting_shows_the_reason_and_announces_no_minutes(council, client):
    meeting = make.meeting(council, is_cancelled=True, cancelled_reason="Alle var syge.")
    make.agenda(meeting)
    page = words(client, meeting.get_absolute_url())
    assert "Mødet er aflyst. Alle var syge." in page
    assert "Referatet er ikke klar" not in page and "Kan jeg komme med?" not in page


# Publication


def test_an_item_whose_title_was_typed_with_its_number_has_one_number_on_page_and_in_word(meeting, client):
    make.agenda(meeting)
    make.item(meeting, "1. Boliger")
    make.item(meeting, "Punkt 2: Sagen", is_closed=True, public_title="2. En personsag")
    page = words(client, meeting.get_absolute_url())
    assert "1. Boliger" in page and "2. En personsag" in page
    assert "1. 1." not in page and "2. 2." not in page and "Punkt 2:" not in page
    word = zipfile.ZipFile(BytesIO(agenda_docx(meeting))).read("word/document.xml").decode()
    assert "1. Boliger" in word and "1. 1." not in word


def test_items_not_yet_on_the_agenda_leave_no_gap_in_its_numbers(meeting, client):
    make.agenda(meeting)
    theme = make.theme(make.strategy(meeting.municipality))
    make.item(meeting, "Velkommen")
    make.item(meeting, "Rejst under mødet", raised_at_meeting=True)
    make.item(meeting, "Kommer i et tillæg", supplement=AgendaItem.Supplement.WAITING)
    make.item(meeting, "Eventuelt").themes.add(theme)

    def numbers():
        shown = html.fromstring(text(client, meeting.get_absolute_url()))
        return [" ".join(heading.text_content().split()) for heading in shown.xpath("//h3[span[@class='item-number']]")]

    [talk] = council_talks(theme.strategy)["theme"][theme.pk]
    assert (numbers(), talk.number) == (["1. Velkommen", "2. Eventuelt"], 2)
    make.minutes(meeting)
    [talk] = council_talks(theme.strategy)["theme"][theme.pk]
    assert (numbers()[-1], talk.number) == ("4. Eventuelt", 4)


@batch_reindexing()
def filled(meeting):
    """Add an item, an attendance, an agreement and attachments, each with a unique word."""
    item = make.item(
        meeting,
        "Åben titel",
        kind="droeftelse",
        case_number="26/114",
        presentation="<p>Fremstillet</p>",
        recommendation="<p>Indstillet</p>",
        discussion="<p>Sagt</p>",
        answer="taget-til-efterretning",
        decision="<p>Besluttet</p>",
        dissent="<p>Uenig</p>",
        plain_text="<p>Letlæst</p>",
    )
    seat = make.membership(meeting.council, make.person(meeting.municipality, "Karen", "Holm"))
    make.attendance(meeting, seat, remark="gik kl. 15")
    make.agreement(item, "Skrive brevet", member=seat)
    make.attachment(meeting, "dagsordensbilag.txt", item=item)
    make.attachment(meeting, "referatbilag.txt", item=item, paper="referat")
    make.attachment(meeting, "moedebilag.txt", paper="referat")
    make.item(meeting, "Rejst under mødet", raised_at_meeting=True)
    return item


ON_AGENDA = ["Åben titel", "Til drøftelse", "26/114", "Fremstillet", "Indstillet", "dagsordensbilag.txt"]
IN_MINUTES = [
    "Sagt",
    "Taget til efterretning",
    "Besluttet",
    "Uenig",
    "Letlæst",
    "Karen Holm",
    "gik kl. 15",
    "Skrive brevet",
    "referatbilag.txt",
    "moedebilag.txt",
    "Rejst under mødet",
    "Ole Ordstyrer",
    "Rie Referent",
    "Mødet kort",
    "Gro Gæst",
]


@pytest.fixture
def whole(meeting):
    make.agenda(meeting)
    make.minutes(
        meeting,
        chaired_by="Ole Ordstyrer",
        minutes_by="Rie Referent",
        guests="Gro Gæst",
        plain_text="<p>Mødet kort</p>",
    )
    filled(meeting)
    return meeting


def show(client, address):
    page = words(client, address)
    return [word for word in ON_AGENDA + IN_MINUTES if word in page]


def test_published_minutes_show_everything(whole, client):
    assert show(client, whole.get_absolute_url()) == ON_AGENDA + IN_MINUTES


@pytest.mark.parametrize("status", HIDDEN)
def test_without_public_minutes_no_discussion_or_decision_is_shown(whole, client, bo, status):
    Minutes.objects.update(**{"expires_at": None} | make.state(status))
    for reader in (None, bo):
        if reader:
            client.force_login(reader)
        assert show(client, whole.get_absolute_url()) == ON_AGENDA
    assert "Referatet er ikke klar endnu." in words(client, whole.get_absolute_url())


@pytest.mark.parametrize("status", HIDDEN)
def test_without_a_public_agenda_or_minutes_only_time_and_place_are_shown(whole, client, status):
    Minutes.objects.update(**{"expires_at": None} | make.state(status))
    type(whole.agenda).objects.update(**{"expires_at": None} | make.state(status))
    assert show(client, whole.get_absolute_url()) == []
    assert "Rådhuset" in text(client, whole.get_absolute_url())


@pytest.mark.parametrize("status", HIDDEN)
def test_a_meeting_that_is_not_public_takes_agenda_and_minutes_with_it(whole, client, bo, status):
    Meeting.objects.update(**{"expires_at": None} | make.state(status))
    addresses = [whole.get_absolute_url(), whole.get_agenda_pdf_url(), whole.get_minutes_pdf_url()]
    for reader in (None, bo):
        if reader:
            client.force_login(reader)
        assert [client.get(address).status_code for address in addresses] == [404, 404, 404]


@pytest.mark.parametrize(
    ("states", "banner"),
    [
        ((Status.DRAFT, Status.DRAFT, Status.DRAFT), "Mødet: kladde. Dagsordenen: kladde. Referatet: kladde"),
        (
            (Status.PUBLISHED, Status.PUBLISHED, Status.DRAFT),
            "Mødet: offentligt. Dagsordenen: offentlig. Referatet: kladde",
        ),
        (
            (Status.WITHDRAWN, Status.PUBLISHED, Status.PUBLISHED),
            "Mødet: trukket tilbage. Dagsordenen: klar, men vises først, når mødet er offentligt. "
            "Referatet: klar, men vises først, når mødet er offentligt",
        ),
        ((Status.PUBLISHED, Status.PUBLISHED, Status.PUBLISHED), None),
    ],
)
def test_the_secretarys_banner_names_what_is_a_draft(whole, client, anna, states, banner):
    for model, status in zip((Meeting, type(whole.agenda), Minutes), states, strict=True):
        model.objects.update(**make.state(status))
    client.force_login(anna)
    page = words(client, whole.get_absolute_url())
    assert show(client, whole.get_absolute_url()) == ON_AGENDA + IN_MINUTES
    if banner:
        assert f"{banner} – kun du og dine kolleger kan se det, der ikke er offentligt." in page
    else:
        assert "kun du og dine kolleger" not in page


def test_the_banner_shows_that_minutes_are_out_for_approval(whole, client, anna):
    Minutes.objects.update(approval_asked_on=datetime.date(2025, 3, 9), **make.state(Status.DRAFT))
    client.force_login(anna)
    assert "Referatet: kladde, sendt til godkendelse" in words(client, whole.get_absolute_url())


def test_a_draft_without_minutes_shows_the_secretary_no_empty_minutes(meeting, client, anna):
    make.agenda(meeting, Status.DRAFT)
    filled(meeting)
    client.force_login(anna)
    assert show(client, meeting.get_absolute_url()) == ON_AGENDA


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, "Referatet er ikke godkendt af rådet endnu."),
        ({"approved_on": datetime.date(2025, 6, 4)}, "Rådet har godkendt referatet den 4. juni 2025."),
        (
            {"approved_on": datetime.date(2025, 6, 4), "approved_how": "på mødet den 4. juni"},
            "Rådet har godkendt referatet på mødet den 4. juni.",
        ),
        (
            {"approved_on": datetime.date(2025, 6, 4), "approved_how": "skriftligt"},
            "Rådet har godkendt referatet den 4. juni 2025, skriftligt.",
        ),
        ({"approved_how": "skriftligt"}, "Rådet har godkendt referatet skriftligt."),
        (
            {"corrected_on": datetime.date(2025, 6, 9), "correction": "Tallet i punkt 2."},
            "Rettet den 9. juni 2025: Tallet i punkt 2.",
        ),
    ],
)
def test_the_page_shows_approval_and_correction_of_the_minutes(meeting, client, fields, expected):
    make.minutes(meeting, **fields)
    assert expected in words(client, meeting.get_absolute_url())


# Closed items


@pytest.mark.parametrize("reader", [None, "anna", "bo", "operator"])
@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.DRAFT])
def test_a_closed_item_is_a_number_and_a_neutral_title_for_everybody(meeting, client, request, reader, status):
    make.agenda(meeting)
    make.minutes(meeting, status)
    strategy = make.strategy(meeting.municipality)
    theme = make.theme(strategy, "Åbent tema")
    make.item(meeting, "Første punkt")
    closed = make.item(
        meeting,
        "HEMMELIG titel",
        is_closed=True,
        public_title="Personsag",
        case_number="HEMMELIG",
        answer="ikke-godkendt",
        internal_note="HEMMELIG",
        kind="beslutning",
        **dict.fromkeys(RICH, "<p>HEMMELIG</p>"),
    )
    closed.themes.add(theme)
    make.agreement(closed, "HEMMELIG aftale", responsible="HEMMELIG", outcome="HEMMELIG")
    before = make.meeting(meeting.council, datetime.date(2025, 1, 6))
    make.minutes(before)
    make.agreement(make.item(before), "HEMMELIG opfølgning").followed_up_at.add(closed)
    make.attachment(meeting, "HEMMELIG.txt", b"HEMMELIG", item=closed, title="HEMMELIG")
    if reader:
        client.force_login(request.getfixturevalue(reader))

    page = text(client, meeting.get_absolute_url())
    assert "HEMMELIG" not in page
    assert "Ikke godkendt</p>" not in page and "Til beslutning" not in page and "Åbent tema" not in page
    item = html.fromstring(page).xpath("//article[contains(@class, 'item--closed')]")[0]
    assert " ".join(item.xpath("./h3")[0].text_content().split()) == "2. Personsag"
    assert "Punktet er lukket." in item.text_content()
    for address in (meeting.get_agenda_pdf_url(), meeting.get_minutes_pdf_url(), LIST):
        response = client.get(address)
        if response.status_code == 200 and response["Content-Type"] == "application/pdf":
            pages = PdfReader(BytesIO(response.content)).pages
            assert "HEMMELIG" not in " ".join(page.extract_text() for page in pages)
        else:
            assert b"HEMMELIG" not in response.content


def test_an_agreement_that_a_closed_item_took_up_again_does_not_point_there(council, client):
    first, later = make.meeting(council), make.meeting(council, datetime.date(2025, 6, 2))
    make.minutes(first)
    make.minutes(later)
    agreement = make.agreement(make.item(first))
    closed = make.item(later, is_closed=True, public_title="Personsag")
    agreement.followed_up_at.add(closed)
    assert closed.anchor not in text(client, first.get_absolute_url())


# The items


@pytest.mark.parametrize(
    ("style", "heading", "labels"),
    [
        ("sag", "7. Åben titel", ["Kort fortalt", "Sagsfremstilling", "Indstilling", "Referat", "Beslutning"]),
        ("let", "7. Åben titel", ["Kort fortalt", "Indstilling"]),
        ("fortaellende", "7. Åben titel", ["Kort fortalt"]),
        ("punkt", "Punkt 7: Åben titel", ["Kort fortalt", "Indstilling", "Beslutning"]),
    ],
)
def test_each_style_of_minutes_has_its_own_form(meeting, client, style, heading, labels):
    Meeting.objects.update(style=style, first_number=7)
    make.minutes(meeting)
    filled(meeting)
    item = html.fromstring(text(client, meeting.get_absolute_url())).xpath("//article[contains(@class, 'item')]")[0]
    assert " ".join(item.xpath("./h3")[0].text_content().split()) == heading
    shown_labels = [label.text_content() for label in item.xpath(".//h4")]
    assert shown_labels == [*labels, "Mindretalsudtalelse", "Aftale", "Bilag"]
    for word in ("Fremstillet", "Indstillet", "Sagt", "Taget til efterretning", "Besluttet", "Uenig"):
        assert word in item.text_content()


def test_agreements_show_responsible_deadline_and_status(meeting, client):
    make.minutes(meeting)
    item = make.item(meeting)
    made = [
        make.agreement(item, responsible="Ida", due_on=in_days(-9), done_on=in_days(-10), outcome="Det gik."),
        make.agreement(item, due_on=in_days(-1)),
        make.agreement(item, due_on=in_days(0)),
    ]
    assert [agreement.is_overdue for agreement in made] == [False, True, False]
    boxes = html.fromstring(text(client, meeting.get_absolute_url())).xpath("//ul[@class='agreements']/li")
    done, late, still_open = (" ".join(box.text_content().split()) for box in boxes)
    assert "Hvem: Ida." in done and "Gjort den" in done and "Det gik." in done
    assert "Ikke gjort, fristen er overskredet" in late
    assert "Ikke gjort endnu" in still_open


def test_an_agreement_is_followed_from_meeting_to_meeting(council, client):
    first, later = make.meeting(council), make.meeting(council, datetime.date(2025, 6, 2))
    make.minutes(first)
    minutes = make.minutes(later)
    agreement, item = make.agreement(make.item(first), "Skrive brevet"), make.item(later)
    agreement.followed_up_at.add(item)
    assert item.get_absolute_url() in text(client, first.get_absolute_url())
    page = words(client, later.get_absolute_url())
    assert "Punktet følger op på aftalen »Skrive brevet« fra mødet den 3. marts 2025" in page
    Minutes.objects.filter(pk=minutes.pk).update(status=Status.WITHDRAWN)
    assert item.get_absolute_url() not in text(client, first.get_absolute_url())


def test_an_earlier_agreement_is_not_named_when_its_own_minutes_are_not_public(council, client):
    first, later = make.meeting(council), make.meeting(council, datetime.date(2025, 6, 2))
    make.minutes(first, Status.DRAFT)
    make.minutes(later)
    make.agreement(make.item(first), "Skrive brevet").followed_up_at.add(make.item(later))
    assert "Skrive brevet" not in text(client, later.get_absolute_url())


def test_items_point_to_themes_and_goals_of_public_strategies_only(esbjerg, meeting, client):
    make.agenda(meeting)
    item = make.item(meeting)
    theme = make.theme(make.strategy(esbjerg), "Et sted at bo")
    goal = make.goal(theme, "bygge 20 små boliger.")
    draft = make.theme(make.strategy(esbjerg, "Skitse", Status.DRAFT), "Skjult tema")
    item.themes.add(theme, draft)
    item.goals.add(goal, make.goal(draft, "skjult mål."))
    page = text(client, meeting.get_absolute_url())
    assert theme.get_absolute_url() in page and goal.get_absolute_url() in page
    assert "mål 1.1 »Vi vil: bygge 20 små boliger.«" in page
    assert "Skjult tema" not in page and "skjult mål" not in page


def test_attachments_are_listed_with_type_and_size(meeting, client):
    make.agenda(meeting)
    file = make.attachment(meeting, "notat.txt", b"x" * 2048, item=make.item(meeting), title="Et notat")
    row = html.fromstring(text(client, meeting.get_absolute_url())).xpath("//ul[@class='files']/li")[0]
    assert " ".join(row.text_content().split()) == "Et notat TXT, 2,0 KB"
    assert row.xpath("./a/@href") == [file.get_absolute_url()]


def test_texts_are_escaped(meeting, client):
    Meeting.objects.update(title="<script>x</script>", place="<b>y</b>")
    make.minutes(meeting)
    item = make.item(meeting, "<script>z</script>")
    type(item).objects.update(decision='<p onclick="w">ok</p>')
    page = text(client, meeting.get_absolute_url())
    # Buttons of the page itself have a type.
    assert "<script" not in page.replace("<script type=", "") and "<b>y" not in page and "onclick" not in page


# People


def test_people_are_named_as_they_allow_and_named_again_when_they_change_their_mind(meeting, client):
    make.minutes(meeting)
    council, municipality = meeting.council, meeting.municipality
    viggo = make.person(municipality, "Viggo", "Mørk", Person.Shown.ROLE)
    seats = [
        make.membership(council, make.person(municipality, "Karen", "Holm"), role=Membership.Role.CHAIR),
        make.membership(council, make.person(municipality, "Jens", "Skjold", Person.Shown.FIRST)),
        make.membership(council, viggo, speaks_as="bruger"),
        make.membership(council, make.person(municipality, "Asta", "Lys", Person.Shown.ROLE), speaks_as="bruger"),
    ]
    for seat in seats:
        make.attendance(meeting, seat)
    make.agreement(make.item(meeting), "Ringe rundt", member=seats[2])
    page = words(client, meeting.get_absolute_url())
    assert "Karen Holm (formand)" in page and "Jens" in page and "Brugerrepræsentant (2 personer)" in page
    assert "Hvem: Brugerrepræsentant." in page
    assert not any(secret in page for secret in ("Skjold", "Viggo", "Mørk", "Asta", "Lys"))
    viggo.shown = Person.Shown.FULL
    viggo.save()
    assert "Hvem: Viggo Mørk." in words(client, meeting.get_absolute_url())


def test_apologies_are_kept_apart_from_absence_and_substitutes_named(meeting, client):
    make.minutes(meeting)
    council, municipality = meeting.council, meeting.municipality
    karen = make.membership(council, make.person(municipality, "Karen", "Holm"))
    per = make.membership(council, make.person(municipality, "Per", "Ravn"), role=Membership.Role.SUBSTITUTE)
    make.attendance(meeting, karen, status="afbud")
    make.attendance(meeting, per, substitute_for=karen)
    make.attendance(meeting, make.membership(council, make.person(municipality, "Ib", "Bo")), status="fravaerende")
    terms = html.fromstring(text(client, meeting.get_absolute_url())).xpath("//section[@id='fremmoede']//dl")[0]
    text_of_terms = " ".join(terms.text_content().split())
    assert text_of_terms == "Til stede Per Ravn (suppleant), i stedet for Karen Holm Afbud Karen Holm Fraværende Ib Bo"


# PDF, cookies, queries


def test_pdfs_are_there_when_their_paper_is(meeting, client):
    make.agenda(meeting)
    make.minutes(meeting, Status.DRAFT)
    response = client.get(meeting.get_agenda_pdf_url())
    assert response["Content-Type"] == "application/pdf" and response.content.startswith(b"%PDF-")
    day = timezone.localdate(meeting.agenda.last_changed).isoformat()
    name = f"esbjerg_dagsorden-ordinaert-moede-2025-03-03_version-1_{day}.pdf"
    assert response["Content-Disposition"] == f'inline; filename="{name}"'
    response = client.get(meeting.get_minutes_pdf_url())
    assert response.status_code == 404
    assert "Der er intet referat at læse fra mødet den 3. marts 2025 endnu." in response.content.decode()


def test_a_pdf_is_sent_once_and_again_when_it_has_changed(meeting, client):
    make.agenda(meeting)
    first = client.get(meeting.get_agenda_pdf_url())
    again = {"HTTP_IF_NONE_MATCH": first["ETag"]}
    assert client.get(meeting.get_agenda_pdf_url(), **again).status_code == 304
    make.item(meeting, "Nyt punkt")
    assert client.get(meeting.get_agenda_pdf_url(), **again).status_code == 200


def test_no_search_engine_keeps_a_pdf_that_is_not_public(meeting, client, anna):
    agenda = make.agenda(meeting, Status.DRAFT)
    client.force_login(anna)
    assert client.get(meeting.get_agenda_pdf_url())["X-Robots-Tag"] == "noindex, nofollow"
    type(agenda).objects.update(**make.state(Status.PUBLISHED))
    assert "X-Robots-Tag" not in client.get(meeting.get_agenda_pdf_url())


def test_no_cookie_is_set_and_a_log_in_is_kept_out_of_caches(whole, client, anna):
    for address in (LIST, whole.get_absolute_url(), whole.get_agenda_pdf_url()):
        assert not client.get(address).cookies
    client.force_login(anna)
    for address in (LIST, whole.get_absolute_url(), whole.get_agenda_pdf_url()):
        assert client.get(address)["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("reader", [None, "anna"])
def test_a_long_meeting_and_many_meetings_cost_no_more_queries(esbjerg, whole, client, request, reader):
    if reader:
        client.force_login(request.getfixturevalue(reader))
    theme = make.theme(make.strategy(esbjerg), "")
    goal = make.goal(theme)

    def grow(number):
        for n in range(number):
            item = filled(whole)
            item.themes.add(theme)
            item.goals.add(goal)
            other = make.meeting(whole.council, whole.date + datetime.timedelta(days=40 * number + n + 1))
            make.minutes(other)
            agreement = make.agreement(item, f"Aftale {n}")
            agreement.followed_up_at.add(make.item(other))
            make.agreement(make.item(other), f"Ældre {n}").followed_up_at.add(item)
            make.hearing(whole.council, deadline=datetime.date(2025, 5, 5))
            make.news(esbjerg, f"Nyhed {n}", meeting=whole)

    counts = []
    for number in (1, 6):
        grow(number)
        for address in (LIST, whole.get_absolute_url()):
            with CaptureQueriesContext(connection) as queries:
                text(client, address)
            counts.append(len(queries))
    assert counts[:2] == counts[2:]


@pytest.mark.parametrize(
    "fields, note",
    [({"is_cancelled": True}, "Aflyst"), ({"date": datetime.date(2099, 3, 10)}, "Flyttet fra 3. marts 2099")],
    ids=["cancelled", "moved"],
)
def test_every_list_says_that_a_meeting_is_cancelled_or_moved(client, esbjerg, fields, note):
    council = make.council(esbjerg)
    meeting = make.meeting(council, datetime.date(2099, 3, 3), place="Pakhuset", starts_at=datetime.time(14))
    make.agenda(meeting)
    cause = make.cause(council)
    item = make.item(meeting, "Spil")
    item.causes.add(cause)
    hearing = make.hearing(council)
    item.hearings.add(hearing)
    meeting.refresh_from_db()
    for field, value in fields.items():
        setattr(meeting, field, value)
    meeting.save()
    addresses = ["/esbjerg/moeder/", "/esbjerg/udsatteraad/maerkesager/"]
    if meeting.is_cancelled:
        assert "Mødet blev aflyst." in client.get("/esbjerg/hoeringer/").content.decode()
        later = make.meeting(council, datetime.date(2099, 5, 5))
        assert "3. marts 2099 (aflyst)" in client.get(later.get_absolute_url()).content.decode()
    else:
        addresses += ["/", "/esbjerg/", "/esbjerg/udsatteraad/"]
        assert "Flyttet fra 3. marts 2099." in client.get("/esbjerg/moeder.ics").content.decode()
        page = client.get(meeting.get_absolute_url()).content.decode()
        assert "Mødet er flyttet fra tirsdag den 3. marts 2099." in page
        assert "EventRescheduled" in page and '"previousStartDate"' in page
    for address in addresses:
        assert f'<strong class="cancelled">{note}</strong>' in client.get(address).content.decode(), address


def test_a_meeting_is_moved_from_its_last_public_day_until_it_is_moved_back_or_held(esbjerg):
    meeting = make.meeting(make.council(esbjerg), datetime.date(2099, 3, 3), Status.DRAFT)

    def move(day):
        meeting.date = day
        meeting.save()
        meeting.refresh_from_db()
        return meeting.change_note

    assert move(datetime.date(2099, 3, 4)) == "", "nobody had seen the first day"
    type(meeting).objects.filter(pk=meeting.pk).update(**make.state(Status.PUBLISHED))
    meeting.refresh_from_db()
    assert move(datetime.date(2099, 3, 10)) == "Flyttet fra 4. marts 2099"
    assert move(datetime.date(2099, 3, 17)) == "Flyttet fra 10. marts 2099"
    assert move(datetime.date(2099, 3, 10)) == "", "it is back"
    assert move(datetime.date(2099, 3, 24)) == "Flyttet fra 10. marts 2099"
    assert move(datetime.date(2020, 3, 10)) == ""


def test_a_secretary_reads_the_kind_of_a_paper_once(client, anna, esbjerg):
    held = make.meeting(make.council(esbjerg))
    client.force_login(anna)
    for paper in (make.agenda(held), make.minutes(held)):
        for address in (
            f"/admin/council/meeting/{held.pk}/change/",
            f"/admin/council/{paper._meta.model_name}/{paper.pk}/change/",
        ):
            page = client.get(address, follow=True).content.decode()
            text = " ".join(re.sub("<[^>]+>", " ", page).replace(" · Esbjerg Kommune", "").split())
            assert str(paper) in text or "meeting" in address
            kind = str(paper).split()[0]
            assert not re.search(rf"{kind}\W+{kind} (af|til) ", text), address
