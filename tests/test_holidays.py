"""Danish public holidays and school holidays."""

import datetime

import pytest

from udsat.lib.holidays import last_working_day, public_holiday, school_holiday


def day(text):
    return datetime.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("date", "name"),
    [
        ("2027-01-01", "nytårsdag"),
        ("2027-03-25", "skærtorsdag"),
        ("2027-03-29", "anden påskedag"),
        ("2027-05-06", "kristi himmelfartsdag"),
        ("2027-05-17", "anden pinsedag"),
        ("2027-06-05", "grundlovsdag"),
        ("2026-04-03", "langfredag"),
        ("2023-05-05", "store bededag"),
        ("2024-04-26", ""),  # the year it was abolished
        ("2027-03-24", ""),
    ],
)
def test_public_holidays_have_names(date, name):
    assert public_holiday(day(date)) == name


@pytest.mark.parametrize(
    ("date", "name"),
    [
        ("2027-02-16", "vinterferie mange steder"),
        ("2027-02-23", "vinterferie mange steder"),
        ("2027-03-22", "påskeferie"),
        ("2027-03-30", ""),
        ("2027-07-13", "sommerferie"),
        ("2027-08-17", ""),
        ("2027-10-19", "efterårsferie"),
        ("2027-12-21", "juleferie"),
        ("2027-12-20", ""),
        ("2028-01-03", "juleferie"),
        ("2028-01-04", ""),
        ("2027-09-07", ""),
    ],
)
def test_school_holidays_are_the_usual_weeks(date, name):
    assert school_holiday(day(date)) == name


@pytest.mark.parametrize(
    ("nominal", "moved"),
    [
        ("2026-12-08", "2026-12-08"),  # a Tuesday
        ("2026-12-06", "2026-12-04"),  # a Sunday
        ("2026-12-05", "2026-12-04"),  # a Saturday
        ("2026-12-24", "2026-12-23"),  # Christmas Eve
        ("2026-12-27", "2026-12-23"),  # the Sunday after Christmas
        ("2026-12-31", "2026-12-30"),  # New Year's Eve
        ("2027-01-01", "2026-12-30"),
        ("2026-06-05", "2026-06-04"),  # Constitution Day
        ("2026-04-06", "2026-04-01"),  # Easter Monday
        ("2026-05-14", "2026-05-13"),  # Ascension Day
        ("2026-05-25", "2026-05-22"),  # Whit Monday
    ],
)
def test_a_deadline_on_a_day_off_moves_to_the_working_day_before(nominal, moved):
    assert last_working_day(day(nominal)) == day(moved)


def test_no_deadline_of_thirty_years_is_on_a_day_off_or_moves_later():
    for number in range(365 * 30):
        nominal = day("2020-01-01") + datetime.timedelta(number)
        moved = last_working_day(nominal)
        assert moved <= nominal and moved.weekday() < 5 and not public_holiday(moved)
        assert (nominal - moved).days <= 6
