"""The year plan: proposed days, creating and moving meetings, and publishing their dates together."""

import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from council.meetings.year_plan.candidate_days import MeetingRhythm, OccupiedDays, day_warnings, propose_days
from council.models import FormerDate, Meeting
from udsat.lib.holidays import public_holiday, school_holiday
from udsat.lib.publishing import Status
from udsat.models import PublicationEvent

from . import factories as make

OVERVIEW = reverse("admin:council_meeting_year_plan")
NEW = reverse("admin:council_meeting_year_plan_new")
PUBLISH = reverse("admin:council_meeting_year_plan_publish")
YEAR = datetime.date.today().year + 1
TUESDAY = 1


def day(text):
    return datetime.date.fromisoformat(text)


def year(count, weekday=TUESDAY, first="2027-01-01", last="2027-12-31"):
    return MeetingRhythm(count, weekday, day(first), day(last))


def test_five_meetings_on_tuesdays_are_spread_over_the_year_outside_holidays():
    days = propose_days(year(5), OccupiedDays())
    assert len(days) == 5 and days == sorted(days)
    assert all(date.weekday() == TUESDAY and not (public_holiday(date) or school_holiday(date)) for date in days)
    gaps = [(later - earlier).days for earlier, later in zip(days, days[1:], strict=False)]
    assert min(gaps) > 50 and max(gaps) < 100


@pytest.mark.parametrize("count", range(1, 27))
def test_as_many_are_proposed_as_were_asked_for_all_different(count):
    days = propose_days(year(count), OccupiedDays())
    assert len(set(days)) == count


def test_days_with_meetings_and_days_next_to_them_are_avoided():
    first = propose_days(year(1), OccupiedDays())[0]
    whole = OccupiedDays(frozenset({first}), frozenset({first}))
    assert abs((propose_days(year(1), whole)[0] - first).days) >= 14
    # Meetings of other kinds matter on the same day only.
    week_before = first - datetime.timedelta(3)
    assert propose_days(year(1), OccupiedDays(frozenset({week_before}))) == [first]
    assert propose_days(year(1), OccupiedDays(frozenset({first}))) != [first]


def test_a_period_with_too_few_free_days_gives_those_it_has():
    july = year(4, first="2027-07-01", last="2027-08-20")
    assert propose_days(july, OccupiedDays()) == [day("2027-08-17")]


def test_what_speaks_against_a_day_is_said_in_words():
    taken = OccupiedDays() + [day("2027-09-07")]
    assert day_warnings(day("2027-03-25"), OccupiedDays()) == ["helligdag: skærtorsdag", "skoleferie: påskeferie"]
    assert day_warnings(day("2027-02-16"), OccupiedDays()) == ["skoleferie: vinterferie mange steder"]
    assert day_warnings(day("2027-09-11"), taken) == ["weekend", "tæt på mødet 7.9.2027"]
    assert day_warnings(day("2027-09-07"), taken) == ["rådet har allerede et møde den dag"]
    assert day_warnings(day("2027-09-21"), taken) == []


# In the back office


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg, agenda_days=8, item_days=14, minutes_style="let", meetings_open=True)


@pytest.fixture
def as_anna(client, anna, council):
    client.force_login(anna)
    return client


def rhythm(council, **changes):
    times = {"ugedag": 1, "begynder": "14:00", "slutter": "16:00"}
    period = {"fra": f"{YEAR}-01-01", "til": f"{YEAR}-12-31"}
    return {"raad": council.pk, "antal": 5} | times | period | changes


def rows(*days, **changes):
    data = {"m-TOTAL_FORMS": len(days), "m-INITIAL_FORMS": len(days)}
    for number, date in enumerate(days):
        row = {"take": "on", "date": date, "starts_at": "14:00", "ends_at": "16:00", "seen": date}
        data |= {f"m-{number}-{name}": value for name, value in row.items()}
    return data | changes


def text(response):
    return response.content.decode()


