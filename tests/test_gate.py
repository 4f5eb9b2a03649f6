"""Privacy review before publication: findings in context, confirmation, and preview."""

import datetime
import html
import re

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from council.meetings.agenda.building import add_standard_items
from council.models import AgendaItem, Meeting, Minutes, News, Person, StandardItem
from udsat.lib.publishing import Status
from udsat.models import PublicationEvent

from . import factories as make
from .test_back_office_conflict import log_in, opened
from .test_back_office_publishing import TICK, answer, gate
from .test_back_office_scope import text, url


@pytest.fixture
def annas(anna):
    return log_in(anna)


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg, phone="75 12 34 56", email="raad@esbjerg.dk", address="Torvet 1, 6700 Esbjerg")


@pytest.fixture
def meeting(council):
    made = make.meeting(council, address="Havnegade 3, 6700 Esbjerg", status=Status.DRAFT)
    made.refresh_from_db()
    return made


@pytest.fixture
def minutes(meeting):
    return make.minutes(meeting, status=Status.DRAFT)


def findings(client, it):
    """Return object name, kind and marked words of every finding."""
    texts = client.get(gate(client, it)).context["texts"]
    return [(one.name, finding.kind, finding.match) for one in texts for finding in one.findings]


def ticked(client, it, **fields):
    """Submit the publication form with every checkbox ticked."""
    form = client.get(gate(client, it)).context["form"]
    ticks = {name: "on" for name in form.fields if name.startswith("looked_")}
    return answer(client, it, **TICK, **ticks, **fields)


def test_each_finding_is_shown_in_its_sentence_with_a_link_to_its_field(annas, meeting, minutes):
    item = make.item(
        meeting,
        "Boliger",
        discussion="<p>Rådet talte længe. Bente Krogh bor på <strong>Skolevej</strong> 12. Så drak vi kaffe.</p>",
    )
    page = html.unescape(text(annas.get(gate(annas, minutes))))
    assert "<blockquote><mark>Bente Krogh</mark> bor på Skolevej 12.</blockquote>" in page
    assert "<blockquote>Bente Krogh bor på <mark>Skolevej 12</mark>.</blockquote>" in page
    assert f'value="{url(AgendaItem, "change", item.pk)}#id_discussion"' in page
    assert "Punkt 1. Boliger" in page


@pytest.mark.parametrize(
    ("words", "kind", "what"),
    [
        ("Ring til hende på 26 18 44 07.", "telefonnummer", "26 18 44 07"),
        ("Skriv til bente.k@gmail.com.", "e-mailadresse", "bente.k@gmail.com"),
        ("Han bor på Skolevej 12, 6700 Esbjerg.", "adresse", "Skolevej 12, 6700 Esbjerg"),
        ("Vi talte med Bente Krogh.", "navn", "Bente Krogh"),
        ("Vi talte med \ue123.", "tegn, som PDF'en ikke kan vise (U+E123)", "\ue123"),
    ],
)
def test_what_may_be_private_is_asked_about(annas, meeting, minutes, words, kind, what):
    make.item(meeting, "Boliger", decision=f"<p>{words}</p>")
    assert findings(annas, minutes) == [("Punkt 1. Boliger", kind, what)]


def test_the_councils_own_contacts_and_people_are_no_finding(annas, esbjerg, council, meeting, minutes):
    esbjerg.phone, esbjerg.website = "76 16 16 16", "https://www.esbjerg.dk"
    esbjerg.save()
    make.membership(council, make.person(esbjerg, "Karin", "Holt"), area="Gadens Folk")
    make.user("mette", of=esbjerg, role="redaktoer", first_name="Mette", last_name="Krogh")
    make.item(
        meeting,
        "Boliger",
        decision="<p>Ring til 76 16 16 16 eller 75 12 34 56. Skriv til raad@esbjerg.dk. Vi ses på Torvet 1 eller i "
        "Havnegade 3. Karin Holt, Mette Krogh og Gadens Folk tager med. Lise Friis, leder af Boligvagten, holder "
        "oplæg. Lise Friis har sagt ja.</p>",
    )
    assert findings(annas, minutes) == []
    assert "Vi fandt intet" in text(annas.get(gate(annas, minutes)))


