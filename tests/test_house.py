"""The drawing of a strategy as a house: with any titles and number of goals, nothing extends beyond its room."""

import re
from itertools import combinations

import pytest

from strategies.house_drawing import (
    LABEL_LINES,
    LABEL_SIZE,
    NARROW,
    RIDGE,
    WALL,
    WIDE,
    WINDOW_HEIGHT,
    WINDOW_WIDTH,
    Room,
    balance,
    draw_house,
    floors,
    houses,
    rooms_of,
    squeeze,
    text_width,
    wrap,
)
from strategies.models import Strategy

from . import factories as make

LONG = "Accept af forskellige veje og opmærksomhed på rettigheder for alle mennesker i kommunen"
WORD = "Helhedsorienteretbeskæftigelsesindsatskoordinationsudvalgsarbejde"
TITLES = ["Bolig", "Et sted at bo", "Børn og unge i udsatte livspositioner", LONG, WORD, "Å", "1"]


def rooms(titles, goals=3):
    return [Room(f"#tema-{n}", title, title, ["naaet"] * goals) for n, title in enumerate(titles, 1)]


def drawings():
    for count in range(1, 13):
        for title in TITLES:
            yield rooms([title] * count)
    yield rooms((TITLES * 2)[:12], goals=0)
    yield rooms(TITLES, goals=1)
    yield rooms(TITLES, goals=40)
    yield [Room("#tema-1", "Bolig", "Bolig", ["i-gang"] * n) for n in range(12)]


def each_house():
    for listed in drawings():
        for width, columns in ((WIDE, 3), (NARROW, 2)):
            yield draw_house(["Plads til alle"], listed, width, columns), listed


def test_every_theme_gets_one_room_in_order():
    for house, listed in each_house():
        assert [placed.room for placed in house.rooms] == listed


def test_no_room_lies_over_another_and_together_they_fill_the_house():
    for house, _ in each_house():
        for one, other in combinations(house.rooms, 2):
            apart = one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y
            assert apart, (one, other)
        area = sum(placed.width * placed.height for placed in house.rooms)
        bottom = max(placed.bottom for placed in house.rooms)
        assert area == (house.width - 2 * WALL) * (bottom - house.eaves)
        assert bottom == house.height - 2


def test_no_text_leaves_its_room_or_meets_the_windows():
    for house, _ in each_house():
        for placed in house.rooms:
            assert 1 <= len(placed.label) <= LABEL_LINES
            for line in placed.label:
                half = text_width(line.text, LABEL_SIZE) / 2
                assert placed.x < line.x - half and line.x + half < placed.right, line.text
                assert placed.y < line.y - LABEL_SIZE + 2
            below = placed.label[-1].y + 4
            assert all(window.y > below for window in placed.windows)
            assert all(line.y > below for line in placed.prose)


def test_every_goal_gets_a_window_inside_the_room_and_none_covers_another():
    for house, _ in each_house():
        for placed in house.rooms:
            assert [window.status for window in placed.windows] == list(placed.room.goals)
            assert bool(placed.prose) != bool(placed.windows)
            for window in placed.windows:
                assert placed.x < window.x and window.x + WINDOW_WIDTH < placed.right
                assert placed.y < window.y and window.y + WINDOW_HEIGHT < placed.bottom
            for one, other in combinations(placed.windows, 2):
                assert abs(one.x - other.x) >= WINDOW_WIDTH or abs(one.y - other.y) >= WINDOW_HEIGHT


@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize(
    "roof_text",
    ["Alle med", "Ingen skal stå alene med det, der er svært.", "Strategi for socialt udsatte mennesker", LONG, WORD],
)
def test_the_promise_stays_under_the_roof(roof_text, width):
    house = draw_house([roof_text], rooms(["Bolig"]), width, 3)
    assert house.roof_text
    for line in house.roof_text:
        top = line.y - house.roof_size
        roof_there = (top - RIDGE) / (house.eaves - RIDGE) * width
        assert text_width(line.text, house.roof_size) < roof_there, line.text
        assert line.y < house.eaves


def test_the_roof_takes_the_first_promise_that_fits():
    assert [line.text for line in draw_house([LONG * 2, "Kort"], rooms(["Bolig"]), NARROW, 2).roof_text] == ["Kort"]
    assert draw_house([LONG * 2, LONG * 3], rooms(["Bolig"]), NARROW, 2).roof_text[-1].text.endswith("…")


