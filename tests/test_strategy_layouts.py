"""Strategies whose structure is in the layout: folded pages, headings, tables, narrow columns."""

import pytest

from udsat.lib.documents import read_document

from .test_documents import docx
from .test_strategy_parsing import parse


def page(*content):
    return f"<main><h1>Politik for udsatte 2027-2030</h1><p>Her er politikken.</p>{''.join(content)}</main>"


def aims(*items):
    return f"<p>Kommunen vil:</p><ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


def outline(parsed):
    return [(theme.title, [goal.text for goal in theme.goals]) for theme in parsed.themes]


# Folded pages

HOME, WORK = aims("dele nøgler ud", "betale depositum"), aims("lønne småjob")
CONTROL = "<button aria-expanded='false' aria-controls='a'>Mere</button>"
FOLDED = {
    "details": f"<details><summary>Hjemmet</summary>{HOME}</details><details><summary>Jobbet</summary>{WORK}</details>",
    "hidden part of details": f"<details><summary>Hjemmet</summary><div aria-hidden='true'>{HOME}</div></details>"
    f"<details><summary>Jobbet</summary><div hidden>{WORK}</div></details>",
    "aria-controls": "<h2><button aria-expanded='false' aria-controls='a'>Hjemmet</button></h2>"
    f"<div id='a' hidden>{HOME}</div>"
    "<h2><button aria-expanded='false' aria-controls='b'>Jobbet</button></h2>"
    f"<div hidden><div id='b'>{WORK}</div></div>",
    "no id": f"<h3><button aria-expanded='false'>Hjemmet</button></h3><div style='display: none'>{HOME}</div>"
    f"<div><span role='button' aria-expanded='false'>Jobbet</span></div><div aria-hidden='true'>{WORK}</div>",
    "Bootstrap": "<div class='card-header'><a data-toggle='collapse' href='#a'>Hjemmet</a></div>"
    f"<div id='a' class='collapse' style='display:none'>{HOME}</div>"
    "<div><button data-bs-toggle='collapse' data-bs-target='#b' aria-expanded='false'>Jobbet</button></div>"
    f"<div id='b' class='collapse' aria-hidden='true'>{WORK}</div>",
    "tabs": "<ul role='tablist'><li><a role='tab' href='#a'>Hjemmet</a></li><li><button role='tab' id='t'>Jobbet"
    f"</button></li></ul><div role='tabpanel' id='a'>{HOME}</div>"
    f"<div role='tabpanel' aria-labelledby='t' hidden>{WORK}</div>",
    "tabs with headings": "<div role='tablist'><button role='tab' aria-controls='a'>Hjemmet</button>"
    f"<button role='tab' aria-controls='b'>Jobbet</button></div><div role='tabpanel' id='a'><h3>Vi vil</h3>{HOME}</div>"
    f"<div role='tabpanel' id='b' hidden><h3>Vi vil</h3>{WORK}</div>",
    "signs": "<h2><button aria-expanded='false' aria-controls='a'>Hjemmet<i aria-hidden='true'>+</i></button></h2>"
    f"<div id='a' hidden>{HOME}</div><h2><button aria-expanded='true'>Jobbet</button></h2><div>{WORK}</div>",
    "heading in the button": f"<button aria-controls='a'><h2>Hjemmet</h2></button><div id='a' hidden>{HOME}</div>"
    f"<button aria-controls='b'><h2>Jobbet</h2></button><div id='b' hidden>{WORK}</div>",
}


@pytest.mark.parametrize("html", FOLDED.values(), ids=FOLDED)
def test_what_a_page_folds_away_is_read(html):
    parsed = parse(page(html), "side.html")
    assert outline(parsed) == [("Hjemmet", ["dele nøgler ud", "betale depositum"]), ("Jobbet", ["lønne småjob"])]
    assert {theme.goal_lead_in for theme in parsed.themes} == {"Kommunen vil:"}
    assert not parsed.not_understood and (parsed.start_year, parsed.end_year) == (2027, 2030)


