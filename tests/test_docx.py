"""A meeting's papers as Word files and as one ZIP for the municipality's case system."""

import datetime
import io
import zipfile

import pytest
from django.urls import reverse
from lxml import etree

from council.meetings.word.export import agenda_docx, minutes_docx
from council.models import Attachment, Attendance, Meeting, Membership
from udsat.lib.documents import read_document, read_rich
from udsat.lib.docx_writer import WordDocument
from udsat.lib.publishing import Status
from udsat.lib.richtext.cleaning import clean_html, write_blocks
from udsat.lib.roles import Role

from . import factories as make

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def written(html):
    document = WordDocument("Prøve", author="Esbjerg Kommune")
    document.rich(clean_html(html))
    return document.to_bytes()


def read_back(html):
    return write_blocks(read_rich(written(html), "fil.docx").blocks)


TEXTS = {
    "bold, italics and a link in one": "<p>Et <strong>fedt <em>og skråt</em></strong> "
    '<a href="https://a.dk/?x=1&amp;y=2">link <strong>her</strong></a><br>og en linje til</p>',
    "lists in lists": "<ul><li>a<ol><li>b</li><li>c<ul><li>d<ol><li>e</li></ol></li></ul></li></ol></li>"
    "<li>f</li></ul>",
    "two paragraphs in an item": "<ol><li><p>f</p><p>g</p></li><li>h</li></ol>",
    "a list after a list of another kind": "<ol><li>x</li></ol><ul><li>y</li></ul>",
    "a table with caption and merged cells": "<table><caption>Tal</caption>"
    "<thead><tr><th colspan=2>A</th><th>B</th></tr></thead><tbody><tr><td rowspan=2>1</td><td>2</td><td>3</td></tr>"
    "<tr><td>4</td><td><ul><li>5</li></ul></td></tr></tbody></table>",
    "two tables": "<table><tr><th>A</th></tr><tr><td>1</td></tr></table>"
    "<table><tr><th>B</th></tr><tr><td>2</td></tr></table>",
    "signs that XML knows": "<p>&lt;b&gt; &amp; »æøå« 5 &gt; 3</p>",
}


@pytest.mark.parametrize("name", TEXTS)
def test_rich_text_comes_back_from_word_as_it_was(name):
    assert read_back(TEXTS[name]) == clean_html(TEXTS[name])


def test_the_file_is_danish_with_styles_and_page_numbers(esbjerg):
    meeting = make.meeting(make.council(esbjerg), starts_at=datetime.time(14))
    make.minutes(meeting)
    make.item(meeting, decision="<ul><li>Ja</li></ul><table><tr><th>A</th></tr><tr><td>1</td></tr></table>")
    files = parts(minutes_docx(meeting))
    for name, content in files.items():
        etree.fromstring(content), name  # noqa: B018
    styles, document = etree.fromstring(files["word/styles.xml"]), etree.fromstring(files["word/document.xml"])
    assert styles.find(f".//{W}lang").get(f"{W}val") == "da-DK"
    known = {style.get(f"{W}styleId") for style in styles.iter(f"{W}style")}
    used = {e.get(f"{W}val") for tag in ("pStyle", "rStyle", "tblStyle") for e in document.iter(f"{W}{tag}")}
    assert used <= known and {"Title", "Heading1", "Heading2", "ListBullet", "TableGrid", "TableHead"} <= used
    assert document.find(f".//{W}tr/{W}trPr/{W}tblHeader") is not None
    footer = files["word/footer.xml"].decode()
    assert " PAGE " in footer and " NUMPAGES " in footer and "3. marts 2025" in footer
    core = files["docProps/core.xml"].decode()
    assert "Referat: Ordinært møde mandag den 3. marts 2025" in core and "Esbjerg Kommune" in core and "da-DK" in core
    # Every list and link that the text names is defined.
    numbers = {e.get(f"{W}numId") for e in etree.fromstring(files["word/numbering.xml"]).iter(f"{W}num")}
    assert {e.get(f"{W}val") for e in document.iter(f"{W}numId")} <= numbers


