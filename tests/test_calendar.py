"""Calendar files of meetings, parsed as by a calendar program."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from icalendar import Calendar

from council.models import Meeting
from council.public.calendar import COPENHAGEN, invitation_calendar
from council.public.download_views import MAX_CALENDAR_ENTRIES
from udsat.lib.publishing import Status

from . import factories as make

DAY = datetime.date(2025, 3, 3)


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg, email="raadet@esbjerg.example")


@pytest.fixture
def meeting(council):
    return make.meeting(
        council,
        starts_at=datetime.time(14),
        ends_at=datetime.time(16, 30),
        place="Rådhuset; lokale 3",
        address="Torvegade 74, 6700 Esbjerg",
        is_open=True,
        how_to_attend="Ring til Anna,\nog sig til.",
    )


def read(response_or_text):
    text = response_or_text if isinstance(response_or_text, str) else response_or_text.content.decode()
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    return Calendar.from_ical(text)


def entry(response_or_text):
    [event] = read(response_or_text).walk("VEVENT")
    return event


def file_of(client, meeting):
    return client.get(meeting.get_calendar_url())


def test_a_citizen_adds_a_meeting_to_a_calendar(client, meeting, settings):
    settings.SITE_URL = "https://udsat.example"
    response = file_of(client, meeting)
    event = entry(response)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert "moede-esbjerg-2025-03-03.ics" in response["Content-Disposition"]
    assert event["SUMMARY"] == "Udsatterådet i Esbjerg: Ordinært møde"
    assert event["LOCATION"] == "Rådhuset; lokale 3, Torvegade 74, 6700 Esbjerg"
    assert event["URL"] == "https://udsat.example/esbjerg/moeder/2025-03-03/"
    assert "Ring til Anna,\nog sig til." in event["DESCRIPTION"]
    assert event.start == datetime.datetime(2025, 3, 3, 14, tzinfo=ZoneInfo("Europe/Copenhagen"))
    assert event.end == datetime.datetime(2025, 3, 3, 16, 30, tzinfo=ZoneInfo("Europe/Copenhagen"))
    assert event["STATUS"] == "CONFIRMED"
    assert event["LAST-MODIFIED"].dt == meeting.last_changed.replace(microsecond=0)
    assert read(response)["METHOD"] == "PUBLISH"
    assert "ORGANIZER" not in event and "ATTENDEE" not in event


def test_a_client_with_the_current_version_gets_304(client, meeting):
    for address in (meeting.get_calendar_url(), "/esbjerg/moeder.ics"):
        first = client.get(address)
        again = client.get(address, headers={"if-none-match": first["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    meeting.place = "Kirken"
    meeting.save()
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("day", ["2025-03-29", "2025-03-31", "2025-10-25", "2025-10-27", "2026-07-01", "2040-12-01"])
def test_the_clock_is_copenhagens_summer_and_winter(client, meeting, day):
    """The file has its own time zone rule, the only one that Outlook uses."""
    meeting.date = datetime.date.fromisoformat(day)
    meeting.save()
    text = file_of(client, meeting).content.decode()
    assert "DTSTART;TZID=Europe/Copenhagen:" in text
    # An unknown time zone name, so that the rule in the file is used and not the machine's own time zone data.
    [zone] = read(text.replace("Europe/Copenhagen", "Egen/Regel")).walk("VTIMEZONE")
    naive = datetime.datetime.combine(meeting.date, meeting.starts_at)
    assert naive.replace(tzinfo=zone.to_tz()).utcoffset() == naive.replace(tzinfo=COPENHAGEN).utcoffset()


def test_a_meeting_without_a_time_takes_the_day(client, council):
    event = entry(file_of(client, make.meeting(council)))
    assert (event.start, event.end) == (DAY, DAY + datetime.timedelta(1))
    assert event["TRANSP"] == "TRANSPARENT"
    assert "VTIMEZONE" not in file_of(client, Meeting.objects.get()).content.decode()
    assert "Klokkeslættet er ikke sat endnu" in event["DESCRIPTION"]


def test_a_meeting_without_an_end_is_drawn_as_two_hours(client, council):
    event = entry(file_of(client, make.meeting(council, starts_at=datetime.time(23))))
    assert event.end - event.start == datetime.timedelta(hours=2)


def test_line_breaks_in_a_text_add_no_line_to_the_calendar(client, council):
    title = 'Bål\r\nBEGIN:VALARM\r\nTRIGGER:-PT1M;X="y",\\z\x0b\x85' + "ø" * 120
    meeting = make.meeting(council, title=title[:200], place="a:b;c,d\\e")
    calendar = read(file_of(client, meeting))
    event = entry(file_of(client, meeting))
    assert [part.name for part in calendar.walk()] == ["VCALENDAR", "VEVENT"]
    assert "BEGIN:VALARM" in event["SUMMARY"] and "ø" * 120 in event["SUMMARY"]
    assert event["LOCATION"] == "a:b;c,d\\e"


def test_the_feed_contains_public_meetings_and_marks_cancelled_ones(client, council, meeting):
    make.meeting(council, date=datetime.date(2025, 4, 1), title="Pingvin", status=Status.DRAFT)
    make.meeting(council, date=datetime.date(2025, 4, 2), title="Pingvin", status="planlagt")
    make.meeting(
        council, date=datetime.date(2025, 5, 1), title="Sommer", is_cancelled=True, cancelled_reason="For få kan komme."
    )
    calendar = read(client.get("/esbjerg/moeder.ics"))
    events = {str(event["SUMMARY"]): event for event in calendar.walk("VEVENT")}
    assert set(events) == {"Udsatterådet i Esbjerg: Ordinært møde", "Aflyst: Udsatterådet i Esbjerg: Sommer"}
    cancelled = events["Aflyst: Udsatterådet i Esbjerg: Sommer"]
    assert cancelled["STATUS"] == "CANCELLED"
    assert cancelled["DESCRIPTION"].startswith("Mødet er aflyst. For få kan komme.")
    assert calendar["X-WR-CALNAME"] == calendar["NAME"] == "Møder i Udsatterådet i Esbjerg"
    assert len({str(event["UID"]) for event in events.values()}) == 2


def test_the_feed_contains_what_is_to_come_and_the_latest_meetings_of_a_long_history(client, council):
    coming = make.meeting(council, date=timezone.localdate() + datetime.timedelta(1))
    public = {name: getattr(coming, name) for name in ("status", "publish_at")}
    days = [datetime.date(2025, 1, 1) + datetime.timedelta(number) for number in range(MAX_CALENDAR_ENTRIES)]
    meetings = Meeting.objects.bulk_create([Meeting(council=council, date=day, **public) for day in days])
    shown = {str(event["URL"]).split("/")[-2] for event in read(client.get("/esbjerg/moeder.ics")).walk("VEVENT")}
    assert shown == {meeting.address_part for meeting in (*meetings[1:], coming)}


def test_a_feed_without_meetings_is_an_empty_calendar(client, esbjerg):
    assert not read(client.get("/esbjerg/moeder.ics")).walk("VEVENT")


def test_the_feed_costs_the_same_whatever_it_holds(client, council, django_assert_max_num_queries):
    for month in range(1, 13):
        make.meeting(council, date=datetime.date(2025, month, 1))
    with django_assert_max_num_queries(4):
        client.get("/esbjerg/moeder.ics")


def test_pages_lead_to_the_calendars_where_there_is_something_to_come_to(client, council, anna, settings):
    settings.SITE_URL = "http://127.0.0.1:8000"
    tomorrow = timezone.localdate() + datetime.timedelta(1)
    coming = make.meeting(council, date=tomorrow)
    assert f'href="{coming.get_calendar_url()}"' in client.get(coming.get_absolute_url()).content.decode()
    assert 'href="/esbjerg/moeder.ics"' in client.get("/esbjerg/moeder/").content.decode()
    assert 'href="webcal://127.0.0.1:8000/esbjerg/moeder.ics"' in client.get("/esbjerg/moeder/").content.decode()
    past = make.meeting(council)
    cancelled = make.meeting(council, date=tomorrow, ordinal=2, is_cancelled=True)
    draft = make.meeting(council, date=tomorrow, ordinal=3, status=Status.DRAFT)
    client.force_login(anna)
    for other in (past, cancelled, draft):
        assert "moede.ics" not in client.get(other.get_absolute_url()).content.decode()


# Invitations


def test_an_invitation_names_organizer_and_attendee(meeting):
    text = invitation_calendar(meeting, "aase@example.dk", 'Åse "Ø"; Bo', "REQUEST")
    event = entry(text)
    assert read(text)["METHOD"] == "REQUEST"
    assert event["ORGANIZER"] == "mailto:raadet@esbjerg.example"
    assert event["ORGANIZER"].params["CN"] == "Udsatterådet i Esbjerg"
    assert event["ATTENDEE"] == "mailto:aase@example.dk"
    assert event["ATTENDEE"].params["PARTSTAT"] == "NEEDS-ACTION"
    assert event["STATUS"] == "CONFIRMED"


def test_a_cancellation_takes_out_the_entry_that_the_invitation_made(meeting):
    asked = entry(invitation_calendar(meeting, "aase@example.dk", "Åse", "REQUEST"))
    meeting.is_cancelled = True
    meeting.save()
    text = invitation_calendar(meeting, "aase@example.dk", "Åse", "CANCEL")
    called_off = entry(text)
    assert read(text)["METHOD"] == "CANCEL"
    assert called_off["UID"] == asked["UID"]
    assert called_off["ORGANIZER"] == asked["ORGANIZER"]
    assert called_off["SEQUENCE"] > asked["SEQUENCE"]
    assert called_off["STATUS"] == "CANCELLED"


def test_an_invitation_has_no_link_to_a_meeting_that_is_not_public(council):
    draft = make.meeting(council, status=Status.DRAFT)
    assert "URL" not in entry(invitation_calendar(draft, "a@example.dk", "A", "REQUEST"))


def test_without_a_councils_own_mailbox_answers_go_to_the_municipality_and_then_to_the_secretary(meeting, anna):
    council = meeting.council
    council.email, council.municipality.email, anna.email = "", "post@esbjerg.example", "anna@esbjerg.example"
    anna.save()
    assert entry(invitation_calendar(meeting, "a@b.dk", "A", "REQUEST"))["ORGANIZER"] == "mailto:post@esbjerg.example"
    council.municipality.email = ""
    assert entry(invitation_calendar(meeting, "a@b.dk", "A", "REQUEST"))["ORGANIZER"] == "mailto:anna@esbjerg.example"


# Sequence numbers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", datetime.date(2025, 3, 10)),
        ("starts_at", datetime.time(13)),
        ("ends_at", None),
        ("place", "Kirken"),
        ("address", "Kirkegade 1"),
        ("is_cancelled", True),
    ],
)
def test_an_entry_gets_a_higher_number_when_it_is_another(meeting, name, value):
    uid = entry(invitation_calendar(meeting, "a@b.dk", "A", "REQUEST"))["UID"]
    setattr(meeting, name, value)
    meeting.save()
    meeting.save()
    meeting.refresh_from_db()
    assert meeting.calendar_sequence == 1
    again = entry(invitation_calendar(meeting, "a@b.dk", "A", "REQUEST"))
    assert (again["SEQUENCE"], again["UID"]) == (1, uid)


def test_other_changes_disturb_no_calendar(meeting, anna):
    meeting.internal_note, meeting.title, meeting.ordinal = "Husk kaffe", "Møde om boliger", 2
    meeting.save()
    meeting.withdraw(by=anna)
    meeting.refresh_from_db()
    assert meeting.calendar_sequence == 0


def test_two_who_change_at_once_give_two_numbers(meeting):
    first, second = Meeting.objects.get(), Meeting.objects.get()
    first.place = "Kirken"
    first.save()
    second.place, second.starts_at = "Kirken", datetime.time(13)
    second.save(update_fields=["starts_at"])
    meeting.refresh_from_db()
    assert (meeting.calendar_sequence, meeting.starts_at) == (2, datetime.time(13))


# Old addresses


def moved(meeting, day="2025-03-10"):
    meeting.date = datetime.date.fromisoformat(day)
    meeting.save()
    return meeting


OLD = "/esbjerg/moeder/2025-03-03/"


def test_the_old_address_of_a_public_meeting_leads_to_the_new_one(client, meeting):
    make.agenda(meeting)
    moved(moved(meeting), "2025-03-17")
    for page in ("", "moede.ics", "dagsorden.pdf"):
        response = client.get(f"{OLD}{page}")
        assert (response.status_code, response["Location"]) == (301, f"/esbjerg/moeder/2025-03-17/{page}")
        # The redirect is not cached for long, since another meeting may be held that day.
        assert response["Cache-Control"] == "no-cache"


def test_an_attachment_follows_its_meeting(client, meeting):
    make.agenda(meeting)
    old = make.attachment(meeting).get_absolute_url()
    moved(meeting)
    assert client.get(client.get(old)["Location"]).status_code == 200


def test_another_meeting_on_the_old_day_has_the_address(client, council, meeting):
    moved(meeting)
    make.meeting(council, title="Et andet møde")
    assert "Et andet møde" in client.get(OLD).content.decode()


def test_a_meeting_that_was_never_public_keeps_no_former_address(client, council, anna):
    draft = moved(make.meeting(council, status=Status.DRAFT))
    assert client.get(OLD).status_code == 404
    draft.publish(by=anna, confirmed=True)
    assert client.get(OLD).status_code == 404
    moved(draft, "2025-03-12")
    assert client.get("/esbjerg/moeder/2025-03-10/").status_code == 301
    draft.withdraw(by=anna)
    assert client.get("/esbjerg/moeder/2025-03-10/").status_code == 404
    client.force_login(anna)
    assert client.get("/esbjerg/moeder/2025-03-10/").status_code == 404


def test_a_meeting_that_comes_back_is_where_it_was(client, meeting):
    moved(moved(meeting), "2025-03-03")
    assert client.get(OLD).status_code == 200
    assert client.get("/esbjerg/moeder/2025-03-10/")["Location"] == OLD


def test_the_old_address_in_another_municipality_is_nobodys(client, meeting, vejle):
    moved(meeting)
    assert client.get("/vejle/moeder/2025-03-03/").status_code == 404
