"""Reading files of all accepted types into blocks and text, and the error messages for others."""

import io
import random
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, TextStringObject

from udsat.lib.cpr import find_cpr
from udsat.lib.documents import (
    MAX_DOCUMENT_BYTES,
    Heading,
    ListItem,
    Paragraph,
    Table,
    UnreadableDocument,
    read_document,
    read_rich,
    word_xml,
)
from udsat.lib.documents.blocks import HIDDEN, STRUCK
from udsat.lib.page_boilerplate import boilerplate_reason
from udsat.lib.richtext import plain_text
from udsat.lib.richtext.cleaning import write_blocks
from udsat.lib.text_extraction import FileText, extract_text

FILES = Path(__file__).parent / "files"
W = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
)
CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/>'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml"'
    ' ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
    ' Target="word/document.xml"/></Relationships>'
)
STYLES = f"""<w:styles {W}>
<w:style w:type="paragraph" w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="Overskrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Indholdsfortegnelse1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Opstilling-punkttegn2"><w:name w:val="List Bullet 2"/></w:style>
</w:styles>"""
NUMBERING = f"""<w:numbering {W}><w:abstractNum w:abstractNumId="1">
<w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl>
</w:abstractNum><w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>
</w:numbering>"""


def p(text, style="", level=None, numbering=1, bold=False):
    """A Word paragraph, optionally with a style, as a list item or in bold."""
    inner = f'<w:pStyle w:val="{style}"/>' if style else ""
    if level is not None:
        inner += f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{numbering}"/></w:numPr>'
    mark = "<w:rPr><w:b/></w:rPr>" if bold else ""
    return f'<w:p><w:pPr>{inner}</w:pPr><w:r>{mark}<w:t xml:space="preserve">{text}</w:t></w:r></w:p>'


def docx(body="", **parts):
    """A Word file with this body; further parts by path, "__" for "/"."""
    files = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": RELATIONS,
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": STYLES,
        "word/numbering.xml": NUMBERING,
    }
    files |= {name.replace("__", "/") + ("" if "/" in name else ".xml"): text for name, text in parts.items()}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return file.getvalue()


def pdf(text="", title="", pages=1, password="", content=None):
    writer = PdfWriter()
    for _ in range(pages):
        page = writer.add_blank_page(200, 200)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
                NameObject("/Encoding"): NameObject("/WinAnsiEncoding"),
            }
        )
        page[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
        stream = DecodedStreamObject()
        stream.set_data(content or b"BT /F1 12 Tf 20 100 Td (" + text.encode("cp1252") + b") Tj ET")
        page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def shapes(document):
    """Type and text of each block, and a list item's level."""
    return [
        (type(block).__name__, block.text, *([block.level] if isinstance(block, ListItem) else []))
        for block in document.blocks
    ]


def error_message(data, filename, read=read_document):
    """The error message for a file that cannot be read."""
    with pytest.raises(UnreadableDocument) as caught:
        read(data, filename)
    return str(caught.value)


# Plain text


def test_a_text_becomes_paragraphs_and_items_with_their_line_numbers():
    document = read_document("Vision\n\nVi ses.\n\nVi vil:\n • lytte\n • gøre\n".encode(), "a.txt")
    assert document.blocks == [
        Paragraph("Vision", 1),
        Paragraph("Vi ses.", 3),
        Paragraph("Vi vil:", 5),
        ListItem("lytte", 6, marker="•", typed=True),
        ListItem("gøre", 7, marker="•", typed=True),
    ]
    assert document.unit == "linje"


@pytest.mark.parametrize("marker", ["•", "-", "–", "*", "1.", "2)", "a)", "(b)", "▪", "\uf0b7", "✓", "o\t", "i."])
def test_every_usual_bullet_is_seen(marker):
    document = read_document(f"Vi vil:\n{marker} lytte til alle\n{marker} gøre noget\n".encode(), "a.txt")
    assert [block.text for block in document.blocks] == ["Vi vil:", "lytte til alle", "gøre noget"]
    assert all(isinstance(block, ListItem) for block in document.blocks[1:])


@pytest.mark.parametrize(
    "line", ["3. marts 2027 mødes vi.", "12 borgere var med.", "2. halvår er travlt.", "§ 99 gælder.", "o, hvilken dag"]
)
def test_a_date_or_a_number_is_no_bullet(line):
    assert shapes(read_document(line.encode(), "a.txt")) == [("Paragraph", line)]


def test_items_nest_by_indent_and_by_a_change_of_marker():
    text = "• hjem\n  – små boliger\n  – billige boliger\n• job\n1. et\na) under et\n2. to\n1.1 under to\n"
    levels = [block.level for block in read_document(text.encode(), "a.txt").blocks]
    assert levels == [0, 1, 1, 0, 1, 2, 1, 2]


def test_a_number_after_bullets_continues_the_numbers():
    text = "3. Bolig\nVi bygger.\n- flere\n- mindre\n4. Sundhed\nVi helbreder.\n"
    assert [b.level for b in read_document(text.encode(), "a.txt").blocks if isinstance(b, ListItem)] == [0, 0, 0, 0]


def test_lines_wrapped_by_a_mail_program_are_joined():
    text = (
        "Overskrift\n"
        "Kommunen har i mange år haft tilbud til borgere, der lever et liv på kanten,\n"
        "og de tilbud skal nu samles. Det kræver en bolig- og en sundheds-\n"
        "indsats, der hænger sammen, og det kræver, at vi ringer til hinanden, når\n"
        "noget går galt.\n"
        "- åbne et værested i hver by, også i de byer, hvor der ingen er i dag, og\n"
        "  lade brugerne bestemme\n"
        "- ansætte en vejleder\n"
    )
    blocks = read_document(text.encode(), "a.txt").blocks
    assert [block.text[:22] for block in blocks] == [
        "Overskrift",
        "Kommunen har i mange å",
        "åbne et værested i hve",
        "ansætte en vejleder",
    ]
    assert "bolig- og en sundhedsindsats" in blocks[1].text and blocks[1].text.endswith("noget går galt.")
    assert blocks[2].text.endswith("og lade brugerne bestemme")


def test_a_wrapped_line_may_continue_with_a_name():
    text = (
        "Der er mange tilbud i byen, og de fleste af dem kender hinanden, men\n"
        "ikke alle. Derfor har kommunen spurgt Væresteder i Eksempelkøbing og\n"
        "Udsatterådet til råds. Det er blevet til et katalog, som alle bruger, og\n"
        "som vokser.\n"
    )
    assert len(read_document(text.encode(), "a.txt").blocks) == 1


def test_lines_that_are_not_wrapped_stay_separate():
    text = "Vi vil:\nskabe flere små boliger i alle dele af kommunen\nsikre hjælp til alle, der beder om den\n"
    assert len(read_document(text.encode(), "a.txt").blocks) == 3


def test_a_quotation_that_begins_with_a_dash_is_no_list():
    text = "Sådan lød det:\n\n– Vi er glade, siger formanden.\n\n– Det er vi også, fortæller borgmesteren.\n\nFarvel."
    assert {type(block) for block in read_document(text.encode(), "a.txt").blocks} == {Paragraph}


def test_marks_of_markdown_work_in_plain_text_too():
    text = "Strategien\n==========\n\n## Vision\n\n**Bolig**\n\nVi **bygger** nu.\n"
    document = read_document(text.encode(), "a.txt")
    assert document.blocks == [
        Heading(1, "Strategien", 1),
        Heading(2, "Vision", 4),
        Paragraph("Bolig", 6, bold=True),
        Paragraph("Vi bygger nu.", 8),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "Gå til hovedindhold (Tryk Enter)", "Skip til hoved indholdet", "Spring til indhold", "Skip to content",
        "Velkommen til Eksempelkøbing Kommune - Forside", "Hjem Politik Politikker Udsattepolitik",
        "Forside > Politik > Strategier", "Sidst opdateret: 3. maj 2027", "Sidst opdateret:", "Opdateret 21.11.2027",
        "Telefon: 00 00 00 00", "Tlf. 00 00 00 00", "00 00 00 00", "post@eksempel.example",
        "E-mail: post@eksempel.example",
        "Leave a Reply", "Skriv en kommentar", "Foto: Eksempelfoto / Privat", "Borgerservice åbningstider",
        "Mandag-onsdag kl. 10-14", "Fredag: lukket", "Torvet 1, 9999 Eksempelkøbing", "CVR 00 00 00 00", "Side 3 af 12",
        "Forord .......... 3", "https://www.eksempel.example/politik", "Del på Facebook", "© Eksempelkøbing Kommune",
    ],
)  # fmt: skip
def test_a_line_of_the_page_is_set_aside_with_a_reason(line):
    document = read_document(f"{line}\n\nHer er teksten.\n".encode(), "a.txt")
    assert [block.text for block in document.blocks] == ["Her er teksten."]
    assert document.ignored[0].text == line and document.ignored[0].line == 1 and document.ignored[0].reason


