"""Editing a strategy with its themes and goals on one page, with and without JavaScript."""

import pytest

from strategies.models import Goal, Strategy, Theme
from udsat.lib.publishing import Status

from . import factories as make


@pytest.fixture
def strategy(esbjerg):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    first = make.theme(strategy, "Bolig", position=1)
    top = make.goal(first, "bygge boliger:", position=1)
    make.goal(first, "ti små", parent=top, position=1)
    make.goal(first, "skaffe hjælp.", position=2)
    make.theme(strategy, "Sundhed", position=2)
    return strategy


def address(strategy):
    return f"/admin/strategies/strategy/{strategy.pk}/change/"


def form_data(client, strategy):
    """Return the form data that a browser without JavaScript submits."""
    context = client.get(address(strategy)).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        formsets = [inline.formset]
        formsets += [form.goals for form in inline.formset.forms if hasattr(form, "goals")]
        for formset in formsets:
            forms += [formset.management_form, *formset.forms]
    data = {}
    for form in forms:
        for field in form:
            value = field.value()
            if value is None or value is False:
                continue
            data[field.html_name] = [str(getattr(v, "pk", v)) for v in value] if isinstance(value, list) else value
    return {name: value for name, value in data.items() if value != ""}


def goals():
    return [(g.theme.title, g.parent and g.parent.text, g.text) for g in tree(Goal.objects.all())]


def tree(queryset):
    for theme in Theme.objects.all():
        for top in queryset.filter(theme=theme, parent=None):
            yield top
            yield from queryset.filter(parent=top)


def save(client, strategy, **changes):
    response = client.post(address(strategy), form_data(client, strategy) | changes)
    return response


def test_saving_without_a_change_changes_nothing(client, anna, strategy):
    client.force_login(anna)
    before = goals()
    assert save(client, strategy).status_code == 302
    assert goals() == before
    assert Theme.objects.count() == 2


def test_a_goal_written_in_the_empty_row_belongs_to_its_theme(client, anna, strategy):
    client.force_login(anna)
    save(client, strategy, **{"themes-1-goals-0-text": "køre lægen ud.", "themes-1-goals-0-position": 1})
    assert goals()[-1] == ("Sundhed", None, "køre lægen ud.")


def test_goals_are_put_in_order_by_their_numbers(client, anna, strategy):
    client.force_login(anna)
    assert goals()[0] == ("Bolig", None, "bygge boliger:")
    numbers = {"themes-0-goals-2-position": 1, "themes-0-goals-0-position": 2, "themes-0-goals-1-position": 3}
    save(client, strategy, **numbers)
    assert goals() == [
        ("Bolig", None, "skaffe hjælp."),
        ("Bolig", None, "bygge boliger:"),
        ("Bolig", "bygge boliger:", "ti små"),
    ]


def test_a_goal_can_move_below_the_one_before_it(client, anna, strategy):
    client.force_login(anna)
    save(client, strategy, **{"themes-0-goals-2-is_below": "on"})
    assert goals()[-1] == ("Bolig", "bygge boliger:", "skaffe hjælp.")


def test_what_lay_below_a_removed_goal_stays(client, anna, strategy):
    client.force_login(anna)
    save(client, strategy, **{"themes-0-goals-0-DELETE": "on"})
    assert goals() == [("Bolig", None, "ti små"), ("Bolig", None, "skaffe hjælp.")]


def test_a_new_theme_comes_with_its_goals_even_without_a_heading(client, anna, strategy):
    client.force_login(anna)
    data = form_data(client, strategy) | {
        "themes-TOTAL_FORMS": 3,
        "themes-2-position": 3,
        "themes-2-goal_lead_in": "",
        "themes-2-goals-TOTAL_FORMS": 2,
        "themes-2-goals-INITIAL_FORMS": 0,
        "themes-2-goals-0-text": "et mål",
        "themes-2-goals-0-position": 1,
        "themes-2-goals-1-text": "et delmål",
        "themes-2-goals-1-is_below": "on",
        "themes-2-goals-1-position": 2,
    }
    assert client.post(address(strategy), data).status_code == 302
    theme = Theme.objects.get(title="")
    assert theme.slug == "gruppe-1"
    assert [(g.text, g.parent and g.parent.text) for g in tree(theme.goals.all())] == [
        ("et mål", None),
        ("et delmål", "et mål"),
    ]


def test_a_number_in_a_goal_of_a_public_strategy_is_stopped_beside_the_goal(client, anna, strategy):
    Strategy.objects.update(**make.state(Status.PUBLISHED))
    client.force_login(anna)
    response = save(client, strategy, **{"themes-0-goals-2-text": "ringe til 010190-0001"})
    assert response.status_code == 200
    assert "ligner et CPR-nummer" in response.content.decode()
    assert not Goal.objects.filter(text__contains="0001").exists()


def test_goals_of_another_municipality_cannot_be_reached_through_the_form(client, bo, anna, strategy, vejle):
    own = make.strategy(vejle, status=Status.DRAFT)
    theme = make.theme(own, "Eget")
    make.goal(theme, "eget mål")
    client.force_login(bo)
    foreign = Goal.objects.filter(theme__strategy=strategy).first()
    save(client, own, **{"themes-0-goals-0-id": foreign.pk, "themes-0-goals-0-text": "overtaget"})
    foreign.refresh_from_db()
    assert foreign.text != "overtaget"
    assert foreign.theme.strategy == strategy


def test_an_approver_reads_the_goals_and_changes_none(client, dan, strategy):
    client.force_login(dan)
    page = client.get(address(strategy)).content.decode()
    assert "skaffe hjælp." in page
    assert "themes-0-goals-0-text" not in page
    assert client.post(address(strategy), {}).status_code == 403


def test_a_lost_count_of_rows_is_an_error_and_not_a_crash(client, anna, strategy):
    client.force_login(anna)
    data = form_data(client, strategy)
    del data["themes-0-goals-TOTAL_FORMS"]
    assert client.post(address(strategy), data).status_code == 200
    assert len(goals()) == 3


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_goals_and_themes_are_moved_by_keyboard_and_by_drag(page, anna, strategy):
    page.goto(f"/admin/login/?next={address(strategy)}")
    page.get_by_label("Brugernavn").fill("anna")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.keyboard.press("Enter")
    rows = page.locator("#themes-0 .goal-list > li")
    rows.nth(0).get_by_role("button", name="Flyt ned").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.get_by_text("Flyttet til plads 3 af 4.").count() == 1
    rows.nth(2).locator(".handle").drag_to(rows.nth(0), target_position={"x": 40, "y": 3})
    page.locator("#themes-1").get_by_role("button", name="Flyt op").first.click()
    page.locator("#themes-1").get_by_role("button", name="Tilføj et mål").click()
    page.keyboard.type("åbne et sundhedsrum.")
    page.get_by_role("button", name="Gem og bliv her").click()
    page.get_by_text("er gemt").first.wait_for()
    assert [theme.title for theme in Theme.objects.all()] == ["Sundhed", "Bolig"]
    assert goals()[0] == ("Sundhed", None, "åbne et sundhedsrum.")
    assert goals()[1][2] == "bygge boliger:"
