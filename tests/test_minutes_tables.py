"""Minutes whose items stand in tables, and tables of data that stay tables."""

import pytest

from council.meetings.word.document_parser import read_meeting
from udsat.lib.docx_writer import WordDocument
from udsat.lib.richtext import clean_html


def table(*rows):
    """Return a table; | separates cells, and a row of one cell is merged."""
    width = max(row.count("|") for row in rows) + 1
    html = ""
    for row in rows:
        cells = row.split("|")
        span = f' colspan="{width}"' if len(cells) == 1 and width > 1 else ""
        html += f"<tr>{''.join(f'<td{span}>{cell}</td>' for cell in cells)}</tr>"
    return f"<table>{html}</table>"


def read(*blocks, name="referat.html"):
    return read_meeting(f"<html><body>{''.join(blocks)}</body></html>".encode(), name)


def outline(parsed):
    """Return number, title, discussion and decision of each item as text."""
    return [
        (item.number, item.title, item.fields.get("discussion", ""), item.answer or item.fields.get("decision", ""))
        for item in parsed.items
    ]


HEAD = "<h1>Referat af møde i Udsatterådet</h1>"
EXPECTED = [
    (1, "Velkomst", "<p>Vi sagde goddag til Bo.</p>", "godkendt"),
    (2, "Sengepladser", "<p>Natcaféen er fuld.</p>", "<p>Vi klager.</p>"),
]
WRITTEN = {
    "a table for each item, number and title in a merged row": [
        table("1. Velkomst", "Referat|Vi sagde goddag til Bo.", "Beslutning|Godkendt"),
        table("2. Sengepladser", "Referat|Natcaféen er fuld.", "Beslutning|Vi klager."),
    ],
    "number and title in a cell each": [
        table("Punkt 1|Velkomst", "Drøftelse:|Vi sagde goddag til Bo.", "Konklusion:|Godkendt."),
        table("Punkt 2|Sengepladser", "Drøftelse:|Natcaféen er fuld.", "Konklusion:|Vi klager."),
    ],
    "number without »Punkt«": [
        table("1|Velkomst", "Referat|Vi sagde goddag til Bo.", "Beslutning|Godkendt."),
        table("2|Sengepladser", "Referat|Natcaféen er fuld.", "Beslutning|Vi klager."),
    ],
    "rows for number and title": [
        table("Pkt. nr.|1", "Emne|Velkomst", "Referat|Vi sagde goddag til Bo.", "Beslutning|Godkendt."),
        table("Pkt. nr.|2", "Emne|Sengepladser", "Referat|Natcaféen er fuld.", "Beslutning|Vi klager."),
    ],
    "one table with a row for each field": [
        table(
            "Dato|4. maj 2026", "Punkt|1. Velkomst", "Referat|Vi sagde goddag til Bo.", "Beslutning|Godkendt.",
            "Punkt|2. Sengepladser", "Referat|Natcaféen er fuld.", "Beslutning|Vi klager.",
        ),
    ],
    "label and text in the same cell": [
        table("Pkt. 1: Velkomst", "Referat: Vi sagde goddag til Bo.", "Beslutning: Godkendt."),
        table("Pkt. 2: Sengepladser", "<p>Referat</p><p>Natcaféen er fuld.</p>", "Beslutning:<br>Vi klager.",),
    ],
    "the title under the number, and everything else to the right": [
        table("Punkt 1<br>Velkomst|<p>Referat: Vi sagde goddag til Bo.</p><p>Beslutning:</p><p>Godkendt.</p>"),
        table("Punkt 2<br>Sengepladser|<p>Referat:</p><p>Natcaféen er fuld.</p><p>Beslutning: Vi klager.</p>"),
    ],
    "a colon after each label": [
        table("Punkt nr.: 1", "Overskrift: Velkomst", "Debat: Vi sagde goddag til Bo.", "Beslutning: Godkendt."),
        table("Punkt nr.: 2", "Overskrift: Sengepladser", "Debat: Natcaféen er fuld.", "Beslutning: Vi klager."),
    ],
    "a table of contents and empty cells": [
        table("Dagsorden", "1.|Velkomst", "2.|Sengepladser"),
        table("Sag 1|Velkomst", "Referat|Vi sagde goddag til Bo.", "Beslutning|Godkendt.", "Frist|", "Aftaler|Ingen"),
        table("Sag 2|Sengepladser", "Referat|Natcaféen er fuld.", "Beslutning|Vi klager.", "Bilag|"),
    ],
    "the names of the columns above number and title": [
        table("Punkt|Titel|Tovholder", "1|Velkomst|", "Referat|Vi sagde goddag til Bo.", "Beslutning|Godkendt."),
        table("Punkt|Titel", "2|Sengepladser", "Referat|Natcaféen er fuld.", "Beslutning|Vi klager."),
    ],
    "the word »Dagsorden« beside number and title": [
        table("Dagsorden|1. Velkomst", "Referat|Vi sagde goddag til Bo.", "Beslutning|Godkendt."),
        table("Dagsorden|2. Sengepladser", "Referat|Natcaféen er fuld.", "Beslutning|Vi klager."),
    ],
    "labels above the columns": [
        table("1. Velkomst", "Referat|Beslutning", "Vi sagde goddag til Bo.|Godkendt."),
        table("2. Sengepladser", "Referat|Beslutning", "Natcaféen er fuld.|Vi klager."),
    ],
    "labels in rows of their own": [
        table("1. Velkomst", "Referat", "Vi sagde goddag til Bo.", "Beslutning", "Godkendt."),
        table("2. Sengepladser", "Referat", "Natcaféen er fuld.", "Beslutning", "Vi klager."),
    ],
    "headings outside and labels in the tables": [
        "<h2>1. Velkomst</h2>", table("Referat|Vi sagde goddag til Bo.", "Beslutning|Godkendt."),
        "<h2>2. Sengepladser</h2>", table("Referat|Natcaféen er fuld.", "Beslutning|Vi klager."),
    ],
    "a list of the items first": [
        "<p>Dagsorden:</p><ol><li>Velkomst</li><li>Sengepladser</li></ol>",
        table("1. Velkomst", "Referat|Vi sagde goddag til Bo.", "Beslutning|Godkendt."),
        table("2. Sengepladser", "Referat|Natcaféen er fuld.", "Beslutning|Vi klager."),
    ],
    "one table with a row for each item": [
        table("Dagsorden", "Punkt|Referat|Beslutning", "1. Velkomst|Vi sagde goddag til Bo.|Godkendt.",
              "2. Sengepladser|Natcaféen er fuld.|Vi klager."),
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_items_are_found_in_tables_of_each_kind(name):
    parsed = read(HEAD, *WRITTEN[name])
    assert (outline(parsed), parsed.not_understood) == (EXPECTED, [])


def test_a_word_file_of_tables_has_its_head_and_items():
    document = WordDocument("Referat", author="x")
    document.paragraph("Referat af møde i Udsatterådet")
    for rows in (
        ("Dato|Mandag den 4. maj 2026 kl. 10.00-12.00", "Sted|Huset, sal 4", "Til stede|Ida, Bo", "Referent|Eva Lund"),
        ("Punkt 1 – Velkomst", "Referat|Vi sagde goddag."),
        ("Punkt 2 – Eventuelt", "Referat|Intet nyt.", "Beslutning|"),
    ):
        document.rich(clean_html(table(*rows)))
        document.paragraph("")
    parsed = read_meeting(document.to_bytes(), "a.docx")
    assert (parsed.date, parsed.starts_at, parsed.ends_at) == ("2026-05-04", "10:00", "12:00")
    assert (parsed.place, parsed.minutes_by, parsed.people[0].text) == ("Huset, sal 4", "Eva Lund", "Ida, Bo")
    assert outline(parsed) == [
        (1, "Velkomst", "<p>Vi sagde goddag.</p>", ""),
        (2, "Eventuelt", "<p>Intet nyt.</p>", ""),
    ]


def test_items_without_numbers_have_their_title_in_the_first_row():
    parsed = read(
        HEAD,
        table("Godkendelse af referat", "Indstilling|At vi godkender.", "Beslutning|Godkendt."),
        table("Emne|Natcaféen", "Referat|Den er fuld.", "Beslutning|Udsat."),
    )
    assert [(item.title, item.answer) for item in parsed.items] == [
        ("Godkendelse af referat", "godkendt"),
        ("Natcaféen", "udsat"),
    ]


def test_an_item_without_labels_and_one_without_a_number_are_items_among_the_others():
    parsed = read(
        HEAD,
        table("1. Velkomst", "Vi sagde goddag."),
        table("2. Natcaféen", "Referat|Den er fuld."),
        table("<b>Eventuelt</b>", "Referat|Intet nyt."),
    )
    assert [(item.title, item.fields["discussion"]) for item in parsed.items] == [
        ("Velkomst", "<p>Vi sagde goddag.</p>"),
        ("Natcaféen", "<p>Den er fuld.</p>"),
        ("Eventuelt", "<p>Intet nyt.</p>"),
    ]


def test_other_labels_and_the_time_stay_in_the_text():
    parsed = read(
        HEAD,
        table("10.00–10.15|1. Velkomst", "Nyt siden sidst|Bo er her.", "Referat|Goddag."),
        table("10.15–11.00|2. Eventuelt", "Referat|Intet."),
    )
    assert [(item.title, item.fields["discussion"]) for item in parsed.items] == [
        ("Velkomst", "<p>10.00–10.15</p><p>Nyt siden sidst: Bo er her.</p><p>Goddag.</p>"),
        ("Eventuelt", "<p>10.15–11.00</p><p>Intet.</p>"),
    ]


def test_a_closed_item_in_a_table_stays_closed():
    parsed = read(
        HEAD,
        table("Punkt 1|Velkomst", "Referat|Goddag."),
        table("Punkt 2|Lukket punkt: Personsag", "Referat|Kakadue."),
        table("3. Eventuelt", "Referat|Intet."),
    )
    assert [(item.number, item.title, item.is_closed) for item in parsed.items] == [
        (1, "Velkomst", False),
        (2, "Personsag", True),
        (3, "Eventuelt", False),
    ]


def test_an_agreement_in_the_table_has_who_and_when():
    parsed = read(
        HEAD,
        "<p>4. maj 2026</p>",
        table("1. Natcaféen", "Referat|Den er fuld.", "Opfølgning|Skrive til udvalget", "Ansvarlig|Ida|Frist|1. juni"),
        table("2. Eventuelt", "Referat|Intet.", "Aftale|Ansvarlig|Frist", "Købe kaffe|Bo|8. juni"),
    )
    assert [[(a.text, a.responsible, a.due_on) for a in item.agreements] for item in parsed.items] == [
        [("Skrive til udvalget", "Ida", "2026-06-01")],
        [("Købe kaffe", "Bo", "2026-06-08")],
    ]


def test_lists_and_bold_words_in_a_cell_are_kept():
    parsed = read(
        HEAD,
        table("1. Natcaféen", "Referat|<p>Den er <strong>fuld</strong>:</p><ul><li>mandag</li><li>fredag</li></ul>"),
        table("2. Eventuelt", "Referat|Intet."),
    )
    assert parsed.items[0].fields == {
        "discussion": "<p>Den er <strong>fuld</strong>:</p><ul><li>mandag</li><li>fredag</li></ul>"
    }


@pytest.mark.parametrize(
    "rows",
    [
        ("Post|Beløb", "Løn|200.000 kr.", "Resultat|12.000 kr."),
        ("1. kvartal|20", "2. kvartal|31", "Resultat|51"),
        ("Nr.|Sted|Pladser", "1|Herberget|20", "2|Natcaféen|12"),
    ],
)
def test_a_table_of_data_stays_a_table_in_the_text_of_its_item(rows):
    data = table(*rows)
    for blocks in (
        ["<h2>1. Budget</h2><p>Tallene:</p>", data, "<h2>2. Eventuelt</h2><p>Intet.</p>"],
        [table("1. Budget", "Referat|Tallene:"), data, table("2. Eventuelt", "Referat|Intet.")],
    ):
        parsed = read(HEAD, *blocks)
        assert [item.title for item in parsed.items] == ["Budget", "Eventuelt"]
        assert parsed.items[0].fields["discussion"].startswith("<p>Tallene:</p><table>")
        assert all(cell in parsed.items[0].fields["discussion"] for row in rows for cell in row.split("|"))


def test_no_column_of_a_table_of_items_is_lost():
    parsed = read(
        HEAD,
        table(
            "Nr.|Emne|Tid|Referat|Frist",
            "1|Velkomst|10 min.|Goddag.|",
            "|||Bo fik kaffe.|",
            "2|Natcaféen|5 min.||1. juni",
        ),
    )
    assert [item.fields["discussion"] for item in parsed.items] == [
        "<p>Tid: 10 min.</p><p>Goddag.</p><p>Bo fik kaffe.</p>",
        "<p>Tid: 5 min.</p><p>Frist: 1. juni</p>",
    ]