@pytest.mark.parametrize(
    "line",
    [
        "Hjem til alle", "Hjem og nabolag", "Ring til os, når du vil", "Skriv til rådet", "Kontakt mellem mennesker",
        "Mandag den 3. marts 2027 kl. 14.00-16.00", "Telefonen er åben for alle", "Delt ansvar", "Side om side",
        "Billeder af et liv på kanten", "Vision 2030", "Fotograf Hansens historie", "Bedre åbningstider til flere",
        "Gå til lægen", "Opdateret viden om hjemløshed", "Velkommen til en by for alle",
    ],
)  # fmt: skip
def test_a_line_of_the_text_stays(line):
    assert boilerplate_reason(line) == ""


def test_a_line_of_the_page_does_not_stick_to_the_line_above():
    document = read_document(
        "• ringe eller skrive til os, når du har brug for hjælp\npost@eksempel.example\n".encode(), "a.txt"
    )
    assert [block.text for block in document.blocks] == ["ringe eller skrive til os, når du har brug for hjælp"]
    assert [remark.reason for remark in document.ignored] == ["kontaktoplysning"]


def test_a_goal_about_opening_hours_is_not_taken_for_the_pages_foot():
    document = read_document("Vi vil:\n- udvide åbningstider\n- Værestedets åbningstider\n".encode(), "a.txt")
    assert len(document.blocks) == 3


def test_the_foot_of_a_page_counts_only_where_nothing_follows():
    document = read_document(b"Kontakt\n\nSkriv til os.\n\nGenveje\n\nKontakt\n", "a.txt")
    assert [block.text for block in document.blocks] == ["Kontakt", "Skriv til os."]
    assert [remark.text for remark in document.ignored] == ["Genveje", "Kontakt"]


# Markdown


