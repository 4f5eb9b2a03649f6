"""Importing a strategy from a file as a draft: the importer and `import_strategy`."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from strategies.importer import import_strategy, save_draft
from strategies.models import Goal, Section, Strategy, Theme
from strategies.parsing import ParsedGoal, ParsedSection, ParsedStrategy, ParsedTheme
from udsat.lib.documents import UnreadableDocument
from udsat.lib.publishing import Status

FILES = Path(__file__).parent / "files"


def run(*arguments):
    out = StringIO()
    call_command("import_strategy", *map(str, arguments), stdout=out, no_color=True)
    return out.getvalue()


def test_a_strategy_with_themes_and_goals_becomes_a_draft(esbjerg):
    report = run(FILES / "strategi_med_afsnit.txt", "--kommune", "esbjerg")
    strategy = Strategy.objects.get()
    assert (strategy.municipality, strategy.status) == (esbjerg, Status.DRAFT)
    assert not Strategy.objects.published().exists()
    assert [theme.goals.count() for theme in strategy.themes.all()] == [4, 3, 2, 5]
    assert strategy.period == "2027–2030"
    assert strategy.vision
    assert strategy.title in report and strategy.get_absolute_url() in report
    assert "4 temaer, 14 mål" in report


def test_a_strategy_with_guiding_threads_keeps_them(esbjerg):
    run(FILES / "strategi_med_ledetraade.txt", "--kommune", "Esbjerg")
    themes = Theme.objects.all()
    assert [theme.goals.count() for theme in themes] == [4, 5, 4, 3]
    assert all(theme.guiding_thread for theme in themes)


def test_a_policy_without_headings_becomes_untitled_groups(esbjerg):
    report = run(FILES / "politik_uden_temaoverskrifter.txt", "--kommune", "esbjerg")
    themes = Theme.objects.all()
    assert [(theme.title, theme.goals.count()) for theme in themes] == [("", 7), ("", 5), ("", 5), ("", 2)]
    assert len({theme.goal_lead_in for theme in themes}) == 2
    assert "(uden overskrift)" in report


def test_nested_goals_keep_their_place(esbjerg):
    run(FILES / "pejlemaerker_med_delmaal.md", "--kommune", "esbjerg")
    assert Goal.objects.filter(parent__isnull=False).exists()
    assert Strategy.objects.get().theme_label == "pejlemærke"


def test_what_was_not_understood_and_what_was_left_out_is_told(esbjerg):
    report = run(FILES / "nyhed_om_strategi.txt", "--kommune", "esbjerg")
    assert "Ikke forstået: 0" not in report
    assert "ligner en nyhed" in report


def test_importing_twice_makes_two_drafts_and_changes_neither(esbjerg):
    for _ in range(2):
        run(FILES / "strategi_med_afsnit.txt", "--kommune", "esbjerg")
    first, second = Strategy.objects.order_by("pk")
    assert first.slug != second.slug
    assert first.themes.count() == second.themes.count() == 4


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "tom.txt", "tom"),
        (b"\x00\x01\x02\xff" * 400, "junk.txt", "."),
        (b"PK\x03\x04 ikke en rigtig fil", "falsk.docx", "."),
        (b"%PDF-1.7", "strategi.pdf", "PDF"),
        (b"Hej", "strategi.exe", "Filtypen"),
        (b"x" * (10 * 2**20 + 1), "stor.txt", "MB"),
        (b"# Kun en overskrift", "linje.md", "ingen tekst"),
    ],
)
def test_a_file_that_cannot_be_read_saves_nothing_and_says_what_to_do(esbjerg, tmp_path, content, name, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CommandError, match=message) as stopped:
        run(path, "--kommune", "esbjerg")
    assert stopped.value.returncode == 2
    assert not Strategy.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Skriv både fil og kommune"),
        (("findes-ikke.txt", "--kommune", "esbjerg"), "findes ikke"),
        ((FILES, "--kommune", "esbjerg"), "kan ikke læses"),
        ((FILES / "strategi_med_afsnit.txt", "--kommune", "andeby"), "ingen kommune"),
        (("navn\0.txt", "--kommune", "esbjerg"), "kan ikke læses"),
    ],
)
def test_nonsense_on_the_command_line_is_answered_in_danish(esbjerg, arguments, message):
    with pytest.raises(CommandError, match=message) as stopped:
        run(*arguments)
    assert stopped.value.returncode == 2


def test_texts_too_long_for_their_field_are_cut_there_and_reported_whole(esbjerg):
    title = "Et tema med et meget langt navn " * 20
    parsed = ParsedStrategy(title="Plan", themes=[ParsedTheme(title=title, goals=[ParsedGoal("et mål")])])
    theme = save_draft(parsed, esbjerg).themes.get()
    assert len(theme.title) <= 200 and theme.title.endswith("…")
    assert [remark.text for remark in parsed.not_understood] == [title]


def test_a_second_vision_is_kept_as_an_ordinary_section(esbjerg):
    parsed = ParsedStrategy(title="Plan", sections=[ParsedSection("vision", body="<p>x</p>") for _ in range(2)])
    strategy = save_draft(parsed, esbjerg)
    assert [section.kind for section in strategy.sections.all()] == [Section.Kind.VISION, Section.Kind.OTHER]


def test_goals_deeper_than_two_layers_move_up_in_reading_order(esbjerg):
    deep = ParsedGoal("1", children=[ParsedGoal("1.1", children=[ParsedGoal("1.1.1")]), ParsedGoal("1.2")])
    theme = save_draft(ParsedStrategy(title="Plan", themes=[ParsedTheme(goals=[deep])]), esbjerg).themes.get()
    top = theme.goals.get(parent=None)
    assert [goal.text for goal in top.children.all()] == ["1.1", "1.1.1", "1.2"]


@pytest.mark.parametrize(
    ("text", "name", "headings", "doubt"),
    [
        ("Kun en linje.", "linje.txt", [""], "hverken temaer eller mål"),
        ("# Nyt\n\nTak for sidst.\n\n## Tur\n\nVi kører klokken ti.\n", "nyt.md", ["", "Tur"], "hverken temaer"),
        ("# Tur\n\n## Fest\n\n## Kage\n", "overskrifter.md", [""], "rigtige fil"),
        ("# Referat\n\nTil stede: Bo\n\nAfbud: Eva\n\n## Punkt 1: Leje\n\nVi talte.\n", "m.md", ["", "Punkt 1: Leje"],
         "referat"),
        ("Ny strategi er vedtaget\n\nDen nye strategi er god, siger formand Bo Holm.\n", "a.txt", [""], "nyhed"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_strategy_becomes_a_draft_in_doubt(esbjerg, text, name, headings, doubt):
    strategy, parsed = import_strategy(text.encode(), name, esbjerg)
    assert [section.heading for section in strategy.sections.all()] == headings
    assert doubt in parsed.doubt and not strategy.themes.exists()


def test_a_file_with_only_a_heading_saves_nothing(esbjerg):
    with pytest.raises(UnreadableDocument):
        import_strategy(b"# Kun en overskrift", "strategi.md", esbjerg)
    assert not Strategy.objects.exists()
