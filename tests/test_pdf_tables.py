"""Tables of PDFs: numbers, widths, several pages and their tags, without models."""

import pytest
import tinyhtml5

from udsat.lib import pdf_tables
from udsat.lib.pdf import render_pdf

from .pdf_reader import elements, failures, read, tag_tree, words
from .test_pdf import TEXT, document

MONTHS = "januar februar marts april maj juni juli august september oktober november december".split()


def table(headings, *rows, caption="Budget for varmestuen"):
    head = "".join(f'<th scope="col">{heading}</th>' for heading in headings)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows
    )
    caption = f"<caption>{caption}</caption>" if caption else ""
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def budget(columns, rows=1):
    headings = [MONTHS[number % 12] + f" {number // 12 + 1}" * (columns > 12) for number in range(columns)]
    return table(["Post", *headings], *[["Løn", *[f"{125 + number}.000 kr." for number in range(columns)]]] * rows)


def printed(content, before=TEXT):
    """Return a PDF with the content in an agenda item, after checking that everything is on the paper."""
    field = f'<div class="field free"><h3>Sagsfremstilling</h3>{before}{content}{TEXT}</div>'
    data = render_pdf(document(f'<h1>Møde</h1><section class="item"><h2>Budget</h2>{field}</section>'))
    assert failures(data) == []
    for page in read(data).pages:
        right = float(page.mediabox.right)
        page.extract_text(visitor_text=lambda text, cm, tm, font, size, right=right: check(text, cm, tm, right))
    return data


def check(text, cm, tm, right):
    assert not text.strip() or 0 <= tm[4] * cm[0] + cm[4] < right - 50, text


def pages_across(data):
    return [page.mediabox.width > page.mediabox.height for page in read(data).pages]


def test_a_somewhat_wide_table_is_set_in_smaller_type_on_the_same_page():
    assert pages_across(printed(budget(6))) == [False]


def test_twelve_months_and_a_total_are_all_on_a_landscape_page_and_the_text_goes_on_upright():
    data = printed(budget(14))
    assert pages_across(data) == [False, True, False]
    assert all(f"{125 + number}.000 kr." in words(data) for number in range(14))


def test_the_label_of_a_text_that_begins_with_a_landscape_page_is_on_the_paper():
    assert "Sagsfremstilling" in words(printed(budget(14), before=""))


def test_a_table_too_wide_for_any_page_is_split_and_repeats_its_first_column_and_caption():
    data = printed(budget(30, rows=3))
    assert all(f"{125 + number}.000 kr." in words(data) for number in range(30))
    assert len(elements(data, "/Table")) == 2
    assert "Budget for varmestuen (del 1 af 2)" in words(data)
    assert "Budget for varmestuen (del 2 af 2)" in words(data)
    assert words(data).count("Løn") == 6
    assert words(data).count("Post") == 2


def test_cells_over_several_columns_and_rows_keep_their_columns_when_the_table_is_split():
    heading = '<tr><td colspan="25">Alle</td></tr>'
    upper = "".join(f'<td rowspan="2">HØJ{n}MWMWMWMWM</td>' for n in range(10))
    upper += "".join(f"<td>ØVERST{n}MWMWMWMWM</td>" for n in range(15))
    lower = "".join(f"<td>NEDERST{n}MWMWMWMWM</td>" for n in range(15))
    data = printed(f"<table><tbody>{heading}<tr>{upper}</tr><tr>{lower}</tr></tbody></table>")
    texts = {line.removeprefix("/TD ").replace("- ", "") for line in tag_tree(data)}
    assert texts >= {f"{where}{n}MWMWMWMWM" for n in range(15) for where in ("ØVERST", "NEDERST")}
    parts = len(elements(data, "/Table"))
    assert parts > 1
    assert len(elements(data, "/TR")) == 3 * parts


@pytest.mark.parametrize("rows", [1, 4])
def test_a_word_without_end_does_not_push_a_table_off_the_paper(rows):
    printed(table(["A", "B", "C"], *[["x" * 300] * 3] * rows))


def test_a_table_on_a_page_that_stays_single_gets_smaller_or_is_split_upright():
    data = render_pdf(document(f"<h1>På én side</h1>{budget(14)}"), layouts=("s1", "s2"), max_pages=1)
    assert pages_across(data) == [False]
    assert all(f"{125 + number}.000 kr." in words(data) for number in range(14))
    assert failures(data) == []


