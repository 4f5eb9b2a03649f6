"""Import of minutes and agendas from files: parsing, the report to confirm, and saving."""

import datetime
import html
import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from council.meetings.word.document_parser import read_meeting
from council.meetings.word.export import minutes_docx
from council.models import AgendaItem, Agreement, Attendance, Meeting
from udsat.lib.docx_writer import WordDocument
from udsat.lib.publishing import Status

from . import factories as make

CASE = """Udsatterådet i Esbjerg
Referat af ordinært møde mandag den 3. marts 2025 kl. 14.00-16.00
Sted: Rådhuset, lokale 3

Til stede: Karen Holm (forperson), Ib Sørensen og Sofie Ukendt
Afbud: Per Dam (suppleant: Lis)
Fraværende: Ingen
Gæster: Ida Munk, Boligvagten
Ordstyrer: Karen Holm
Referent: Lise Overby

Dagsorden:
1. Godkendelse af dagsorden
2. Boliger til unge
3. Lukket punkt: Personsag

1. Godkendelse af dagsorden

Beslutning:
Godkendt.

2. Boliger til unge (til drøftelse)
Sagsnr. 27.12.00-P35-1-25

Sagsfremstilling
Kommunen vil bygge 20 boliger:
1. ti i syd
2. ti i nord

Indstilling
At rådet drøfter planen.

Beslutning
Drøftet. Rådet ønsker flere boliger.

Mindretalsudtalelse
Ib Sørensen er uenig.

Aftaler
- Ib Sørensen skriver til udvalget (Ib Sørensen, 1. april 2025)

3. Lukket punkt: Personsag
Sagsfremstilling
Kakadue.
"""
LIGHT = """# Referat fra dialogmøde i Udsatterådet

**Tid:** 3. marts 2025 kl. 14-16
**Sted:** Huset
**Deltagere:**
- Karen Holm
- Ib Sørensen, gik kl. 15

**Afbud:** Per Dam

## Velkomst
Karen bød velkommen.

## Bustur
Referat: Vi talte om *busser*.

Aftale: Karen Holm ringer til Sydtrafik inden 1. april.

Aftale: Et brev om busserne
Ansvarlig: Ib
Frist: 5/5-2025

## Eventuelt
Intet.
"""
NARRATIVE = """<html><body><h1>Referat</h1><p>Temamøde den 3.3.2025, kl. 14:00 - 16:00</p>
<p>Til stede var Karen Holm, Ib Sørensen.</p><p>Afbud fra Per Dam</p>
<p><b>1. Velkomst</b><br>Karen bød velkommen.</p><p>Vi sang.</p><p><b>2. Natcaféen</b></p><p>Den <i>åbner</i>:</p>
<ol><li>kl. 8</li><li>kl. 10</li></ol><p><b>3. Eventuelt</b></p><p>Intet.</p></body></html>"""
POINT = """Dagsorden til møde i Udsatterådet
Mandag d. 3/3-2025 kl. 14 til 16
Mødested: Huset

Punkt 1: Godkendelse af referat
Punkt 2: Orientering fra forpersonen (orientering)
Forpersonen fortæller.
Punkt 3: Eventuelt
"""


def read(text, name="fil.txt"):
    return read_meeting(text.encode(), name)


def outline(parsed):
    return [(item.number, item.title) for item in parsed.items]


def test_the_case_style_gives_all_its_fields():
    parsed = read(CASE)
    assert (parsed.paper, parsed.style, parsed.kind) == ("referat", "sag", "ordinaert")
    assert (parsed.date, parsed.starts_at, parsed.ends_at) == ("2025-03-03", "14:00", "16:00")
    assert (parsed.place, parsed.chaired_by, parsed.minutes_by) == ("Rådhuset, lokale 3", "Karen Holm", "Lise Overby")
    assert parsed.guests == "Ida Munk, Boligvagten"
    assert outline(parsed) == [(1, "Godkendelse af dagsorden"), (2, "Boliger til unge"), (3, "Personsag")]
    first, second, third = parsed.items
    assert (first.answer, first.fields) == ("godkendt", {})
    assert (second.kind, second.case_number, second.answer) == ("droeftelse", "27.12.00-P35-1-25", "droeftet")
    assert second.fields == {
        "presentation": "<p>Kommunen vil bygge 20 boliger:</p><ol><li>ti i syd</li><li>ti i nord</li></ol>",
        "recommendation": "<p>At rådet drøfter planen.</p>",
        "decision": "<p>Rådet ønsker flere boliger.</p>",
        "dissent": "<p>Ib Sørensen er uenig.</p>",
    }
    assert [(a.text, a.responsible, a.due_on) for a in second.agreements] == [
        ("Ib Sørensen skriver til udvalget", "Ib Sørensen", "2025-04-01")
    ]
    assert third.is_closed and third.public_title == "Lukket punkt"
    assert parsed.not_understood == []