def test_a_member_who_hides_the_name_is_found_with_what_may_be_shown(annas, esbjerg, council, meeting, minutes):
    jonas = make.person(esbjerg, "Jonas", "Bredal", shown=Person.Shown.FIRST)
    make.membership(council, jonas)
    make.membership(council, make.person(esbjerg, "Hanne", "Vester", shown=Person.Shown.ROLE))
    make.item(meeting, "Boliger", decision="<p>Jonas Bredal og Hanne spørger. Jonas skriver.</p>")
    page = html.unescape(text(annas.get(gate(annas, minutes))))
    assert "Personen vil kun vises som »Jonas«." in page and "Personen vil kun vises med sin rolle." in page
    assert [what for _, _, what in findings(annas, minutes)] == ["Jonas Bredal", "Hanne"]
    jonas.shown = Person.Shown.FULL
    jonas.save()
    assert [what for _, _, what in findings(annas, minutes)] == ["Hanne"]


def test_titles_names_of_files_links_and_what_is_inside_files_are_read(annas, meeting, minutes):
    item = make.item(
        meeting, "Brev fra Bente Krogh", decision='<p>Se <a href="mailto:ole.friis@gmail.com">her</a>.</p>'
    )
    make.attachment(meeting, name="Ansøgning_fra_Ole_Friis.txt", content=b"Ring 26 18 44 07", item=item)
    found = {what for _, _, what in findings(annas, minutes)}
    assert found == {"Bente Krogh", "ole.friis@gmail.com", "Ole Friis", "26 18 44 07"}


def test_a_character_that_no_font_has_is_named_in_the_name_of_a_file_too(annas, meeting, minutes):
    make.attachment(meeting, name="notat.txt", title="Notat \ue123")
    make.attachment(meeting, name="\ua2d0.txt")
    assert [kind for _, kind, _ in findings(annas, minutes)] == [
        "tegn, som PDF'en ikke kan vise (U+E123)",
        "tegn, som PDF'en ikke kan vise (U+A2D0)",
    ]


def test_there_is_a_tick_for_each_place_and_no_lock(annas, client, meeting, minutes):
    make.item(meeting, "Boliger", decision="<p>Bente Krogh og Ole Friis talte.</p>")
    make.item(meeting, "Mad", decision="<p>Ib Larsen lavede den.</p>")
    form = annas.get(gate(annas, minutes)).context["form"]
    assert len([name for name in form.fields if name.startswith("looked_")]) == 2
    response = answer(annas, minutes, **TICK)
    page = html.unescape(text(response))
    assert response.status_code == 200 and page.count("sæt så et hak der.") == 4  # at each field and in the summary
    assert ticked(annas, minutes).status_code == 302
    assert "Ib Larsen lavede den." in text(client.get(meeting.get_absolute_url()))


def test_a_tick_is_for_what_stood_there(annas, esbjerg, meeting, minutes):
    """A member withdraws consent between review and confirmation."""
    karin = make.person(esbjerg, "Karin", "Holt")
    make.item(meeting, "Boliger", decision="<p>Karin Holt og Ole Friis talte.</p>")
    form = annas.get(gate(annas, minutes)).context["form"]
    ticks = {name: "on" for name in form.fields if name.startswith("looked_")}
    karin.shown = Person.Shown.ROLE
    karin.save()
    response = annas.post(gate(annas, minutes), {"seen": form["seen"].value(), **TICK, **ticks})
    assert response.status_code == 200 and "Karin Holt" in text(response)
    minutes.refresh_from_db()
    assert minutes.status == Status.DRAFT