def test_a_table_on_several_pages_is_one_table_with_one_head_in_the_tags():
    data = printed(table(["Post", "Antal"], *[[f"Række {number}", number] for number in range(90)]))
    assert len(read(data).pages) > 2
    assert [len(elements(data, kind)) for kind in ("/Table", "/THead", "/TBody", "/TR")] == [1, 1, 1, 91]
    # Print shows the head on each page.
    assert all("Antal" in page.extract_text() for page in read(data).pages[:-1])


def test_a_list_on_several_pages_is_one_list_in_the_tags():
    items = "".join(f"<li>Punkt {number}. {TEXT[3:-4]}</li>" for number in range(80))
    data = printed(f"<ol>{items}</ol>")
    assert len(read(data).pages) > 2
    assert [len(elements(data, kind)) for kind in ("/L", "/LI", "/Lbl", "/LBody")] == [1, 80, 80, 80]


def test_a_list_inside_a_list_and_a_long_cell_stay_one_across_pages():
    inner = "".join(f"<li>Indre {number}. {TEXT[3:-4]}</li>" for number in range(40))
    data = printed(f"<ul><li>Ydre<ul>{inner}</ul></li><li>Sidste</li></ul>" + table(["A", "B"], ["x", TEXT * 40]))
    assert [len(elements(data, kind)) for kind in ("/L", "/LI", "/LBody")] == [2, 42, 42]
    assert [len(elements(data, kind)) for kind in ("/Table", "/TR", "/TD")] == [1, 2, 1]


def test_a_paragraph_and_a_section_on_two_pages_are_one_in_the_tags():
    data = printed(f"<p>{TEXT[3:-4] * 60}</p>")
    assert len(read(data).pages) == 2
    assert [len(elements(data, kind)) for kind in ("/Sect", "/P")] == [1, 3]


def test_a_heading_is_one_heading_in_the_tags():
    data = render_pdf(
        document('<h1>Møde</h1><section class="item"><h2><span class="number">1</span> Navn</h2></section>')
    )
    assert len(elements(data, "/H2")) == 1
    assert "/H2 1 Navn" in tag_tree(data)
    assert failures(data) == []


@pytest.mark.parametrize(
    ("text", "is_number"),
    [
        ("125.000 kr.", True),
        ("1 566 000", True),
        ("12", True),
        ("−3,5 %", True),
        ("kr. 200,50", True),
        ("1,2 mio. kr.", True),
        ("27.01.2026", False),
        ("3 personer", False),
        ("9-14", False),
        ("12 34 56 78", False),
        ("2. kvartal", False),
    ],
)
def test_a_column_of_numbers_with_its_heading_is_aligned_right(text, is_number):
    root = read_table(table(["Post", "Beløb"], ["Løn", text], ["Leje", "–"]))
    pdf_tables.mark_numbers(root)
    marked = ["".join(cell.itertext()) for cell in root.iter() if cell.get("data-number") is not None]
    assert marked == (["Beløb", text, "–"] if is_number else [])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (["<td>125.000 kr.</td>", "<td>gratis</td>"], []),
        (['<td colspan="2">Hele året</td>', "<td>12</td><td>ingen</td>"], ["12"]),
    ],
)
def test_one_word_in_a_column_is_enough_but_not_in_a_cell_over_several(rows, expected):
    root = read_table(f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in rows)}</tbody></table>")
    pdf_tables.mark_numbers(root)
    assert ["".join(cell.itertext()) for cell in root.iter() if cell.get("data-number") is not None] == expected


def test_only_a_row_that_would_leave_much_of_a_page_empty_may_break():
    root = read_table(table(["Post", "Tekst"], ["Kort", "x " * 100], ["Lang", "x " * 600]))
    pdf_tables.mark_tall_rows(root)
    assert [row.get("data-tall") for row in root.iter("tr")] == [None, None, ""]


def read_table(html):
    return tinyhtml5.parse(html, namespace_html_elements=False)


def test_numbers_end_at_the_same_place_on_paper():
    ends = {}
    data = printed(table(["Post", "Beløb"], ["Løn", "7 kr."], ["Leje", "1.250.000 kr."]))
    read(data).pages[0].extract_text(
        visitor_text=lambda text, cm, tm, font, size: ends.setdefault(text.strip(), tm[4] * cm[0] + cm[4])
    )
    assert ends["7 kr."] > ends["1.250.000 kr."] + 20
