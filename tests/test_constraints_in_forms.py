"""Constraints of the database in forms: a person who hits one reads what to do, and keeps the typed text."""

import datetime

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import CheckConstraint

from council.models import Council, Membership
from strategies.models import Goal, Strategy, Theme
from udsat.lib.publishing import Status
from udsat.models import Region, RegionPeriod, User
from udsat.models.self_relations import self_relations

from . import factories as make
from .test_back_office_conflict import log_in, opened, page_of, save
from .test_back_office_scope import empty_inlines, url

EARLY, LATE = datetime.date(2025, 1, 1), datetime.date(2026, 1, 1)


@pytest.fixture
def office(operator):
    return log_in(operator)


@pytest.fixture
def strategies(esbjerg):
    return [make.strategy(esbjerg, f"Strategi {letter}", Status.DRAFT) for letter in "ABC"]


@pytest.fixture
def seats(esbjerg):
    council = make.council(esbjerg, Status.DRAFT)
    return [make.membership(council, make.person(esbjerg, name)) for name in ("Ane", "Bent", "Clara")]


@pytest.fixture
def goals(strategies):
    return [make.goal(make.theme(strategies[0]), "Flere boliger"), make.goal(make.theme(strategies[1]), "Lytte mere")]


def errors_of(response):
    assert response.status_code == 200
    form = response.context["adminform"].form
    rows = [row.errors for one in response.context["inline_admin_formsets"] for row in one.formset.forms]
    together = [one.formset.non_form_errors() for one in response.context["inline_admin_formsets"]]
    found = [*form.errors.values(), *(e for row in rows for e in row.values()), *together]
    return " ".join(str(message) for messages in found for message in messages)


def offered(client, obj, field):
    form = client.get(url(type(obj), page_of(obj, field), obj.pk)).context["adminform"].form
    return {str(value) for value, _ in form.fields[field].choices} - {""}


RELATIONS = [(Strategy, "replaces"), (Strategy, "parent"), (Membership, "substitute_for"), (Goal, "parent")]


def test_every_relation_of_a_record_to_its_own_kind_is_tried_here():
    models = [model for model in admin.site._registry if model._meta.app_label != "auth"]
    assert {(model, field.name) for model in models for field in self_relations(model)} == set(RELATIONS)


@pytest.mark.parametrize(("model", "field"), RELATIONS)
def test_nobody_is_offered_as_their_own_relative_and_a_message_answers_who_sends_it_all_the_same(
    office, strategies, seats, goals, model, field
):
    one = {Strategy: strategies, Membership: seats, Goal: goals}[model][0]
    assert str(one.pk) not in offered(office, one, field)
    page = page_of(one, field)
    text_field, typed = {
        Strategy: ("slug", "mine-ord"),
        Membership: ("area", "Det, jeg skrev"),
        Goal: ("position", 77),
    }[model]
    response = save(office, one, opened(office, one, page) | {field: one.pk, text_field: typed}, page)
    assert "Vælg en anden: Det er den samme som den, du retter." in errors_of(response)
    assert f'value="{typed}"' in response.text
    one.refresh_from_db()
    assert getattr(one, field) is None


@pytest.mark.parametrize(("model", "field"), RELATIONS[:3])
@pytest.mark.parametrize("length", [2, 3])
def test_relatives_do_not_go_in_a_circle(office, strategies, seats, model, field, length):
    first, *others = {Strategy: strategies, Membership: seats}[model][:length]
    for earlier, later in zip([first, *others], others, strict=False):
        setattr(later, field, earlier)
        later.save()
    assert not offered(office, first, field) & {str(other.pk) for other in others}
    page = page_of(first, field)
    response = save(office, first, opened(office, first, page) | {field: others[-1].pk}, page)
    assert f"på »{others[-1]}« fører tilbage til den, du retter." in errors_of(response)
    first.refresh_from_db()
    assert getattr(first, field) is None