def test_the_light_style_gives_what_was_said_and_agreed():
    parsed = read(LIGHT, "referat.md")
    assert (parsed.style, parsed.kind, parsed.place, parsed.starts_at) == ("let", "dialog", "Huset", "14:00")
    assert [item.title for item in parsed.items] == ["Velkomst", "Bustur", "Eventuelt"]
    tour = parsed.items[1]
    assert tour.fields == {"discussion": "<p>Vi talte om <em>busser</em>.</p>"}
    assert [(a.text, a.responsible, a.due_on) for a in tour.agreements] == [
        ("Karen Holm ringer til Sydtrafik inden 1. april.", "", "2025-04-01"),
        ("Et brev om busserne", "Ib", "2025-05-05"),
    ]


def test_the_narrative_style_keeps_the_lists_inside_an_item():
    parsed = read(NARRATIVE, "referat.html")
    assert (parsed.style, parsed.kind) == ("fortaellende", "tema")
    assert outline(parsed) == [(1, "Velkomst"), (2, "Natcaféen"), (3, "Eventuelt")]
    assert parsed.items[0].fields == {"discussion": "<p>Karen bød velkommen.</p><p>Vi sang.</p>"}
    assert parsed.items[1].fields == {"discussion": "<p>Den <em>åbner</em>:</p><ol><li>kl. 8</li><li>kl. 10</li></ol>"}


def test_the_point_style_may_be_an_agenda():
    parsed = read(POINT)
    assert (parsed.paper, parsed.style, parsed.starts_at, parsed.ends_at) == ("dagsorden", "punkt", "14:00", "16:00")
    assert [(i.number, i.title, i.kind) for i in parsed.items] == [
        (1, "Godkendelse af referat", ""),
        (2, "Orientering fra forpersonen", "orientering"),
        (3, "Eventuelt", ""),
    ]
    assert parsed.items[1].fields == {"presentation": "<p>Forpersonen fortæller.</p>"}


# Signals of other documents


