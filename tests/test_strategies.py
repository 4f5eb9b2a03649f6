"""Strategy models: period, validity, replacement, themes, goals and constraints."""

import datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from strategies.models import Strategy
from udsat.lib.publishing import Status

from . import factories as make

Validity = Strategy.Validity


def years(start, end=None):
    return {"starts_on": datetime.date(start, 1, 1), "ends_on": end and datetime.date(end, 12, 31)}


@pytest.mark.parametrize(
    ("dates", "period"),
    [
        ({}, ""),
        (years(2023, 2026), "2023–2026"),
        (years(2024, 2024), "2024"),
        (years(2019), "fra 2019"),
        ({"ends_on": datetime.date(2022, 12, 31)}, "til 2022"),
        (
            {"starts_on": datetime.date(2023, 5, 1), "ends_on": datetime.date(2026, 6, 30)},
            "fra 1. maj 2023 til 30. juni 2026",
        ),
    ],
)
def test_the_period_reads_as_people_write_it(esbjerg, dates, period):
    assert make.strategy(esbjerg, **dates).period == period


def test_validity_is_derived_from_dates_and_successor(esbjerg):
    assert make.strategy(esbjerg, "Uden periode").validity == Validity.UNTIL_FURTHER
    assert make.strategy(esbjerg, "Ny", **years(2020, 2090)).validity == Validity.IN_FORCE
    assert make.strategy(esbjerg, "Kommer", **years(2080)).validity == Validity.COMING
    assert make.strategy(esbjerg, "Udløbet", **years(2010, 2014)).validity == Validity.EXPIRED
    old = make.strategy(esbjerg, "Gammel", **years(2019))
    make.strategy(esbjerg, "Efterfølger", replaces=old, **years(2023, 2090))
    assert old.validity == Validity.REPLACED


@pytest.mark.parametrize("status", [Status.DRAFT, Status.WITHDRAWN, "planlagt"])
def test_an_unpublished_successor_replaces_nothing(esbjerg, status):
    old = make.strategy(esbjerg, "Gammel", **years(2019))
    make.strategy(esbjerg, "Efterfølger", status=status, replaces=old, **years(2023))
    assert old.validity == Validity.UNTIL_FURTHER
    assert Strategy.objects.in_force().get() == old


def test_the_newest_strategy_in_force_comes_first(esbjerg):
    old = make.strategy(esbjerg, "Gammel", **years(2019))
    new = make.strategy(esbjerg, "Ny", replaces=old, **years(2023, 2090))
    make.strategy(esbjerg, "Fremtid", **years(2080))
    make.strategy(esbjerg, "Fortid", **years(2010, 2014))
    also = make.strategy(esbjerg, "Uden periode")
    assert list(Strategy.objects.in_force()) == [new, also]


def test_validity_of_a_whole_list_costs_no_query_for_each(esbjerg, django_assert_num_queries):
    for n in range(3):
        old = make.strategy(esbjerg, f"Gammel {n}", **years(2019))
        make.strategy(esbjerg, f"Ny {n}", replaces=old, **years(2023, 2090))
    with django_assert_num_queries(1):
        assert len([s.validity for s in Strategy.objects.with_validity()]) == 6


def test_adoption_is_told_as_exactly_as_it_is_known(esbjerg):
    strategy = make.strategy(esbjerg, adopted_on=datetime.date(2018, 12, 1), adopted_by="byrådet")
    assert strategy.adopted_text == "Vedtaget af byrådet den 1. december 2018"
    strategy.adopted_precision = Strategy.Precision.MONTH
    assert strategy.adopted_text == "Vedtaget af byrådet i december 2018"
    strategy.adopted_precision = Strategy.Precision.YEAR
    assert strategy.adopted_text == "Vedtaget af byrådet i 2018"


def test_groups_without_headings_have_addresses_and_numbers(esbjerg):
    strategy = make.strategy(esbjerg)
    first, second = make.theme(strategy, ""), make.theme(strategy, "")
    assert (first.slug, second.slug) == ("gruppe-1", "gruppe-2")
    assert second.display_title == "Gruppe 2"


def test_two_themes_with_one_name_get_two_addresses(esbjerg):
    strategy = make.strategy(esbjerg)
    assert [make.theme(strategy, "Bolig").slug for _ in range(3)] == ["bolig", "bolig-2", "bolig-3"]


def test_a_strategy_keeps_its_address_and_a_namesake_gets_another(esbjerg, vejle):
    assert make.strategy(esbjerg, "Udsattepolitik", **years(2023, 2026)).slug == "udsattepolitik-2023-2026"
    assert make.strategy(esbjerg, "Udsattepolitik", **years(2023, 2026)).slug == "udsattepolitik-2023-2026-2"
    assert make.strategy(vejle, "Udsattepolitik", **years(2023, 2026)).slug == "udsattepolitik-2023-2026"


def test_a_goal_alone_carries_the_words_that_lead_into_it(esbjerg):
    theme = make.theme(make.strategy(esbjerg), goal_lead_in="Vores mål er at:")
    goal = make.goal(theme, "give flere et sted at bo:")
    nested = make.goal(theme, "20 små boliger", parent=goal)
    assert goal.full_text == "Vores mål er at: give flere et sted at bo:"
    assert nested.full_text == "give flere et sted at bo: 20 små boliger"


def test_goals_lie_in_two_layers_of_one_theme(esbjerg):
    strategy = make.strategy(esbjerg)
    goal = make.goal(make.theme(strategy))
    elsewhere = make.goal(make.theme(strategy), parent=goal)
    with pytest.raises(ValidationError, match="samme tema"):
        elsewhere.full_clean()
    nested = make.goal(goal.theme, parent=goal)
    with pytest.raises(ValidationError, match="to lag"):
        make.goal(goal.theme, parent=nested).full_clean()


def test_a_strategy_replaces_only_one_of_its_own_municipality(esbjerg, vejle):
    strategy = make.strategy(vejle, replaces=make.strategy(esbjerg))
    with pytest.raises(ValidationError, match="samme kommune"):
        strategy.full_clean()


@pytest.mark.parametrize(
    "break_it",
    [
        lambda s: Strategy.objects.filter(pk=s.pk).update(ends_on=datetime.date(2000, 1, 1)),
        lambda s: Strategy.objects.filter(pk=s.pk).update(replaces=s),
        lambda s: Strategy.objects.filter(pk=s.pk).update(status="noget andet"),
        lambda s: Strategy.objects.create(municipality=s.municipality, title="x", slug=s.slug),
        lambda s: [make.section(s, kind="vision") for _ in range(2)],
        lambda s: make.action(theme=make.theme(s), goal=make.goal(make.theme(s))),
    ],
)
def test_the_database_refuses_what_cannot_be(esbjerg, break_it):
    strategy = make.strategy(esbjerg, **years(2023, 2026))
    with pytest.raises(IntegrityError), transaction.atomic():
        break_it(strategy)
