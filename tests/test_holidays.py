"""Danish public holidays and school holidays."""

import datetime

import pytest

from udsat.lib.holidays import public_holiday, school_holiday


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