def workday(month):
    """Return a Tuesday without warnings in that month of next year."""
    return next(
        date
        for date in (datetime.date(YEAR, month, number) for number in range(8, 28))
        if date.weekday() == TUESDAY and not (public_holiday(date) or school_holiday(date))
    )


def test_the_form_knows_the_councils_habits(as_anna, council):
    make.meeting(council, date=day("2026-03-05"), starts_at="16:30", ends_at="18:30")
    page = text(as_anna.get(NEW))
    assert '<option value="3" selected>torsdag' in page and 'value="16:30"' in page


def test_days_are_proposed_with_their_deadlines(as_anna, council):
    page = text(as_anna.get(NEW, rhythm(council)))
    assert page.count("Opret dette møde") == 5 and page.count("Dagsorden ud senest") == 5
    assert "Ferier og helligdage i perioden" in page
    assert not Meeting.objects.exists()


def test_the_meetings_are_made_as_drafts_with_the_councils_style_and_the_last_place(as_anna, council):
    make.meeting(council, date=day("2026-03-05"), place="Medborgerhuset", address="Havnegade 3")
    spring, autumn = workday(3), workday(9)
    response = as_anna.post(NEW, rows(spring, autumn, action="create"))
    assert response.status_code == 302 and f"aar={YEAR}" in response.url
    meetings = Meeting.objects.filter(date__year=YEAR).order_by("date")
    assert [m.date for m in meetings] == [spring, autumn]
    for meeting in meetings:
        assert (meeting.status, meeting.style) == (Status.DRAFT, "let")
        assert (meeting.place, meeting.address) == ("Medborgerhuset", "Havnegade 3")
        assert meeting.is_open and meeting.starts_at == datetime.time(14)


def test_a_second_click_makes_nothing_twice(as_anna, council):
    assert as_anna.post(NEW, rows(workday(3), action="create")).status_code == 302
    again = as_anna.post(NEW, rows(workday(3), action="create"))
    assert again.status_code == 400 and "allerede et møde den dag" in text(again)
    assert Meeting.objects.count() == 1


def test_a_day_changed_to_a_holiday_is_shown_first_and_created_when_confirmed(as_anna, council):
    christmas = f"{YEAR}-12-24"
    data = rows(workday(11), **{"m-0-date": christmas, "action": "create"})
    shown = text(as_anna.post(NEW, data))
    assert "Helligdag: juleaftensdag" in shown and not Meeting.objects.exists()
    assert f'name="m-0-seen" value="{christmas}"' in shown
    assert as_anna.post(NEW, rows(christmas, action="create")).status_code == 302
    assert Meeting.objects.get().date == day(christmas)


def test_looking_again_makes_nothing_and_keeps_what_was_typed(as_anna, council):
    page = text(as_anna.post(NEW, rows(workday(3), action="recalculate")))
    assert f'value="{workday(3)}"' in page and not Meeting.objects.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"m-0-date": "i morgen"},
        {"m-0-date": ""},
        {"m-0-date": "0001-01-01"},
        {"m-0-date": "9999-12-31"},
        {"m-0-starts_at": "17:00"},
        {"m-0-starts_at": "25:99"},
        {"m-0-date": "2027\x0001"},
        {"m-TOTAL_FORMS": "tusind"},
        {"m-TOTAL_FORMS": "100000"},
        {"m-0-take": "", "m-1-take": ""},
        {"m-1-date": str(workday(3))},
    ],
    ids=str,
)
def test_what_is_wrong_is_said_and_nothing_is_made(as_anna, council, broken):
    response = as_anna.post(NEW, rows(workday(3), workday(9)) | {"action": "create"} | broken)
    assert response.status_code in (200, 400) and "oprettet endnu" in text(response)
    assert not Meeting.objects.exists()


