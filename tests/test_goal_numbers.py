"""The number of a goal (2.3) is the same everywhere, and links to the goal."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from council.public.pdf import minutes_pdf
from strategies.models import Goal, Strategy
from strategies.pdf import strategy_pdf, summary_pdf
from udsat.lib.pdf_making import make_pdf

from . import factories
from .pdf_reader import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def strategy(esbjerg):
    made = factories.strategy(esbjerg, "Plads til alle")
    for position in (2, 1):  # the order is not that of the primary keys
        theme = factories.theme(made, f"Tema {position}", position=position)
        theme.topics.set([factories.topic(f"Emne {position}")])
        for place in (3, 1, 2):
            goal = factories.goal(theme, f"mål {place} i tema {position}.", position=place)
            factories.goal(theme, f"under mål {place} i tema {position}.", parent=goal, position=1)
    return made


NUMBERS = {
    **{f"mål {place} i tema {theme}.": f"{theme}.{place}" for theme in (1, 2) for place in (1, 2, 3)},
    **{f"under mål {place} i tema {theme}.": f"{theme}.{place}.1" for theme in (1, 2) for place in (1, 2, 3)},
}


def text_of(response):
    return " ".join(strip_tags(re.sub(r"<(?=/?(?:p|li|a)\b)", " <", response.content.decode())).split())


def numbered(text, goals=NUMBERS):
    """Return the goals that follow their number in the text."""
    return {goal for goal in goals if f"{goals[goal]} {goal}" in text}


def test_a_goal_knows_its_number_prefetched_annotated_and_alone(strategy, django_assert_num_queries):
    content = Strategy.objects.with_content().get()
    with django_assert_num_queries(0):
        prefetched = {goal.text: goal.number for theme in content.themes.all() for goal in theme.all_goals}
        addresses = [goal.get_absolute_url() for theme in content.themes.all() for goal in theme.all_goals]
    with django_assert_num_queries(1):
        annotated = {goal.text: goal.number for goal in Goal.objects.with_numbers()}
    alone = {goal.text: goal.number for goal in Goal.objects.all()}
    assert prefetched == annotated == alone == NUMBERS
    assert addresses == [Goal.objects.get(pk=int(url.split("-")[-1])).get_absolute_url() for url in addresses]


def test_other_strategies_do_not_count_and_equal_positions_are_in_the_order_of_creation(strategy, esbjerg):
    other = factories.strategy(esbjerg, "En anden")
    for theme in [factories.theme(other, f"Nummer {n}", position=1) for n in (1, 2)]:
        for n in (1, 2):
            factories.goal(theme, f"{theme.title}, {n}", position=1)
    expected = NUMBERS | {f"Nummer {theme}, {n}": f"{theme}.{n}" for theme in (1, 2) for n in (1, 2)}
    assert {goal.text: goal.number for goal in Goal.objects.with_numbers()} == expected
    assert {goal.text: goal.number for goal in Goal.objects.all()} == expected


def test_each_goal_on_the_pages_of_its_strategy_has_its_number_as_a_link_of_its_own(client, strategy):
    pages = [strategy.get_absolute_url(), *(theme.get_absolute_url() for theme in strategy.themes.all())]
    found = {}
    for address in pages:
        html = client.get(address).content.decode()
        for url, number in re.findall(
            r'<a class="goal-number" href="([^"]+)"><span class="unseen">Mål </span>([\d.]+)', html
        ):
            found.setdefault(number, set()).add(url)
    assert set(found) == set(NUMBERS.values())
    for goal in Goal.objects.with_numbers():
        assert found[goal.number] == {goal.get_absolute_url()}
        address, anchor = goal.get_absolute_url().split("#")
        assert f'id="{anchor}"' in client.get(address).content.decode()


def test_the_pdfs_number_the_goals(strategy):
    content = Strategy.objects.with_content().get()
    assert numbered(words(make_pdf(strategy_pdf(content)))) == set(NUMBERS)
    assert numbered(words(make_pdf(summary_pdf(content)))) == set(NUMBERS)


def test_the_topic_and_the_comparison_of_municipalities_number_the_goals(client, strategy, vejle):
    of_theme_2 = {goal for goal in NUMBERS if goal.endswith("tema 2.")}
    for address in (
        reverse("topic", args=["emne-2"]),
        f"{reverse('compare')}?kommune=esbjerg&kommune=vejle&emne=emne-2",
    ):
        response = client.get(address)
        assert numbered(text_of(response)) == of_theme_2
        for goal in Goal.objects.filter(theme__position=2):
            assert f'<a class="goal-number" href="{goal.get_absolute_url()}"' in response.content.decode()


def test_the_comparison_of_versions_shows_the_old_number_too(client, strategy, esbjerg):
    new = factories.strategy(esbjerg, "Plads til flere", replaces=strategy)
    factories.goal(factories.theme(new, "Tema 2"), "mål 3 i tema 2.")
    text = text_of(client.get(f"{reverse('compare')}?strategi=esbjerg/{new.slug}"))
    assert "1.1 før 2.3" in text


def test_a_search_hit_shows_the_number(client, strategy):
    assert "Mål 2.3 · Tema 2 i Plads til alle" in text_of(client.get("/soeg/?q=mål+3+i+tema+2"))


def test_an_item_about_a_goal_names_its_number_on_the_page_and_in_the_minutes(client, strategy):
    meeting = factories.meeting(factories.council(strategy.municipality), datetime.date(2025, 3, 3))
    factories.agenda(meeting)
    factories.minutes(meeting)
    item = factories.item(meeting, "Boliger")
    item.goals.set(Goal.objects.filter(text="mål 3 i tema 2."))
    assert "mål 2.3 »" in text_of(client.get(meeting.get_absolute_url()))
    assert "2.3 Vi vil: mål 3 i tema 2." in words(make_pdf(minutes_pdf(meeting)))


def test_a_moved_goal_has_its_new_number_in_the_search_at_once(client, strategy):
    goal = Goal.objects.get(text="mål 3 i tema 2.")
    goal.position = 0
    goal.save()
    assert "Mål 2.1 · Tema 2" in text_of(client.get("/soeg/?q=mål+3+i+tema+2"))


def test_a_goal_takes_its_subgoals_along_to_another_theme(esbjerg):
    strategy = factories.strategy(esbjerg)
    first, second = factories.theme(strategy, "Bolig"), factories.theme(strategy, "Sundhed")
    goal = factories.goal(first, "Tag over hovedet")
    subgoal = factories.goal(first, "Varme", parent=goal)
    goal.theme = second
    goal.save()
    subgoal.refresh_from_db()
    assert subgoal.theme == second and subgoal.number == "2.1.1"
