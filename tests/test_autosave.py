"""Forms of strategies and councils are saved while they are written, as the meeting desk is."""

import datetime
import json
import uuid

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from strategies.models import Goal, Strategy
from udsat.kept_forms import writer_token
from udsat.lib.publishing import Status
from udsat.models import Revision
from udsat.models.created_rows import delete_old_created_rows

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


def read_form(response):
    """Return what a browser submits of the form that the response shows."""
    context = response.context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    return {
        bound.html_name: value for form in forms for bound in form if (value := bound.value()) not in (None, "", False)
    }


def form_data(client, page, user):
    client.force_login(user)
    return read_form(client.get(page))


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
    assert outcome == "refused" and message.startswith("Anna har gemt feltet imens. Det, du har skrevet, ligger i")
    strategy.refresh_from_db()
    assert (strategy.summary, strategy.plain_text) == ("Annas", "<p>Let.</p>")


def test_the_text_that_gave_way_is_in_the_history_under_the_name_of_its_writer(client, anna, carla, strategy):
    annas, carlas = Form(client, anna, resume(strategy)), Form(type(client)(), carla, resume(strategy))
    annas.type(summary="Annas")
    # She goes on typing: one entry, with what she wrote last.
    carlas.type(summary="Carl")
    carlas.type(summary="Carlas")
    kept = Revision.objects.of(strategy).filter(action=Revision.Action.UNUSED)
    assert [(it.by_name, it.values["summary"]) for it in kept] == [("Carla", "Carlas")]
    page = client.get(f"/admin/strategies/strategy/{strategy.pk}/history/").content.decode()
    assert "skrevet, men ikke brugt" in page and "Carlas" in page
    # The page of the form names the person whose text is saved.
    data = form_data(carlas.client, resume(strategy), carla) | {"version": "1", "summary": "Carlas"}
    shown = carlas.client.post(resume(strategy), data).content.decode()
    assert "Anna har gemt imens" in shown and "Gemt nu:</strong> <span>Annas" in shown
    # After another save, what gives way is an entry of its own.
    annas = Form(client, anna, resume(strategy))
    assert annas.type(summary="Annas nye") == {"summary": ("saved", "")}
    carlas.type(summary="Carlas andet")
    assert kept.all().count() == 2
    strategy.refresh_from_db()
    assert strategy.summary == "Annas nye"


def test_what_gives_way_in_a_row_or_is_no_text_is_told_too(client, anna, carla, strategy):
    theme = make.theme(strategy, "Bolig")
    goal = make.goal(theme, "bygge", position=1)
    pages = f"/admin/strategies/theme/{theme.pk}/change/", f"/admin/strategies/theme/{theme.pk}/emner/"
    theme_of, topics_of = (Form(type(client)(), carla, page) for page in pages)
    topic = make.topic("Bolig")
    Form(client, anna, pages[0]).type(**{"goals-0-text": "bygge 20"})
    Form(client, anna, pages[1]).type(topics=str(topic.pk))
    assert "i historikken" in theme_of.type(**{"goals-0-text": "bygge 30"})["goals-0-text"][1]
    assert Revision.objects.of(goal).get(action=Revision.Action.UNUSED).values["text"] == "bygge 30"
    assert topics_of.type(topics=str(make.topic("Job").pk))["topics"][1].startswith(
        "En anden har gemt feltet imens. Try"
    )
    assert list(theme.topics.all()) == [topic]


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
    # Moved again before the answer, which has numbered all of them: the order is nobody's text.
    form = Form(client, anna, page)
    form.type(**{"goals-0-position": "2", "goals-1-position": "1"})
    assert form.type(**{"goals-0-position": "1", "goals-1-position": "2"})["goals-0-position"] == ("saved", "")
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


EMPTY_EDIT = {"id": "", "field": "", "base": "", "value": ""}


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "{}", '{"user": "1"}', '{"user": 1, "edits": {}}', '{"user": 1, "edits": [1]}', "[" * 9999,
        pytest.param(json.dumps({"user": 1, "edits": [EMPTY_EDIT] * 501}), id="too many edits"),
    ],
)  # fmt: skip
def test_nonsense_is_an_error_and_not_a_crash(client, anna, strategy, body):
    form = Form(client, anna, resume(strategy))
    assert client.post(form.address, body, content_type="application/json").status_code == 400


# New rows