def test_a_button_that_only_says_show_more_is_no_heading():
    more = f"{CONTROL.replace('Mere', 'Læs mere')}<div id='a' hidden>{HOME}</div>"
    parsed = parse(page("<h2>Hjemmet</h2>", more, f"<h2>Jobbet</h2>{WORK}"), "side.html")
    assert [title for title, _ in outline(parsed)] == ["Hjemmet", "Jobbet"]
    assert [note.text for note in parsed.ignored] == ["Læs mere"]


@pytest.mark.parametrize(
    "html",
    [
        "<div hidden>Glemt udkast</div>",
        f"{CONTROL}<div id='a'>Kort<p hidden>Glemt udkast</p></div>",
        f"{CONTROL.replace('aria-exp', 'aria-haspopup=true aria-exp')}<div id='a' hidden>Glemt udkast</div>",
        "<button data-bs-toggle='modal' data-bs-target='#a'>x</button><div id='a' hidden>Glemt udkast</div>",
        f"{CONTROL}<ul id='a' hidden><li><a href='/'>Glemt udkast</a></ul>",
        f"{CONTROL}<div id='a' hidden>Glemt udkast <input></div>",
    ],
    ids=["no control", "in a panel", "popup", "modal", "menu", "form"],
)
def test_what_no_control_unfolds_stays_hidden_and_is_reported(html):
    parsed = parse(page(html, f"<h2>Hjemmet</h2>{HOME}"), "side.html")
    assert "Glemt udkast" in {note.text for note in parsed.ignored if note.reason == "skjult på siden"}
    assert "Glemt" not in "".join(section.body for section in parsed.sections)


# Headings and lead-ins of any wording


def test_lists_below_similar_headings_are_goals_whatever_the_words_above_them_are():
    text = """# Ingen udenfor

Vores by er for alle.

## Om strategien

Den er skrevet med dem, den handler om.

## Søvn og ro

Det begynder med et tag over hovedet.

Det går vi efter:

- en seng til alle
- færre flytninger

Vi skal gøre mere, fordi:

- huslejen stiger
- køen vokser

## Sådan ser her ud

Byen ligger ved et bælte, og hver tiende bor til leje på et værelse.

## Penge på lommen

Herfra sætter vi kursen:

1. gratis gældsråd
2. lavere gebyrer

## De skrev med

I gruppen var:

- Karen Holm, Blå Kors
- Per Vang

## Hvad så bagefter

Vi ser på det hver maj.
"""
    parsed = parse(text, "a.md")
    assert parsed.title == "Ingen udenfor"
    assert outline(parsed) == [
        ("Søvn og ro", ["en seng til alle", "færre flytninger"]),
        ("Penge på lommen", ["gratis gældsråd", "lavere gebyrer"]),
    ]
    assert [theme.goal_lead_in for theme in parsed.themes] == ["Det går vi efter:", "Herfra sætter vi kursen:"]
    headings = [section.heading for section in parsed.sections]
    assert headings == ["", "Om strategien", "Sådan ser her ud", "De skrev med", "Hvad så bagefter"]


def test_themes_below_a_heading_that_holds_only_them():
    theme = "### {}\n\nDet er svært alene.\n\n**{}**\n\n- {}\n\n"
    text = "# En plads ved bordet\n\n## Det peger vi på\n\n" + theme.format("Madro", "Fra i dag:", "suppe hver dag")
    parsed = parse(text + theme.format("Nærvær", "Inden jul:", "flere bænke") + "## Status\n\nHver maj.\n", "a.md")
    assert outline(parsed) == [("Madro", ["suppe hver dag"]), ("Nærvær", ["flere bænke"])]
    assert [section.heading for section in parsed.sections] == ["Status"]
    assert [note.text for note in parsed.ignored] == ["Det peger vi på"] and not parsed.not_understood