def test_a_phone_gets_fewer_rooms_side_by_side():
    (wide, on_wide), (narrow, on_narrow) = houses(
        ["Alle med"], rooms(["Bolig", "Helbred", "Penge", "Job", "Byen", "Børn"])
    )
    assert (wide, narrow) == ("wide", "narrow")
    assert len({placed.x for placed in on_wide.rooms}) == 3
    assert len({placed.x for placed in on_narrow.rooms}) == 2


def test_long_titles_get_wider_rooms():
    short, long = (draw_house(["Alle med"], rooms([title] * 4), WIDE, 3) for title in ("Bolig", LONG))
    assert min(r.width for r in short.rooms) < min(r.width for r in long.rooms)


@pytest.mark.parametrize(
    "count, columns, expected",
    [(1, 3, [1]), (4, 3, [2, 2]), (5, 3, [2, 3]), (7, 3, [2, 2, 3]), (12, 3, [3, 3, 3, 3]), (3, 1, [1, 1, 1])],
)
def test_floors_are_even_with_the_larger_below(count, columns, expected):
    assert floors(count, columns) == expected


def test_lines_are_broken_at_words_and_evened_out():
    assert wrap("Børn, unge og deres familier", 16, [110] * 3) == ["Børn, unge", "og deres", "familier"]
    assert wrap(WORD, 16, [130] * 3) is None
    assert squeeze(WORD, 16, [130] * 2)[0].endswith("-")
    assert squeeze("Et to tre fire fem seks syv otte", 16, [60])[0].endswith("…")
    assert wrap("Sundhed, forebyggelse og ansvar", 16, [270] * 4) == ["Sundhed, forebyggelse og", "ansvar"]
    assert balance("Sundhed, forebyggelse og ansvar", 16, 270, 4) == ["Sundhed, forebyggelse", "og ansvar"]


def test_rooms_tell_how_the_goals_are_going_those_below_others_too(esbjerg):
    strategy = make.strategy(esbjerg, theme_label="spor", goal_label_plural="løfter")
    theme = make.theme(strategy, "Et sted at bo")
    goal = make.goal(theme)
    make.goal(theme, parent=goal)
    make.goal(theme)
    make.follow_up(goal, status="i-gang", date="2026-01-01")
    make.follow_up(goal, status="naaet", date="2026-02-01")
    make.theme(strategy, "")
    first, second = rooms_of(Strategy.objects.with_content().get(), lambda theme: f"/{theme.slug}/")
    assert first == Room("/et-sted-at-bo/", "Et sted at bo", "Spor 1: Et sted at bo, 3 løfter", ["naaet", "", ""])
    assert second == Room("/gruppe-1/", "Gruppe 2", "Spor 2: Gruppe 2", [])


def test_the_name_of_a_room_on_two_lines_is_heard_as_it_is_read(client, esbjerg):
    theme = make.theme(make.strategy(esbjerg), LONG)
    page = client.get(theme.strategy.get_absolute_url()).content.decode()
    rooms = re.findall(r'<a [^>]*aria-label="Tema 1: [^>]*>(.*?)</a>', page, re.DOTALL)
    seen = [re.sub("<[^>]+>", "", room).rstrip("… \n").split() for room in rooms]
    assert len(seen) == 2 and all(words == LONG.split()[: len(words)] for words in seen)


@pytest.mark.browser
def test_in_a_real_browser_no_text_leaves_its_room(page, esbjerg):
    strategy = make.strategy(esbjerg, LONG)
    for title in TITLES:
        make.goal(make.theme(strategy, title))
    for width, shown in ((360, "narrow"), (1280, "wide")):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(strategy.get_absolute_url())
        assert page.locator(".house:visible").count() == 1
        outside = page.evaluate(
            """shown => [...document.querySelectorAll(`.house.${shown} a`)].flatMap(room => {
                const wall = room.querySelector('.room').getBoundingClientRect();
                return [...room.querySelectorAll('.label')].filter(label => {
                    const text = label.getBoundingClientRect();
                    return text.left < wall.left || text.right > wall.right || text.bottom > wall.bottom;
                }).map(label => label.textContent);
            })""",
            shown,
        )
        assert outside == []