def test_what_a_closed_item_holds_back_is_said(annas, meeting, minutes):
    make.item(meeting, "Velkommen")
    closed = make.item(
        meeting, "Bente Kroghs bolig", is_closed=True, public_title="En personsag", decision="<p>Ja.</p>"
    )
    make.attachment(meeting, name="brev.txt", item=closed)
    page = html.unescape(text(annas.get(gate(annas, minutes))))
    assert "Punkt 2 er lukket. Alle ser »En personsag«. Skjult bliver titel, beslutning og 1 bilag (brev.txt)." in page
    assert findings(annas, minutes) == []


def test_the_title_of_a_closed_item_in_an_open_text_is_found(annas, meeting, minutes):
    make.item(meeting, "Lejemålet i havnen", is_closed=True, public_title="Lukket punkt")
    make.item(meeting, "Eventuelt", discussion="<p>Vi vender tilbage til lejemålet i havnen.</p>")
    assert [(kind, what) for _, kind, what in findings(annas, minutes)] == [
        ("titel på et lukket punkt", "lejemålet i havnen")
    ]


def test_a_file_of_a_closed_item_that_also_lies_open_stops_it(annas, anna, client, meeting, minutes):
    closed = make.item(meeting, "Om en borger", is_closed=True)
    make.attachment(meeting, name="brev.txt", content=b"Samme brev", item=closed)
    copy = make.attachment(meeting, name="notat.txt", content=b"Samme brev")
    make.attachment(meeting, name="andet.txt", content=b"Andet brev")
    page = html.unescape(text(annas.get(gate(annas, minutes))))
    assert "Det kan ikke offentliggøres endnu" in page and "»notat.txt« hører til et lukket punkt" in page
    assert "»andet.txt«" not in page
    assert ticked(annas, minutes).status_code == 200
    with pytest.raises(ValidationError):
        minutes.publish(by=anna, confirmed=True)
    copy.delete()
    assert ticked(annas, minutes).status_code == 302
    # It stays withdrawn afterwards.
    with pytest.raises(ValidationError):
        make.attachment(meeting, name="igen.txt", content=b"Samme brev")


def test_scanned_pages_in_a_readable_file_are_named(annas, meeting, minutes):
    make.attachment(meeting, name="rapport.pdf", content=half_scanned_pdf())
    assert "rapport.pdf" in text(annas.get(gate(annas, minutes)))
    assert "Åbn filerne" in text(answer(annas, minutes, **TICK))
    assert ticked(annas, minutes, files_seen="on").status_code == 302


def half_scanned_pdf():
    """Return a PDF with a page of text and a page that is an image."""
    import io

    from pypdf import PdfReader, PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    from udsat.lib.pdf import render_pdf

    written = PdfReader(io.BytesIO(render_pdf("<!doctype html><html lang=da><title>a</title><p>Om boliger</p>")))
    writer = PdfWriter()
    writer.add_page(written.pages[0])
    page = writer.add_blank_page(200, 200)
    picture = DecodedStreamObject()
    picture.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Image")})
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/XObject"): DictionaryObject({NameObject("/Im0"): writer._add_object(picture)})}
    )
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def test_the_whole_text_can_be_read_at_the_gate(annas, meeting, minutes):
    make.item(meeting, "Boliger", presentation="<p>Der er få.</p>", decision="<p>Byg flere & bedre.</p>")
    page = text(annas.get(gate(annas, minutes)))
    assert "<dd><p>Der er få.</p></dd>" in page and "<p>Byg flere &amp; bedre.</p>" in page


# Preview


def preview(client, it):
    return client.get(url(type(it), "preview", it.pk))


def test_the_preview_is_the_public_page_before_it_is_public(annas, client, meeting, minutes):
    make.item(meeting, "Boliger", decision="<p>Byg flere.</p>")
    closed = make.item(meeting, "Om Ib", is_closed=True, public_title="En personsag", decision="<p>Ib flytter.</p>")
    make.attachment(meeting, name="brev-om-ib.txt", item=closed)
    shown = text(preview(annas, minutes))
    assert "Sådan ser alle det." in shown and f'href="{gate(annas, minutes)}">Tilbage til offentliggørelse' in shown
    assert "Byg flere." in shown and "En personsag" in shown
    assert "Om Ib" not in shown and "Ib flytter" not in shown and "brev-om-ib" not in shown
    assert client.get(meeting.get_absolute_url()).status_code == 404
    ticked(annas, minutes)
    public = text(client.get(meeting.get_absolute_url()))
    bar = shown[shown.index('<aside class="preview"') : shown.index("</aside>") + len("</aside>\n")]
    assert shown.replace(bar, "").split("<main")[1] == public.split("<main")[1]