def word(*blocks, styles=""):
    """Return a Word file of paragraphs (style, text, list level or None) with automatic numbers."""
    body = ""
    for style, text, numbered in blocks:
        number = f'<w:numPr><w:ilvl w:val="{numbered}"/><w:numId w:val="1"/></w:numPr>' if numbered is not None else ""
        body += (
            f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{number}</w:pPr><w:r><w:t xml:space="preserve">'
            f"{html.escape(text)}</w:t></w:r></w:p>"
        )
    names = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    base = WordDocument("", author="x")
    base.paragraph("x")
    with zipfile.ZipFile(io.BytesIO(base.to_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["word/document.xml"] = f"<w:document {names}><w:body>{body}</w:body></w:document>".encode()
    files["word/numbering.xml"] = (
        f'<w:numbering {names}><w:abstractNum w:abstractNumId="0">'
        '<w:lvl w:ilvl="0"><w:start w:val="4"/><w:numFmt w:val="decimal"/><w:lvlText w:val="Punkt %1:"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num></w:numbering>'
    ).encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_numbers_that_only_word_shows_are_read():
    data = word(
        ("Normal", "Referat 3. marts 2025", None),
        ("Normal", "Velkomst", 0),
        ("Normal", "Karen bød velkommen:", None),
        ("Normal", "til nye", 1),
        ("Normal", "til gamle", 1),
        ("Normal", "Eventuelt", 0),
    )
    parsed = read_meeting(data, "a.docx")
    assert outline(parsed) == [(4, "Velkomst"), (5, "Eventuelt")]
    assert parsed.items[0].fields["discussion"].endswith("<ol><li>til nye</li><li>til gamle</li></ol>")


OTHERS = {
    "headings without numbers": (
        "<h1>Referat af møde i Udsatterådet</h1><p>Deltagere: Karen Holm</p><h2>Velkomst</h2><p>Hej.</p>"
        "<h2>Boliger</h2><h3>Beslutning</h3><p>Udsat</p><h2>Eventuelt</h2><p>Intet.</p>",
        [(0, "Velkomst"), (0, "Boliger"), (0, "Eventuelt")],
    ),
    "a list of contents first": (
        "<p>Referat</p><ol><li>Velkomst</li><li>Boliger</li></ol>"
        "<h2>1. Velkomst</h2><p>Hej.</p><h2>2. Boliger</h2><p>Ja.</p>",
        [(1, "Velkomst"), (2, "Boliger")],
    ),
    "one list with the text in its items": (
        "<p>Referat</p><ol><li>Velkomst<br>Hej.</li><li>Boliger<ul><li>Syd</li></ul></li></ol>",
        [(1, "Velkomst"), (2, "Boliger")],
    ),
    "Ad 1": (
        "<p>Referat</p><p>Ad 1. Velkomst</p><p>Hej.</p><p>Ad 2. Boliger</p><p>Ja.</p>",
        [(1, "Velkomst"), (2, "Boliger")],
    ),
    "a table of items": (
        "<p>Referat</p><table><tr><th>Punkt</th><th>Referat</th><th>Aftale</th><th>Ansvarlig</th></tr>"
        "<tr><td>1. Velkomst</td><td>Hej.</td><td></td><td></td></tr>"
        "<tr><td>2. Boliger</td><td>Ja.</td><td>Skrive brev</td><td>Karen Holm</td></tr></table>",
        [(1, "Velkomst"), (2, "Boliger")],
    ),
    "numbers that run through the year": (
        "<p>Referat</p><p><b>Punkt 14 – Velkomst</b></p><p>Punkt 3 blev udsat.</p><p><b>Punkt 15 – Boliger</b></p>",
        [(14, "Velkomst"), (15, "Boliger")],
    ),
    "a word in bold and the rest after it": (
        "<p>Referat</p><p><b>1. Velkomst:</b> Karen bød velkommen.</p><p><b>2. Boliger:</b> Vi talte.</p>",
        [(1, "Velkomst"), (2, "Boliger")],
    ),
}


@pytest.mark.parametrize("name", OTHERS)
def test_items_are_known_by_the_texts_own_signals(name):
    text, expected = OTHERS[name]
    assert outline(read(f"<html><body>{text}</body></html>", "a.html")) == expected


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("1. Lukket punkt: Køb af hus", "Køb af hus"),
        ("1. Køb af hus (lukket)", "Køb af hus"),
        ("1. Køb af hus – lukket punkt", "Køb af hus"),
        ("1. Lukket punkt", "Lukket punkt"),
    ],
)
def test_a_closed_item_stays_closed(written, title):
    item = read(f"Referat\n\n{written}\nKakadue.\n\n2. Eventuelt\nIntet.").items[0]
    assert (item.is_closed, item.title, item.public_title) == (True, title, "Lukket punkt")


def test_a_place_that_is_closed_closes_no_item():
    parsed = read("Referat\n\n1. Værestedet er lukket\nHvad nu?\n\n2. Lukket værested i syd\nIntet.")
    assert [item.is_closed for item in parsed.items] == [False, False]


def test_everything_after_the_heading_for_closed_items_is_closed():
    text = "<p>Referat</p><h2>1. Velkomst</h2><p>Hej.</p><h2>Lukkede punkter</h2><h2>2. Personsag</h2><p>Kakadue</p>"
    assert [item.is_closed for item in read(text, "a.html").items] == [False, True]


# The pages


