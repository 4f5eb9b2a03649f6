"""Editing a strategy: pages of one concern each, and a theme with its goals, with and without JavaScript."""

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


def theme_page(title="Bolig"):
    return f"/admin/strategies/theme/{Theme.objects.get(title=title).pk}/change/"


def strategy_page(strategy, slug):
    return f"/admin/strategies/strategy/{strategy.pk}/{slug}/"


def form_data(client, address):
    """Return the form data that a browser without JavaScript submits."""
    context = client.get(address).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
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


def save(client, address, **changes):
    return client.post(address, form_data(client, address) | changes)


def test_saving_without_a_change_changes_nothing(client, anna, strategy):
    client.force_login(anna)
    before = goals()
    assert save(client, theme_page()).status_code == 302
    assert goals() == before
    assert Theme.objects.count() == 2


def test_a_goal_written_in_the_empty_row_belongs_to_its_theme(client, anna, strategy):
    client.force_login(anna)
    save(client, theme_page("Sundhed"), **{"goals-0-text": "køre lægen ud.", "goals-0-position": 1})
    assert goals()[-1] == ("Sundhed", None, "køre lægen ud.")


def test_goals_are_put_in_order_by_their_numbers(client, anna, strategy):
    client.force_login(anna)
    assert goals()[0] == ("Bolig", None, "bygge boliger:")
    numbers = {"goals-2-position": 1, "goals-0-position": 2, "goals-1-position": 3}
    save(client, theme_page(), **numbers)
    assert goals() == [
        ("Bolig", None, "skaffe hjælp."),
        ("Bolig", None, "bygge boliger:"),
        ("Bolig", "bygge boliger:", "ti små"),
    ]


def test_a_goal_can_move_below_the_one_before_it(client, anna, strategy):
    client.force_login(anna)
    save(client, theme_page(), **{"goals-2-is_below": "on"})
    assert goals()[-1] == ("Bolig", "bygge boliger:", "skaffe hjælp.")


def test_what_lay_below_a_removed_goal_stays(client, anna, strategy):
    client.force_login(anna)
    save(client, theme_page(), **{"goals-0-DELETE": "on"})
    assert goals() == [("Bolig", None, "ti små"), ("Bolig", None, "skaffe hjælp.")]


def test_a_new_theme_is_added_after_the_others_and_gets_its_goals_on_its_own_page(client, anna, strategy):
    client.force_login(anna)
    rows = {"themes-TOTAL_FORMS": 3, "themes-2-title": "Job", "themes-2-position": 3}
    assert save(client, strategy_page(strategy, "temaer"), **rows).status_code == 302
    assert [theme.title for theme in strategy.themes.all()] == ["Bolig", "Sundhed", "Job"]
    rows = {"goals-0-text": "et mål", "goals-0-position": 1, "goals-1-text": "et delmål", "goals-1-position": 2}
    save(client, theme_page("Job"), **rows, **{"goals-TOTAL_FORMS": 2, "goals-1-is_below": "on"})
    assert goals()[-2:] == [("Job", None, "et mål"), ("Job", "et mål", "et delmål")]


def test_themes_and_sections_are_put_in_order_on_one_page_each_and_written_on_their_own(client, anna, strategy):
    client.force_login(anna)
    vision = strategy.sections.create(kind="vision", heading="Vores vision", position=1)
    save(client, strategy_page(strategy, "temaer"), **{"themes-0-position": 2, "themes-1-position": 1})
    assert [theme.title for theme in strategy.themes.all()] == ["Sundhed", "Bolig"]
    page = client.get(strategy_page(strategy, "afsnit")).content.decode()
    assert f"/admin/strategies/section/{vision.pk}/change/" in page


def test_every_concern_of_a_strategy_has_a_page_of_its_own_that_the_overview_links_to(client, anna, strategy):
    client.force_login(anna)
    overview = client.get(f"/admin/strategies/strategy/{strategy.pk}/change/").content.decode()
    for slug in ("resume", "afsnit", "temaer", "ord", "kilde"):
        assert f'href="{strategy_page(strategy, slug)}"' in overview
        assert client.get(strategy_page(strategy, slug)).status_code == 200
    assert "/admin/strategies/theme/" in overview and "Bolig" in overview
    assert client.get(strategy_page(strategy, "findes-ikke")).status_code in (302, 404)


