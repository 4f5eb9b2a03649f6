"""Forms of strategies and councils are saved while they are written, as the meeting desk is."""

import json
import uuid

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import expect

from strategies.models import Goal, Strategy
from udsat.lib.publishing import Status
from udsat.models import Revision

from . import factories as make


@pytest.fixture
def strategy(esbjerg):
    return make.strategy(esbjerg, status=Status.DRAFT, summary="Kort")


class Form:
    """A page that a person has opened, and what its script sends."""

    def __init__(self, client, user, page):
        self.client, self.user = client, user
        client.force_login(user)
        context = client.get(page).context
        self.address, self.fields = context["autosave"]["url"], json.loads(context["autosave"]["fields"])

    def send(self, *edits, **changes):
        body = {"user": self.user.pk, "edits": list(edits), "version": "", **changes}
        return self.client.post(self.address, json.dumps(body), content_type="application/json")

    def edit(self, name, value):
        key, base = self.fields[name]
        return {"id": str(uuid.uuid4()), "field": key, "base": base, "value": value}

    def type(self, **values):
        answer = self.send(*(self.edit(name.replace("__", "-"), value) for name, value in values.items())).json()
        return {name: (one["outcome"], one["message"]) for name, one in zip(values, answer["results"], strict=True)}


def resume(strategy):
    return f"/admin/strategies/strategy/{strategy.pk}/resume/"


def test_what_is_typed_is_saved_with_a_new_version_and_in_the_history(client, anna, strategy):
    form, version = Form(client, anna, resume(strategy)), strategy.version
    answer = form.send(form.edit("summary", "Kort og godt")).json()
    strategy.refresh_from_db()
    assert strategy.summary == "Kort og godt" and answer["version"] == str(strategy.version) != str(version)
    key = form.fields["summary"][0]
    assert answer["state"]["fields"][key][1] == answer["results"][0]["fingerprint"] != form.fields["summary"][1]
    assert Revision.objects.of(strategy).filter(by=anna).exists()
    # Sent again, after a lost answer.
    assert form.type(summary="Kort og godt") == {"summary": ("saved", "")}


def test_two_people_in_two_fields_both_save_and_in_one_field_the_second_is_refused(client, anna, carla, strategy):
    annas, carlas = Form(client, anna, resume(strategy)), Form(type(client)(), carla, resume(strategy))
    assert carlas.type(plain_text="<p>Let.</p>") == {"plain_text": ("saved", "")}
    assert annas.type(summary="Annas") == {"summary": ("saved", "")}
    [(outcome, message)] = carlas.type(summary="Carlas").values()
    assert outcome == "refused" and "En anden har gemt feltet imens" in message
    strategy.refresh_from_db()
    assert (strategy.summary, strategy.plain_text) == ("Annas", "<p>Let.</p>")


def test_a_wrong_value_is_refused_and_the_others_are_saved(client, anna, strategy):
    form = Form(client, anna, f"/admin/strategies/strategy/{strategy.pk}/kilde/")
    results = form.type(source_url="ikke en adresse", source_checked_on="2026-01-02")
    assert results["source_url"][0] == "refused" and results["source_url"][1]
    assert results["source_checked_on"] == ("saved", "")
    strategy.refresh_from_db()
    assert (strategy.source_url, str(strategy.source_checked_on)) == ("", "2026-01-02")


def test_dates_that_only_fit_together_are_saved_together(client, anna, strategy):
    page = f"/admin/strategies/strategy/{strategy.pk}/change/"
    assert Form(client, anna, page).type(starts_on="2030-01-01", ends_on="2033-12-31") == {
        "starts_on": ("saved", ""),
        "ends_on": ("saved", ""),
    }
    [(outcome, message)] = Form(client, anna, page).type(ends_on="2029-01-01").values()
    assert outcome == "refused" and message


def test_goals_in_their_rows_choices_and_ticks_are_saved_too(client, anna, strategy):
    theme = make.theme(strategy, "Bolig")
    first, second = make.goal(theme, "bygge", position=1), make.goal(theme, "lytte", position=2)
    page = f"/admin/strategies/theme/{theme.pk}/change/"
    assert Form(client, anna, page).type(**{"goals-0-text": "bygge 20 boliger"}) == {"goals-0-text": ("saved", "")}
    moved = {"goals-1-position": "1", "goals-0-position": "2"}
    assert {outcome for outcome, _ in Form(client, anna, page).type(**moved).values()} == {"saved"}
    assert [goal.text for goal in Goal.objects.filter(theme=theme)] == ["lytte", "bygge 20 boliger"]
    assert Form(client, anna, page).type(**{"goals-1-is_below": "on"}) == {"goals-1-is_below": ("saved", "")}
    first.refresh_from_db()
    assert first.parent == second
    topics = [make.topic("Bolig"), make.topic("Sundhed")]
    form = Form(client, anna, f"/admin/strategies/theme/{theme.pk}/emner/")
    assert form.type(topics=",".join(str(topic.pk) for topic in topics)) == {"topics": ("saved", "")}
    assert set(theme.topics.all()) == set(topics)
    assert Form(client, anna, f"/admin/strategies/theme/{theme.pk}/emner/").type(topics="") == {"topics": ("saved", "")}
    assert not theme.topics.exists()