def test_the_preview_changes_nothing(annas, meeting, minutes):
    before = [(it.status, it.version, it.updated_at) for it in (meeting, minutes)]
    assert preview(annas, minutes).status_code == 200
    after = [(it.status, it.version, it.updated_at) for it in (Meeting.objects.get(), Minutes.objects.get())]
    assert before == after and not PublicationEvent.objects.exists()


def test_the_preview_shows_no_other_drafts(annas, esbjerg, meeting, minutes):
    make.news(esbjerg, "Hemmelig nyhed", meeting=meeting, status=Status.DRAFT)
    make.agenda(meeting, status=Status.DRAFT, intro="<p>Hemmelig indledning</p>")
    assert "Hemmelig" not in text(preview(annas, minutes))


def test_each_kind_of_page_has_its_preview(annas, esbjerg, council, meeting):
    for it in (
        make.news(esbjerg, "Nyt sted", status=Status.DRAFT),
        make.strategy(esbjerg, "Plads til alle", status=Status.DRAFT),
        make.hearing(council, "Ny plan", status=Status.DRAFT),
        make.agenda(meeting, status=Status.DRAFT),
        meeting,
    ):
        response = preview(annas, it)
        assert response.status_code == 200 and "Sådan ser alle det." in text(response), it
        assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "Nyt sted" in text(preview(annas, News.objects.get()))


def test_only_those_who_publish_see_the_preview(client, bo, carla, minutes):
    for person, status in ((bo, 404), (carla, 403)):
        client.force_login(person)
        assert preview(client, minutes).status_code == status
    client.logout()
    assert preview(client, minutes).status_code == 302


# To a field and back


def test_correcting_a_field_leads_back_to_the_gate_with_the_ticks(annas, meeting, minutes):
    one = make.item(meeting, "Boliger", decision="<p>Bente Krogh talte.</p>")
    two = make.item(meeting, "Mad", decision="<p>Ole Friis lavede den.</p>")
    form = annas.get(gate(annas, minutes)).context["form"]
    ticks = {name: "on" for name in form.fields if name.startswith("looked_")}
    field = f"{url(AgendaItem, 'change', two.pk)}#id_decision"
    left = annas.post(gate(annas, minutes), {"seen": form["seen"].value(), **ticks, **TICK, "fix": field})
    assert left.status_code == 302 and left.url.endswith("#id_decision")
    address = left.url.partition("#")[0]
    assert "kommer du tilbage til offentliggørelsen" in text(annas.get(address))
    saved = annas.post(address, opened(annas, two) | {"decision": "<p>Ib Larsen lavede den.</p>"})
    assert (saved.status_code, saved.url) == (302, gate(annas, minutes))
    form = annas.get(saved.url).context["form"]
    shown = {form[name].label.partition(".")[2]: form[name].value() for name in form.fields if "looked_" in name}
    assert [bool(value) for value in shown.values()] == [True, False], shown
    assert not form["confirmed"].value()
    assert one.decision


def test_deleting_what_the_gate_found_leads_back_to_it(annas, meeting, minutes):
    item = make.item(meeting, "Boliger", decision="<p>Bente Krogh talte.</p>")
    left = annas.post(gate(annas, minutes), {"fix": f"{url(AgendaItem, 'change', item.pk)}#id_decision"})
    page = annas.get(left.url).content.decode()
    delete = html.unescape(re.search(r'class="delete" href="([^"]+)"', page)[1])
    deleted = annas.post(delete, {"post": "yes"})
    assert (deleted.status_code, deleted.url) == (302, gate(annas, minutes))