def test_markdown_keeps_its_lines_and_its_nesting():
    text = "---\ntitle: Fra filens hoved\nforfatter: x\n---\n# Titel\n\nTekst over\nto linjer.\n\n"
    text += "Skilt  \nad\n\n- et\n    - under\n\n1. a\n2. b\n"
    document = read_document(text.encode(), "a.md")
    assert document.title == "Fra filens hoved"
    assert shapes(document) == [
        ("Heading", "Titel"), ("Paragraph", "Tekst over to linjer."), ("Paragraph", "Skilt"), ("Paragraph", "ad"),
        ("ListItem", "et", 0), ("ListItem", "under", 1), ("ListItem", "a", 0), ("ListItem", "b", 0),
    ]  # fmt: skip
    assert [block.line for block in document.blocks] == [5, 7, 10, 11, 13, 14, 16, 17]
    assert [remark.text for remark in document.ignored] == ["forfatter: x"]


@pytest.mark.parametrize("label", ["Tema 2: Job", "Mål 1.2 Flere job", "**Mål:** Alle har et job."])
def test_a_label_begins_a_paragraph_of_its_own(label):
    for name in ("a.md", "a.txt"):
        document = read_document(f"Kommunen vil have flere i arbejde, og det haster,\n{label}\n".encode(), name)
        assert [block.text for block in document.blocks][1:] == [label.replace("*", "")]


def test_bullets_that_markdown_does_not_know_are_seen():
    document = read_document("Vi vil:\n• lytte\n• gøre\n".encode(), "a.md")
    assert shapes(document)[1:] == [("ListItem", "lytte", 0), ("ListItem", "gøre", 0)]


def test_html_inside_markdown_is_read_and_scripts_are_not():
    document = read_document(
        b"# A\n\n<script>ond()</script>\n\n<b>Fed</b> tekst\n\n| a | b |\n|--|--|\n| c | d |\n", "a.md"
    )
    assert shapes(document) == [("Heading", "A"), ("Paragraph", "Fed tekst"), ("Table", "a | b\nc | d")]


# HTML


def test_a_web_page_gives_its_text_and_reports_its_frame():
    document = read_document((FILES / "side_med_ramme.html").read_bytes(), "side.html")
    assert document.title == "Udsattepolitik 2024-2027 | Eksempelkøbing Kommune"
    assert document.blocks[0] == Heading(1, "Udsattepolitik 2024-2027", document.blocks[0].line)
    assert ("ListItem", "også ved flytning", 1) in shapes(document)
    assert ("ListItem", "give fritidspas", 0) in shapes(document), "bullets typed between <br>"
    text = document.text
    assert "Læs også" not in text and "Forside" not in text and "ikke læses" not in text and "color" not in text
    aside = " ".join(remark.text for remark in document.ignored)
    assert all(words in aside for words in ("Gå til indhold", "Borger Politik", "Forside", "Boligplan", "9999"))
    assert document.unit == "afsnit"


def test_a_page_without_main_still_drops_menus_and_keeps_what_only_looks_like_one():
    html = """<body class="has-sidebar"><div id="menu"><a>Menupunkt</a></div><div class="page has-menu"><h1>Titel</h1>
    <div hidden>Skjult</div><h2><button aria-expanded="false">Bolig</button></h2><button>Luk</button>
    <p>Tekst<sup>2</sup> her.</p><dl><dt>Ord</dt><dd>Forklaring</dd></dl>
    <figure><img alt="x"><figcaption>Et billede</figcaption></figure><footer>Fod</footer></div></body>"""
    document = read_document(html.encode(), "a.html")
    assert [block.text for block in document.blocks] == ["Titel", "Bolig", "Tekst² her.", "Ord", "Forklaring"]
    assert {remark.text for remark in document.ignored} == {"Menupunkt", "Skjult", "Luk", "Et billede", "Fod"}


def test_text_outside_main_is_reported_and_not_read():
    text = "Teksten er her, og den er lang nok til at være sidens egen. " * 6
    main = f"<main><p>{text}</p><h3>Del siden</h3><ul><li>Del på Facebook</li></ul></main>"
    html = f"<body><div><h1>Titel</h1></div><div>Ved siden af</div>{main}</body>"
    document = read_document(html.encode(), "a.html")
    assert shapes(document) == [("Heading", "Titel"), ("Paragraph", text.strip())]
    assert [remark.text for remark in document.ignored] == ["Ved siden af", "Del siden", "Del på Facebook"]


def test_a_layout_table_is_read_as_text():
    html = "<table><tr><td><h2>Bolig</h2><p>Tekst</p></td></tr></table>"
    html += "<table><tr><th>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"
    document = read_document(html.encode(), "a.html")
    assert shapes(document) == [("Heading", "Bolig"), ("Paragraph", "Tekst"), ("Table", "A | B\n1 | 2")]
    assert isinstance(document.blocks[2], Table) and document.blocks[2].rows == (("A", "B"), ("1", "2"))


@pytest.mark.parametrize("charset", ["utf-8", "iso-8859-1", "windows-1252"])
def test_a_page_is_read_in_the_encoding_it_names(charset):
    html = f'<html><head><meta charset="{charset}"></head><body><p>Blåbærgrød på Ærø</p></body></html>'
    assert read_document(html.encode(charset), "a.html").text == "Blåbærgrød på Ærø"


# Word