def test_every_field_of_every_page_is_unchanged_when_it_is_read_back(client, anna, strategy, esbjerg):
    """The values in the page, their fingerprints and the saved ones are the same, so that nothing is sent unasked."""
    council = make.council(esbjerg, Status.DRAFT)
    theme = make.theme(strategy, "Bolig")
    parts = [make.goal(theme), theme, make.section(strategy, kind="vision"), make.cause(council), make.group(council)]
    client.force_login(anna)
    for obj in (strategy, council, *parts):
        model_admin = admin.site.get_model_admin(type(obj))
        for page in getattr(model_admin, "form_pages", []) or [None]:
            slug = page.slug if page else ""
            address = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_{slug or 'change'}", args=[obj.pk])
            form = Form(client, anna, address)
            answer = form.send().json()
            saved = answer["state"]["fields"]
            assert dict(form.fields.values()) == {key: base for key, (_, base) in saved.items()}, address
            again = [
                {"id": str(uuid.uuid4()), "field": key, "base": base, "value": value}
                for key, (value, base) in saved.items()
            ]
            assert {one["outcome"] for one in form.send(*again).json()["results"]} <= {"saved"}, address


def test_what_is_public_is_saved_by_the_button_only(client, anna, strategy):
    Strategy.objects.filter(pk=strategy.pk).update(**make.state(Status.PUBLISHED))
    [(outcome, message)] = Form(client, anna, resume(strategy)).type(summary="Halv sætning om").values()
    assert outcome == "refused" and "Tryk på »Gem«" in message
    strategy.refresh_from_db()
    assert strategy.summary == "Kort"


def test_nothing_of_another_municipality_is_read_or_saved(client, bo, dan, anna, strategy, vejle):
    form = Form(client, anna, resume(strategy))
    edit = form.edit("summary", "Overtaget")
    client.force_login(bo)
    assert form.send(edit, user=bo.pk).status_code == 404
    client.force_login(dan)
    assert form.send(edit, user=dan.pk).status_code == 403
    own = Form(client, bo, resume(make.strategy(vejle, status=Status.DRAFT)))
    assert own.send(edit).json()["results"][0]["outcome"] == "refused"
    strategy.refresh_from_db()
    assert strategy.summary == "Kort"


def test_another_who_is_logged_in_here_saves_nothing_of_it(client, anna, carla, strategy):
    form = Form(client, anna, resume(strategy))
    client.force_login(carla)
    assert form.send(form.edit("summary", "Annas")).status_code == 409


@pytest.mark.parametrize(
    "body", ["", "[]", "{}", '{"user": "1"}', '{"user": 1, "edits": {}}', '{"user": 1, "edits": [1]}', "[" * 9999]
)
def test_nonsense_is_an_error_and_not_a_crash(client, anna, strategy, body):
    form = Form(client, anna, resume(strategy))
    assert client.post(form.address, body, content_type="application/json").status_code == 400


# In a browser


@pytest.fixture
def office(page, client, live_server, anna):
    """Anna's browser. Fails on errors in the console."""
    client.force_login(anna)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    page.context.add_cookies([cookie])
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert errors == []


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_person_writes_and_leaves_without_pressing_a_button(office, strategy):
    dialogs = []
    office.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    office.goto(resume(strategy))
    office.get_by_label("Resumé").fill("Skrevet uden knap")
    status = office.locator("[data-saved]")
    expect(status).to_contain_text("Gemt kl.", timeout=15_000)
    strategy.refresh_from_db()
    assert strategy.summary == "Skrevet uden knap"
    office.get_by_label("Resumé").fill("Skrevet og gemt")
    office.get_by_role("button", name="Gem", exact=True).click()
    office.get_by_text("er gemt").first.wait_for()
    office.get_by_role("link", name="Historik").click()
    office.get_by_role("heading", name="Historik").wait_for()
    assert dialogs == []
    strategy.refresh_from_db()
    assert strategy.summary == "Skrevet og gemt"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_text_that_clashes_is_kept_and_both_are_shown_by_the_button(office, strategy):
    with office.expect_response("**/gem/**"):  # what others have saved, when the page opens
        office.goto(resume(strategy))
    expect(office.locator("[data-saved]")).to_have_text("Siden gemmer automatisk.", timeout=15_000)
    Strategy.objects.filter(pk=strategy.pk).update(summary="En andens", version=strategy.version + 1)
    office.get_by_label("Resumé").fill("Min egen")
    expect(office.locator("[data-saved]")).to_contain_text("En anden har gemt feltet imens", timeout=15_000)
    office.get_by_role("button", name="Gem", exact=True).click()
    office.get_by_role("alert").get_by_text("har gemt imens").wait_for()
    assert office.get_by_label("Resumé").input_value() == "Min egen"
    assert office.locator("#id_summary_error").get_by_text("En andens").is_visible()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_button_shows_both_texts_when_the_other_text_arrives_while_one_is_typed(office, strategy):
    held, is_held = [], True
    office.route("**/gem/**", lambda route: held.append(route) if is_held else route.continue_())
    office.goto(resume(strategy))
    expect(office.locator("[data-saved]")).to_have_text("Siden gemmer automatisk.", timeout=15_000)
    Strategy.objects.filter(pk=strategy.pk).update(summary="En andens", version=strategy.version + 1)
    office.get_by_label("Resumé").fill("Min egen")
    is_held = False
    for route in held:
        route.continue_()
    expect(office.locator("[data-saved]")).to_contain_text("En anden har gemt feltet imens", timeout=15_000)
    office.get_by_role("button", name="Gem", exact=True).click()
    office.get_by_role("alert").get_by_text("har gemt imens").wait_for()
    assert office.get_by_label("Resumé").input_value() == "Min egen"
