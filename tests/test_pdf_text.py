"""Lines, hyphens, phone numbers and page breaks of PDFs, without models."""

import re

import pytest
import tinyhtml5

from udsat.lib import pdf_text
from udsat.lib.pdf import render_pdf

from .pdf_reader import failures, read, words
from .test_pdf import TEXT, document

GOAL = "sørge for, at ingen børn må sige nej til fritid på grund af penge."


def lines(data):
    return [line.strip() for page in read(data).pages for line in page.extract_text().splitlines() if line.strip()]


def in_a_column(*contents, width="80.5mm"):
    style = f"<style>.column{{width:{width};font-size:8.5pt;line-height:1.36}}</style>"
    return render_pdf(document("<h1>a</h1>" + "".join(f'<div class="column">{c}</div>' for c in contents), style))


@pytest.mark.parametrize("end", ["\n", " <span>12 af 20</span>", "\n<br>", " <a href='/x/'>se mere</a>\n"])
def test_no_line_breaks_after_its_first_word(end):
    # In each of many widths; some of them hold the text exactly, but not the space after it.
    texts = [f"<p>{GOAL}{end}</p>".replace("penge", "i" * count + "penge") for count in range(25)]
    assert not {"sørge", "sørge for,"}.intersection(lines(in_a_column(*texts)))


def test_a_text_is_the_same_after_its_preparation():
    html = (
        "<p>Ring <strong>00 00 00 00 </strong>eller +45 12 34 56 78, hverdage kl. 9-14.\n <!-- ikke --> Det koster "
        "125.000 kr. <a href='/a/'>se her </a>\n</p>"
    )
    root = tinyhtml5.parse(html, namespace_html_elements=False).find("body")
    before = " ".join("".join(text for text in root.itertext() if text != " ikke ").split())
    pdf_text.prepare(root)
    assert " ".join("".join(text for text in root.itertext() if text != " ikke ").split()) == before
    assert [span.text for span in root.iter("span") if span.get("class") == "together"] == [
        "00 00 00 00", "+45 12 34 56 78", "kl. 9-14", "125.000 kr.",
    ]  # fmt: skip


def test_only_a_word_without_end_may_break_anywhere():
    root = tinyhtml5.parse(f"<p>{'x' * 300} {'y' * 60}</p>", namespace_html_elements=False).find("body")
    pdf_text.prepare(root)
    assert [len(piece) for piece in re.split("[\u200b ]", "".join(root.itertext()))] == [60] * 6


@pytest.mark.parametrize("number", ["00 00 00 00", "+45 76 16 16 16", "7616 1616", "116 111", "125.000 kr.", "kl. 10"])
def test_a_phone_number_or_an_amount_is_on_one_line(number):
    data = in_a_column(*[f"<p>{'Ring til os, ' * 3}{'i' * count} {number}, og så videre</p>" for count in range(30)])
    assert sum(number in line for line in lines(data)) == 30


def test_hyphens_of_a_printed_address_are_copied_as_they_are_typed():
    address = "https://udsat.example.dk/strategier/plads-til-alle-2025-2028/"
    long = "<p>Beskæftigelsesforvaltningen og socialpsykiatrien samarbejder om boligplaceringer.</p>"
    data = render_pdf(document(f"<h1>a</h1>{long * 20}<p>{address}</p>"))
    text = "".join(page.extract_text() for page in read(data).pages)
    assert address in text
    assert "\N{HYPHEN}" not in text
    assert "-\n" in text  # long words are hyphenated


@pytest.mark.parametrize(
    "address", ["udsatteraadet@eksempelkoebing-kommune.example", "https://kommunen.dk/boligplaceringssamarbejde"]
)
def test_no_hyphen_is_put_into_an_address(address):
    data = in_a_column(*[f"<p>Skriv {'i' * count} {address}</p>" for count in range(8)], width="25mm")
    assert "".join(lines(data)).count(address) == 8


SOURCE = '<section class="source"><h2>Mødet på nettet</h2><p>Adressen</p></section>'


def test_a_last_page_holds_more_than_the_colophon():
    for count in (18, 20, 22):
        data = render_pdf(document(text(count)))
        last = read(data).pages[-1].extract_text()
        assert "Mødet på nettet" in last
        assert "gentaget" in last
        assert failures(data) == []


def test_a_last_page_with_little_on_it_is_saved_by_tighter_lines():
    saved = [count for count in range(16, 26) if len(read(render_pdf(document(text(count)))).pages) == 1]
    assert max(saved) > max(count for count in range(16, 26) if fits_without_help(count))


def text(count):
    return f"<h1>Møde</h1>{TEXT * count}{SOURCE}"


def fits_without_help(count):
    return len(read(render_pdf(document(text(count)), max_pages=1)).pages) == 1


def test_a_hearing_answer_is_not_bold():
    html = document("<h1>Svar</h1><p>Luk senere.</p>").replace("<html ", '<html class="meeting answer" ')
    fonts = {}
    read(render_pdf(html)).pages[0].extract_text(
        visitor_text=lambda text, cm, tm, font, size: fonts.setdefault(text.strip(), (font or {}).get("/BaseFont", ""))
    )
    assert "Bold" in fonts["Svar"]
    assert "Bold" not in fonts["Luk senere."]


def test_words_of_all_lines_are_in_the_file():
    assert GOAL in words(in_a_column(f"<p>{GOAL}\n</p>"))
