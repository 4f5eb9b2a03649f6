"""Progress of a strategy: counts, chart, stale goals and the follow-up form."""

import datetime
import re

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from council.my_desk import due_tasks
from council.my_desk.tasks import MyDesk
from strategies.models import FollowUp, Strategy, Theme
from strategies.progress import in_words, months_between, progress, tally
from strategies.progress_chart import MIN_SEGMENT, NARROW, WIDE, draw_chart
from udsat.lib.publishing import Status
from udsat.models import batch_reindexing

from . import factories as make
from . import pdf_reader

ADD = "/admin/strategies/followup/add/"


def day(text):
    return datetime.date.fromisoformat(text)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Set the time to 23 November 2026."""
    moment = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


@pytest.fixture
def plan(esbjerg):
    return make.strategy(esbjerg, "Plads til alle", slug="plan", starts_on=day("2025-01-01"), ends_on=day("2028-12-31"))


@pytest.fixture
def theme(plan):
    return make.theme(plan, "Et sted at bo", slug="bolig")


@pytest.fixture
def recent_follow_up(theme):
    """A goal with a recent follow-up, so that the progress of the strategy is known."""
    goal = make.goal(theme, "noget, der går godt.")
    make.follow_up(goal, date=day("2026-11-01"))
    return goal


def html(client, address):
    response = client.get(address)
    assert response.status_code == 200
    return response.content.decode()


def words(text):
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


# Stale goals


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-10-01", None),
        ("2025-11-23", None),
        ("2025-11-22", "Intet nyt i 12 måneder"),
        ("2025-09-21", "Intet nyt i 14 måneder"),
        ("2025-01-02", "Intet nyt i 22 måneder"),
    ],
)
def test_a_goal_without_follow_up_for_over_a_year_is_marked(client, plan, theme, recent_follow_up, date, expected):
    make.follow_up(make.goal(theme), date=day(date))
    for address in (plan.get_absolute_url(), theme.get_absolute_url(), plan.get_progress_url()):
        shown = re.findall(r"Intet nyt i \d+ måneder", html(client, address))
        assert shown == ([expected] if expected else []), address


def test_only_the_latest_word_counts(client, theme, recent_follow_up):
    goal = make.goal(theme)
    make.follow_up(goal, date=day("2024-01-01"))
    make.follow_up(goal, date=day("2026-09-01"))
    assert "Intet nyt" not in html(client, theme.get_absolute_url())


@pytest.mark.parametrize(
    ("dates", "months"),
    [
        ({"starts_on": day("2025-01-01"), "adopted_on": day("2024-12-01")}, 22),
        ({"starts_on": None, "adopted_on": day("2025-06-01")}, 17),
        ({"starts_on": None, "published_at": datetime.datetime(2025, 8, 1, 12, tzinfo=datetime.UTC)}, 15),
    ],
)
def test_where_nothing_was_ever_said_it_counts_from_the_start(client, plan, theme, recent_follow_up, dates, months):
    make.goal(theme)
    Strategy.objects.filter(pk=plan.pk).update(**dates)
    text = html(client, plan.get_progress_url())
    assert f"Intet nyt i {months} måneder" in text and "Aldrig fulgt op" in text


@pytest.mark.parametrize("status", [FollowUp.Status.REACHED, FollowUp.Status.GIVEN_UP])
def test_of_a_goal_that_is_reached_or_given_up_no_more_is_expected(client, theme, recent_follow_up, status):
    make.follow_up(make.goal(theme), status, date=day("2025-01-02"))
    assert "Intet nyt" not in html(client, theme.get_absolute_url())


def test_a_goal_with_goals_below_it_is_told_of_by_them(client, theme, recent_follow_up):
    top = make.goal(theme)
    make.follow_up(make.goal(theme, parent=top), date=day("2026-11-01"))
    assert "Intet nyt" not in html(client, theme.get_absolute_url())


@pytest.mark.parametrize("change", [{"ends_on": day("2026-01-31")}, {"starts_on": day("2027-01-01")}])
def test_of_a_strategy_that_is_not_in_force_nothing_is_expected(client, plan, theme, recent_follow_up, change):
    make.follow_up(make.goal(theme), date=day("2025-01-02"))
    assert "Intet nyt" in html(client, theme.get_absolute_url())
    Strategy.objects.filter(pk=plan.pk).update(**change)
    assert "Intet nyt" not in html(client, theme.get_absolute_url())


def test_a_strategy_nobody_has_followed_up_says_so_once(client, plan, theme):
    for _ in range(3):
        make.goal(theme)
    assert "Intet nyt" not in html(client, theme.get_absolute_url())
    text = html(client, plan.get_progress_url())
    assert "Kommunen har ikke skrevet her, hvordan det går med målene." in text
    assert text.count("Intet nyt i 22 måneder") == 1
    # A restatement of the municipality's own page says nothing about its follow-up.
    Strategy.objects.filter(pk=plan.pk).update(is_restatement=True)
    assert "Intet nyt" not in html(client, plan.get_progress_url())


def test_the_desk_and_the_public_page_use_the_same_rule(client, anna, plan, theme, recent_follow_up, today):
    for date in ("2025-11-23", "2025-11-22", "2025-09-21"):
        make.follow_up(make.goal(theme), date=day(date))
    make.goal(theme)
    stale = len(re.findall("Intet nyt i", html(client, plan.get_progress_url())))
    [row] = [row for row in due_tasks(MyDesk(anna, today)) if "ikke fulgt op i et år" in row.title]
    assert stale == 3 and row.title.startswith("3 mål")


# Progress page


def five_states(theme):
    for status in FollowUp.Status:
        make.follow_up(make.goal(theme), status, date=day("2026-10-01"))
    make.goal(theme)


def test_the_overview_says_the_same_in_words_in_a_table_and_in_a_picture(client, plan, theme):
    five_states(theme)
    make.follow_up(make.goal(make.theme(plan, "Sundhed")), FollowUp.Status.REACHED, date=day("2026-10-26"))
    make.theme(plan, "Kun tekst", body="<p>Uden mål.</p>")
    text = html(client, plan.get_progress_url())
    sentence = "2 af 7 mål er nået, 1 er i gang, 1 er ikke begyndt, 1 er sat i bero og 1 er opgivet."
    assert f"{sentence} 1 har ingen opfølgning endnu." in text
    assert "senest fulgt op 26. oktober 2026" in text
    table = words(text[text.index("<table>") : text.index("</table>")])
    labels = "Nået I gang Ikke begyndt Sat i bero Opgivet Ingen opfølgning endnu"
    assert (
        f"Tema {labels} I alt Et sted at bo 1 1 1 1 1 1 6 Sundhed 1 0 0 0 0 0 1 Hele strategien 2 1 1 1 1 1 7" in table
    )
    assert f'<a href="{theme.get_absolute_url()}">Et sted at bo</a>' in text
    assert text.count('<svg class="bars') == 2  # wide and narrow
    assert text.count(f"Hvordan det går med målene i 2 temaer. {sentence}") == 2
    assert "Kun tekst" not in text[text.index("<main") : text.index("</table>")]


def test_a_status_is_never_told_by_colour_alone(client, plan, theme):
    five_states(theme)
    for address in (plan.get_absolute_url(), theme.get_absolute_url()):
        text = html(client, address)
        for status in FollowUp.Status:
            assert f'<span class="status" data-status="{status.value}">{status.label}</span>' in text
    picture = html(client, plan.get_progress_url()).partition('<svg class="bars')[2].partition("</svg>")[0]
    assert "1 nået, 1 i gang, 1 ikke begyndt, 1 sat i bero, 1 opgivet" in words(picture)
    assert picture.count('class="sign"') == 3 and picture.count('class="half"') == 1


def test_the_strategy_leads_to_the_overview_and_back(client, plan, theme, recent_follow_up):
    assert f'<a href="{plan.get_progress_url()}">' in html(client, plan.get_absolute_url())
    assert f'href="{plan.get_absolute_url()}"' in html(client, plan.get_progress_url())


def test_a_strategy_without_goals_has_an_overview_that_says_so(client, plan):
    make.theme(plan, body="<p>Tekst.</p>")
    assert "har ingen mål, som man kan følge" in html(client, plan.get_progress_url())


@pytest.mark.parametrize("status", [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"])
def test_a_citizen_finds_no_overview_of_a_hidden_strategy(client, esbjerg, status):
    assert client.get(make.strategy(esbjerg, status=status).get_progress_url()).status_code == 404


def test_the_pdf_has_the_table_too(client, plan, theme, recent_follow_up):
    data = client.get(plan.get_pdf_url()).content
    assert "Hvordan går det? 1 af 1 mål er i gang. Tema I gang I alt Et sted at bo 1 1" in pdf_reader.words(data)
    assert pdf_reader.failures(data) == []


def test_the_overview_costs_the_same_whatever_there_is(client, esbjerg, vejle):
    def queries(strategy):
        with CaptureQueriesContext(connection) as captured:
            html(client, strategy.get_progress_url())
        return len(captured)

    small, large = make.strategy(esbjerg), make.strategy(vejle)
    for strategy, times in ((small, 1), (large, 4)):
        for _ in range(times):
            theme = make.theme(strategy)
            five_states(theme)
            make.follow_up(make.goal(theme, parent=theme.goals.first()), date=day("2025-01-01"))
    assert queries(small) == queries(large)


@pytest.mark.parametrize(
    ("statuses", "sentence"),
    [
        (["naaet"], "1 af 1 mål er nået."),
        (["i-gang", "i-gang", ""], "2 af 3 mål er i gang. 1 har ingen opfølgning endnu."),
        (["", ""], "2 mål har ingen opfølgning endnu."),
        ([""], "Målet har ingen opfølgning endnu."),
    ],
)
def test_it_is_said_in_one_sentence(theme, statuses, sentence):
    for status in statuses:
        goal = make.goal(theme)
        if status:
            make.follow_up(goal, status)
    assert in_words(tally(theme.goals.all()), "mål", "mål") == sentence


@pytest.mark.parametrize(
    ("earlier", "later", "months"),
    [
        ("2025-11-23", "2026-11-23", 12),
        ("2025-11-24", "2026-11-23", 11),
        ("2025-12-31", "2026-02-28", 1),
        ("2024-02-29", "2025-02-28", 11),
    ],
)
def test_months_are_whole(earlier, later, months):
    assert months_between(day(earlier), day(later)) == months


# Chart


def rows(esbjerg, *goals):
    strategy = make.strategy(esbjerg)
    with batch_reindexing():
        for number in goals:
            theme = make.theme(strategy, "Sundhed og omsorg for mennesker, der bor på gaden")
            for n in range(number):
                make.follow_up(make.goal(theme), list(FollowUp.Status)[n % 5])
    return progress(Strategy.objects.with_content().get(pk=strategy.pk)).rows


@pytest.mark.parametrize("goals", [(1,), (5, 3), (7, 12, 1), (200, 1)])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_part_of_a_bar_is_inside_the_drawing_and_has_room_for_its_sign(esbjerg, goals, width):
    drawing = draw_chart(rows(esbjerg, *goals), width)
    for bar in drawing.bars:
        for segment in bar.segments:
            assert segment.width >= MIN_SEGMENT and segment.x >= 0 and segment.x + segment.width <= width
            assert segment.y + segment.height <= drawing.height
        ends = [(segment.x, segment.x + segment.width) for segment in bar.segments]
        assert all(right <= left for (_, right), (left, _) in zip(ends, ends[1:], strict=False))
        assert max(line.y for line in bar.summary) <= drawing.height


def test_a_phone_gets_fewer_and_larger_parts(esbjerg):
    theme_rows = rows(esbjerg, 8)
    [wide], [narrow] = draw_chart(theme_rows, WIDE).bars, draw_chart(theme_rows, NARROW).bars
    assert len(wide.segments) == 8 and len(narrow.segments) == 5
    assert narrow.segments[0].width > wide.segments[0].width and narrow.segments[0].height > wide.segments[0].height


# Address


def test_no_theme_can_take_the_address_of_the_overview(client, plan):
    theme = make.theme(plan, "Opfølgning")
    assert theme.slug == "opfoelgning-2"
    theme.slug = "opfoelgning"
    with pytest.raises(ValidationError, match="Adressen bruges til en anden side"):
        theme.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        Theme.objects.filter(pk=theme.pk).update(slug="opfoelgning")
    assert "Hvordan går det?</h1>" in html(client, plan.get_progress_url())


# Follow-up form


def test_the_task_links_to_a_short_form_with_earlier_follow_ups(client, anna, plan, theme, today):
    newer, older = make.goal(theme, "bygge huse."), make.goal(theme, "finde en grund.")
    make.follow_up(newer, date=day("2025-10-01"))
    make.follow_up(older, date=day("2025-02-01"), measure="2 af 20", text="Vi leder.")
    [row] = [row for row in due_tasks(MyDesk(anna, today)) if "ikke fulgt op" in row.title]
    client.force_login(anna)
    text = html(client, row.url)
    assert "finde en grund." in text and "I gang, 2 af 20" in text and "Vi leder." in text
    assert f'<option value="{older.pk}" selected' in text
    assert f'<a href="{ADD}?goal={newer.pk}">' in text  # another stale goal
    form = {
        "goal": older.pk,
        "date": "2026-11-20",
        "status": "naaet",
        "measure": "20 af 20",
        "text": "Grunden er købt.",
    }
    response = client.post(row.url, form)
    assert response.status_code == 302 and f"exact={plan.pk}" in response["Location"]
    assert older.latest_follow_up.measure == "20 af 20"
    listing = html(client, response["Location"])
    assert f'<a href="{ADD}?goal={newer.pk}">Skriv opfølgning' in listing
    stale = html(client, "/admin/strategies/goal/?nyt=intet")
    assert "bygge huse." in stale and "finde en grund." not in stale


def test_every_goal_on_the_page_of_the_theme_leads_to_the_form(client, anna, theme):
    goal = make.goal(theme)
    client.force_login(anna)
    assert f'href="{ADD}?goal={goal.pk}"' in html(client, f"/admin/strategies/theme/{theme.pk}/change/")


@pytest.mark.parametrize("goal", ["", "abc", "-1", "1e3", "9" * 40, "%00", "²"])
def test_nonsense_in_the_address_gives_an_empty_form(client, anna, goal):
    client.force_login(anna)
    assert "Det er skrevet før" not in html(client, f"{ADD}?goal={goal}")
    assert client.post(f"{ADD}?goal={goal}", {"goal": goal, "status": "x", "date": "i går"}).status_code == 200


def test_the_form_tells_nothing_of_another_municipality(client, bo, theme):
    goal = make.goal(theme, "Esbjergs hemmelighed.")
    make.follow_up(goal, text="Esbjergs ord.")
    client.force_login(bo)
    assert "Esbjergs" not in html(client, f"{ADD}?goal={goal.pk}")
    response = client.post(ADD, {"goal": goal.pk, "date": "2026-11-20", "status": "naaet"})
    assert response.status_code == 200 and "Esbjergs" not in response.content.decode()
    assert goal.follow_ups.count() == 1