def test_a_subheading_repeated_above_lists_leads_into_goals():
    theme = "## {}\n\nDet er svært.\n\n### Pejlinger\n\n- {}\n\n### Tal\n\nDe er høje.\n\n"
    parsed = parse("# En by med hjerte\n\n" + theme.format("Madro", "suppe") + theme.format("Nærvær", "bænke"), "a.md")
    assert outline(parsed) == [("Madro", ["suppe"]), ("Nærvær", ["bænke"])]
    assert {theme.goal_lead_in for theme in parsed.themes} == {"Pejlinger:"}


def test_the_first_line_of_a_plain_text_is_its_title():
    theme = "{}\nDet er svært alene.\n\nRådet peger på:\n- {}\n- {}\n\n"
    parsed = parse("Plads i solen\n\n" + theme.format("Dagen", "kaffe", "ro") + theme.format("Natten", "lys", "varme"))
    assert parsed.title == "Plads i solen" and not parsed.not_understood
    assert outline(parsed) == [("Dagen", ["kaffe", "ro"]), ("Natten", ["lys", "varme"])]


@pytest.mark.parametrize(
    "lead, items",
    [
        ("Det er sådan, fordi:", ["lejen stiger", "køen vokser"]),
        ("Vi arbejder for det på grund af:", ["lejen", "køen"]),
        ("I udvalget er:", ["Karen Holm, Blå Kors", "Per Vang (SAND)"]),
        ("Udvalget består af:", ["en borger", "en læge"]),
    ],
)
def test_reasons_and_people_are_no_goals(lead, items):
    listing = "".join(f"- {item}\n" for item in items)
    parsed = parse("# Ro\n\n" + "".join(f"## {name}\n\n{lead}\n\n{listing}\n" for name in ("Hjemmet", "Gaden")), "a.md")
    assert not parsed.goal_count and [section.heading for section in parsed.sections] == ["Hjemmet", "Gaden"]


def test_a_letter_with_lists_is_read_in_doubt():
    letter = "# Kære venner\n\n## Festen\n\nHusk også:\n\n- kage\n\n## Turen\n\nPak let:\n\n- støvler\n- regntøj\n"
    assert "nævner hverken strategi, politik eller mål" in parse(letter, "brev.md").doubt
    assert not parse(letter.replace("## ", "## Tema: "), "brev.md").doubt


def test_one_heading_alone_makes_no_list_goals():
    parsed = parse("# Ro\n\n## Hjemmet\n\nHusk:\n\n- nøgler\n\n## Gaden\n\nDen er lang.\n", "a.md")
    assert not parsed.themes and "rigtige fil" in parsed.doubt


@pytest.mark.parametrize(
    "first, second, title",
    [
        ("Plads i byen", "Om strategien", "Plads i byen"),
        ("Plads i byen", "Strategiens mål", "Plads i byen"),
        ("Plads i byen", "Derfor har vi en politik", "Plads i byen"),
        ("Nordby Kommune", "Udsattepolitik", "Udsattepolitik"),
        ("Nyt fra os", "Strategi for udsatte", "Strategi for udsatte"),
    ],
)
def test_the_first_heading_is_the_title_unless_the_next_one_names_the_strategy(first, second, title):
    assert parse(f"# {first}\n\n## {second}\n\nTekst.\n\n## Tro\n\nTekst.\n", "a.md").title == title


# Tables that lay out themes


def table(*rows):
    def cell(content):
        text, span = content if isinstance(content, tuple) else (content, "")
        return f"<td{span}>{text}</td>"

    return f"<table>{''.join('<tr>' + ''.join(map(cell, row)) + '</tr>' for row in rows)}</table>"


def bullets(*items):
    return f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>"