def test_a_circle_from_another_place_than_the_form_is_refused_too(strategies):
    a, b, _ = strategies
    b.replaces = a
    b.save()
    a.replaces = b
    with pytest.raises(ValidationError, match="fører tilbage"):
        a.full_clean()


def test_a_goal_with_goals_below_it_does_not_go_below_another(office, strategies):
    theme = make.theme(strategies[0])
    over, under, other = make.goal(theme, "Over"), make.goal(theme, "Under"), make.goal(theme, "Et andet")
    under.parent = over
    under.save()
    assert offered(office, other, "parent") == {str(over.pk)}
    assert "Målet har selv delmål." in errors_of(
        save(office, over, opened(office, over, "placering") | {"parent": other.pk}, "placering")
    )


# Constraints


def rows(prefix, *typed, saved=0):
    data = {f"{prefix}-TOTAL_FORMS": len(typed), f"{prefix}-INITIAL_FORMS": saved}
    return data | {f"{prefix}-{n}-{name}": value for n, row in enumerate(typed) for name, value in row.items()}


def periods(esbjerg, *dates):
    region = Region.objects.create(name="Syd")
    return rows("region_periods", *({"region": region.pk, "starts_on": a, "ends_on": b} for a, b in dates))


def hit_seat(esbjerg, **typed):
    return make.membership(make.council(esbjerg, Status.DRAFT), make.person(esbjerg)), typed


def hit_strategy(esbjerg, **typed):
    make.strategy(esbjerg, "Ældre", Status.DRAFT, slug="aeldre")
    return make.strategy(esbjerg, "Ny", Status.DRAFT), typed


def hit_meeting(esbjerg, **typed):
    council = make.council(esbjerg, Status.DRAFT)
    make.meeting(council, EARLY, Status.DRAFT)
    return make.meeting(council, LATE, Status.DRAFT), typed


def hit_theme(esbjerg, **typed):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    make.theme(strategy, "Bolig")
    return make.theme(strategy, "Arbejde"), typed


def hit_action(esbjerg, **typed):
    return make.action(theme=make.theme(make.strategy(esbjerg, status=Status.DRAFT))), typed


def hit_goal(esbjerg):
    goal = make.goal(make.theme(make.strategy(esbjerg, status=Status.DRAFT)))
    return goal, {"parent": goal.pk}


def hit_replaced(esbjerg):
    old = make.strategy(esbjerg, "Ældre", Status.DRAFT)
    make.strategy(esbjerg, "Nyere", Status.DRAFT, replaces=old)
    return make.strategy(esbjerg, "Nyest", Status.DRAFT), {"replaces": old.pk}


def hit_itself(esbjerg):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    return strategy, {"replaces": strategy.pk}


def hit_substitute(esbjerg):
    seat = make.membership(make.council(esbjerg, Status.DRAFT), make.person(esbjerg))
    return seat, {"substitute_for": seat.pk}


def hit_vision(esbjerg):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    make.section(strategy, kind="vision")
    return make.section(strategy, kind="fakta"), {"kind": "vision"}


def hit_news(esbjerg):
    make.news(esbjerg, "Nyt", Status.DRAFT, slug="nyt")
    return make.news(esbjerg, "Andet", Status.DRAFT), {"slug": "nyt"}


def hit_hearing(esbjerg):
    hearing = make.hearing(make.council(esbjerg, Status.DRAFT), status=Status.DRAFT)
    return hearing, {"answered_on": "2020-01-01"}


def hit_attendance(esbjerg):
    council = make.council(esbjerg, Status.DRAFT)
    meeting = make.meeting(council, EARLY, Status.DRAFT)
    one, other = make.membership(council, area="Hjemløshed"), make.membership(council, area="Misbrug")
    make.attendance(meeting, one)
    return make.attendance(meeting, other), {"member": one.pk}