ORDER = {
    # Sequences of the schema (ISO/IEC 29500-1, CT_PPr, CT_RPr, CT_TblPr, CT_TrPr, CT_TcPr, CT_Style, CT_Lvl).
    "pPr": "pStyle keepNext keepLines pageBreakBefore numPr pBdr shd tabs spacing ind jc outlineLvl rPr",
    "rPr": "rStyle rFonts b bCs i iCs color sz szCs u lang",
    "tblPr": "tblStyle tblW jc tblInd tblBorders tblLayout tblCellMar tblLook",
    "tcPr": "tcW gridSpan vMerge",
    "style": "name basedOn next qFormat pPr rPr tblPr",
    "lvl": "start numFmt lvlText lvlJc pPr",
    "tbl": "tblPr tblGrid tr",
    "sectPr": "footerReference pgSz pgMar",
    "settings": "compat themeFontLang decimalSymbol listSeparator",
    "numbering": "abstractNum num",
}


def test_elements_are_in_the_order_of_the_schema(esbjerg):
    meeting = make.meeting(make.council(esbjerg), starts_at=datetime.time(14), place="Rådhuset")
    make.minutes(meeting, plain_text="<p>Kort</p>")
    item = make.item(meeting, decision="".join(TEXTS.values()))
    make.agreement(item, due_on=datetime.date(2025, 4, 1))
    seen = set()
    for name, content in parts(minutes_docx(meeting)).items():
        if not name.startswith("word/") or name.endswith(".rels"):
            continue
        for element in etree.fromstring(content).iter():
            tag = etree.QName(element).localname
            if tag in ORDER:
                seen.add(tag)
                order = ORDER[tag].split()
                positions = [order.index(etree.QName(child).localname) for child in element]
                assert positions == sorted(positions), (name, tag)
            if tag == "tc":
                assert etree.QName(element[-1]).localname == "p"
    assert seen == set(ORDER)


def test_the_same_meeting_gives_the_same_bytes(esbjerg):
    meeting = make.meeting(make.council(esbjerg))
    make.minutes(meeting)
    make.item(meeting, decision=TEXTS["lists in lists"])
    assert minutes_docx(meeting) == minutes_docx(Meeting.objects.get(pk=meeting.pk))


def test_characters_not_allowed_in_xml_are_left_out():
    document = WordDocument("Titel\x0b", author="x")
    document.paragraph("før\x0cefter\ufffe")
    assert "førefter" in read_document(document.to_bytes(), "a.docx").text


@pytest.fixture
def meeting(esbjerg):
    council = make.council(esbjerg)
    meeting = make.meeting(council)
    make.agenda(meeting)
    make.minutes(meeting, Status.DRAFT)
    hanne = make.membership(council, make.person(esbjerg, "Hanne", "Vest", shown="rolle"), role=Membership.Role.CHAIR)
    make.attendance(meeting, hanne, status=Attendance.Status.PRESENT)
    first = make.item(meeting, "Boliger", position=1)
    secret = make.item(
        meeting,
        "Kakadue",
        position=2,
        is_closed=True,
        public_title="Personsag",
        presentation="<p>Kakadue</p>",
        decision="<p>Kakadue</p>",
        internal_note="Pingvin",
    )
    make.agreement(secret, "Kakadue")
    make.attachment(meeting, "kakadue.txt", b"Kakadue", item=secret)
    make.attachment(meeting, "notat.txt", b"Ja", item=first, title="Notat: ../boliger / æøå?")
    make.attachment(meeting, "NOTAT.txt", b"Nej", item=first, title="Notat: ../boliger / æøå?")
    make.attachment(meeting, "sent.txt", b"Sent", item=first, paper=Attachment.Paper.MINUTES)
    return meeting


def url(what, meeting):
    return reverse(f"admin:council_meeting_{what}", args=[meeting.pk])


