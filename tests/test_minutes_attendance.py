"""Attendance in imported minutes: the ways that secretaries write who was there."""

import pytest

from council.meetings.word.document_parser import read_meeting
from council.meetings.word.import_plan import ImportPlan
from council.models import Meeting

from . import factories as make

MEMBERS = ("Karen Holm", "Ib Sørensen", "Per Dam", "Lis Bak Jensen", "Anne-Lise Ågård", "Yusuf Demir")
ITEMS = "\n\n1. Velkomst\nAlle præsenterede sig.\n\n2. Natcaféen\nRådet vil gerne på besøg.\n"


@pytest.fixture
def council(esbjerg):
    council = make.council(esbjerg)
    for name in MEMBERS:
        first, last = name.split(" ", 1)
        make.membership(council, make.person(esbjerg, first, last))
    return council


@pytest.fixture
def plan_of(council, anna):
    def plan_of(head, name="referat.txt"):
        text = f"<p>Referat</p>{head}<p>1. Velkomst</p><p>Hej.</p><p>2. Natcaféen</p><p>Ja.</p>"
        parsed = read_meeting((text if name.endswith("html") else f"Referat\n\n{head}{ITEMS}").encode(), name)
        assert [item.title for item in parsed.items] == ["Velkomst", "Natcaféen"]
        return ImportPlan(parsed, Meeting(council=council), anna)

    return plan_of


def people(plan):
    """Return the first names by status: present, excused, absent."""
    names = {"til-stede": "", "afbud": "", "fravaerende": ""}
    for one in plan.new_attendances:
        names[one.status] += f" {one.member.person.first_name}"
    return tuple(text.strip() for text in names.values())


def rows(*lines):
    cells = ["".join(f"<td>{cell}</td>" for cell in line.split("|")) for line in lines]
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


