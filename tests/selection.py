"""Selection of tests for `make test`; `make soak` runs all of them.

`make test` leaves out tests marked `soak`. Tests that do not depend on the database engine run on SQLite, and an eighth
of them, selected by the commit, on PostgreSQL too.
"""

import os
import random
import subprocess
import zlib
from pathlib import Path

# Files that test features in which the databases differ: `make test` runs them on both, and single tests marked
# `engine` in other files.
ON_BOTH_ENGINES = {
    "test_at_once.py": "two transactions at the same meeting",
    "test_back_office_conflict.py": "versions and locks of saved forms",
    "test_back_office_input.py": "length, range and characters that a column accepts",
    "test_councils.py": "constraints on councils, meetings and seats",
    "test_desk.py": "locks of the desk, and edits that arrive twice",
    "test_deletions.py": "deletions as subqueries, and file names in JSON",
    "test_due.py": "jobs, advisory locks and dates",
    "test_follow_up.py": "subqueries and dates of the latest follow-up",
    "test_history.py": "revisions stored as JSON",
    "test_inputs.py": "constraints and locks of citizens' inputs",
    "test_letters.py": "rows that two runs lock and skip",
    "test_municipalities.py": "constraints, and dates of regions",
    "test_prepared.py": "parameters of SQL that is kept",
    "test_publishing.py": "constraints, locks and the search index",
    "test_search.py": "each engine's own full-text search",
    "test_search_quality.py": "ranking by each engine",
    "test_strategies.py": "constraints on strategies and their dates",
    "test_withdrawal.py": "two processes at one database",
    "test_year_plan.py": "locks and dates of planned meetings",
}

# All other files, which test the same behaviour on both.
ON_EITHER_ENGINE = {
    "test_characters.py",
    "test_accent_colours.py",
    "test_agenda.py",
    "test_agenda_in_chromium.py",
    "test_agreements.py",
    "test_approval.py",
    "test_approval_links.py",
    "test_attachments.py",
    "test_autosave.py",
    "test_back_office_in_chromium.py",
    "test_back_office_publishing.py",
    "test_back_office_queries.py",
    "test_back_office_scope.py",
    "test_back_office_users.py",
    "test_bidi.py",
    "test_byte_ranges.py",
    "test_calendar.py",
    "test_change_gate.py",
    "test_come_along.py",
    "test_compare.py",
    "test_consent.py",
    "test_constraints_in_forms.py",
    "test_corrections.py",
    "test_council_pages.py",
    "test_council_pdf.py",
    "test_council_year.py",
    "test_cpr.py",
    "test_cpr_overrides.py",
    "test_css.py",
    "test_danish.py",
    "test_danish_forms.py",
    "test_demo.py",
    "test_dataset.py",
    "test_date_input.py",
    "test_desk_in_chromium.py",
    "test_desk_interleavings.py",
    "test_dialogue.py",
    "test_document_reading.py",
    "test_documents.py",
    "test_docx.py",
    "test_every_form.py",
    "test_every_page.py",
    "test_feeds.py",
    "test_following.py",
    "test_front.py",
    "test_gate.py",
    "test_gate_in_chromium.py",
    "test_goal_numbers.py",
    "test_guards.py",
    "test_guide.py",
    "test_hearing_desk.py",
    "test_hearing_pages.py",
    "test_holidays.py",
    "test_house.py",
    "test_html.py",
    "test_in_chromium.py",
    "test_invitations.py",
    "test_kept_forms.py",
    "test_lighthouse.py",
    "test_load_demo.py",
    "test_log_in.py",
    "test_meeting_pages.py",
    "test_minutes_attendance.py",
    "test_minutes_import.py",
    "test_minutes_roundtrip.py",
    "test_minutes_tables.py",
    "test_my_desk_in_chromium.py",
    "test_news_pages.py",
    "test_not_found.py",
    "test_pasted_word.py",
    "test_pagecache.py",
    "test_password_reset.py",
    "test_pdf.py",
    "test_pdf_making.py",
    "test_pdf_tables.py",
    "test_pdf_text.py",
    "test_pdf_too_long.py",
    "test_people.py",
    "test_permission_table.py",
    "test_personal_data.py",
    "test_patterns.py",
    "test_phone_links.py",
    "test_phones.py",
    "test_plain.py",
    "test_poster.py",
    "test_public_queries.py",
    "test_public_stamps.py",
    "test_public_table.py",
    "test_public_versions.py",
    "test_readability.py",
    "test_ready_pdfs.py",
    "test_refused.py",
    "test_richtext.py",
    "test_richtext_editor.py",
    "test_search_in_chromium.py",
    "test_secretary_journey.py",
    "test_secretary_without_javascript.py",
    "test_selection.py",
    "test_settings.py",
    "test_signed_links.py",
    "test_strategy_editing.py",
    "test_strategy_import.py",
    "test_strategy_pages.py",
    "test_strategy_layouts.py",
    "test_strategy_parsing.py",
    "test_strategy_pdf.py",
    "test_strategy_upload.py",
    "test_text_diff.py",
    "test_tooling.py",
    "test_topics.py",
    "test_trail.py",
    "test_uploads.py",
    "test_weight.py",
    "test_write_lock.py",
    "test_year_wheel.py",
}


def current_commit():
    """Return the current commit, or "no commit" without git. TEST_COMMIT repeats the selection of an earlier one."""
    if named := os.environ.get("TEST_COMMIT"):
        return named
    command = ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "no commit"


COMMIT = current_commit()


def is_left_to_sqlite(filename, test_id):
    """Whether `make test` runs this test on SQLite alone at this commit."""
    return filename not in ON_BOTH_ENGINES and zlib.crc32(f"{COMMIT} {test_id}".encode()) % 8 != 0


def shuffled(items):
    """Return the items in an order that changes with the commit."""
    return random.Random(COMMIT).sample(list(items), len(items))


def dealt(items, hands):
    """Divide the items into `hands` lists, in an order that changes with the commit."""
    return [shuffled(items)[hand::hands] for hand in range(hands)]