def test_a_sentence_before_the_items_is_reported_although_it_has_a_time():
    sentences = ["Der er 20 m² tilbage i varmestuen fra kl. 14", "Rådet bød velkommen til to nye medlemmer fra gaden"]
    title = "Referat af møde i Udsatterådet tirsdag den 3. marts 2026 kl. 14"
    parsed = read("\n\n".join([title, *sentences, "Møde i Huset", "1. Boliger", "Rådet vil have flere boliger."]))
    assert [text for _, text, _ in parsed.not_understood] == sentences
    assert [text for _, text, _ in parsed.ignored] == ["Møde i Huset"]
    assert (parsed.date, parsed.starts_at) == ("2026-03-03", "14:00")


@pytest.fixture
def council(esbjerg):
    council = make.council(esbjerg, chair_label="forperson")
    for first, last in (("Karen", "Holm"), ("Ib", "Sørensen"), ("Per", "Dam")):
        make.membership(council, make.person(esbjerg, first, last))
    return council


@pytest.fixture
def meeting(council):
    meeting = make.meeting(council, status=Status.DRAFT)
    meeting.refresh_from_db()
    return meeting


def url(meeting):
    return reverse("admin:council_meeting_import", args=[meeting.pk])


NEW = "/admin/council/meeting/importer/"


def upload(client, address, text, name="referat.txt"):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(address, {"file": SimpleUploadedFile(name, data)}, follow=True)


def confirm(client, report, data=None):
    """Send the form of the report to its own address."""
    action = re.search(r'<form method="post" action="([^"]*\?fil=[^"]*)"', report.content.decode())[1]
    return client.post(action, answers(report) if data is None else data)