def test_files_for_the_case_system_have_the_names_of_all_attendees(client, anna, meeting):
    client.force_login(anna)
    response = client.get(url("docx", meeting))
    assert response["Content-Type"].endswith("wordprocessingml.document")
    assert response["Content-Disposition"] == 'attachment; filename="esbjerg-2025-03-03-referat.docx"'
    assert "Hanne Vest (formand)" in read_document(response.content, "a.docx").text


@pytest.mark.parametrize("what", ["docx", "agenda_docx"])
def test_closed_items_are_exported_in_full_only_on_request(client, anna, meeting, what):
    client.force_login(anna)
    data = client.get(url(what, meeting)).content
    assert "2. Personsag" in read_document(data, "a.docx").text
    assert b"Kakadue" not in b"".join(parts(data).values())
    data = client.get(url(what, meeting), {"lukkede": "1"}).content
    assert "2. Kakadue" in read_document(data, "a.docx").text
    assert b"Pingvin" not in b"".join(parts(data).values())


def test_the_zip_has_papers_and_attachments_under_safe_names_of_their_own(client, anna, meeting):
    client.force_login(anna)
    files = parts(client.get(url("case_zip", meeting)).content)
    assert list(files) == [
        "esbjerg-2025-03-03-dagsorden.docx",
        "esbjerg-2025-03-03-referat.docx",
        "bilag/01-notat-boliger-aeoeaa.txt",
        "bilag/02-notat-boliger-aeoeaa.txt",
        "bilag/03-sent.txt",
    ]
    assert not any(b"Kakadue" in content for content in files.values())
    files = parts(client.get(url("case_zip", meeting), {"lukkede": "1"}).content)
    assert files["bilag/04-kakadue.txt"] == b"Kakadue"


def test_an_attachment_that_is_gone_from_the_disk_is_named_as_missing(client, anna, meeting):
    meeting.attachments.get(file__endswith="sent.txt").file.storage.delete(
        meeting.attachments.get(file__endswith="sent.txt").file.name
    )
    client.force_login(anna)
    files = parts(client.get(url("case_zip", meeting)).content)
    assert "bilag/03-sent.txt" not in files
    assert "sent.txt" in files["bilag-der-mangler.txt"].decode()


def test_an_agenda_holds_nothing_of_the_minutes(esbjerg):
    meeting = make.meeting(make.council(esbjerg))
    make.agenda(meeting)
    make.item(
        meeting,
        discussion="<p>Zebra</p>",
        decision="<p>Zebra</p>",
        dissent="<p>Zebra</p>",
        answer="godkendt",
        plain_text="<p>Zebra</p>",
    )
    make.item(meeting, "Zebra", raised_at_meeting=True)
    make.attachment(meeting, "zebra.txt", paper=Attachment.Paper.MINUTES)
    files = parts(agenda_docx(meeting))
    assert not any(word in files["word/document.xml"].lower() for word in (b"zebra", b"godkendt"))


def test_a_secretary_elsewhere_gets_nothing(client, bo, meeting):
    client.force_login(bo)
    for what in ("files", "docx", "agenda_docx", "case_zip", "import"):
        assert client.get(url(what, meeting)).status_code == 404


def test_the_files_page_warns_of_names_and_offers_the_closed_only_where_there_are_some(client, anna, meeting):
    client.force_login(anna)
    page = client.get(url("files", meeting)).content.decode()
    assert "Navnene står fuldt ud" in page and 'name="lukkede"' in page
    meeting.items.filter(is_closed=True).delete()
    assert 'name="lukkede"' not in client.get(url("files", meeting)).content.decode()


def test_the_approver_takes_files_out_but_none_in(client, dan, meeting):
    client.force_login(dan)
    assert dan.role_of[meeting.municipality.pk] == Role.APPROVER
    assert client.get(url("case_zip", meeting)).status_code == 200
    assert client.get(url("import", meeting)).status_code == 403
    assert "Indlæs fra fil" not in client.get(url("files", meeting)).content.decode()
