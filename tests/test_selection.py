"""Everything that `make test` leaves to `make soak` is listed here."""

import subprocess
import sys
from pathlib import Path

from . import selection

TESTS = Path(__file__).resolve().parent

INTERLEAVINGS = "test_desk_interleavings.py::test_no_interleaving_of_two_people_and_their_accidents_loses_a_word"
BARRIERS = "test_back_office_in_chromium.py::test_no_page_of_the_back_office_has_a_barrier_or_too_many_fields"
EVERY_FORM = (
    "test_kept_forms.py::test_every_form_of_the_back_office_comes_back",
    "test_kept_forms.py::test_every_other_page_with_a_form_brings_it_back_or_sends_it_again_by_a_button",
    "test_write_lock.py::test_no_page_of_the_back_office_takes_the_write_lock_to_be_shown",
)
BUTTONS = "test_write_lock.py::test_no_button_of_the_back_office_takes_the_write_lock_before_its_form_is_read"
ONLY_IN_THE_SOAK = {
    # Seven eighths of the pages, each in two states.
    *(f"{BUTTONS}[{hand}]" for hand in range(1, 8)),
    # Half of the objects of the permission table, and three quarters of the pages of long forms.
    "test_permission_table.py::test_an_object_answers_each_person_as_the_table_says[1]",
    "test_permission_table.py::test_what_may_be_done_is_done_and_nothing_else[1]",
    "test_permission_table.py::test_every_page_of_an_object_is_rendered_in_every_state[1]",
    *(f"test_permission_table.py::test_a_page_of_a_long_form_answers_as_the_form_does[{hand}]" for hand in range(1, 4)),
    # 160 of 200 meetings; the commit chooses the 40 that `make test` plays.
    *(f"{INTERLEAVINGS}[{hand}]" for hand in range(2, 10)),
    # Seven eighths of the pages; the commit chooses the eighth that `make test` opens.
    *(f"{BARRIERS}[{hand}]" for hand in range(1, 8)),
    # Three quarters of the models and pages of the back office; the commit chooses the quarter that `make test` takes.
    *(f"{test}[{hand}]" for test in EVERY_FORM for hand in range(1, 4)),
    # Three quarters of the public pages, and of the main pages that Lighthouse measures.
    *(f"test_in_chromium.py::test_no_page_has_a_barrier_however_it_is_seen[{hand}]" for hand in range(1, 4)),
    *(f"test_lighthouse.py::test_lighthouse_gives_the_main_pages_full_marks[{hand}]" for hand in range(1, 4)),
    # Three quarters of the models whose fields are edited.
    *(f"test_public_stamps.py::test_an_edit_that_moves_no_stamp_changes_no_page[{hand}]" for hand in range(1, 4)),
    # `make test` makes 50 changes.
    "test_pagecache.py::test_no_reader_sees_what_was_before_a_change_that_is_committed[500]",
    # Half of the pages that the HTML checker reads, and of the PDFs of the demo.
    "test_html.py::test_every_page_is_html_as_the_standard_has_it[1]",
    "test_council_pdf.py::test_every_meeting_of_the_demo_passes_pdf_ua[1]",
    "test_strategy_pdf.py::test_every_strategy_of_the_demo_fits_one_page_and_passes_pdf_ua[1]",
    # Three quarters of the regular expressions.
    *(f"test_patterns.py::test_patterns_read_hostile_text_in_linear_steps[{hand}]" for hand in range(1, 4)),
    # `make test` takes the same way by keys.
    "test_council_year.py::test_a_council_year[Mouse]",
    # Three quarters of the forms; the commit chooses the quarter that `make test` fills in.
    *(f"test_every_form.py::test_a_filled_form_is_saved_or_says_what_is_wrong[{hand}]" for hand in range(1, 4)),
    # `make test` lays out 60 goals in one theme, and 12 in each of six.
    "test_strategy_pdf.py::test_a_far_too_long_summary_is_one_page_that_says_so_and_shows_goals_of_each_theme_alike[60-1]",
}


def test_what_only_the_soak_runs_is_listed():
    # Warnings are errors in pyproject.toml; of the next Django, `make next` ignores some.
    options = ["-p", "no:cacheprovider", "-W", "ignore", "--collect-only", "-q", "-m", "soak", str(TESTS)]
    command = [sys.executable, "-m", "pytest", *options]
    collected = subprocess.run(command, cwd=TESTS.parent, capture_output=True, text=True, check=True).stdout
    assert {line.removeprefix("tests/") for line in collected.splitlines() if "::" in line} == ONLY_IN_THE_SOAK


def test_every_file_is_declared_for_one_database_or_both():
    both, either = set(selection.ON_BOTH_ENGINES), selection.ON_EITHER_ENGINE
    assert not both & either
    assert both | either == {path.name for path in TESTS.glob("test_*.py")}


def test_each_commit_deals_out_everything_once():
    hands = selection.dealt(range(200), 10)
    assert [len(hand) for hand in hands] == [20] * 10 and sorted(sum(hands, [])) == list(range(200))


def test_another_commit_chooses_other_tests(monkeypatch):
    names = [f"test_front.py::test_{number}" for number in range(400)]

    def on_postgresql(commit):
        monkeypatch.setattr(selection, "COMMIT", commit)
        return {name for name in names if not selection.is_left_to_sqlite("test_front.py", name)}

    first, second = on_postgresql("a"), on_postgresql("b")
    assert first != second and 25 < len(first) < 80 and 25 < len(second) < 80
    assert not selection.is_left_to_sqlite("test_search.py", "test_search.py::test_1")