NIGHT, DAY = ["flere senge", "åbent i julen"], ["frokost hver dag", "en kasse med tøj"]
NIGHTS, DAYS = "<p>flere senge</p><p>åbent i julen</p>", "frokost hver dag<br>en kasse med tøj"
TABLES = {
    "known heads": table(("Indsatsområde", "Det vil vi"), ("Natten", NIGHTS), ("Dagen", DAYS)),
    "other heads": table(("Felt", "Her sætter vi ind"), ("Natten", bullets(*NIGHT)), ("Dagen", bullets(*DAY))),
    "no heads": table(("Natten", NIGHTS), ("Dagen", DAYS)),
    "numbers": table(("Nr.", "Tema", "Vores mål"), ("1", "Natten", NIGHTS), ("2.", "Dagen", DAYS)),
    "a row per goal": table(
        ("Tema", "Mål"), (("Natten", " rowspan=2"), NIGHT[0]), (NIGHT[1],), ("Dagen", DAY[0]), ("", DAY[1])
    ),
    "a column per theme": table(("Natten", "Dagen"), (NIGHTS, DAYS)),
    "labels": table(("Tema 1: Natten", NIGHTS), ("Tema 2: Dagen", DAYS)),
    "headings": table(("Tema", "Mål"), ("<h2>Natten</h2>", NIGHTS), ("<h2>Dagen</h2>", DAYS)),
    "a title above": table(
        (("Oversigt over det hele", " colspan=2"),), ("Tema", "Mål"), ("Natten", NIGHTS), ("Dagen", DAYS)
    ),
    "a title for each": table((("Natten", " colspan=2"),), ("Baggrund", "Det er koldt."), ("Vi vil", NIGHTS))
    + table((("Dagen", " colspan=2"),), ("Baggrund", "Den er lang."), ("Vi vil", DAYS)),
    "side by side": table(("<b>Natten</b><br>Det er koldt.", f"<p>Vi vil:</p>{bullets(*NIGHT)}"))
    + table(("<b>Dagen</b>", f"<p>Vi vil:</p>{bullets(*DAY)}")),
    "a table for each": table(("Tema", "Natten"), ("Mål", NIGHTS)) + table(("Tema", "Dagen"), ("Mål", DAYS)),
}


@pytest.mark.parametrize("html", TABLES.values(), ids=TABLES)
def test_themes_and_goals_in_a_table(html):
    parsed = parse(page(html, "<h2>Opfølgning</h2><p>Hver maj.</p>"), "a.html")
    assert outline(parsed) == [("Natten", NIGHT), ("Dagen", DAY)]
    assert [section.heading for section in parsed.sections if section.heading] == ["Opfølgning"]
    assert not parsed.not_understood and not parsed.doubt


def test_the_head_of_the_goals_leads_into_them_and_other_columns_are_text():
    rows = [("Tema", "Hvorfor", "Det går vi efter", "Ansvarlig"), ("Natten", "Det er koldt.", NIGHTS, "Anna")]
    parsed = parse(
        page(table(*rows, ("Dagen<br>Fra otte til fire.", "Den er lang.", DAYS, "Bo")), "<p>Tak.</p>"), "a.html"
    )
    assert [theme.goal_lead_in for theme in parsed.themes] == ["Det går vi efter:"] * 2
    assert parsed.themes[0].body == "<p>Hvorfor: Det er koldt.</p><p>Ansvarlig: Anna</p>"
    assert parsed.themes[1].body.startswith("<p>Fra otte til fire.</p><p>Hvorfor: Den er lang.")
    assert parsed.sections[-1].body == "<p>Tak.</p>"
    assert "Tema | Hvorfor | Det går vi efter | Ansvarlig" in [note.text for note in parsed.ignored]


def test_a_table_in_a_word_file_and_one_in_markdown():
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    rows = [("Spor", "Målsætninger"), ("Natten", "flere senge"), ("Dagen", "frokost hver dag")]
    word = "".join(f"<w:tr>{''.join(map(cell.format, row))}</w:tr>" for row in rows)
    markdown = "\n".join(f"| {' | '.join(row)} |" for row in [rows[0], ("---", "---"), *rows[1:]])
    for parsed in (parse(docx(f"<w:tbl>{word}</w:tbl>"), "a.docx"), parse(f"# Ro i byen\n\n{markdown}\n", "a.md")):
        assert outline(parsed) == [("Natten", ["flere senge"]), ("Dagen", ["frokost hver dag"])]
        assert (parsed.theme_label, parsed.themes[0].goal_lead_in) == ("spor", "Målsætninger:")