@pytest.mark.parametrize(
    "broken",
    [
        *({"antal": "0"}, {"antal": "500"}, {"antal": "mange"}, {"antal": "9" * 400}),
        *({"fra": "x"}, {"til": "2001-01-01"}, {"til": "2199-01-01"}, {"ugedag": "9"}, {"begynder": "18:00"}),
    ],
    ids=str,
)
def test_a_rhythm_that_cannot_be_is_said_in_danish(as_anna, council, broken):
    response = as_anna.get(NEW, rhythm(council) | broken)
    assert response.status_code == 200 and "error-summary" in text(response)


@pytest.mark.parametrize("query", ["?raad=x", "?raad=999999", "?aar=1", "?aar=99999", "?raad=" + "9" * 50])
def test_addresses_that_lead_nowhere(as_anna, council, query):
    assert as_anna.get(OVERVIEW + query).status_code == 404


def test_the_year_is_shown_with_its_wheel_and_what_speaks_against_a_day(as_anna, council):
    make.meeting(council, date=datetime.date(YEAR, 12, 24), title="Julemøde")
    page = text(as_anna.get(f"{OVERVIEW}?aar={YEAR}"))
    assert "Helligdag: juleaftensdag" in page and "<svg" in page and "Dagsorden ud senest" in page


def move(meeting, date, **changes):
    values = {"date": date, "starts_at": "15:00", "ends_at": "", "version": meeting.version}
    return {"meeting": meeting.pk} | {f"m{meeting.pk}-{name}": value for name, value in values.items()} | changes


def test_a_meeting_is_moved_and_its_old_address_and_calendar_follow(as_anna, council):
    meeting = make.meeting(council, date=workday(3))
    assert as_anna.post(OVERVIEW, move(meeting, workday(4))).status_code == 302
    was = meeting.date
    meeting.refresh_from_db()
    assert (meeting.date, meeting.starts_at, meeting.calendar_sequence) == (workday(4), datetime.time(15), 1)
    assert FormerDate.objects.get().date == was


def test_a_move_onto_another_meetings_day_takes_the_next_number(as_anna, council):
    make.meeting(council, date=workday(4))
    meeting = make.meeting(council, date=workday(3), status=Status.DRAFT)
    as_anna.post(OVERVIEW, move(meeting, workday(4)))
    meeting.refresh_from_db()
    assert (meeting.date, meeting.ordinal) == (workday(4), 2)


def test_two_at_once_do_not_overwrite_each_other(as_anna, council):
    meeting = make.meeting(council, date=workday(3), status=Status.DRAFT)
    stale = move(meeting, workday(4))
    as_anna.post(OVERVIEW, move(meeting, workday(5)))
    response = as_anna.post(OVERVIEW, stale)
    assert response.status_code == 400 and "En anden har ændret mødet imens" in text(response)
    meeting.refresh_from_db()
    assert meeting.date == workday(5)


@pytest.mark.parametrize("bad", ["", "x", "0001-01-01", "2027-02-30"])
def test_a_day_that_is_none_moves_nothing(as_anna, council, bad):
    meeting = make.meeting(council, date=workday(3), status=Status.DRAFT)
    assert as_anna.post(OVERVIEW, move(meeting, bad)).status_code == 400
    meeting.refresh_from_db()
    assert meeting.date == workday(3)


def test_an_editor_plans_drafts_but_moves_nothing_public(client, carla, council):
    client.force_login(carla)
    assert client.post(NEW, rows(workday(3), action="create")).status_code == 302
    public = make.meeting(council, date=workday(4))
    assert client.post(OVERVIEW, move(public, workday(5))).status_code == 403
    assert "Flyt mødet" in text(client.get(f"{OVERVIEW}?aar={YEAR}"))


def test_an_approver_reads_the_year_but_plans_nothing(client, dan, council):
    client.force_login(dan)
    assert client.get(OVERVIEW).status_code == 200
    assert client.get(NEW).status_code == 403
    assert client.post(NEW, rows(workday(3), action="create")).status_code == 403