class NewRow:
    """A row that a person has added to the page."""

    def __init__(self, form, model):
        self.form, self.model, self.key = form, model, str(uuid.uuid4())

    def edits(self, **values):
        key = f"{self.model}:{self.key}"
        return [{"id": str(uuid.uuid4()), "field": f"{key}:{n}", "base": "", "value": v} for n, v in values.items()]

    def type(self, **values):
        answer = self.form.send(*self.edits(**values)).json()
        return {name: (one["outcome"], one["message"]) for name, one in zip(values, answer["results"], strict=True)}


@pytest.fixture
def theme(strategy):
    theme = make.theme(strategy, "Bolig")
    make.goal(theme, "bygge", position=1)
    return theme


def theme_page(theme):
    return f"/admin/strategies/theme/{theme.pk}/change/"


def goals(theme):
    return [(goal.position, goal.text) for goal in Goal.objects.filter(theme=theme)]


def test_a_new_row_is_created_once_although_the_answer_is_lost_and_it_is_sent_again(client, anna, theme):
    row = NewRow(Form(client, anna, theme_page(theme)), "goal")
    saved = {"text": ("saved", ""), "position": ("saved", "")}
    assert row.type(text="lytte", position="2") == saved == row.type(text="lytte", position="2")
    assert goals(theme) == [(1, "bygge"), (2, "lytte")]
    # The next edit of the row changes it, in this page and in one that is opened later.
    base = row.form.send().json()["state"]["fields"][f"goal:{row.key}:text"][1]
    later = Form(client, anna, theme_page(theme))
    assert later.fields["goals-1-text"] == [f"goal:{row.key}:text", base]
    assert later.type(**{"goals-1-text": "lytte mere"}) == {"goals-1-text": ("saved", "")}
    assert goals(theme) == [(1, "bygge"), (2, "lytte mere")]


def test_the_button_does_not_create_again_what_was_created_automatically(client, anna, theme):
    page = theme_page(theme)
    data, row = form_data(client, page, anna), NewRow(Form(client, anna, page), "goal")
    data["version"] = row.form.send(*row.edits(text="lytte", position="2")).json()["version"]
    new = {"goals-2-text": "lytte nu", "goals-2-position": 3, "goals-3-text": "se", "goals-3-position": 2}
    new |= {"goals-TOTAL_FORMS": 4, "goals-2-row_key": row.key, "goals-3-row_key": str(uuid.uuid4())}
    assert client.post(page, data | new).status_code == 302
    assert goals(theme) == [(1, "bygge"), (2, "se"), (3, "lytte nu")]
    # The page that was open before: a conflict, and still one row of each.
    response = client.post(page, data | new)
    assert "har gemt imens" in response.content.decode() and Goal.objects.count() == 3


def test_a_row_that_is_not_complete_is_not_saved_at_all_and_says_what_is_missing(client, anna, strategy, theme):
    form = Form(client, anna, f"/admin/strategies/theme/{theme.pk}/indsatser/")
    row = NewRow(form, "action")
    missing = "Den nye række bliver gemt, når den er udfyldt. Indsats: Dette felt er påkrævet."
    assert row.type(responsible="Socialforvaltningen") == {"responsible": ("refused", missing)}
    assert row.type(title="Natcafé", starts_on="i morgen")["title"][0] == "refused"
    assert not theme.actions.exists()
    assert row.type(title="Natcafé", starts_on="2026-05-01") == {"title": ("saved", ""), "starts_on": ("saved", "")}
    assert [action.title for action in theme.actions.all()] == ["Natcafé"]


def test_a_wrong_new_row_does_not_keep_other_edits_from_being_saved(client, anna, strategy):
    make.section(strategy, kind="vision", heading="Vores vision")
    form = Form(client, anna, f"/admin/strategies/strategy/{strategy.pk}/afsnit/")
    row = NewRow(form, "section")
    only_one = "Den nye række bliver gemt, når den er udfyldt. Slags: En strategi har kun én vision."
    answer = form.send(*row.edits(kind="vision", position="2"), form.edit("sections-0-heading", "Det vil vi")).json()
    assert [(one["outcome"], one["message"]) for one in answer["results"]] == [
        ("refused", only_one),
        ("refused", only_one),
        ("saved", ""),
    ]
    assert [section.heading for section in strategy.sections.all()] == ["Det vil vi"]