@pytest.mark.parametrize(
    "rows",
    [
        [("År", "Antal"), ("2025", "12"), ("2026", "14")],
        [("Navn", "Kommer fra"), ("Karen Holm", "Blå Kors<br>Nordby"), ("Per Vang", "SAND<br>Sydby")],
        [("Hvornår", "Hvad"), ("1. maj 2027", "Status<br>Møde"), ("1. juni 2027", "Besøg<br>Fest")],
        [("Bydel", "Boliger"), ("Havnen", "30"), ("Skoven", "12")],
    ],
)
def test_a_table_of_figures_dates_or_people_makes_no_themes(rows):
    parsed = parse(page(table(*rows), "<h2>Opfølgning</h2><p>Hver maj.</p>"), "a.html")
    assert not parsed.themes
    assert any(rows[1][0] in note.text for note in parsed.not_understood)


# Text from a narrow column

COLUMN = """Velfærdspolitik 2027-2030

Baggrund
Politikken er lavet sammen
med dem, der kender gaden,
og med naboerne. De har
fortalt, hvad der virker.
Byen skriver hvert år, hvor-
dan det går.

Natten

Alle skal have en dør, der
kan låses.

Vi vil:
- bygge billigt på de tomme
grunde ved åen
- sænke indskuddet

Dagen

Arbejde giver venner og en
grund til at stå op.

Vi vil:
1. finde småjob hos byens
håndværkere
2. betale for frokosten
"""


def test_the_lines_of_a_narrow_column_are_joined():
    parsed = parse(COLUMN)
    text = "Politikken er lavet sammen med dem, der kender gaden, og med naboerne. De har fortalt, hvad der virker."
    assert parsed.sections[0].body == f"<p>{text} Byen skriver hvert år, hvordan det går.</p>"
    assert outline(parsed) == [
        ("Natten", ["bygge billigt på de tomme grunde ved åen", "sænke indskuddet"]),
        ("Dagen", ["finde småjob hos byens håndværkere", "betale for frokosten"]),
    ]
    assert (parsed.title, parsed.start_year, parsed.end_year) == ("Velfærdspolitik", 2027, 2030)


def test_the_lines_of_a_narrow_front_page_stay_apart():
    front = "En plads til os\nalle om bordet\nEn politik for udsatte\n2027-2030"
    parsed = parse(COLUMN.replace("Velfærdspolitik 2027-2030", front))
    assert parsed.start_year == 2027 and "En plads til os alle om bordet" in [
        parsed.title,
        *(note.text for note in parsed.not_understood),
    ]


def test_goals_below_an_introduction_of_a_text_without_themes():
    text = COLUMN.partition("Natten")[0].replace("Baggrund", "Forord") + COLUMN.partition("låses.\n\n")[2]
    parsed = parse(text.partition("Dagen")[0])
    assert outline(parsed) == [("", ["bygge billigt på de tomme grunde ved åen", "sænke indskuddet"])]
    assert [(section.kind, section.heading) for section in parsed.sections] == [("forord", "Forord")]
    assert (parsed.themes[0].goal_lead_in, parsed.doubt) == ("Vi vil:", "")
    signed = parse(text.partition("Dagen")[0] + "\nAnna Holm\nborgmester\n")
    assert not signed.themes and signed.sections[0].signed_by == "Anna Holm, borgmester"


def test_short_lines_that_are_paragraphs_stay_apart():
    aims = ["bygge flere boliger", "hjælpe, når nogen beder", "give en fast kontakt", "lytte til alle"]
    assert outline(parse("\n".join(["Udsattestrategi\n\nVi vil:", *aims]))) == [("", aims)]
    lines = ["Anna Holm, Blå Kors", "Bo Vang, SAND", "Eva Lund, kirkens varmestue", "gæst: Per Dam"]
    assert [block.text for block in read_document("\n".join(lines).encode(), "a.txt").blocks] == lines