def test_the_year_of_another_municipality_does_not_exist(client, bo, vejle, council):
    meeting = make.meeting(council, date=workday(3), title="Hemmeligt", status=Status.DRAFT)
    make.council(vejle)
    client.force_login(bo)
    assert client.get(f"{OVERVIEW}?raad={council.pk}").status_code == 404
    assert client.post(f"{NEW}?raad={council.pk}", rows(workday(3), action="create")).status_code == 404
    assert client.post(OVERVIEW, move(meeting, workday(4))).status_code == 404
    assert "Hemmeligt" not in text(client.get(f"{OVERVIEW}?aar={YEAR}"))


def test_a_year_with_many_meetings_asks_no_more_questions(as_anna, council):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            as_anna.get(f"{OVERVIEW}?aar={YEAR}")
        return len(asked)

    make.meeting(council, date=workday(3), status=Status.DRAFT)
    few = questions()
    for month in (4, 5, 9, 11):
        make.meeting(council, date=workday(month), status=Status.DRAFT)
    assert questions() == few


# Publishing the dates together


def planned(council, *months, **fields):
    return [make.meeting(council, date=workday(month), status=Status.DRAFT, **fields) for month in months]


def tick(*meetings, **changes):
    return {"dates": [f"{one.pk}-{one.version}" for one in meetings], "confirmed": "on"} | changes


def public(council):
    return {meeting.date for meeting in council.meetings.published()}


def test_the_dates_of_a_year_are_made_public_together(as_anna, anna, council):
    spring, autumn = planned(council, 3, 9, place="Medborgerhuset")
    assert f'{PUBLISH}?raad={council.pk}&amp;aar={YEAR}">Offentliggør de 2 datoer' in text(
        as_anna.get(f"{OVERVIEW}?aar={YEAR}")
    )
    page = text(as_anna.get(f"{PUBLISH}?aar={YEAR}"))
    assert page.count(" checked") == 2 and not public(council)
    response = as_anna.post(f"{PUBLISH}?aar={YEAR}", tick(spring, autumn))
    assert response.status_code == 302 and response.url == f"{OVERVIEW}?raad={council.pk}&aar={YEAR}"
    assert public(council) == {spring.date, autumn.date}
    events = PublicationEvent.objects.all()
    assert [(event.by, event.confirmed) for event in events] == [(anna, True)] * 2
    # Citizens find the dates at once, and there is nothing more to publish.
    results = text(Client().get("/soeg/?q=medborgerhuset"))
    assert all(meeting.get_absolute_url() in results for meeting in (spring, autumn))
    assert "Offentliggør de" not in text(as_anna.get(f"{OVERVIEW}?aar={YEAR}"))
    assert as_anna.get(f"{PUBLISH}?aar={YEAR}").status_code == 302


def test_only_the_dates_with_a_tick_are_made_public(as_anna, council):
    spring, autumn = planned(council, 3, 9)
    as_anna.post(f"{PUBLISH}?aar={YEAR}", tick(autumn))
    assert public(council) == {autumn.date}


def test_a_date_that_is_changed_while_the_page_is_validated_is_not_published(as_anna, council, meanwhile):
    (spring,) = planned(council, 3)
    meanwhile(lambda: Meeting.objects.update(place="Bibliotek 010190-0001", version=spring.version + 1))
    response = as_anna.post(f"{PUBLISH}?aar={YEAR}", tick(spring))
    assert response.status_code == 400 and not public(council)


@pytest.mark.parametrize(
    "missing", [{"confirmed": ""}, {"dates": []}, {"dates": ["x"]}, {"dates": ["1-1\x00"]}], ids=str
)
def test_no_date_is_published_without_the_confirmation(as_anna, council, missing):
    response = as_anna.post(f"{PUBLISH}?aar={YEAR}", tick(*planned(council, 3, 9)) | missing)
    assert response.status_code == 400 and "Datoerne er ikke offentlige endnu" in text(response)
    assert not public(council)