def hit_assignment(esbjerg):
    twice = {"municipality": esbjerg.pk, "role": "sekretaer"}
    return make.user("frida"), rows("assignments", twice, twice)


def hit_topic(esbjerg):
    make.topic("Bolig")
    return make.topic("Arbejde"), {}


DATES_REVERSED = {"starts_on": LATE, "ends_on": EARLY}
HITS = {
    "strategy_unique_slug": (lambda e: hit_strategy(e, slug="aeldre"), "allerede en strategi med den adresse"),
    "strategy_ends_after_start": (lambda e: hit_strategy(e, **DATES_REVERSED), "Slutdatoen ligger før"),
    "strategy_not_its_own_relative": (hit_itself, "Det er den samme som den, du retter"),
    "strategies.Strategy.replaces": (hit_replaced, "Den er allerede valgt et andet sted. Vælg en anden."),
    "section_one_vision": (hit_vision, "kun én vision"),
    "theme_unique_slug": (lambda e: hit_theme(e, slug="bolig"), "allerede et tema med den adresse"),
    "theme_slug_not_reserved": (lambda e: hit_theme(e, slug="opfoelgning"), "Adressen bruges til en anden side"),
    "goal_not_its_own_parent": (hit_goal, "Det er den samme som den, du retter"),
    "action_of_theme_or_goal": (lambda e: hit_action(e, theme=""), "Vælg enten et tema eller et mål."),
    "action_ends_after_start": (lambda e: hit_action(e, **DATES_REVERSED), "Slutdatoen ligger før"),
    "strategies.Topic.name": (lambda e: (hit_topic(e)[0], {"name": "Bolig"}), "Skriv noget andet."),
    "strategies.Topic.slug": (lambda e: (hit_topic(e)[0], {"slug": "bolig"}), "Skriv noget andet."),
    "strategies.Situation.title": (
        lambda e: (make.situation("Jeg sulter", slug="x"), {"title": make.situation("Jeg fryser").title}),
        "Skriv noget andet.",
    ),
    "strategies.Situation.slug": (
        lambda e: (make.situation("Jeg sulter"), {"slug": make.situation("Jeg fryser").slug}),
        "Skriv noget andet.",
    ),
    "strategies.Helpline.number": (
        lambda e: (make.helpline(), {"number": make.helpline("116 111").number}),
        "Skriv noget",
    ),
    "council_term_ends_after_start": (
        lambda e: (make.council(e, Status.DRAFT), {"term_starts_on": LATE, "term_ends_on": EARLY}),
        "Perioden slutter, før den begynder.",
    ),
    "meeting_unique_address": (lambda e: hit_meeting(e, date=EARLY), "allerede et møde den dag"),
    "meeting_ordinal_one_digit": (lambda e: hit_meeting(e, ordinal=10), "1 til 9"),
    "meeting_ends_after_start": (
        lambda e: hit_meeting(e, starts_at="15:00", ends_at="14:00"),
        "Mødet slutter, før det begynder.",
    ),
    "membership_ends_after_start": (lambda e: hit_seat(e, **DATES_REVERSED), "Udtrådt ligger før indtrådt."),
    "membership_vacant_without_person": (lambda e: hit_seat(e, is_vacant="on"), "vakant plads har ingen person"),
    "membership_not_its_own_substitute": (hit_substitute, "Det er den samme som den, du retter"),
    "attendance_once": (hit_attendance, "Medlemmet står der allerede."),
    "hearing_answered_after_received": (hit_hearing, "Svaret ligger før modtagelsen."),
    "news_unique_slug": (hit_news, "allerede en nyhed med den adresse"),
    "udsat.Region.name": (
        lambda e: (Region.objects.create(name="Nord"), {"name": Region.objects.create(name="Syd").name}),
        "Skriv noget andet.",
    ),
    "udsat.Municipality.name": (
        lambda e: (make.municipality("Vejle", code="0630"), {"name": "Esbjerg"}),
        "Skriv noget",
    ),
    "udsat.Municipality.code": (lambda e: (make.municipality("Vejle", code="0630"), {"code": "0561"}), "Skriv noget"),
    "udsat.Municipality.slug": (
        lambda e: (make.municipality("Vejle", code="0630"), {"slug": "esbjerg"}),
        "Skriv noget",
    ),
    "municipality_slug_not_reserved": (lambda e: (e, {"slug": "admin"}), "Den adresse bruger portalen selv."),
    "region_period_unique_start": (
        lambda e: (e, periods(e, (EARLY, ""), (EARLY, ""))),
        "To rækker har det samme i fra og med.",
    ),
    "region_period_ends_after_start": (lambda e: (e, periods(e, (LATE, EARLY))), "Perioden slutter, før den begynder."),
    "udsat.User.username": (
        lambda e: (make.user("frida"), {"username": make.user("gerda").username}),
        "En bruger med dette brugernavn findes allerede.",
    ),
    "assignment_one_per_municipality": (hit_assignment, "To rækker har det samme i kommune."),
}
NOT_IN_A_FORM = {
    "council.Council.municipality",  # a form offers only municipalities without a council; see below
    "council.Agenda.meeting",  # created by a button that returns the one there is
    "council.Minutes.meeting",
    "udsat.Letter.key",  # letters are read-only
    "council.Input.reference",  # random
    "minutes_correction_said",  # corrections have a page of their own, which asks what is corrected
    "input_sent_once",  # a public form, which takes the second for the first
}


