"""PDF rendering, fonts, QR codes and the store, without models."""

import hashlib
import os
import re
import subprocess
import sys
import threading

import pytest
from django.conf import settings as django_settings

from udsat.lib import pdf, pdf_making, pdf_store, pdf_ua
from udsat.lib.pdf import PdfForbidden, PdfTooLarge, qr_svg, render_pdf
from udsat.lib.pdf_fonts import missing_characters
from udsat.lib.pdf_making import make_pdf
from udsat.lib.pdf_store import Pdf, clean_store

from .pdf_reader import bookmarks, elements, failures, qr_code_in_svg, qr_code_on_page, read

QR = qr_svg("https://udsat.example.dk/", "QR-kode")
TEXT = "<p>Et afsnit med så mange ord, at en del af dem fylder flere linjer på siden, når det bliver gentaget.</p>"


def document(body="<h1>Plads til alle</h1>", head=""):
    return (
        f'<!doctype html><html lang="da" data-accent="skov"><head><meta charset="utf-8"><title>Plads til alle</title>'
        f'<meta name="author" content="Esbjerg Kommune"><meta name="dcterms.created" content="2025-03-03T08:00:00Z">'
        f'<base href="https://udsat.example.dk/">{head}</head><body><div class="running">Løbende hoved</div>'
        f'<div class="dated">Version 3</div>{body}</body></html>'
    )


EVERYTHING = (
    '<h1 id="top">Plads til alle</h1><p>Se <a href="#tabel">tabellen</a> og <a href="/esbjerg/">Esbjergs side</a>.</p>'
    "<h2>Lister</h2><ul><li>en</li><li>to<ol><li>to a</li></ol></li><li><p>tre</p><p>og mere</p></li></ul>"
    '<ul class="goals"><li><p>bygge boliger.</p><p class="status naaet">Nået</p><ul><li><p>små</p></li></ul></li></ul>'
    '<ul class="head"><li><ul class="many"><li>Karen</li><li>Per</li></ul></li></ul>'
    '<h2 id="tabel">Tabel</h2><table><caption>Aftaler</caption><thead><tr><th scope="col">Hvad</th><th>Hvem</th></tr>'
    '</thead><tbody><tr><th scope="row">Ringe</th><td>Karen</td></tr><tr><td colspan="2">Ingen</td></tr></tbody>'
    "</table>"
    f'<section class="source">{QR}<h2>Kilde</h2></section>' + TEXT * 60
)


def test_a_document_with_everything_passes_pdf_ua():
    assert failures(render_pdf(document(EVERYTHING))) == []


def test_without_the_finisher_the_same_document_would_fail(monkeypatch):
    monkeypatch.setattr(pdf_ua, "finish", lambda document, file: None)
    assert failures(render_pdf(document(EVERYTHING))) != []


def test_language_title_author_dates_and_bookmarks_are_in_the_file():
    data = render_pdf(document(EVERYTHING))
    reader = read(data)
    root = reader.trailer["/Root"]
    assert root["/Lang"] == "da"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata.title == "Plads til alle"
    assert reader.metadata.author == "Esbjerg Kommune"
    assert reader.metadata.creation_date.isoformat() == "2025-03-03T08:00:00+00:00"
    assert reader.xmp_metadata.dc_title["x-default"] == "Plads til alle"
    assert bookmarks(data) == ["Plads til alle", "Lister", "Tabel", "Kilde"]