def test_a_meeting_with_something_to_look_at_goes_through_its_own_gate(as_anna, council):
    (plain,) = planned(council, 3)
    (private,) = planned(council, 9, how_to_attend="Ring til Birthe Mortensen på 40 11 22 33.")
    (secret,) = planned(council, 11, how_to_attend="Skriv 010190-0001 på sedlen.")
    page = text(as_anna.get(f"{PUBLISH}?aar={YEAR}"))
    for meeting in (private, secret):
        assert reverse("admin:council_meeting_publish", args=[meeting.pk]) in page
        assert f"{meeting.pk}-{meeting.version}" not in page
    assert "010190" not in page
    # Not even when it is submitted.
    assert as_anna.post(f"{PUBLISH}?aar={YEAR}", tick(plain, private, secret)).status_code == 400
    assert not public(council)
    as_anna.post(f"{PUBLISH}?aar={YEAR}", tick(plain))
    assert public(council) == {plain.date}


def test_a_text_changed_after_the_review_is_not_published_by_the_confirmation(as_anna, council):
    spring, autumn = planned(council, 3, 9)
    seen = tick(spring, autumn)
    as_anna.post(OVERVIEW, move(autumn, workday(10)))
    response = as_anna.post(f"{PUBLISH}?aar={YEAR}", seen)
    page = text(response)
    assert response.status_code == 400 and "er ændret imens. Læs datoerne igen, og bekræft på ny." in page
    # The changed date is chosen again and must be confirmed again.
    assert f'value="{autumn.pk}-{autumn.version + 1}"' in page and page.count(" checked") == 2
    assert not public(council)


def test_a_second_click_finds_the_dates_public(as_anna, council):
    spring, autumn = planned(council, 3, 9)
    for _ in range(2):
        response = as_anna.post(f"{PUBLISH}?aar={YEAR}", tick(autumn), follow=True)
        assert response.status_code == 200 and "offentlig" in text(response)
    assert public(council) == {autumn.date}
    # One of two has become public in the meantime; the other is still published.
    as_anna.post(f"{PUBLISH}?aar={YEAR}", tick(spring, autumn))
    assert public(council) == {spring.date, autumn.date}


def test_what_is_over_cancelled_withdrawn_or_of_another_year_is_not_among_the_dates(as_anna, council):
    today = datetime.date.today()
    make.meeting(council, date=today - datetime.timedelta(1), status=Status.DRAFT)
    planned(council, 3, is_cancelled=True)
    make.meeting(council, date=workday(4), status=Status.WITHDRAWN)
    planned(council, 5, kind=Meeting.Kind.GROUP)
    for year in (today.year, YEAR):
        assert "ingen datoer at offentliggøre" in text(as_anna.get(f"{PUBLISH}?aar={year}", follow=True))
        assert "Offentliggør dato" not in text(as_anna.get(f"{OVERVIEW}?aar={year}"))
    planned(council, 9)
    assert text(as_anna.get(f"{PUBLISH}?aar={YEAR}")).count('name="dates"') == 1


def test_many_dates_cost_no_more_questions_than_one(as_anna, council):
    def questions():
        with CaptureQueriesContext(connection) as asked:
            assert as_anna.get(f"{PUBLISH}?aar={YEAR}").status_code == 200
        return len(asked)

    planned(council, 3)
    few = questions()
    planned(council, 4, 5, 9, 11)
    assert questions() == few


def test_only_those_who_may_publish_there_make_dates_public(client, anna, bo, carla, dan, vejle, council):
    dates = planned(council, 3)
    for user, answer in ((carla, 403), (bo, 404)):
        client.force_login(user)
        assert client.post(f"{PUBLISH}?raad={council.pk}&aar={YEAR}", tick(*dates)).status_code == answer
        assert not public(council)
        assert "Offentliggør datoen" not in text(client.get(f"{OVERVIEW}?aar={YEAR}"))
    client.force_login(dan)
    assert client.post(f"{PUBLISH}?raad={council.pk}&aar={YEAR}", tick(*dates)).status_code == 302
    assert public(council) == {workday(3)}
