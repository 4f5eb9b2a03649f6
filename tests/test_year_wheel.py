"""The year wheel as SVG, without database or page."""

import datetime
import math
import re
from itertools import combinations

import pytest
from lxml import etree

from council.public import year_wheel
from council.public.year_wheel import Event, Shape, marker, position_markers

TODAY = datetime.date(2026, 11, 23)


def day(month, number, year=2026):
    return datetime.date(year, month, number)


def events_every(days, start=datetime.date(2026, 1, 1)):
    """Return an event every `days` days of the year, with the shapes in turn."""
    shapes = list(Shape)
    return [
        Event(start + datetime.timedelta(days=n * days), shapes[n % len(shapes)])
        for n in range(364 // days)
        if (start + datetime.timedelta(days=n * days)).year == start.year
    ]


def parse(svg):
    return etree.fromstring(str(svg))


def markers(svg):
    return parse(svg).xpath("//*[contains(@class, 'wheel-mark--')]")


CROWDS = {
    "a meeting a month": [Event(day(month, 10)) for month in range(1, 13)],
    "twenty in one week": [Event(day(9, 1 + n % 7), list(Shape)[n % 4]) for n in range(20)],
    "twenty on one day": [Event(day(6, 15)) for _ in range(20)],
    "twenty on New Year's Eve": [Event(day(12, 31)) for _ in range(20)],
    "twenty on New Year's Day": [Event(day(1, 1)) for _ in range(20)],
    "both ends of the year": [Event(day(1, 1))] * 8 + [Event(day(12, 31))] * 8,
    "twenty spread out": events_every(18),
    "one every week": events_every(7),
    "one every day": events_every(1),
}


@pytest.mark.parametrize("events", CROWDS.values(), ids=CROWDS.keys())
def test_no_marker_touches_another_or_leaves_its_room(events):
    positions = position_markers(sorted(events, key=lambda e: e.date))
    for first, second in combinations(positions, 2):
        assert math.dist(first.point, second.point) >= 2 * year_wheel.MARKER
    for position in positions:
        distance = math.dist(position.point, (year_wheel.CENTRE, year_wheel.CENTRE))
        assert year_wheel.HUB + year_wheel.MARKER <= distance <= year_wheel.BAND - year_wheel.MARKER


@pytest.mark.parametrize("events", CROWDS.values(), ids=CROWDS.keys())
def test_twenty_events_all_find_room_and_more_are_counted(events):
    svg = year_wheel.draw(2026, events, TODAY)
    missing = len(events) - len(markers(svg))
    assert missing == 0 if len(events) <= 20 else missing >= 0
    assert (f"+ {missing} i listen" in svg) is (missing > 0)


def test_a_marker_sits_on_its_day_when_there_is_room():
    for position in position_markers(CROWDS["a meeting a month"]):
        assert position.angle == pytest.approx(position.day_angle)
        assert position.radius == year_wheel.LANES[0]


def test_three_near_days_keep_their_angle_on_circles_of_their_own():
    positions = position_markers([Event(day(9, 1)), Event(day(9, 2)), Event(day(9, 3))])
    assert len({position.radius for position in positions}) == 3
    assert all(position.angle == pytest.approx(position.day_angle) for position in positions)


def test_neighbours_keep_their_order():
    positions = position_markers(sorted(CROWDS["one every week"], key=lambda e: e.date))
    for radius in year_wheel.LANES:
        lane = [position for position in positions if position.radius == radius]
        assert lane == sorted(lane, key=lambda position: position.angle)
        assert lane == sorted(lane, key=lambda position: position.event.date)


def test_the_year_begins_at_the_top_and_runs_clockwise():
    first, april, july, october = (
        position.point
        for position in position_markers([Event(day(1, 1)), Event(day(4, 2)), Event(day(7, 2)), Event(day(10, 1))])
    )
    centre = year_wheel.CENTRE
    assert first[1] < centre and first[0] == pytest.approx(centre, abs=2)
    assert april[0] > centre and april[1] == pytest.approx(centre, abs=2)
    assert july[1] > centre and july[0] == pytest.approx(centre, abs=2)
    assert october[0] < centre and october[1] == pytest.approx(centre, abs=2)


def test_the_twelve_months_are_named_in_danish():
    svg = year_wheel.draw(2026, [], TODAY)
    names = [element.text for element in parse(svg).xpath("//*[starts-with(@class, 'wheel-name')]")]
    assert names == ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"]


def test_today_is_marked_in_its_own_year_only():
    now = year_wheel.draw(2026, [], TODAY)
    assert now.count("wheel-today") == 1 and now.count("wheel-gone") == 1 and now.count('"wheel-name is-now"') == 1
    assert re.search(r'is-now" [^>]*>nov<', now)
    for year in (2025, 2027):
        other = year_wheel.draw(year, [], TODAY)
        assert not re.search("wheel-today|wheel-gone|is-now", other)


@pytest.mark.parametrize("today", [day(1, 1), day(12, 31), datetime.date(2028, 2, 29)])
def test_the_first_last_and_leap_day_can_be_today(today):
    parse(year_wheel.draw(today.year, [Event(today)], today))


def test_events_of_other_years_are_left_out():
    svg = year_wheel.draw(2026, [Event(day(12, 31, 2025)), Event(day(3, 3)), Event(day(1, 1, 2027))], TODAY)
    assert len(markers(svg)) == 1


def test_the_wheel_has_a_text_alternative():
    events = [Event(day(3, 3)), Event(day(4, 3)), Event(day(5, 3), Shape.VISIT), Event(day(6, 3), Shape.DEADLINE)]
    cancelled = Event(day(7, 3), is_cancelled=True)
    svg = parse(year_wheel.draw(2026, [*events, cancelled], TODAY))
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == "Årshjul for 2026: 2 møder, 1 besøg og 1 svarfrist. Listen har alle datoer."
    assert parse(year_wheel.draw(2026, [], TODAY)).get("aria-label").startswith("Årshjul for 2026: ingen møder.")


def test_each_kind_has_a_shape_of_its_own_and_the_legend_names_it():
    shapes = {re.search(r"<(circle|rect|path)[^>]*>", str(marker(Event(day(3, 3), shape))))[0] for shape in Shape}
    assert len(shapes) == 3  # both kinds of meeting are circles, with different fill
    legend = year_wheel.legend([Event(day(3, 3)), Event(day(3, 4), Shape.VISIT)])
    assert [word for _, word in legend] == ["Møde i rådet", "Besøg"]


def test_a_cancelled_meeting_is_struck_out_and_the_next_one_ringed():
    assert "wheel-strike" in marker(Event(day(3, 3), is_cancelled=True))
    assert "wheel-ring" in marker(Event(day(3, 3), is_next=True))
    assert not re.search("strike|ring", marker(Event(day(3, 3))))


@pytest.mark.parametrize("events", CROWDS.values(), ids=CROWDS.keys())
def test_the_policy_for_content_is_kept(events):
    svg = parse(year_wheel.draw(2026, events, TODAY))
    for element in svg.iter():
        assert element.tag not in {"style", "script"}
        assert not {"style", "fill", "stroke"} & set(element.attrib)
        assert not any(name.startswith("on") for name in element.attrib)


def test_its_letters_are_readable_on_the_narrowest_phone():
    """A view box as wide as the phone makes 13 units about 12 pixels."""
    assert year_wheel.SIZE <= 360