def test_only_the_gates_own_links_lead_back(annas, meeting, minutes):
    item = make.item(meeting, "Boliger", decision="<p>Bente Krogh talte.</p>")
    elsewhere = annas.post(gate(annas, minutes), {"fix": "https://example.com/"})
    assert elsewhere.status_code == 200
    address = f"{url(AgendaItem, 'change', item.pk)}?gate=https://example.com/"
    assert "example.com" not in annas.post(address, opened(annas, item)).url


# Agreements that are not public


@pytest.fixture
def draft_agreement(council):
    """An agreement in minutes that are not public."""
    last = make.meeting(council, date=datetime.date(2025, 2, 3))
    make.minutes(last, status=Status.DRAFT)
    make.standard_item(council, "Siden sidst", brings=StandardItem.Brings.AGREEMENTS)
    return make.agreement(make.item(last, "Natcafé"), "Spørge ejeren af kiosken på hjørnet")


def test_an_agreement_of_draft_minutes_is_dated_in_the_next_agenda_and_asked_about(annas, meeting, draft_agreement):
    add_standard_items(meeting)
    item = meeting.items.get(title="Siden sidst")
    # Nothing that is wrong once the minutes are public, or withdrawn again.
    assert item.presentation == "<ul><li>Spørge ejeren af kiosken på hjørnet (aftalt 3.2.2025)</li></ul>"
    agenda = meeting.agenda
    assert findings(annas, agenda) == [
        ("Punkt 1. Siden sidst", "aftale, der ikke er offentlig", "Spørge ejeren af kiosken på hjørnet")
    ]
    assert answer(annas, agenda, **TICK).status_code == 200
    assert ticked(annas, agenda).status_code == 302


def test_an_agreement_of_public_minutes_is_no_finding(annas, meeting, draft_agreement):
    Minutes.objects.update(**make.state(Status.PUBLISHED))
    add_standard_items(meeting)
    assert "<li>Spørge ejeren af kiosken på hjørnet</li>" in meeting.items.get(title="Siden sidst").presentation
    assert findings(annas, meeting.agenda) == []


def test_agreements_of_another_council_are_not_looked_for(annas, meeting, vejle):
    theirs = make.meeting(make.council(vejle), date=datetime.date(2025, 2, 3), status=Status.DRAFT)
    make.agreement(make.item(theirs, "Natcafé"), "Spørge ejeren af kiosken på hjørnet")
    make.item(meeting, "Natcafé", presentation="<p>Vi vil spørge ejeren af kiosken på hjørnet.</p>")
    assert findings(annas, make.agenda(meeting, status=Status.DRAFT)) == []


@pytest.mark.parametrize("is_copied", [True, False])
def test_an_agreement_of_a_closed_item_is_found_wherever_it_is_typed(annas, council, meeting, is_copied):
    last = make.meeting(council, date=datetime.date(2025, 2, 3))
    make.minutes(last)
    make.agreement(make.item(last, "Om Ib", is_closed=True), "Betale for Ibs depositum")
    words = "Vi skal betale for Ibs depositum." if is_copied else "Intet nyt."
    make.item(meeting, "Eventuelt", presentation=f"<p>{words}</p>")
    agenda = make.agenda(meeting, status=Status.DRAFT)
    assert [kind for _, kind, _ in findings(annas, agenda)] == ["aftale, der ikke er offentlig"] * is_copied


def test_it_does_not_enter_a_public_agenda_without_the_gate(annas, council, meeting, draft_agreement):
    meeting.status, meeting.publish_at = Status.PUBLISHED, timezone.now()
    meeting.save()
    make.agenda(meeting)
    page = url(Meeting, "agenda", meeting.pk)
    response = annas.post(page, {"action": "add_standard_items"})
    assert response.status_code == 200 and "Intet er gemt endnu" in text(response)
    assert "<mark>Spørge ejeren af kiosken på hjørnet</mark>" in text(response)
    assert not meeting.items.exists()