def test_a_new_row_that_another_has_deleted_does_not_come_back_by_itself(client, anna, theme):
    page = theme_page(theme)
    data, row = form_data(client, page, anna), NewRow(Form(client, anna, page), "goal")
    row.type(text="lytte", position="2")
    theme.goals.get(text="lytte").delete()
    assert row.type(text="lytte til alle")["text"][0] == "refused"
    data |= {"goals-1-text": "lytte til alle", "goals-TOTAL_FORMS": 2, "goals-1-row_key": row.key}
    response = client.post(page, data)
    assert "en række er fjernet imens" in response.content.decode() and goals(theme) == [(1, "bygge")]
    # It stands in the form as a new row, and is saved if the person says so.
    shown = read_form(response)
    assert shown["goals-1-text"] == "lytte til alle" and "goals-1-row_key" not in shown
    assert client.post(page, shown).status_code == 302
    assert goals(theme) == [(1, "bygge"), (2, "lytte til alle")]


def test_nobody_creates_rows_in_another_municipality_or_in_what_is_public(client, anna, bo, theme, vejle):
    row = NewRow(Form(client, anna, theme_page(theme)), "goal")
    row.type(text="lytte", position="2")
    elsewhere = make.theme(make.strategy(vejle, status=Status.DRAFT), "Job")
    row.form = own = Form(client, bo, theme_page(elsewhere))
    assert row.type(text="overtaget", position="1")["text"][0] == "refused"
    own.address = own.address.replace(f"/{elsewhere.pk}/", f"/{theme.pk}/")
    assert NewRow(own, "goal").form.send(*row.edits(text="nyt", position="1")).status_code == 404
    Strategy.objects.filter(pk=theme.strategy.pk).update(**make.state(Status.PUBLISHED))
    new = NewRow(Form(client, anna, theme_page(theme)), "goal")
    assert "Tryk på »Gem«" in new.type(text="ringe til 010190-0001", position="3")["text"][1]
    assert [text for _, text in goals(theme)] == ["bygge", "lytte"] and not goals(elsewhere)


def test_a_new_row_that_was_sent_when_logged_out_comes_back_with_its_key_and_is_created_once(client, anna, theme):
    page, row = theme_page(theme), {"goals-1-text": "lytte", "goals-1-position": 2}
    data = form_data(client, page, anna) | row | {"goals-TOTAL_FORMS": 2, "goals-1-row_key": str(uuid.uuid4())}
    data["skrevet_af"] = writer_token(anna)
    client.logout()
    client.post(page, data)
    client.force_login(anna)
    shown = client.get(f"{page}?ulagret={anna.kept_forms.get().key}")
    again = read_form(shown)
    assert again["goals-1-row_key"] == data["goals-1-row_key"]
    assert [client.post(page, again).status_code for _ in range(2)] == [302, 200]
    assert [text for _, text in goals(theme)] == ["bygge", "lytte"]


@pytest.mark.parametrize("key", ["goal:x:text", "goal::text", "x", "goal:{}:theme", "goal:{}:pk", "user:{}:text"])
def test_a_field_that_no_new_row_has_is_refused(client, anna, theme, key):
    form = Form(client, anna, theme_page(theme))
    edit = {"id": "1", "field": key.format(uuid.uuid4()), "base": "", "value": "2"}
    assert form.send(edit).json()["results"][0]["outcome"] == "refused"
    assert goals(theme) == [(1, "bygge")]