def test_a_word_file_gives_headings_lists_and_tables():
    body = (
        p("Plads til alle", "Titel") + p("Bolig 4", "Indholdsfortegnelse1") + p("Bolig", "Overskrift1")
        + p("Vi bygger.") + p("et", level=0) + p("under", level=1) + p("to", level=0)
        + p("under", "Opstilling-punkttegn2")
        + p("første", level=0, numbering=2) + p("anden", level=0, numbering=2) + p("Fed", bold=True)
        + "<w:tbl><w:tr><w:tc>" + p("A") + "</w:tc><w:tc>" + p("B") + "</w:tc></w:tr></w:tbl>"
    )  # fmt: skip
    core = '<c xmlns="http://purl.org/dc/elements/1.1/"><title>Fra egenskaber</title></c>'
    header = f"<w:hdr {W}>{p('Eksempelkøbing Kommune')}</w:hdr>"
    document = read_document(docx(body, docProps__core=core, word__header1=header), "strategi.DOCX")
    assert document.title == "Fra egenskaber"
    assert document.blocks[0].level == 0, "Word's title stands above every heading"
    assert shapes(document) == [
        ("Heading", "Plads til alle"), ("Heading", "Bolig"), ("Paragraph", "Vi bygger."),
        ("ListItem", "et", 0), ("ListItem", "under", 1), ("ListItem", "to", 0), ("ListItem", "under", 1),
        ("ListItem", "første", 0), ("ListItem", "anden", 0), ("Paragraph", "Fed"), ("Table", "A | B"),
    ]  # fmt: skip
    assert [block.number for block in document.blocks if isinstance(block, ListItem)][-2:] == [1, 2]
    assert document.blocks[-2].bold
    assert {remark.text for remark in document.ignored} == {"Bolig 4", "Eksempelkøbing Kommune"}


def test_footnotes_of_a_word_file_are_reported_and_are_no_list():
    note = f'<w:footnotes {W}><w:footnote w:id="2">{p("Kilde: rådet")}</w:footnote></w:footnotes>'
    body = '<w:p><w:r><w:t>Tekst</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
    document = read_document(docx(body, word__footnotes=note), "a.docx")
    assert shapes(document) == [("Paragraph", "Tekst")]
    assert [(remark.text, remark.reason) for remark in document.ignored] == [("Kilde: rådet", "fodnote")]


def test_a_style_map_inside_a_word_file_is_ignored():
    names = '<R xmlns="http://schemas.openxmlformats.org/package/2006/relationships"/>'
    parts = {"mammoth/style-map": "p => !", "word/_rels/document.xml.rels": names}
    assert read_document(docx(p("Tekst"), **parts), "a.docx").text == "Tekst"


# What cannot be read


def test_fifty_megabytes_are_refused_before_anything_is_parsed():
    assert "50 MB" in error_message(b"PK\x03\x04" + bytes(50 * 1024 * 1024 - 4), "a.docx")
    assert "10 MB" in error_message(b"x" * (MAX_DOCUMENT_BYTES + 1), "a.txt")
    assert "25 MB" in error_message(b"x" * (26 * 1024 * 1024), "a.pdf", extract_text)


@pytest.mark.parametrize("read", [read_document, extract_text])
def test_an_empty_file_is_refused(read):
    assert "tom" in error_message(b"", "a.txt", read)


@pytest.mark.parametrize("data", [b"  \n\n", "\ufeff".encode(), b"<html><body></body></html>"])
def test_a_file_without_words_is_refused(data):
    name = "a.html" if data.startswith(b"<") else "a.txt"
    assert "ingen tekst" in error_message(data, name)


@pytest.mark.parametrize(
    "data, name, words",
    [
        (b"%PDF-1.7 x", "a.pdf", "En PDF kan ikke læses ind"),
        (b"%PDF-1.7 x", "a.docx", "En PDF kan ikke læses ind"),
        (b"PK\x03\x04x", "a.txt", "Word-fil"),
        (b"\x89PNG\r\n\x1a\nx", "a.docx", "billede"),
        (b"almindelig tekst", "a.docx", "noget andet"),
        (b"<!DOCTYPE html><p>x", "a.txt", "webside"),
        (b"{\\rtf1 x}", "a.txt", "RTF"),
        (b"tekst", "a.odt", ".odt"),
        (b"tekst", "uden", "uden endelse"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.docx", "gammelt Word-format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "a.docx", "adgangskode"),
        (b"PK\x03\x04" + b"junk" * 50, "a.docx", "beskadiget"),
    ],
)
def test_a_file_of_the_wrong_type_gets_a_helpful_message(data, name, words):
    message = error_message(data, name)
    assert words in message and message.endswith(".")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-sig", "cp1252"])
def test_danish_letters_survive_every_usual_encoding(encoding):
    text = "Blåbærgrød – på Ærø\r\nog »Ås« …"
    data = b"\xfe\xff" + text.encode("utf-16-be") if encoding == "utf-16-be-sig" else text.encode(encoding)
    assert read_document(data, "a.txt").text == "Blåbærgrød – på Ærø\nog »Ås« …"


@pytest.mark.parametrize(
    "data",
    [
        "Blåbærgrød på Ærø".encode()[:-1] + b"\xff!",
        "Ã¦ble, kÃ¸d og blÃ¥t".encode(),
        "Udsatter\ufffddet".encode(),
        b"Strategi \xff\xfe\xfa\xf0\xd0 x",
    ],
)
def test_broken_letters_are_refused_and_not_published(data):
    assert "æ, ø og å" in error_message(data, "a.txt")


@pytest.mark.parametrize("data", [b"tekst\x00tekst", b"\x01\x02\x03\x04\x05\x06 abc", b"\x81\x8d\x8f\x90"])
def test_bytes_that_are_no_text_are_refused(data):
    assert "ikke almindelig tekst" in error_message(data, "a.txt")


def test_a_word_file_with_macros_is_refused():
    assert "makroer" in error_message(docx(p("x"), **{"word/vbaProject.bin": "x"}), "a.docx")


def test_a_word_file_with_external_entities_is_refused():
    body = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    bad = docx(**{"word/extra.xml": body + "<d>&x;</d>"})
    assert "uden for sig selv" in error_message(bad, "a.docx")
    utf16 = (body.replace("?>", ' encoding="UTF-16"?>', 1) + "<d>x</d>").encode("utf-16")
    assert "uden for sig selv" in error_message(docx(**{"word/extra.xml": utf16}), "a.docx")