def test_running_heads_and_page_numbers_are_outside_the_reading_order():
    reader = read(render_pdf(document(EVERYTHING)))
    content = reader.pages[1].get_contents().get_data()
    assert "Løbende hoved" in reader.pages[1].extract_text()
    assert content.count(b"/Type /Pagination") == 3  # head, date and page number
    numbers = reader.trailer["/Root"]["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    parents = numbers[3].get_object()
    marked = [int(mcid) for mcid in re.findall(rb"/MCID (\d+)", content)]
    assert len(marked) == len(parents) - 3
    assert all(isinstance(parents[mcid].get_object(), dict) for mcid in marked)


def test_header_cells_have_a_scope():
    scopes = [cell["/A"]["/Scope"] for cell in elements(render_pdf(document(EVERYTHING)), "/TH")]
    assert scopes == ["/Column", "/Column", "/Row"]


def test_lists_have_their_numbering():
    numbering = [item["/A"]["/ListNumbering"] for item in elements(render_pdf(document(EVERYTHING)), "/L")]
    assert sorted(numbering) == ["/Circle", "/Decimal", "/Disc", "/None", "/None", "/None"]


def test_links_are_printed_and_described_by_their_own_words():
    annotations = [item.get_object() for item in read(render_pdf(document(EVERYTHING))).pages[0]["/Annots"]]
    assert [annotation["/F"] for annotation in annotations] == [4, 4]
    assert [annotation["/Contents"] for annotation in annotations] == ["tabellen", "Esbjergs side"]
    assert annotations[1]["/A"]["/URI"] == "https://udsat.example.dk/esbjerg/"


@pytest.mark.parametrize(
    "text", ["<strong>fed</strong>", "y <em>kursiv <u>og mere</u></em>", "Ring 75 12 34 56", "a@b.dk"]
)
def test_a_link_with_an_element_in_it_is_one_link(text):
    file = render_pdf(document(f'<h1>Kontakt</h1><p>Se <a href="https://udsat.example.dk/">{text}</a>.</p>'))
    assert failures(file) == [] and len(read(file).pages[0]["/Annots"]) == 1


def test_a_picture_is_read_as_its_title():
    assert [figure["/Alt"] for figure in elements(render_pdf(document(EVERYTHING)), "/Figure")] == ["QR-kode"]


def in_another_process(code, folder, **environment):
    """The result of running the code in a new Python process with the project's settings."""
    return subprocess.run(
        [sys.executable, "-c", f"import django; django.setup(); {code}"],
        env=os.environ | {"VAR_DIR": str(folder)} | environment,
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
    )


def test_the_same_text_gives_the_same_bytes_in_every_process(tmp_path):
    (tmp_path / "text.html").write_text(document(EVERYTHING))
    code = (
        "import hashlib, pathlib; from udsat.lib.pdf import render_pdf;"
        f"print(hashlib.sha256(render_pdf(pathlib.Path({str(tmp_path / 'text.html')!r}).read_text())).hexdigest())"
    )
    sums = {in_another_process(code, tmp_path, PYTHONHASHSEED=seed).stdout for seed in ("1", "2")}
    assert sums == {hashlib.sha256(render_pdf(document(EVERYTHING))).hexdigest() + "\n"}


@pytest.mark.parametrize(
    "body",
    [
        '<img src="https://example.com/a.png" alt="a">',
        '<img src="http://127.0.0.1:9/a.png" alt="a">',
        '<img src="file:///etc/passwd" alt="a">',
        '<img src="/etc/passwd" alt="a">',
        '<img src="data:image/png;base64,aGVq" alt="a">',
        '<img src="static:../pyproject.toml" alt="a">',
        '<img src="static:%2e%2e/pyproject.toml" alt="a">',
        '<img src="static:css/missing.svg" alt="a">',
        '<link rel="stylesheet" href="https://example.com/a.css">',
        '<style>@import "https://example.com/a.css";</style>',
        "<style>@font-face{font-family:x;src:url(file:///etc/passwd)} p{font-family:x}</style>",
        '<p style="background:url(https://example.com/a.png)">a</p>',
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><title>a</title><image href="file:///etc/passwd"/></svg>',
        '<object data="file:///etc/passwd"></object>',
        '<a rel="attachment" href="file:///etc/passwd">a</a>',
    ],
)
def test_network_and_files_outside_static_are_refused(body):
    with pytest.raises(PdfForbidden):
        render_pdf(document(f"<h1>a</h1>{body}"))


def test_an_attachment_in_the_head_is_refused():
    with pytest.raises(PdfForbidden):
        render_pdf(document(head='<link rel="attachment" href="file:///etc/passwd">'))


def test_our_own_static_files_may_be_used():
    assert render_pdf(document('<h1>a</h1><img src="static:print/roofs.svg" alt="Tage">')).startswith(b"%PDF-1.7")


def test_a_stylesheet_outside_static_is_refused():
    with pytest.raises(PdfForbidden):
        render_pdf(document(), stylesheets=["../pyproject.toml"])


def test_a_text_that_is_too_long_is_refused_in_danish():
    with pytest.raises(PdfTooLarge, match="Teksten er for lang"):
        render_pdf(document("<p></p>" * (pdf.MAX_CHARACTERS // 7)))


def test_a_text_without_any_blank_is_set_in_lines():
    data = render_pdf(document(f"<h1>a</h1><p>{'x' * 30_000}</p>"))
    assert failures(data) == []
    assert sum(page.extract_text().count("x") for page in read(data).pages) == 30_000


def test_a_text_nested_too_deep_is_refused_in_danish():
    with pytest.raises(PdfTooLarge, match="for mange lag"):
        render_pdf(document("<div>" * 900 + "x" + "</div>" * 900))
    assert render_pdf(document()).startswith(b"%PDF")


@pytest.mark.parametrize("html", ["", "<html lang=da><p>x</html>", "<html><title>x</title><p>x</html>"])
def test_a_document_without_title_or_language_is_refused(html):
    with pytest.raises(ValueError, match="title"):
        render_pdf(html)


def test_letters_of_danish_and_its_neighbours_can_be_drawn():
    assert (
        missing_characters("Æblegrød på øen, Ærø – »Ünï« ”tal” 1½ € → • … łđšžþ Ωж\n\t\N{SOFT HYPHEN}\N{ZWNJ}") == set()
    )


def test_a_character_no_font_has_is_found():
    assert missing_characters("a\x07\x0b\ud800\ue123\U0010fffe\u2028") == {
        "\x07",
        "\x0b",
        "\ud800",
        "\ue123",
        "\U0010fffe",
        "\u2028",
    }


def test_a_character_no_font_has_does_not_make_the_file_invalid(caplog):
    data = render_pdf(document("<h1>Hej \ue123 du \ud800 der \x07!</h1>"))
    assert failures(data) == []
    assert "Hej" in read(data).pages[0].extract_text()
    assert "No font has" in caplog.text


def test_a_machine_without_fonts_raises_an_error_instead_of_crashing(tmp_path):
    (tmp_path / "fonts.conf").write_text('<?xml version="1.0"?><fontconfig></fontconfig>')
    result = in_another_process(
        "from udsat.lib.pdf import render_pdf; render_pdf('')", tmp_path, FONTCONFIG_FILE=str(tmp_path / "fonts.conf")
    )
    assert result.returncode == 1
    assert "PdfUnavailable: PDFs need at least one font" in result.stderr
    assert "fonts-lato" in result.stderr


def test_the_fonts_of_the_design_are_the_ones_in_the_file():
    fonts = render_pdf(document("<h1>Serif</h1><p>Sans</p>"))
    names = {font["/BaseFont"].split("+")[1] for font in _fonts(fonts)}
    assert {name.split("-")[0] for name in names} == {"Charis", "Lato"}


def _fonts(data):
    resources = read(data).pages[0]["/Resources"]
    return [font.get_object() for font in resources["/Font"].values()]


def test_weasyprint_supports_everything_in_our_stylesheet(caplog):
    pdf._parsed_stylesheet.cache_clear()
    render_pdf(document(EVERYTHING))
    assert [record.message for record in caplog.records if record.name == "weasyprint"] == []


LAYOUT = (
    '<style>html[data-layout="dense"] p{font-size:5pt;margin:0} html[data-layout="denser"] p{font-size:2pt}</style>'
)


def test_the_first_layout_that_fits_is_taken():
    def pages(paragraphs, **options):
        return len(
            read(render_pdf(document(TEXT * paragraphs, LAYOUT), layouts=("", "dense", "denser"), **options)).pages
        )

    assert pages(10, max_pages=1) == 1
    assert pages(45) > 1
    assert pages(45, max_pages=1) == 1
    assert pages(500, max_pages=1) > 1  # the last layout, however long it gets


def test_a_spacious_layout_is_kept_when_it_fits():
    roomy, chosen = (
        render_pdf(document(TEXT * 10, LAYOUT), layouts=layouts, max_pages=1) for layouts in [("",), ("", "dense")]
    )
    assert roomy == chosen


# QR codes


@pytest.mark.parametrize(
    "url", ["https://udsat.dk/", "https://udsat.dk/esbjerg/møder/?q=æøå&r=1#a", "https://x.dk/" + "a" * 800]
)
def test_a_phone_reads_the_address_from_the_code(url):
    assert qr_code_in_svg(qr_svg(url)) == url


def test_the_code_can_still_be_read_in_the_pdf():
    assert qr_code_on_page(render_pdf(document(f'<h1>a</h1><section class="source">{QR}</section>'))) == (
        "https://udsat.example.dk/"
    )


def test_the_code_has_an_escaped_title_and_no_inline_style():
    svg = qr_svg("https://udsat.dk/", 'Se <b>"her"</b>')
    assert "<title>Se &lt;b&gt;&quot;her&quot;&lt;/b&gt;</title>" in svg
    assert "style" not in svg


@pytest.mark.parametrize("url", ["", "x" * 5000])
def test_an_address_that_fits_no_code_is_refused(url):
    with pytest.raises(ValueError):
        qr_svg(url)


# The store


def stored_files(settings):
    return sorted((settings.VAR_DIR / "pdf").iterdir())


def test_a_pdf_is_made_once_and_then_read_from_the_store(settings, monkeypatch):
    first = make_pdf(Pdf(document()))
    monkeypatch.setattr(pdf_making, "render_pdf", lambda *args, **options: pytest.fail("made again"))
    assert make_pdf(Pdf(document())) == first
    assert len(stored_files(settings)) == 1


def test_another_text_layout_or_stylesheet_is_another_file(settings, monkeypatch):
    make_pdf(Pdf(document()))
    make_pdf(Pdf(document("<h1>Plads til nogle</h1>")))
    make_pdf(Pdf(document(), layouts=("dense",)))
    make_pdf(Pdf(document(), stylesheets=()))
    monkeypatch.setattr(pdf_store, "read_stylesheet", lambda name: "h1 { color: red }")
    make_pdf(Pdf(document()))
    assert len(stored_files(settings)) == 5


def test_a_file_cut_short_by_a_power_failure_is_made_again(settings):
    whole = make_pdf(Pdf(document()))
    [path] = stored_files(settings)
    path.write_bytes(whole[:1000])
    assert make_pdf(Pdf(document())) == whole
    assert path.read_bytes() == whole


def test_a_full_disk_still_gives_the_pdf(settings, caplog):
    (settings.VAR_DIR / "pdf").write_text("a file where the folder should be")
    assert make_pdf(Pdf(document())).startswith(b"%PDF")
    assert "could not be stored" in caplog.text


def test_the_store_deletes_unused_and_excess_files(tmp_path):
    for number, age in enumerate([1, 2, 3, 50]):
        path = tmp_path / f"{number}.pdf"
        path.write_bytes(b"x" * 100)
        moment = path.stat().st_mtime - age * 86400
        os.utime(path, (moment, moment))
    clean_store(tmp_path, max_bytes=1000, max_days=30)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.pdf", "1.pdf", "2.pdf"]
    clean_store(tmp_path, max_bytes=200, max_days=30)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.pdf", "1.pdf"]


def test_reading_a_stored_pdf_renews_it(settings):
    make_pdf(Pdf(document()))
    [path] = stored_files(settings)
    os.utime(path, (0, 0))
    make_pdf(Pdf(document()))
    assert path.stat().st_mtime > 0


def test_two_at_once_leave_one_whole_file(settings):
    results = []
    threads = [threading.Thread(target=lambda: results.append(make_pdf(Pdf(document(EVERYTHING))))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4 and len(set(results)) == 1
    [path] = stored_files(settings)
    assert path.read_bytes() == results[0]


def test_lists_keep_their_first_number_and_their_letters():
    text = read(render_pdf(document('<ol start="4"><li>fire</li></ol><ol type="a"><li>bolig</li></ol>'))).pages[0]
    text = text.extract_text()
    assert "4. " in text and "a. " in text