def answers(response):
    """Return the data of the report's form: hidden fields and preselected choices."""
    page = response.content.decode()
    sent = {}
    for tag in re.findall(r"<input[^>]*>", page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="hidden"' in tag or "checked" in tag) and name[1] != "csrfmiddlewaretoken":
            sent[name[1]] = html.unescape(value[1]) if value else ""
    return sent


def test_a_file_becomes_the_minutes_of_an_empty_meeting(client, anna, meeting):
    client.force_login(anna)
    report = upload(client, url(meeting), CASE)
    page = report.content.decode()
    assert "Boliger til unge" in page and "Sofie Ukendt" in page and "Er ikke et medlem, vi kender" in page
    assert not meeting.items.exists() and not meeting.attendances.exists()
    response = confirm(client, report)
    assert response.status_code == 302
    meeting = Meeting.objects.get(pk=meeting.pk)
    assert [(i.title, i.answer, i.is_closed) for i in meeting.items.all()] == [
        ("Godkendelse af dagsorden", "godkendt", False),
        ("Boliger til unge", "droeftet", False),
        ("Personsag", "", True),
    ]
    assert {(str(a.member.person), a.status) for a in meeting.attendances.all()} == {
        ("Karen Holm", "til-stede"),
        ("Ib Sørensen", "til-stede"),
        ("Per Dam", "afbud"),
    }
    assert (meeting.place, meeting.starts_at, meeting.minutes.minutes_by) == (
        "Rådhuset, lokale 3",
        datetime.time(14),
        "Lise Overby",
    )
    agreement = Agreement.objects.get()
    assert (str(agreement.member.person), agreement.due_on) == ("Ib Sørensen", datetime.date(2025, 4, 1))
    assert meeting.minutes.status == Status.DRAFT


def test_items_of_the_agenda_are_filled_and_not_doubled(client, anna, meeting):
    make.item(meeting, "Godkendelse af dagsorden", position=1)
    make.item(meeting, "Boliger til de unge", position=2)
    client.force_login(anna)
    confirm(client, upload(client, url(meeting), CASE))
    assert [i.title for i in meeting.items.all()] == ["Godkendelse af dagsorden", "Boliger til de unge", "Personsag"]
    assert meeting.items.all()[1].recommendation == "<p>At rådet drøfter planen.</p>"


def test_saved_values_are_shown_beside_the_new_ones_and_kept_by_default(client, anna, meeting):
    item = make.item(meeting, "Boliger til unge", decision="<p>Vi venter.</p>", position=1)
    client.force_login(anna)
    report = upload(client, url(meeting), CASE)
    page = report.content.decode()
    assert "Vi venter." in page and "Rådet ønsker flere boliger." in page
    confirm(client, report)
    item.refresh_from_db()
    assert item.decision == "<p>Vi venter.</p>"
    report = upload(client, url(meeting), CASE)
    sent = answers(report)
    keys = [key for key in sent if key.startswith("valg-")]
    assert len(keys) == 1
    confirm(client, report, sent | {keys[0]: "fil"})
    item.refresh_from_db()
    assert item.decision == "<p>Rådet ønsker flere boliger.</p>"


def test_a_second_time_there_is_nothing_to_save(client, anna, meeting):
    client.force_login(anna)
    confirm(client, upload(client, url(meeting), CASE))
    assert "Alt i filen står allerede på mødet" in upload(client, url(meeting), CASE).content.decode()
    assert meeting.items.count() == 3 and Agreement.objects.count() == 1


def test_a_confirmation_is_for_the_changes_that_were_shown(client, anna, meeting):
    client.force_login(anna)
    report = upload(client, url(meeting), CASE)
    item = make.item(meeting, "Boliger til unge", decision="<p>Skrevet imens.</p>")
    response = confirm(client, report)
    assert response.status_code == 200 and "Mødet er blevet ændret" in response.content.decode()
    assert "Skrevet imens." in response.content.decode()
    assert meeting.items.get() == item


def test_nothing_is_half_written(client, anna, meeting):
    """A CPR number in a text that would be public at once prevents the whole import."""
    make.agenda(meeting)
    Meeting.objects.filter(pk=meeting.pk).update(**make.state(Status.PUBLISHED))
    make.item(meeting, "Boliger til unge", position=1)
    client.force_login(anna)
    text = CASE.replace("Kommunen vil bygge", "Ring til 010190-1234. Kommunen vil bygge")
    report = upload(client, url(meeting), text)
    assert "Det ligner CPR-numre" in report.content.decode()
    response = confirm(client, report)
    assert response.status_code == 200 and "Filen kan ikke gemmes" in response.content.decode()
    assert "010190-1234" not in re.sub(
        r'value="[^"]*"', "", response.content.decode().split("Filen kan ikke gemmes")[0]
    )
    assert meeting.items.count() == 1 and not meeting.attendances.exists()
    assert meeting.items.get().presentation == ""


def test_public_minutes_are_not_written_over(client, anna, meeting):
    make.minutes(meeting)
    Meeting.objects.filter(pk=meeting.pk).update(**make.state(Status.PUBLISHED))
    client.force_login(anna)
    assert "Referatet er offentligt" in client.get(url(meeting)).content.decode()
    assert "Referatet er offentligt" in upload(client, url(meeting), CASE).content.decode()
    assert not meeting.items.exists()


def test_an_editor_writes_only_the_minutes_of_a_public_agenda(client, carla, meeting):
    make.agenda(meeting)
    Meeting.objects.filter(pk=meeting.pk).update(**make.state(Status.PUBLISHED))
    item = make.item(meeting, "Boliger til unge", position=1)
    client.force_login(carla)
    report = upload(client, url(meeting), CASE)
    assert "Dagsordenen er offentlig" in report.content.decode()
    confirm(client, report)
    item.refresh_from_db()
    assert (item.presentation, item.decision) == ("", "<p>Rådet ønsker flere boliger.</p>")
    assert meeting.items.count() == 1


def test_new_items_of_a_public_agenda_come_last_as_raised_at_the_meeting(client, anna, meeting):
    make.agenda(meeting)
    Meeting.objects.filter(pk=meeting.pk).update(**make.state(Status.PUBLISHED))
    make.item(meeting, "Boliger til unge", position=1)
    client.force_login(anna)
    confirm(client, upload(client, url(meeting), CASE))
    assert [(i.title, i.raised_at_meeting) for i in meeting.items.all()] == [
        ("Boliger til unge", False),
        ("Godkendelse af dagsorden", True),
        ("Personsag", True),
    ]


def test_a_closed_item_here_is_not_opened_by_a_file(client, anna, meeting):
    make.item(meeting, "Boliger til unge", is_closed=True, public_title="En sag", position=1)
    client.force_login(anna)
    report = upload(client, url(meeting), CASE)
    assert "bliver ved med at være det" in report.content.decode()
    confirm(client, report)
    assert AgendaItem.objects.get(title="Boliger til unge").is_closed


def test_an_item_that_the_file_closes_is_closed_here(client, anna, meeting):
    make.item(meeting, "Personsag", position=1)
    client.force_login(anna)
    confirm(client, upload(client, url(meeting), CASE))
    item = AgendaItem.objects.get(title="Personsag")
    assert (item.is_closed, item.public_title) == (True, "Lukket punkt")


def test_a_file_of_another_day_is_reported(client, anna, council):
    meeting = make.meeting(council, datetime.date(2025, 6, 4), status=Status.DRAFT)
    meeting.refresh_from_db()
    client.force_login(anna)
    assert (
        "Filen er fra den 3. marts 2025, men mødet er den 4. juni 2025"
        in upload(client, url(meeting), CASE).content.decode()
    )


def test_a_file_becomes_a_new_meeting(client, anna, council):
    client.force_login(anna)
    report = upload(client, NEW, LIGHT, "referat.md")
    page = report.content.decode()
    assert 'value="2025-03-03"' in page and 'value="14:00"' in page and 'value="Huset"' in page
    assert not Meeting.objects.exists()
    data = answers(report) | {
        "date": "2025-03-03", "starts_at": "14:00", "ends_at": "16:00", "place": "Huset", "kind": "dialog",
        "style": "let",
    }  # fmt: skip
    assert confirm(client, report, data).status_code == 302
    meeting = Meeting.objects.get()
    assert (meeting.kind, meeting.style, meeting.status) == ("dialog", "let", Status.DRAFT)
    assert [i.title for i in meeting.items.all()] == ["Velkomst", "Bustur", "Eventuelt"]
    ib = Attendance.objects.get(member__person__first_name="Ib")
    assert (ib.status, ib.remark) == ("til-stede", "gik kl. 15")
    report = upload(client, NEW, LIGHT, "referat.md")
    assert "Rådet har allerede et møde den dag" in report.content.decode()
    response = confirm(client, report, data | answers(report))
    assert response.status_code == 200 and Meeting.objects.count() == 1
    assert confirm(client, report, data | answers(report) | {"second": "1"}).status_code == 302
    assert sorted(Meeting.objects.values_list("ordinal", flat=True)) == [1, 2]


def test_a_new_meeting_without_a_date_asks_for_it(client, anna, council):
    client.force_login(anna)
    report = upload(client, NEW, "Referat\n\n1. Velkomst\nHej.\n\n2. Eventuelt\nIntet.")
    response = confirm(client, report, answers(report) | {"kind": "ordinaert", "style": "sag", "date": ""})
    assert "Skriv mødets dato." in response.content.decode() and not Meeting.objects.exists()


# Bad input


def docx_with(**changes):
    document = WordDocument("x", author="x")
    document.heading(1, "1. Velkomst")
    document.heading(1, "2. Eventuelt")
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(document.to_bytes())) as archive, zipfile.ZipFile(file, "w") as copy:
        for name in archive.namelist():
            content = archive.read(name)
            copy.writestr(name, changes.get(name, lambda old: old)(content))
        for name, content in changes.items():
            if name not in archive.namelist():
                copy.writestr(name, content(b""), zipfile.ZIP_DEFLATED)
    return file.getvalue()