def test_a_zip_bomb_is_refused_by_declared_and_by_actual_size():
    bomb = docx(**{"word/extra.xml": b" " * 30_000_000})
    assert "større" in error_message(bomb, "a.docx")
    assert "større" in error_message(docx(**{f"word/x{n}.xml": "" for n in range(2001)}), "a.docx")
    honest = docx(p("x"), **{"word/extra.xml": "<x>" + "".join(random.Random(1).choices("abcdefgh", k=9000)) + "</x>"})
    archive = zipfile.ZipFile(io.BytesIO(honest))
    entry = archive.getinfo("word/extra.xml")
    # The archive's directory declares less than the stream holds.
    lying = honest.replace(struct.pack("<L", entry.file_size), struct.pack("<L", 10))
    assert lying != honest
    assert "beskadiget" in error_message(lying, "a.docx")


def test_a_zip_that_holds_no_word_document_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.xml", "<a/>")
    assert "ikke lavet i Word" in error_message(file.getvalue(), "a.docx")
    assert extract_text(file.getvalue(), "a.zip") == FileText("", complete=False)


def test_an_endless_text_is_refused():
    assert "for lang" in error_message(b"ord " * 400_000, "a.txt")
    assert "for lang" in error_message(b"- a\n" * 8_001, "a.txt")
    # Read to its end, this would take minutes.
    assert "for lang" in error_message(b"# x\n1. y\n" * 400_000, "a.md")


def test_a_very_long_line_is_read():
    document = read_document(("Vi vil bygge boliger. " * 20_000).encode(), "a.txt")
    assert len(document.blocks) == 1 and len(document.text) > 400_000


def test_a_deeply_nested_page_is_refused():
    for html in ("<div>" * 50_000 + "x", "<ul><li>" * 5_000 + "x", "<b>" * 50_000 + "x"):
        try:
            read_document(html.encode(), "a.html")
        except UnreadableDocument as refused:
            assert str(refused).endswith(".")


# Text of a Word file that mammoth skips


def test_text_in_fields_boxes_and_controls_of_a_word_file_is_read_once():
    def r(text):
        return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'

    box = "<w:txbxContent><w:p><w:r><w:t>tekstfelt</w:t></w:r></w:p></w:txbxContent>"
    body = (
        f'<w:p>{r("Næste møde er ")}<w:fldSimple w:instr="DATE">{r("14. april")}</w:fldSimple>{r(" kl. 14.")}</w:p>'
        f"<w:p>{r('ved boksen')}<w:r><mc:AlternateContent>"
        f'<mc:Choice Requires="wps"><w:drawing>{box}</w:drawing></mc:Choice>'
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
        f"<w:p><w:smartTag>{r('sted')}</w:smartTag><w:moveTo>{r(' flyttet')}</w:moveTo>"
        f"<w:ins>{r(' indsat')}</w:ins></w:p>"
        f"<w:sdt><w:sdtContent><w:p>{r('kontrol')}</w:p></w:sdtContent></w:sdt>"
        f"<w:p><w:sdt><w:sdtPr><w14:checkbox/></w:sdtPr><w:sdtContent>{r('☒')}</w:sdtContent></w:sdt>{r(' Ja')}</w:p>"
        '<w:p><w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:checked/></w:checkBox></w:ffData>'
        "</w:fldChar></w:r>"
        f'<w:r><w:fldChar w:fldCharType="end"/></w:r>{r("Nej")}</w:p>'
        f"<w:p>{r('linje')}<w:r><w:cr/></w:r>{r('skift')}</w:p>"
        "<w:p><m:oMath><m:sSup><m:e><m:r><m:t>x</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup>"
        "</m:oMath></w:p>"
    )
    document = read_document(docx(body), "a.docx")
    lines = [line for block in document.blocks for line in block.text.split("\n")]
    assert lines == [
        "Næste møde er 14. april kl. 14.",
        "ved boksen",
        "tekstfelt",
        "sted flyttet indsat",
        "kontrol",
        "☒ Ja",
        "☒ Nej",
        "linje",
        "skift",
        "x^(2)",
    ]
    assert [(note.text, note.reason) for note in document.left_out] == [("x^(2)", word_xml.FORMULA)]


def test_text_boxes_of_one_paragraph_stay_in_their_order_and_so_do_boxes_within_boxes():
    def box(content):
        return f"<w:r><w:drawing><w:txbxContent>{content}</w:txbxContent></w:drawing></w:r>"

    inner = f"<w:p><w:r><w:t>ydre</w:t></w:r>{box(p('indre'))}</w:p>{p('slut')}"
    body = f"<w:p><w:r><w:t>anker</w:t></w:r>{box(p('første'))}{box(inner)}{box(p('sidste'))}</w:p>{p('efter')}"
    lines = [block.text for block in read_document(docx(body), "a.docx").blocks]
    assert lines == ["anker", "første", "ydre", "indre", "slut", "sidste", "efter"]


