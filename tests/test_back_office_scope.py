"""Scope of the back office: nothing of another municipality is listed, offered or disclosed."""

import json
import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.filters import AllValuesFieldListFilter
from django.contrib.admin.models import LogEntry
from django.contrib.admin.options import BaseModelAdmin
from django.test import RequestFactory
from django.urls import reverse

from council.models import AgendaItem, Attendance, Meeting, Membership, News
from strategies.models import Goal, Section, Strategy, Theme
from udsat.admin.model_admins import ScopedAdmin, ScopedRelatedFilter
from udsat.lib.publishing import Status
from udsat.lib.roles import Role
from udsat.models import Assignment, LetterFile, Revision

from . import factories as make

pytestmark = pytest.mark.once

SECRET = "Sildehagen"  # in every text of Esbjerg, and nowhere else
MODELS = list(admin.site._registry)


def url(model, what, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{what}", args=args)


def model_id(model):
    return model._meta.label_lower


@pytest.fixture(scope="module")
def places(module_transaction):
    """Esbjerg with drafts, and Vejle with a council, a strategy and a meeting, created once."""
    esbjerg, vejle = make.municipality("Esbjerg", code="0561"), make.municipality("Vejle", code="0630")
    make.strategy(vejle, title="Vejles strategi")
    make.meeting(make.council(vejle), title="Vejles møde")
    return esbjerg, vejle, drafts_of(esbjerg)


@pytest.fixture
def esbjerg(db, places):
    return places[0]


@pytest.fixture
def vejle(db, places):
    return places[1]


@pytest.fixture
def esbjergs(db, places):
    return places[2]


def drafts_of(esbjerg):
    """Create drafts of each model in Esbjerg, with the secret word."""
    strategy = make.strategy(esbjerg, title=f"{SECRET} strategi", status=Status.DRAFT)
    theme = make.theme(strategy, title=f"{SECRET} tema")
    goal = make.goal(theme, f"{SECRET} mål")
    council = make.council(esbjerg, name=f"{SECRET} råd", status=Status.DRAFT)
    person = make.person(esbjerg, SECRET)
    seat = make.membership(council, person, area=f"{SECRET} område")
    cause = make.cause(council, f"{SECRET} mærkesag")
    meeting = make.meeting(council, title=f"{SECRET} møde", status=Status.DRAFT)
    meeting.refresh_from_db()
    item = make.item(meeting, f"{SECRET} punkt")
    made = [
        strategy, theme, goal, council, person, seat, cause, meeting, item,
        make.section(strategy, heading=f"{SECRET} afsnit"),
        make.action(f"{SECRET} indsats", theme=theme),
        make.follow_up(goal, text=f"{SECRET} opfølgning"),
        make.group(council, name=f"{SECRET} gruppe"),
        make.agenda(meeting, status=Status.DRAFT, intro=f"<p>{SECRET}</p>"),
        make.minutes(meeting, status=Status.DRAFT, approved_how=SECRET),
        make.attendance(meeting, seat, remark=SECRET),
        make.agreement(item, f"{SECRET} aftale"),
        make.attachment(meeting, name=f"{SECRET}.txt"),
        make.hearing(council, f"{SECRET} høring", status=Status.DRAFT),
        make.news(esbjerg, f"{SECRET} nyhed", status=Status.DRAFT),
        make.answered_input(council, f"{SECRET} spørgsmål", Status.DRAFT, text=SECRET, name=SECRET),
        make.letter(esbjerg, subject=f"{SECRET} mail", text=SECRET),
    ]  # fmt: skip
    return {type(obj): obj for obj in made}


@pytest.fixture
def as_bo(client, bo, vejle):
    """A client logged in as Bo of Vejle."""
    client.force_login(bo)
    return client


def text(response):
    return response.content.decode()


@pytest.mark.parametrize("model", MODELS, ids=model_id)
def test_lists_show_nothing_of_another_municipality(model, as_bo, esbjergs):
    for query in ("", "?q=ildehage", "?all=", "?o=1"):
        page = text(as_bo.get(url(model, "changelist") + query))
        assert SECRET not in page


@pytest.mark.parametrize("model", MODELS, ids=model_id)
def test_empty_forms_offer_nothing_of_another_municipality(model, as_bo, esbjergs):
    assert SECRET not in text(as_bo.get(url(model, "add")))
    assert SECRET not in text(as_bo.get(url(model, "add") + "?_popup=1"))


def test_the_front_page_shows_only_ones_own_drafts(client, as_bo, anna, esbjergs):
    assert SECRET not in text(as_bo.get("/admin/"))
    client.force_login(anna)
    assert SECRET in text(client.get("/admin/"))


def test_prefilled_forms_disclose_nothing_of_another_municipality(as_bo, esbjergs):
    strategy = esbjergs[Strategy]
    assert SECRET not in text(as_bo.get(url(Theme, "add") + f"?strategy={strategy.pk}"))
    assert SECRET not in text(as_bo.get(url(Goal, "add") + f"?theme={esbjergs[Theme].pk}"))
    assert SECRET not in text(as_bo.get(url(News, "add") + f"?strategy={strategy.pk}"))


RELATED_FILTERS = [
    (model, item)
    for model, model_admin in admin.site._registry.items()
    for item in (*model_admin.list_filter, getattr(model, "municipality_lookup", "pk"))
    if isinstance(item, str) and item != "pk"
]


@pytest.mark.parametrize(("model", "path"), RELATED_FILTERS, ids=str)
def test_filters_offer_and_find_nothing_of_another_municipality(model, path, as_bo, bo, esbjerg, esbjergs):
    # Users with two municipalities can filter by municipality; Esbjerg is not offered.
    Assignment.objects.create(user=bo, municipality=make.municipality("Kolding"), role=Role.SECRETARY)
    page = text(as_bo.get(url(model, "changelist")))
    assert SECRET not in page and "Esbjerg" not in page
    for pk in {target.pk for target in (esbjerg, *esbjergs.values())}:
        assert SECRET not in text(as_bo.get(url(model, "changelist") + f"?{path}__id__exact={pk}"))


def test_every_filter_on_a_relation_is_scoped_and_none_lists_raw_values(operator):
    request = RequestFactory().get("/admin/")
    request.user = operator
    for model, model_admin in admin.site._registry.items():
        for spec in model_admin.get_changelist_instance(request).filter_specs:
            assert not isinstance(spec, AllValuesFieldListFilter), model
        for item in model_admin.get_list_filter(request):
            if isinstance(item, tuple):
                assert item[1] is ScopedRelatedFilter


AUTOCOMPLETES = [
    (model, name) for model, model_admin in admin.site._registry.items() for name in model_admin.autocomplete_fields
]


@pytest.mark.parametrize(("model", "field"), AUTOCOMPLETES, ids=str)
def test_autocomplete_finds_nothing_of_another_municipality(model, field, client, as_bo, anna, esbjergs):
    query = {"app_label": model._meta.app_label, "model_name": model._meta.model_name, "field_name": field}
    found = as_bo.get(reverse("admin:autocomplete"), query | {"term": SECRET})
    assert json.loads(found.content)["results"] == []
    assert SECRET not in text(as_bo.get(reverse("admin:autocomplete"), query | {"term": ""}))
    client.force_login(anna)
    assert (
        SECRET
        in json.loads(client.get(reverse("admin:autocomplete"), query | {"term": SECRET}).content)["results"][0]["text"]
    )


@pytest.mark.parametrize("model", MODELS, ids=model_id)
def test_autocomplete_of_any_other_relation_is_scoped_too(model, as_bo, esbjergs):
    for field in model._meta.get_fields():
        if field.is_relation and field.related_model and not field.auto_created:
            answer = as_bo.get(
                reverse("admin:autocomplete"),
                {
                    "app_label": model._meta.app_label,
                    "model_name": model._meta.model_name,
                    "field_name": field.name,
                    "term": "",
                },
            )
            assert SECRET not in text(answer)


@pytest.mark.parametrize("model", MODELS, ids=model_id)
def test_an_object_of_another_municipality_does_not_exist(model, as_bo, esbjergs):
    it = esbjergs.get(model)
    if it is None:
        return
    for what in ("change", "delete", "history"):
        for ending in ("", "?_popup=1", "?_to_field=id", "?_changelist_filters=q%3D1"):
            assert as_bo.get(url(model, what, it.pk) + ending).status_code == 404
    for strange in ("0", "99999999999999999999999999", "abc", "1_2F2", "%00", "-1"):
        assert (
            as_bo.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/{strange}/change/").status_code == 404
        )


def test_missing_and_inaccessible_objects_give_the_same_response(as_bo, esbjergs):
    missing = as_bo.get(url(Strategy, "change", 999999))
    anothers = as_bo.get(url(Strategy, "change", esbjergs[Strategy].pk))
    assert (missing.status_code, text(missing)) == (
        anothers.status_code,
        text(anothers).replace(url(Strategy, "change", esbjergs[Strategy].pk), url(Strategy, "change", 999999)),
    )


@pytest.mark.parametrize("query", ["_to_field=password", "_to_field=slug", "_to_field=findes_ikke"])
def test_popups_accept_no_field_but_the_primary_key(query, as_bo, vejle):
    own = vejle.strategies.get()
    assert as_bo.get(url(Strategy, "change", own.pk) + f"?{query}").status_code == 404
    assert as_bo.get(url(Strategy, "delete", own.pk) + f"?{query}").status_code in (403, 404)


@pytest.mark.parametrize(
    ("model", "query"),
    [
        (Strategy, "summary__startswith=H"),
        (Strategy, "municipality__assignments__user__password__startswith=p"),
        (Strategy, "replaces__title__startswith=S"),
        (Meeting, "internal_note__contains=a"),
        (Meeting, "council__municipality__name__startswith=E"),
        (Meeting, "kind__exact__exact=1"),
        (Meeting, "kind__exact=%00"),
        (Meeting, "date__year=ni"),
        (Meeting, "q=%00"),
        (Meeting, "p=ni"),
        (Meeting, "status__regex=.*"),
    ],
)
def test_a_list_answers_no_questions_but_its_own_filters(model, query, as_bo):
    """Unknown lookups are ignored, so that fields cannot be probed letter by letter."""
    response = as_bo.get(url(model, "changelist") + f"?{query}", follow=True)
    assert response.status_code == 200
    assert "Vejles" in text(response) or "q=" in query


def post_new(client, model, **fields):
    return client.post(url(model, "add"), fields)


def empty_inlines(client, address):
    """Return the management form data of the page's inlines."""
    page = text(client.get(address))
    names = re.findall(r'name="([a-z_0-9-]+-(?:TOTAL|INITIAL|MIN_NUM|MAX_NUM)_FORMS)" value="(\d+)"', page)
    return {name: (0 if "TOTAL" in name or "INITIAL" in name else value) for name, value in names}


def test_a_strategy_cannot_be_made_in_another_municipality(as_bo, esbjerg):
    data = {"municipality": esbjerg.pk, "title": "Snydt", "kind": "strategi", "adopted_precision": "dag",
            "theme_label": "tema", "theme_label_plural": "temaer", "goal_label": "mål", "goal_label_plural": "mål",
            "adopted_by": ""}  # fmt: skip
    response = as_bo.post(url(Strategy, "add"), data | empty_inlines(as_bo, url(Strategy, "add")))
    assert response.status_code == 200
    assert not Strategy.objects.filter(title="Snydt").exists()


def test_nothing_can_point_at_another_municipalitys_things(as_bo, vejle, esbjergs):
    news = {"municipality": vejle.pk, "title": "Nyt", "date": "2025-03-03"}
    response = as_bo.post(url(News, "add"), news | {"strategy": esbjergs[Strategy].pk, "meeting": esbjergs[Meeting].pk})
    assert response.status_code == 200 and SECRET not in text(response)
    assert set(response.context["adminform"].form.errors) == {"strategy", "meeting"}

    item = {"meeting": vejle.council.meetings.get().pk, "title": "Punkt", "position": 1}
    response = as_bo.post(
        url(AgendaItem, "add"),
        item
        | {"themes": [esbjergs[Theme].pk], "goals": [esbjergs[Goal].pk]}
        | empty_inlines(as_bo, url(AgendaItem, "add")),
    )
    assert set(response.context["adminform"].form.errors) == {"themes", "goals"}
    assert SECRET not in text(response)
    assert not AgendaItem.objects.filter(title="Punkt").exists()


@pytest.fixture
def as_gro(client, as_bo, vejle, esbjerg):
    """A client logged in as Gro, who has a role in both municipalities."""
    client.force_login(make.user("gro", role=Role.SECRETARY, of=[vejle, esbjerg]))
    return client


def test_not_even_a_person_of_both_places_ties_them_together(as_gro, vejle, esbjergs):
    item = {"meeting": vejle.council.meetings.get().pk, "title": "Punkt", "position": 1}
    rows = empty_inlines(as_gro, url(AgendaItem, "add"))
    response = as_gro.post(url(AgendaItem, "add"), item | rows | {"themes": [esbjergs[Theme].pk]})
    assert "Vælg noget fra samme kommune." in text(response)
    assert not AgendaItem.objects.filter(title="Punkt").exists()


def test_once_it_is_known_where_something_belongs_only_that_place_is_offered(as_gro, vejle, esbjerg, esbjergs):
    assert SECRET in text(as_gro.get(url(News, "add")))
    page = text(as_gro.get(url(News, "change", make.news(vejle).pk)))
    assert SECRET not in page and "Vejles strategi" in page


def test_a_row_of_another_municipality_cannot_ride_along_in_a_form(as_bo, vejle, esbjergs):
    """Submit the primary key of Esbjerg's section as a row of Vejle's strategy."""
    own, theirs = vejle.strategies.get(), esbjergs[Section]
    address = url(Strategy, "afsnit", own.pk)
    form = as_bo.get(address).context["adminform"].form
    data = {k: v for k, v in form.initial.items() if v is not None} | empty_inlines(as_bo, address)
    data |= {
        "sections-TOTAL_FORMS": 1, "sections-INITIAL_FORMS": 1, "sections-0-id": theirs.pk,
        "sections-0-strategy": own.pk, "sections-0-kind": "formaal", "sections-0-heading": "Kapret",
        "sections-0-position": 0,
    }  # fmt: skip
    response = as_bo.post(address, data)
    assert response.status_code == 200 and SECRET not in text(response)
    theirs.refresh_from_db()
    assert theirs.heading == f"{SECRET} afsnit" and theirs.strategy == esbjergs[Strategy]


def test_a_member_of_another_council_cannot_attend(as_bo, vejle, esbjergs):
    meeting = vejle.council.meetings.get()
    response = as_bo.post(
        url(Attendance, "add"), {"meeting": meeting.pk, "member": esbjergs[Membership].pk, "status": "til-stede"}
    )
    assert "member" in response.context["adminform"].form.errors and SECRET not in text(response)


@pytest.mark.parametrize("model", MODELS, ids=model_id)
def test_there_is_no_action_on_many_at_once(model, client, operator, esbjergs):
    client.force_login(operator)
    count = model.objects.count()
    ids = list(model.objects.values_list("pk", flat=True))
    client.post(
        url(model, "changelist"), {"action": "delete_selected", "_selected_action": ids, "post": "yes", "index": 0}
    )
    assert model.objects.count() == count
    assert 'name="action"' not in text(client.get(url(model, "changelist")))


def test_raw_numbers_are_asked_for_nowhere():
    """Django's widget would show the name of any primary key."""
    inlines = [inline for model_admin in admin.site._registry.values() for inline in model_admin.inlines]
    assert [
        a for a in (*admin.site._registry.values(), *inlines) if a.raw_id_fields != BaseModelAdmin.raw_id_fields
    ] == []


def test_every_page_of_the_back_office_is_scoped():
    assert all(isinstance(model_admin, ScopedAdmin) for model_admin in admin.site._registry.values())
    ours = {
        model
        for model in admin.site._registry
        for model in [
            model,
            *(f.related_model for f in model._meta.get_fields() if f.is_relation and not f.auto_created),
        ]
        if model and model._meta.app_label in ("udsat", "strategies", "council")
    }
    # Files of a letter and revisions are not part of any form.
    assert ours - {LetterFile, Revision} <= set(admin.site._registry)


def test_deletion_names_only_what_goes_along(client, anna, esbjerg, vejle, esbjergs):
    theme = esbjergs[Theme]
    esbjergs[AgendaItem].themes.add(theme)
    client.force_login(anna)
    page = text(client.get(url(Theme, "delete", theme.pk)))
    assert f"{SECRET} mål" in page and f"{SECRET} indsats" in page
    assert "AgendaItem_themes" not in page and f"{SECRET} punkt" not in page
    client.post(url(Theme, "delete", theme.pk), {"post": "yes"})
    assert not Theme.objects.filter(pk=theme.pk).exists()
    assert AgendaItem.objects.filter(pk=esbjergs[AgendaItem].pk).exists()


def test_the_municipality_is_named_only_to_those_with_several(client, anna, esbjerg, vejle):
    make.news(esbjerg)
    client.force_login(anna)
    page = text(client.get(url(News, "changelist")))
    assert "Esbjerg Kommune" not in page
    assert 'type="hidden" name="municipality"' in text(client.get(url(News, "add")))
    client.force_login(make.user("gro", role=Role.SECRETARY, of=[esbjerg, vejle]))
    assert "Esbjerg Kommune" in text(client.get(url(News, "changelist")))
    assert '<select name="municipality"' in text(client.get(url(News, "add")))


def test_a_form_offers_only_places_where_one_may_write(client, esbjerg, vejle):
    user = make.user("gro", role=Role.SECRETARY, of=esbjerg)
    Assignment.objects.create(user=user, municipality=vejle, role=Role.APPROVER)
    client.force_login(user)
    page = text(client.get(url(News, "add")))
    assert f'type="hidden" name="municipality" value="{esbjerg.pk}"' in page and "Vejle " not in page
    response = client.post(url(News, "add"), {"municipality": vejle.pk, "title": "Nyt", "date": "2025-03-03"})
    assert response.status_code == 200 and not News.objects.filter(title="Nyt").exists()


def test_what_is_made_stays_in_its_municipality(client, esbjerg, vejle):
    client.force_login(make.user("gro", role=Role.SECRETARY, of=[esbjerg, vejle]))
    news = make.news(esbjerg, status=Status.DRAFT)
    form = client.get(url(News, "change", news.pk)).context["adminform"].form
    data = {k: v for k, v in form.initial.items() if v is not None} | {"municipality": vejle.pk, "title": "Flyttet"}
    assert client.post(url(News, "change", news.pk), data).status_code == 302
    news.refresh_from_db()
    assert (news.title, news.municipality) == ("Flyttet", esbjerg)


def test_an_approver_reads_forms_without_fields(client, dan, esbjerg):
    client.force_login(dan)
    news = make.news(esbjerg, body="<p>Kom <strong>indenfor</strong></p>", status=Status.DRAFT)
    page = text(client.get(url(News, "change", news.pk)))
    assert "Kom <strong>indenfor</strong>" in page
    assert "<textarea" not in page and 'name="_save"' not in page
    assert url(News, "publish", news.pk) in page


def test_an_editor_reads_what_is_public_without_fields(client, carla, esbjerg):
    client.force_login(carla)
    news = make.news(esbjerg)
    page = text(client.get(url(News, "change", news.pk)))
    assert 'name="title"' not in page and url(News, "publish", news.pk) not in page
    assert client.post(url(News, "change", news.pk), {"title": "Snydt"}).status_code == 403


def test_an_editor_writes_minutes_while_the_agenda_is_public(client, carla, esbjerg):
    meeting = make.meeting(esbjerg.council, ordinal=2)
    meeting.refresh_from_db()
    make.agenda(meeting)
    item = make.item(meeting, "Boliger")
    client.force_login(carla)
    address = url(AgendaItem, "change", item.pk)
    response = client.get(address)
    form = response.context["adminform"].form
    assert "decision" in form.fields and "title" not in form.fields
    data = {"version": form.initial["version"], "decision": "<p>Godkendt.</p>", "answer": "godkendt", "title": "Snydt"}
    response = client.post(address, data | empty_inlines(client, address))
    assert response.status_code == 302
    item.refresh_from_db()
    assert (item.title, item.decision) == ("Boliger", "<p>Godkendt.</p>")
    make.minutes(meeting)
    assert client.post(address, data).status_code == 403


def test_a_draft_can_be_deleted_until_it_has_been_public(client, anna, esbjerg):
    client.force_login(anna)
    draft, withdrawn = make.news(esbjerg, "En", status=Status.DRAFT), make.news(esbjerg, "To", status=Status.WITHDRAWN)
    assert client.post(url(News, "delete", draft.pk), {"post": "yes"}).status_code == 302
    assert client.post(url(News, "delete", withdrawn.pk), {"post": "yes"}).status_code == 403
    assert list(News.objects.filter(pk__in=[draft.pk, withdrawn.pk])) == [withdrawn]


def test_a_meeting_whose_minutes_were_public_is_kept(client, anna, esbjerg):
    meeting = make.meeting(esbjerg.council, ordinal=2, status=Status.DRAFT)
    make.minutes(meeting, status=Status.WITHDRAWN)
    client.force_login(anna)
    assert client.post(url(Meeting, "delete", meeting.pk), {"post": "yes"}).status_code == 403
    assert Meeting.objects.filter(pk=meeting.pk).exists()


def test_the_log_of_changes_keeps_no_cpr_number(client, anna, esbjerg):
    client.force_login(anna)
    client.post(url(News, "add"), {"municipality": esbjerg.pk, "title": "Brev fra 010190-1234", "date": "2025-03-03"})
    news = News.objects.get(title="Brev fra 010190-1234")
    assert not LogEntry.objects.exists()
    assert "1234" not in Revision.objects.of(news).get().label
    page = text(client.get(url(News, "changelist")))
    assert "ligner et CPR-nummer" in page


def test_forms_forget_no_field_that_can_be_too_long_or_of_the_wrong_kind(client, anna, esbjerg):
    client.force_login(anna)
    data = {"municipality": "ni", "title": "x" * 5000, "date": "31.31.2025", "expires_at": "snart", "slug": "æ ø"}
    response = client.post(url(News, "add"), data)
    assert response.status_code == 200
    assert set(response.context["adminform"].form.errors) >= {"title", "date", "expires_at", "slug"}


def test_two_visions_in_one_form_are_rejected_before_the_constraint(client, anna, esbjerg):
    client.force_login(anna)
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    address = url(Strategy, "afsnit", strategy.pk)
    form = client.get(address).context["adminform"].form
    data = {k: v for k, v in form.initial.items() if v is not None} | empty_inlines(client, address)
    data |= {"sections-TOTAL_FORMS": 2, "sections-INITIAL_FORMS": 0}
    for row in (0, 1):
        data |= {f"sections-{row}-kind": "vision", f"sections-{row}-position": row}
    response = client.post(address, data)
    assert response.status_code == 200 and "kun én vision" in text(response)


def test_every_model_of_ours_has_a_page():
    """List models without an admin of their own."""
    without = {
        "regionperiod", "assignment", "cproverride", "letterfile", "standarditem", "formerdate",  # rows on another page
        "searchentry", "searchword",  # the index
        "revision", "edition", "publicversion",  # the pages »Historik« and »Rettelser«, and versions of public papers
        "invitation", "proposal", "approval", "remark",  # the pages of a meeting and of a hearing
        "deskclash", "deskedit", "deskpresence", "deskrow",  # the meeting desk
        "follower", "subscription", "notice",  # private
        "formsubmission", "publicstamp",  # only counted
        "documentimport",  # the pages of an upload
        "createdrow",  # notes of rows that a form has saved while it was written
        "heldfile", "keptform", "keptfile",  # forms that are not saved
    }  # fmt: skip
    missing = {
        model._meta.model_name
        for app in ("udsat", "strategies", "council")
        for model in apps.get_app_config(app).get_models()
        if model not in admin.site._registry
    }
    assert missing <= without
