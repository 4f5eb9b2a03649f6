"""Dates and times are read as people write them."""

import datetime

import pytest
from django.core.exceptions import ValidationError

from udsat.admin.form_fields import DateInputField, DateTimeInputField, TimeInputField
from udsat.lib.danish import long_date, short_date, weekday_date

MARCH_3 = datetime.date(2027, 3, 3)


@pytest.mark.parametrize(
    "text",
    [
        "2027-03-03", "3. marts 2027", "3.marts 2027", "3 marts 2027", "den 3. marts 2027", "onsdag den 3. marts 2027",
        "3. MAR. 2027", "3/3-2027", "3/3 2027", "3/3/2027", "3-3-2027", "03.03.2027", "3.3.27", "3/3-27", "3. 3. 2027",
        " 3.3.2027 ", "2027-3-3", "ons. d. 3/3-2027",
    ],
)  # fmt: skip
def test_a_date_is_read_as_people_write_it(text):
    assert DateInputField().clean(text) == MARCH_3
    assert DateTimeInputField().clean(text).date() == MARCH_3


def test_every_form_in_which_the_portal_shows_a_date_can_be_typed():
    for month in range(1, 13):
        day = datetime.date(2027, month, 28)
        assert {DateInputField().clean(show(day)) for show in (long_date, short_date, weekday_date)} == {day}
    assert DateInputField().clean("1. sept. 2027") == datetime.date(2027, 9, 1)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("31.2.2027", "Februar 2027 har 28 dage. Ret datoen."),
        ("30. februar 2028", "Februar 2028 har 29 dage. Ret datoen."),
        ("31/6-2027", "Juni har 30 dage. Ret datoen."),
        ("2027-02-29", "Februar 2027 har 28 dage. Ret datoen."),
        ("0.3.2027", "Marts har 31 dage. Ret datoen."),
        ("3.13.2027", "Der er ikke nogen måned 13. Skriv datoen som 31.12.2026."),
        ("tirsdag den 3. marts 2027", "Den 3. marts 2027 er en onsdag. Ret datoen eller ugedagen."),
        ("i morgen", "Skriv datoen som 31.12.2026."),
        ("3. marts", "Skriv datoen som 31.12.2026."),
        ("3.3.0026", "Årstallet er 0026. Skriv et mellem 1900 og 2199."),
        ("0000-03-03", "Skriv datoen som 31.12.2026."),
        ("9" * 5000, "Skriv datoen som 31.12.2026."),
    ],
)
def test_what_is_wrong_with_a_date_is_stated(text, message):
    with pytest.raises(ValidationError) as refused:
        DateInputField().clean(text)
    assert refused.value.messages == [message]


@pytest.mark.parametrize("text", ["14.30", "14:30", "kl. 14.30", "kl.14:30", "Klokken 14.30", "1430", "14:30:00"])
def test_a_time_is_read_as_people_write_it(text):
    assert TimeInputField().clean(text) == datetime.time(14, 30)
    assert TimeInputField().clean("14") == TimeInputField().clean("kl. 14") == datetime.time(14)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("25.00", "Klokken kan ikke være 25.00. Skriv klokkeslættet som 14.30."),
        ("14.60", "Klokken kan ikke være 14.60. Skriv klokkeslættet som 14.30."),
        ("middag", "Skriv klokkeslættet som 14.30."),
    ],
)
def test_what_is_wrong_with_a_time_is_stated(text, message):
    with pytest.raises(ValidationError) as refused:
        TimeInputField().clean(text)
    assert refused.value.messages == [message]


@pytest.mark.parametrize(
    "text", ["2027-03-03T14:30", "3.3.2027 14.30", "3. marts 2027 kl. 14.30", "onsdag den 3. marts 2027, kl. 14:30"]
)
def test_a_date_with_a_time_is_read_as_people_write_it(text):
    assert DateTimeInputField().clean(text).replace(tzinfo=None) == datetime.datetime(2027, 3, 3, 14, 30)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("i morgen", "Skriv dato og klokkeslæt som 31.12.2026 14.30."),
        ("3.3.2027 kl. 25", "Klokken kan ikke være 25.00. Skriv klokkeslættet som 14.30."),
        ("31.2.2027 14.30", "Februar 2027 har 28 dage. Ret datoen."),
        ("3.3.0026 14.30", "Årstallet er 0026. Skriv et mellem 1900 og 2199."),
    ],
)
def test_what_is_wrong_with_a_date_with_a_time_is_stated(text, message):
    with pytest.raises(ValidationError) as refused:
        DateTimeInputField().clean(text)
    assert refused.value.messages == [message]