def test_struck_hidden_and_deleted_text_of_a_word_file_is_named_and_not_read():
    styles = STYLES.replace(
        "</w:styles>",
        '<w:style w:type="character" w:styleId="Gone"><w:rPr><w:strike/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="Note"><w:basedOn w:val="Gone"/></w:style></w:styles>',
    )
    body = (
        "<w:p><w:r><w:t>Rådet støtter. </w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>INT</w:t></w:r>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>ERN</w:t></w:r></w:p>"
        "<w:p><w:r><w:rPr><w:dstrike/></w:rPr><w:t>400</w:t></w:r><w:r><w:t> 500 kr.</w:t></w:r></w:p>"
        '<w:p><w:r><w:rPr><w:rStyle w:val="Gone"/></w:rPr><w:t>efter stil</w:t></w:r></w:p>'
        '<w:p><w:pPr><w:pStyle w:val="Note"/></w:pPr><w:r><w:t>hele afsnittet</w:t></w:r>'
        '<w:r><w:rPr><w:strike w:val="0"/></w:rPr><w:t>men ikke det</w:t></w:r></w:p>'
        "<w:p><w:del><w:r><w:delText>slettet</w:delText></w:r></w:del><w:r><w:t>Slut.</w:t></w:r></w:p>"
    )
    document = read_document(docx(body, **{"word/styles.xml": styles}), "a.docx")
    assert [block.text for block in document.blocks] == ["Rådet støtter.", "500 kr.", "men ikke det", "Slut."]
    assert [(note.text, note.reason) for note in document.left_out] == [
        ("slettet", word_xml.DELETED),
        ("INTERN", HIDDEN),
        ("400", STRUCK),
        ("efter stil", STRUCK),
        ("hele afsnittet", STRUCK),
    ]


def test_text_of_a_word_file_that_a_style_or_its_position_raises_is_read_as_raised():
    styles = STYLES.replace(
        "</w:styles>",
        '<w:style w:type="character" w:styleId="Up"><w:rPr><w:vertAlign w:val="superscript"/></w:rPr></w:style>'
        "</w:styles>",
    )

    def run(text, properties=""):
        return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"

    style = '<w:rStyle w:val="Up"/>'
    higher, lower, tuned = (f'<w:position w:val="{half_points}"/>' for half_points in (6, -6, 1))
    body = (
        f"<w:p>{run('m')}{run('2', style)}{run(' 10')}{run('5', higher)}{run(' CO')}"
        f"{run('2', lower)}{run(' 7', tuned)}</w:p><w:p>{run('2026', higher)}</w:p>"
    )
    document = read_document(docx(body, **{"word/styles.xml": styles}), "a.docx")
    assert [block.text for block in document.blocks] == ["m² 10⁵ CO₂ 7", "2026"]


def test_words_in_unknown_elements_of_a_word_file_are_named():
    body = f"{p('Tekst')}<w:p><w:nyt><w:r><w:t>helt nyt element</w:t></w:r></w:nyt></w:p>"
    document = read_document(docx(body), "a.docx")
    assert [(note.text, note.reason) for note in document.left_out] == [("helt nyt element", word_xml.MISSING)]
    assert read_rich(docx(body), "a.docx").left_out == document.left_out


def test_numbers_and_letters_of_lists_in_word_are_kept():
    numbering = NUMBERING.replace(
        "</w:numbering>",
        '<w:abstractNum w:abstractNumId="77"><w:lvl w:ilvl="0"><w:start w:val="2"/><w:numFmt w:val="lowerLetter"/>'
        '<w:lvlText w:val="%1)"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="77"><w:abstractNumId w:val="77"/></w:num></w:numbering>',
    )
    items = [p(text, level=0, numbering=77) for text in ("bolig", "sundhed")]
    body = f"{items[0]}{p('Pause')}{items[1]}"
    rich = read_rich(docx(body, **{"word/numbering.xml": numbering}), "a.docx")
    assert write_blocks(rich.blocks) == (
        '<ol start="2" type="a"><li>bolig</li></ol><p>Pause</p><ol start="3" type="a"><li>sundhed</li></ol>'
    )
    assert plain_text(write_blocks(rich.blocks)).splitlines() == ["b. bolig", "Pause", "c. sundhed"]


@pytest.mark.parametrize("read", [read_document, read_rich])
def test_struck_text_of_a_web_page_is_named_and_not_read(read):
    page = (
        "<p>Taksten er <s>400</s> 500 kr. <span style='text-decoration: line-through'>Afvist</span> for 20 m"
        "<sup>2</sup></p>"
    )
    document = read(page.encode(), "a.html")
    assert [block.text for block in document.blocks] == ["Taksten er 500 kr. for 20 m²"]
    assert [(note.text, note.reason) for note in document.left_out] == [("400", STRUCK), ("Afvist", STRUCK)]


# All text of an upload, for the CPR check


def test_all_hidden_text_of_a_word_file_is_read():
    split = "<w:p><w:r><w:t>01019</w:t></w:r><w:r><w:t>0-1234</w:t></w:r></w:p>"
    deleted = "<w:p><w:del><w:r><w:delText>slettet ord</w:delText></w:r></w:del></w:p>"
    picture = '<w:p><w:r><w:drawing descr="billedets tekst"/></w:r></w:p>'
    core = (
        '<c xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>titel 020290-1234</dc:title>'
        "<dc:creator>Forfatter Prøve</dc:creator></c>"
    )
    text = extract_text(
        docx(
            split + deleted + picture,
            docProps__core=core,
            word__header1=f"<w:hdr {W}>{p('sidehoved')}</w:hdr>",
            word__footer2=f"<w:ftr {W}>{p('sidefod')}</w:ftr>",
            word__footnotes=f"<w:f {W}>{p('fodnote')}</w:f>",
            word__comments=f"<w:c {W}>{p('kommentar')}</w:c>",
            **{"word/_rels/document.xml.rels": '<R><r Target="mailto:borger@eksempel.example"/></R>'},
            **{"word/embeddings/indlejret.docx": docx(p("i et indlejret dokument"))},
        ),
        "bilag.docx",
    ).text
    lines = text.splitlines()
    for words in (
        "010190-1234", "slettet ord", "billedets tekst", "titel 020290-1234", "Forfatter Prøve", "sidehoved", "sidefod",
        "fodnote", "kommentar", "mailto:borger@eksempel.example", "i et indlejret dokument",
    ):  # fmt: skip
        assert words in lines