def test_a_page_saves_its_own_fields_only_and_a_newer_version_stops_it(client, anna, carla, strategy):
    client.force_login(anna)
    opened = form_data(client, strategy_page(strategy, "resume"))
    assert save(client, strategy_page(strategy, "ord"), theme_label="pejlemærke").status_code == 302
    response = client.post(strategy_page(strategy, "resume"), opened | {"summary": "Kort og godt"})
    assert response.status_code == 200 and "Du har gemt imens." in response.content.decode()
    assert save(client, strategy_page(strategy, "resume"), summary="Kort og godt").status_code == 302
    strategy.refresh_from_db()
    assert (strategy.summary, strategy.theme_label, strategy.title) == ("Kort og godt", "pejlemærke", strategy.title)


def test_the_gate_links_to_the_page_with_the_field(client, anna, strategy):
    client.force_login(anna)
    Strategy.objects.filter(pk=strategy.pk).update(summary="Ring til 010190-0001")
    page = client.get(f"/admin/strategies/strategy/{strategy.pk}/offentliggoer/").content.decode()
    assert f"{strategy_page(strategy, 'resume')}#id_summary" in page


def test_a_number_in_a_goal_of_a_public_strategy_is_stopped_beside_the_goal(client, anna, strategy):
    Strategy.objects.update(**make.state(Status.PUBLISHED))
    client.force_login(anna)
    response = save(client, theme_page(), **{"goals-2-text": "ringe til 010190-0001"})
    assert response.status_code == 200
    assert "ligner et CPR-nummer" in response.content.decode()
    assert not Goal.objects.filter(text__contains="0001").exists()


def test_goals_of_another_municipality_cannot_be_reached_through_the_form(client, bo, anna, strategy, vejle):
    own = make.strategy(vejle, status=Status.DRAFT)
    theme = make.theme(own, "Eget")
    make.goal(theme, "eget mål")
    client.force_login(bo)
    foreign = Goal.objects.filter(theme__strategy=strategy).first()
    save(client, theme_page("Eget"), **{"goals-0-id": foreign.pk, "goals-0-text": "overtaget"})
    foreign.refresh_from_db()
    assert foreign.text != "overtaget"
    assert foreign.theme.strategy == strategy


def test_an_approver_reads_the_goals_and_changes_none(client, dan, strategy):
    client.force_login(dan)
    page = client.get(theme_page()).content.decode()
    assert "skaffe hjælp." in page
    assert "goals-0-text" not in page
    assert client.post(theme_page(), {}).status_code == 403
    assert client.post(strategy_page(strategy, "resume"), {}).status_code == 403


def test_a_lost_count_of_rows_is_an_error_and_not_a_crash(client, anna, strategy):
    client.force_login(anna)
    data = form_data(client, theme_page())
    del data["goals-TOTAL_FORMS"]
    assert client.post(theme_page(), data).status_code == 200
    assert len(goals()) == 3


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_goals_and_themes_are_moved_by_keyboard_and_by_drag(page, anna, strategy):
    page.goto(f"/admin/login/?next={theme_page()}")
    page.get_by_label("Brugernavn").fill("anna")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.keyboard.press("Enter")
    rows = page.locator(".goal-list > li")
    rows.nth(0).get_by_role("button", name="Flyt ned").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert page.get_by_text("Flyttet til plads 3 af 4.").count() == 1
    rows.nth(2).locator(".handle").drag_to(rows.nth(0), target_position={"x": 40, "y": 3})
    page.get_by_role("button", name="Tilføj et mål").click()
    page.keyboard.type("åbne et sundhedsrum.")
    page.get_by_role("button", name="Gem", exact=True).click()
    page.get_by_text("er gemt").first.wait_for()
    assert [goal[2] for goal in goals()] == ["bygge boliger:", "ti små", "skaffe hjælp.", "åbne et sundhedsrum."]
    page.goto(strategy_page(strategy, "temaer"))
    page.locator("#themes-1").get_by_role("button", name="Flyt op").click()
    page.get_by_role("button", name="Gem", exact=True).click()
    page.get_by_text("er gemt").first.wait_for()
    assert [theme.title for theme in Theme.objects.all()] == ["Sundhed", "Bolig"]