def edited_models():
    inlines = {inline.model for page in admin.site._registry.values() for inline in page.inlines}
    ours = {model for label in ("udsat", "strategies", "council") for model in apps.get_app_config(label).get_models()}
    assignments = {RegionPeriod, User._meta.get_field("assignments").related_model}
    return ours & (set(admin.site._registry) | inlines | assignments)


def constraints():
    for model in edited_models():
        yield from ((model, one.name, one) for one in model._meta.constraints)
        unique = (field for field in model._meta.concrete_fields if field.unique and not field.primary_key)
        yield from ((model, f"{model._meta.label}.{field.name}", field) for field in unique)


def test_every_constraint_that_a_form_can_hit_is_tried_here():
    expected = set()
    for model, name, constraint in constraints():
        # Fields with choices, and the status that only publishing sets.
        if not name.endswith(("_known", "_public_from")):
            expected.add(name)
        elif name.endswith("_known") and isinstance(constraint, CheckConstraint):
            (lookup, _) = constraint.condition.children[0]
            assert model._meta.get_field(lookup.removesuffix("__in")).choices, name
    assert expected == HITS.keys() | NOT_IN_A_FORM


@pytest.mark.parametrize("name", HITS)
def test_who_hits_a_constraint_reads_what_to_do(office, esbjerg, name):
    hit, message = HITS[name]
    obj, typed = hit(esbjerg)
    obj.refresh_from_db()
    page = page_of(obj, *typed)
    response = save(office, obj, opened(office, obj, page) | typed, page)
    assert message in errors_of(response) and "Begrænsning" not in errors_of(response)


def test_a_municipality_gets_no_second_council(office, esbjerg):
    data = empty_inlines(office, url(Council, "add"))
    make.council(esbjerg)
    response = office.post(url(Council, "add"), data | {"municipality": esbjerg.pk, "name": "Endnu et råd"})
    assert response.status_code in (200, 403) and Council.objects.count() == 1


def test_themes_of_the_same_name_added_together_get_addresses_of_their_own(office, esbjerg):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    strategy.refresh_from_db()
    new = {"title": "Bolig", "position": 1}
    typed = opened(office, strategy, "temaer") | rows("themes", new, new)
    assert save(office, strategy, typed, "temaer").status_code == 302
    assert set(Theme.objects.values_list("slug", flat=True)) == {"bolig", "bolig-2"}