def test_a_spreadsheet_gives_its_cells_and_the_zero_that_excel_dropped():
    sheet = '<x><c t="inlineStr"><is><t>Prøve</t></is></c><c><v>101901234</v></c><c><v>2002901234</v></c></x>'
    shared = "<sst><si><r><t>delt </t></r><r><t>tekst</t></r></si></sst>"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        archive.writestr("xl/sharedStrings.xml", shared)
    lines = extract_text(file.getvalue(), "a.xlsx").text.splitlines()
    assert {"Prøve", "0101901234", "2002901234", "delt tekst"} <= set(lines)


def test_a_pdf_gives_its_pages_and_its_title():
    text = extract_text(pdf("Brev om 010190-1234 på Ærø", title="Titel 020290-1234"), "bilag.pdf").text
    assert "Brev om 010190-1234 på Ærø" in text and "Titel 020290-1234" in text


def test_a_pdf_gives_its_bookmarks_and_the_names_of_what_is_attached():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Side"))))
    writer.add_outline_item(title="Bogmærke 010190-1234", page_number=0)
    writer.add_attachment("lønseddel 020290-1234.txt", b"x")
    file = io.BytesIO()
    writer.write(file)
    found = extract_text(file.getvalue(), "a.pdf")
    assert "Bogmærke 010190-1234" in found.text and "lønseddel 020290-1234.txt" in found.text
    assert not found.complete, "what is attached was not read"


def test_a_scanned_page_is_not_taken_for_an_empty_one():
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Side med tekst"))))
    page = writer.add_blank_page(100, 100)
    image = DecodedStreamObject()
    image.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Image")})
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/XObject"): DictionaryObject({NameObject("/I"): writer._add_object(image)})}
    )
    file = io.BytesIO()
    writer.write(file)
    found = extract_text(file.getvalue(), "a.pdf")
    assert "Side med tekst" in found.text and not found.complete