TYPES, TEXT = "[Content_Types].xml", "word/document.xml"
MACRO = b"application/vnd.ms-word.document.macroEnabled.main+xml"
PLAIN = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
NESTED = b"<w:body>" + b"<w:tbl><w:tr><w:tc>" * 400 + b"<w:p/>" + b"</w:tc></w:tr></w:tbl>" * 400
ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
BAD = {
    "text that is called docx": ("a.docx", b"Bare tekst", "Filen hedder .docx, men er"),
    "a PDF": ("a.pdf", b"%PDF-1.7 x", "En PDF kan ikke læses ind"),
    "a picture": ("a.png", b"\x89PNG\r\n\x1a\n", "Filtypen .png kan ikke læses ind"),
    "locked": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "adgangskode"),
    "old Word": ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "gammelt Word-format"),
    "macros in it": ("a.docx", docx_with(**{"word/vbaProject.bin": lambda _: b"x"}), "makroer"),
    "macros by its type": ("a.docx", docx_with(**{TYPES: lambda c: c.replace(PLAIN, MACRO)}), "makroer"),
    "macros by its name": ("a.docm", docx_with(), "makroer"),
    "a bomb": ("a.docx", docx_with(**{"word/media.bin": lambda _: b"\0" * 130_000_000}), "pakker ud til"),
    "nested": ("a.docx", docx_with(**{TEXT: lambda c: c.replace(b"<w:body>", NESTED)}), "beskadiget"),
    "entities": ("a.docx", docx_with(**{TEXT: lambda c: ENTITY + c.split(b"?>", 1)[1]}), "uden for sig selv"),
    "cut off": ("a.docx", docx_with()[:900], "beskadiget"),
    "empty": ("a.txt", b" \n", "ingen tekst"),
    "nothing of a meeting": ("a.txt", b"Kaere alle, tak for i gaar.", "hverken dagsorden eller referat"),
    "NUL": ("a.txt", b"Referat\x00\x01\x02", "ikke almindelig tekst"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_read_is_refused_with_its_reason(client, anna, meeting, name):
    filename, data, reason = BAD[name]
    client.force_login(anna)
    for address in (url(meeting), NEW):
        response = upload(client, address, data, filename)
        assert response.status_code == 200 and reason in html.unescape(response.content.decode())
    assert not meeting.items.exists()


def test_fifty_megabytes_are_refused_by_their_size(client, anna, meeting):
    client.force_login(anna)
    assert "må højst fylde 10 MB" in upload(client, url(meeting), b"x" * 50 * 2**20, "a.docx").content.decode()


def test_a_file_that_is_gone_or_somebody_elses_saves_nothing(client, anna, carla, council, meeting):
    client.force_login(anna)
    sent = answers(report := upload(client, url(meeting), CASE))
    address = report.redirect_chain[-1][0]
    other = make.meeting(council, datetime.date(2025, 5, 5), status=Status.DRAFT)
    elsewhere = (NEW + address.removeprefix(url(meeting)), url(other) + address.removeprefix(url(meeting)))
    for gone in (address[:-3] + "abc", url(meeting) + "?fil=x", url(meeting) + "?fil=", *elsewhere):
        response = client.post(gone, sent)
        assert response.status_code == 404 and "vælg filen igen" in response.content.decode()
    client.force_login(carla)
    assert client.get(address).status_code == client.post(address, sent).status_code == 404
    assert not meeting.items.exists() and not other.items.exists()


def test_another_municipalitys_meeting_does_not_exist(client, bo, vejle, meeting):
    make.council(vejle)
    client.force_login(bo)
    assert upload(client, url(meeting), CASE).status_code == 404


def test_two_members_with_the_same_first_name_are_not_matched(client, anna, esbjerg, council, meeting):
    make.membership(council, make.person(esbjerg, "Karen", "Bak"))
    client.force_login(anna)
    report = upload(client, url(meeting), "Referat\nTil stede: Karen, Ib\n\n1. Velkomst\nHej.\n\n2. Eventuelt\nIntet.")
    assert "<q>Karen</q>" in report.content.decode()
    confirm(client, report)
    assert [str(a.member.person) for a in meeting.attendances.all()] == ["Ib Sørensen"]


def test_our_own_file_is_read_into_another_meeting(client, anna, council, meeting):
    make.minutes(meeting, Status.DRAFT, minutes_by="Lise")
    make.item(meeting, "Boliger", decision="<p>Ja</p>")
    other = make.meeting(council, datetime.date(2025, 5, 5), status=Status.DRAFT)
    other.refresh_from_db()
    client.force_login(anna)
    confirm(client, upload(client, url(other), minutes_docx(meeting), "r.docx"))
    assert other.items.get().decision == "<p>Ja</p>"