ALL = "Karen Ib Per Lis Anne-Lise Yusuf"
WRITTEN = {
    "one long line under the label": (
        "Deltagere\nKaren Holm, Ib Sørensen, Per Dam, Lis Bak Jensen, Anne-Lise Ågård og Yusuf Demir",
        (ALL, "", ""),
    ),
    "a name on each line with its organisation": (
        "Til stede:\nKaren Holm, Blå Kors\nIb Sørensen (Natcaféen)\nPer Dam, LAP\n\nAfbud:\nLis Bak Jensen, Torvegade",
        ("Karen Ib Per", "Lis", ""),
    ),
    "organisations after some of the names on a line": (
        "Til stede: Karen Holm (SIND), Ib Sørensen, Natcaféen, Per Dam, LAP og Lis Bak Jensen",
        ("Karen Ib Per Lis", "", ""),
    ),
    "semicolons between the names": (
        "Deltagere: Karen Holm, Blå Kors; Ib Sørensen, Natcaféen; Per Dam\nAfbud fra Lis Bak Jensen og Yusuf Demir",
        ("Karen Ib Per", "Lis Yusuf", ""),
    ),
    "absent without an excuse": (
        "Fremmødte (2): Karen Holm, Ib Sørensen. Afbud: Ingen. Fraværende uden afbud: Per Dam",
        ("Karen Ib", "", "Per"),
    ),
    "dashes typed before the names": (
        "<p>Mødt:</p><p>– Karen Holm, forperson</p><p>– Ib Sørensen</p><p>Afbud</p><p>- Per Dam, Natcaféen, Bygade</p>",
        ("Karen Ib", "Per", ""),
    ),
    "titles before the names": (
        "Til stede: Forperson Karen Holm, socialrådgiver Ib Sørensen og centerleder Per Dam",
        ("Karen Ib Per", "", ""),
    ),
    "a label for each group": (
        "Til stede:\nFra brugerne: Karen Holm og Ib Sørensen\nFra foreningerne: Per Dam\nAfbud: Yusuf Demir",
        ("Karen Ib Per", "Yusuf", ""),
    ),
    "a sentence about who could not come": (
        "Til stede: Karen Holm og Ib Sørensen\nPer Dam og Yusuf Demir havde meldt afbud.",
        ("Karen Ib", "Per Yusuf", ""),
    ),
    "a numbered list of names": (
        "Deltagere:\n1. Karen Holm\n2. Ib Sørensen\n3. Per Dam\n4. Lis Bak Jensen\n\nAfbud: Yusuf Demir",
        ("Karen Ib Per Lis", "Yusuf", ""),
    ),
    "a table with ticks": (
        rows("Navn|Organisation|Til stede|Afbud", "Karen Holm|SIND|x|", "Ib Sørensen|LAP||X", "Per Dam||✓|"),
        ("Karen Per", "Ib", ""),
    ),
    "a table with ticks and no head": (
        "<p>Fremmøde</p>" + rows("Karen Holm|x", "Ib Sørensen, LAP|x"),
        ("Karen Ib", "", ""),
    ),
    "a table with a column for each status": (
        rows("Til stede|Afbud", "Karen Holm|Per Dam", "Ib Sørensen|"),
        ("Karen Ib", "Per", ""),
    ),
    "a table with the status as a word": (
        rows("Navn|Fremmøde", "Karen Holm|Til stede", "Ib Sørensen|Afbud", "Per Dam|Fraværende"),
        ("Karen", "Ib", "Per"),
    ),
    "a table of names and organisations under the label": (
        "<p><b>Deltagere</b></p>" + rows("Karen Holm|SIND", "Ib Sørensen|Natcaféen") + "<p>Afbud: Per Dam</p>",
        ("Karen Ib", "Per", ""),
    ),
    "a table with number, organisation and last name first": (
        rows("Fremmøde", "Nr.|Organisation|Navn|Mødt|Afbud", "1|LAP|Holm, Karen|x|", "2|SIND|Sørensen, Ib||x"),
        ("Karen", "Ib", ""),
    ),
    "boxes typed before the names": (
        "<p>Deltagere:</p><p>☒ Karen Holm</p><p>[x] Ib Sørensen – Blå Kors</p><p>Afbud – Per Dam</p>",
        ("Karen Ib", "Per", ""),
    ),
    "groups on lines of their own": (
        "Til stede:\nBrugernes repræsentanter:\nKaren Holm\nIb Sørensen, LAP\nFraværende: Ingen\nAfbud:\nPer Dam",
        ("Karen Ib", "Per", ""),
    ),
    "a table of labels with a name on each line": (
        rows("Deltagere|Karen Holm<br>Ib Sørensen (LAP)", "Afbud|Per Dam, Natcaféen", "Referent|Lise Overby"),
        ("Karen Ib", "Per", ""),
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_members_are_found_however_they_are_written(plan_of, name):
    head, expected = WRITTEN[name]
    plan = plan_of(head, "a.html" if "<" in head else "a.txt")
    assert (people(plan), plan.not_understood) == (expected, [])


def test_an_organisation_is_shown_as_skipped_and_a_stranger_as_unknown(plan_of):
    plan = plan_of("Til stede: Karen Holm, Natcaféen, Sofie Ukendt, LAP og Ib Sørensen\nAfbud: Per Dam (SIND)")
    assert people(plan) == ("Karen Ib", "Per", "")
    assert [text for _, text, _ in plan.not_understood] == ["Sofie Ukendt"]
    assert [text for _, text, _ in plan.ignored] == ["Karen Holm: Natcaféen", "Sofie Ukendt: LAP", "Per Dam: SIND"]


def test_staff_that_are_no_members_are_guests(plan_of):
    plan = plan_of(
        "Deltagere:\nKaren Holm\nFra kommunen: Ida Munk (Socialafdelingen), Ib Sørensen\nGæster: Bo Lund, SIND"
    )
    assert people(plan) == ("Karen Ib", "", "")
    assert {c.field: c.value for c in plan.changes} == {"guests": "Bo Lund, SIND, Ida Munk (Socialafdelingen)"}
    assert plan.not_understood == []


def test_what_is_said_of_a_person_in_small_letters_is_the_remark(plan_of):
    plan = plan_of(
        "Fra rådet: Karen Holm fra punkt 3, Ib Sørensen (på telefon) og Per Dam - gik kl. 15\nAfbud: Lis Jensen"
    )
    assert people(plan) == ("Karen Ib Per", "Lis", "")
    assert [one.remark for one in plan.new_attendances] == ["fra punkt 3", "på telefon", "gik kl. 15", ""]


def test_a_name_without_a_tick_is_reported(plan_of):
    plan = plan_of(rows("Navn|Til stede", "Karen Holm|x", "Ib Sørensen|"), "a.html")
    assert people(plan) == ("Karen", "", "")
    assert [text for _, text, _ in plan.not_understood] == ["Ib Sørensen"]


@pytest.mark.parametrize(
    "written",
    [
        "Tidspunkt og sted: Torsdag den 7. maj 2026 kl. 13.00-15.00, Huset, sal 4",
        "Tid og sted:\nTorsdag d. 7. maj 2026 kl. 13-15\nHuset, sal 4",
        "Dato, tid og sted: 7/5-2026, kl. 13.00 til 15.00 i Huset, sal 4.",
        "Sted og tid: Huset, sal 4, torsdag den 7. maj 2026 fra 13.00-15.00",
    ],
)
def test_time_and_place_may_share_a_label(plan_of, written):
    parsed = plan_of(written).parsed
    assert (parsed.date, parsed.starts_at, parsed.ends_at) == ("2026-05-07", "13:00", "15:00")
    assert (parsed.place, parsed.not_understood) == ("Huset, sal 4", [])