def pdf_with(change):
    """Return a PDF with one page of text, after `change(writer, page)`."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf("Stemplet 3. marts"))))
    change(writer, writer.pages[0])
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def image_in(writer):
    image = DecodedStreamObject()
    image.update({NameObject("/Type"): NameObject("/XObject"), NameObject("/Subtype"): NameObject("/Image")})
    return DictionaryObject({NameObject("/XObject"): DictionaryObject({NameObject("/I"): writer._add_object(image)})})


def a_picture(writer, page):
    page[NameObject("/Resources")] |= image_in(writer)


def a_form_with_a_picture(writer, page):
    form = DecodedStreamObject()
    form.update({NameObject("/Subtype"): NameObject("/Form"), NameObject("/Resources"): image_in(writer)})
    page[NameObject("/Resources")][NameObject("/XObject")] = DictionaryObject(
        {NameObject("/F"): writer._add_object(form)}
    )


def a_picture_in_the_content(writer, page):
    content = DecodedStreamObject()
    content.set_data(page.get_contents().get_data() + b"\nBI /W 1 /H 1 /BPC 8 /CS /G ID x EI\n")
    page[NameObject("/Contents")] = writer._add_object(content)


def a_page_of_lines(writer, page):
    content = DecodedStreamObject()
    content.set_data(b"0 0 m 10 10 l 5 0 l f")
    writer.add_blank_page(100, 100)[NameObject("/Contents")] = writer._add_object(content)


def a_stamp(writer, page):
    stamp = DecodedStreamObject()
    stamp.update({NameObject("/Subtype"): NameObject("/Form"), NameObject("/Resources"): image_in(writer)})
    shown = DictionaryObject({NameObject("/N"): writer._add_object(stamp)})
    note = DictionaryObject({NameObject("/Subtype"): NameObject("/Stamp"), NameObject("/AP"): shown})
    page[NameObject("/Annots")] = ArrayObject([writer._add_object(note)])


@pytest.mark.parametrize(
    "change", [a_picture, a_form_with_a_picture, a_picture_in_the_content, a_page_of_lines, a_stamp]
)
def test_a_pdf_with_a_picture_is_not_read_in_full(change):
    found = extract_text(pdf_with(change), "a.pdf")
    assert "Stemplet 3. marts" in found.text and not found.complete


def test_a_pdf_of_text_alone_is_read_in_full():
    def a_note(writer, page):
        note = DictionaryObject({NameObject("/T"): TextStringObject("Kirsten Prøve")})
        page[NameObject("/Annots")] = ArrayObject([writer._add_object(note)])

    found = extract_text(pdf_with(a_note), "a.pdf")
    assert found.complete and "Kirsten Prøve" in found.text


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("word/settings.xml", '<w:docVar w:name="x" w:val="010180-1234"/>'),
        ("word/document.xml", '<w:listItem w:displayText="010180-1234" w:value="1"/>'),
        ("word/document.xml", '<w:listItem w:displayText="Vælg" w:value="010180-1234"/>'),
        ("word/styles.xml", '<w:style><w:name w:val="010180-1234"/></w:style>'),
        ("word/comments.xml", '<w:comment w:author="010180-1234"><w:p/></w:comment>'),
        ("word/people.xml", '<w:person w:author="010180-1234"/>'),
        ("word/document.xml", '<w:ins w:author="010180-1234"><w:r/></w:ins>'),
        ("word/glossary/document.xml", "<w:p><w:r><w:t>010180-1234</w:t></w:r></w:p>"),
        ("customXml/item1.xml", "<w:x>010180-1234</w:x>"),
        ("word/afchunk.html", "<p>010180-1234</p>"),
        ("word/afchunk.mht", "MIME-Version: 1.0\nContent-Type: text/html\n"
         "Content-Transfer-Encoding: quoted-printable\n\n<p>0101=\n80-1234</p>"),
        ("word/embeddings/brev.txt", "010180-1234"),
    ],
)  # fmt: skip
def test_every_part_of_a_word_file_is_read(name, content):
    if name.endswith(".xml"):
        content = f"<w:root {W}>{p('Tekst')}{content}</w:root>"
    found = extract_text(docx(p("Tekst"), **{name: content}), "a.docx")
    assert found.complete and list(find_cpr(found.text))


@pytest.mark.parametrize("name", ["word/media/image1.png", "word/media/image1.emf", "word/afchunk.bin"])
def test_a_word_file_with_a_part_that_is_no_text_is_not_read_in_full(name):
    found = extract_text(docx(p("Tekst"), **{name: b"\x89PNG\r\n\x1a\n" + bytes(50)}), "a.docx")
    assert "Tekst" in found.text and not found.complete


def test_a_word_file_without_text_is_not_read_in_full():
    assert not extract_text(docx(""), "a.docx").complete


def test_identifiers_of_a_word_file_are_no_numbers_of_people():
    ids = '<w:p w:paraId="0101801234"><w:sdtPr><w:id w:val="0101801234"/></w:sdtPr><w:r><w:t>Tekst</w:t></w:r></w:p>'
    assert not list(find_cpr(extract_text(docx(ids), "a.docx").text))


def test_a_picture_has_no_extractable_text():
    assert extract_text(b"\x89PNG\r\n\x1a\n" + bytes(50), "billede.png") == FileText("", complete=False)
    assert extract_text(b"\xff\xd8\xff\xe0" + bytes(50), "billede.jpg") == FileText("", complete=False)


def test_text_files_and_pages_give_all_their_text():
    table = extract_text('navn;dag;cpr\nPrøve;"010180";"1234"\nÅse;;101801234'.encode("cp1252"), "liste.csv")
    assert table == FileText("navn | dag | cpr\nPrøve | 010180 | 1234\nÅse |  | 101801234\n0101801234", complete=True)
    assert "010180-1234" in extract_text(b"SUMMARY:Samtale 0101\r\n 80-1234", "a.ics").text
    assert "010180-1234" in extract_text(b'{"navn": "010180\\u002d1234"}', "a.json").text
    assert "010180-1234" in extract_text(b"<x>010180&#45;1234</x>", "a.xml").text
    page = (
        "<html><head><title>T 010190-1234</title></head>"
        '<body><!-- K --><img alt="A"><p>0202<b>90</b>-1234</p></body></html>'
    )
    lines = [line.strip() for line in extract_text(page.encode(), "a.html").text.splitlines()]
    assert {"T 010190-1234", "K", "A", "020290-1234"} <= set(lines)


def test_a_locked_pdf_is_refused_with_what_to_do():
    assert "adgangskode" in error_message(pdf("x", password="hemmelig"), "a.pdf", extract_text)


def test_a_broken_pdf_is_refused_with_what_to_do():
    assert "beskadiget" in error_message(b"%PDF-1.7\n" + b"junk" * 100, "a.pdf", extract_text)


def test_a_pdf_bomb_is_refused():
    writer = PdfWriter()
    page = writer.add_blank_page(10, 10)
    stream = DecodedStreamObject()
    stream.set_data(b"")
    bomb = stream.flate_encode()
    bomb._data = zlib.compress(b" " * 60_000_000, 9)
    page[NameObject("/Contents")] = writer._add_object(bomb)
    file = io.BytesIO()
    writer.write(file)
    assert len(file.getvalue()) < 100_000
    assert "for stor" in error_message(file.getvalue(), "a.pdf", extract_text)
    assert "sider" in error_message(pdf("x", pages=1001), "a.pdf", extract_text)


# Junk


def test_random_bytes_give_a_document_or_a_message_and_nothing_else():
    chance = random.Random(20270101)
    starts = [
        b"",
        b"PK\x03\x04",
        b"%PDF-1.4\n",
        b"<html>",
        b"\xff\xfe",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "æøå ".encode(),
    ]
    for _ in range(300):
        data = chance.choice(starts) + chance.randbytes(chance.randint(1, 400))
        name = chance.choice(["a.txt", "a.md", "a.html", "a.docx", "a.pdf", "a.xlsx", "a"])
        for read in (read_document, extract_text):
            try:
                read(data, name)
            except UnreadableDocument as refused:
                assert str(refused).endswith(".")


def test_damaged_files_give_a_document_or_a_message_and_nothing_else():
    chance = random.Random(20270102)
    word = docx(p("Plads til alle", "Titel") + p("Bolig", "Overskrift1") + p("et", level=0) * 20)
    page = (FILES / "side_med_ramme.html").read_bytes()
    for original, name in ((word, "a.docx"), (page, "a.html"), (pdf("Tekst", title="T"), "a.pdf")):
        for _ in range(120):
            data = bytearray(original)
            for _ in range(chance.randint(1, 12)):
                at = chance.randrange(len(data))
                if chance.random() < 0.5:
                    data[at] = chance.randrange(256)
                else:
                    del data[at : at + chance.randint(1, 30)]
            for read in (read_document, extract_text):
                try:
                    read(bytes(data), name)
                except UnreadableDocument as refused:
                    assert str(refused).endswith(".")