def test_the_keys_of_rows_are_forgotten_after_two_months_and_the_rows_stay(client, anna, theme):
    NewRow(Form(client, anna, theme_page(theme)), "goal").type(text="lytte", position="2")
    assert delete_old_created_rows(timezone.now()) == 0
    assert delete_old_created_rows(timezone.now() + datetime.timedelta(days=61)) == 1
    assert Goal.objects.filter(text="lytte").exists()


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
    expect(status).to_contain_text("Gemt kl.")
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
    expect(office.locator("[data-saved]")).to_have_text("Siden gemmer automatisk.")
    Strategy.objects.filter(pk=strategy.pk).update(summary="En andens", version=strategy.version + 1)
    office.get_by_label("Resumé").fill("Min egen")
    expect(office.locator("[data-saved]")).to_contain_text("har gemt feltet imens")
    office.get_by_role("button", name="Gem", exact=True).click()
    office.get_by_role("alert").get_by_text("har gemt imens").wait_for()
    assert office.get_by_label("Resumé").input_value() == "Min egen"
    assert office.locator("#id_summary_error").get_by_text("En andens").is_visible()
    office.get_by_label("Resumé").fill("Begges")
    office.get_by_role("button", name="Gem", exact=True).click()
    expect(office.locator("[data-saved]")).to_have_text("Siden gemmer automatisk.")
    assert office.get_by_text("Det her skrev du sidst").count() == 0


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_button_shows_both_texts_when_the_other_text_arrives_while_one_is_typed(office, strategy):
    held, is_held = [], True
    office.route("**/gem/**", lambda route: held.append(route) if is_held else route.continue_())
    office.goto(resume(strategy))
    expect(office.locator("[data-saved]")).to_have_text("Siden gemmer automatisk.")
    Strategy.objects.filter(pk=strategy.pk).update(summary="En andens", version=strategy.version + 1)
    office.get_by_label("Resumé").fill("Min egen")
    is_held = False
    for route in held:
        route.continue_()
    expect(office.locator("[data-saved]")).to_contain_text("har gemt feltet imens")
    office.get_by_role("button", name="Gem", exact=True).click()
    office.get_by_role("alert").get_by_text("har gemt imens").wait_for()
    assert office.get_by_label("Resumé").input_value() == "Min egen"


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_new_row_is_saved_while_it_is_written_once_and_deleted_by_its_tick_and_the_button(office, strategy):
    dialogs = []
    office.on("dialog", lambda dialog: (dialogs.append(dialog.type), dialog.accept()))
    office.goto(f"/admin/strategies/strategy/{strategy.pk}/temaer/")
    office.get_by_role("button", name="Tilføj tema").click()
    row = office.locator("#themes-0")
    row.get_by_label("Titel").fill("Bolig")
    expect(office.locator("[data-saved]")).to_contain_text("Gemt kl.")
    assert [theme.title for theme in strategy.themes.all()] == ["Bolig"]
    row.get_by_label("Titel").fill("Bolig til alle")
    office.get_by_role("button", name="Gem", exact=True).dblclick()
    office.get_by_text("er gemt").first.wait_for()
    assert [theme.title for theme in strategy.themes.all()] == ["Bolig til alle"]
    row.get_by_label("Slet").check()
    assert row.get_by_text("Bliver slettet, når du trykker på »Gem«.").is_visible()
    expect(office.locator("[data-saved]")).to_have_text("Tryk på »Gem« for at slette det, du har sat hak ved.")
    office.reload()
    assert dialogs == ["beforeunload"]
    row.get_by_label("Slet").check()
    office.get_by_role("button", name="Gem", exact=True).click()
    office.get_by_text("er gemt").first.wait_for()
    assert not strategy.themes.exists()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_row_that_was_not_complete_is_there_again_when_the_page_is_opened_again(office, theme):
    address = f"/admin/strategies/theme/{theme.pk}/indsatser/"
    office.goto(address)
    office.get_by_role("button", name="Tilføj indsats").click()
    office.locator("#actions-0").get_by_label("Ansvarlig").fill("Socialforvaltningen")
    expect(office.locator("[data-saved]")).to_contain_text("når den er udfyldt")
    context = office.context
    office.close()
    again = context.new_page()
    again.goto(address)
    row = again.locator("#actions-0")
    expect(row.get_by_label("Ansvarlig")).to_have_value("Socialforvaltningen")
    row.get_by_label("Indsats").fill("Natcafé")
    expect(again.locator("[data-saved]")).to_contain_text("Gemt kl.")
    again.reload()
    again.locator("[data-saved]").get_by_text("Siden gemmer automatisk").wait_for()
    assert again.locator(".has_original").count() == 1 and again.locator("#actions-1").count() == 0
    assert [(it.title, it.responsible) for it in theme.actions.all()] == [("Natcafé", "Socialforvaltningen")]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_no_text_is_thrown_away_without_a_connection_or_when_another_deletes_what_it_belongs_to(office, theme, esbjerg):
    goal, other = theme.goals.get(), make.theme(theme.strategy, "Sundhed", position=2)
    office.goto(f"/admin/strategies/goal/{goal.pk}/change/")
    line, text = office.locator("[data-saved]"), office.locator("[name=text]")
    expect(line).to_have_text("Siden gemmer automatisk.")
    office.context.set_offline(True)
    text.fill("bygge uden net")
    office.get_by_role("button", name="Gem", exact=True).click()
    expect(line).to_contain_text("Ingen forbindelse: gemt på denne computer")
    office.context.set_offline(False)
    expect(line).to_contain_text("Gemt kl.")
    # A choice in the box that searches in a list.
    office.locator(".field-theme .select2-selection").click()
    with office.expect_response(lambda answer: ":theme" in (answer.request.post_data or "")):
        office.get_by_role("option", name="Sundhed").click()
    goal.refresh_from_db()
    assert (goal.text, goal.theme) == ("bygge uden net", other)
    goal.delete()
    text.fill("bygge videre")
    expect(line).to_contain_text("Kopiér det, du har skrevet")
    office.get_by_role("button", name="Gem", exact=True).click()
    expect(text).to_have_value("bygge videre")
