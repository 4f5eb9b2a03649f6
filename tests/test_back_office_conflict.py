"""Edit conflicts: no input is lost and no saved text is overwritten unnoticed."""

import html

import pytest
from django.contrib import admin
from django.db import connection
from django.forms import FileField
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from council.models import Meeting, Person
from strategies.models import Goal, Strategy
from udsat.lib.publishing import Status

from . import factories as make
from .test_back_office_scope import empty_inlines, text, url


def opened(client, it, page="change"):
    """Return the form data of the change page."""
    address = url(type(it), page, it.pk)
    form = client.get(address).context["adminform"].form
    fields = {name: form[name].value() for name, field in form.fields.items() if not isinstance(field, FileField)}
    return {name: value for name, value in fields.items() if value is not None and value is not False} | empty_inlines(
        client, address
    )


def page_of(it, *names):
    """Return the page of the object's form with one of these fields."""
    for page in getattr(admin.site.get_model_admin(type(it)), "form_pages", []):
        if set(page.field_names) & set(names):
            return page.slug or "change"
    return "change"


def save(client, it, data, page="change"):
    return client.post(url(type(it), page, it.pk), data)


def log_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def annas(anna):
    return log_in(anna)


@pytest.fixture
def carlas(carla):
    return log_in(carla)


@pytest.fixture
def news(esbjerg):
    return make.news(esbjerg, "Nyt værested", lead="Åbner mandag", status=Status.DRAFT)


def test_the_second_to_save_sees_the_saved_text_and_keeps_the_typed_one(annas, carlas, news):
    hers, his = opened(carlas, news), opened(annas, news)
    assert save(annas, news, his | {"title": "Værested åbner snart", "lead": "Åbner tirsdag"}).status_code == 302
    response = save(carlas, news, hers | {"title": "Café åbner"})
    page = html.unescape(text(response))
    assert response.status_code == 200
    assert "Anna har gemt imens." in page
    assert 'value="Café åbner"' in page
    assert "Gemt nu:</strong> <span>Værested åbner snart" in page
    assert "Gemt nu:</strong> <span>Åbner tirsdag" in page and ">\nÅbner mandag</textarea>" in page
    news.refresh_from_db()
    assert (news.title, news.lead) == ("Værested åbner snart", "Åbner tirsdag")


def test_saving_again_after_the_conflict_succeeds(annas, carlas, news):
    hers, his = opened(carlas, news), opened(annas, news)
    save(annas, news, his | {"title": "Værested åbner snart"})
    form = save(carlas, news, hers | {"title": "Café åbner"}).context["adminform"].form
    again = {name: form[name].value() or "" for name in form.fields}
    assert save(carlas, news, again).status_code == 302
    news.refresh_from_db()
    assert (news.title, news.version) == ("Café åbner", 3)


def test_fields_that_do_not_differ_are_not_marked(annas, carlas, news):
    hers, his = opened(carlas, news), opened(annas, news)
    save(annas, news, his | {"lead": "Åbner tirsdag"})
    form = save(carlas, news, hers).context["adminform"].form
    assert set(form.errors) == {"__all__", "lead"}


def test_a_conflict_with_ones_own_other_window_is_named(annas, news):
    first, second = opened(annas, news), opened(annas, news)
    save(annas, news, first | {"title": "En"})
    assert "Du har gemt imens." in text(save(annas, news, second | {"title": "To"}))


def test_a_publication_in_the_meantime_counts(annas, news, dan):
    form = opened(annas, news)
    news.publish(by=dan, confirmed=True)
    assert "har gemt imens" in text(save(annas, news, form | {"title": "Uset"}))
    news.refresh_from_db()
    assert news.title == "Nyt værested"


def test_the_other_may_have_worked_on_a_part(annas, carlas, esbjerg):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    goal = make.goal(make.theme(strategy))
    whole = opened(annas, strategy)
    assert save(carlas, goal, opened(carlas, goal) | {"text": "bygge 40 boliger."}).status_code == 302
    assert "Carla" not in text(annas.get(url(Strategy, "change", strategy.pk)))
    assert "har gemt imens" in text(save(annas, strategy, whole))


def test_parts_conflict_only_with_themselves(annas, carlas, esbjerg):
    theme = make.theme(make.strategy(esbjerg, status=Status.DRAFT))
    one, other = make.goal(theme, "bygge boliger."), make.goal(theme, "lytte.")
    form = opened(annas, one)
    assert save(carlas, other, opened(carlas, other) | {"text": "lytte mere."}).status_code == 302
    assert save(annas, one, form | {"text": "bygge 20 boliger."}).status_code == 302
    stale = opened(annas, one)
    save(carlas, one, opened(carlas, one) | {"text": "bygge 30 boliger."})
    page = text(save(annas, one, stale | {"text": "bygge 40 boliger."}))
    assert "Carla har gemt imens." in page and "bygge 30 boliger." in page and "bygge 40 boliger." in page
    assert Goal.objects.get(pk=one.pk).text == "bygge 30 boliger."


def test_two_who_edit_the_same_agreement_on_the_page_of_its_item_see_the_conflict(annas, carlas, esbjerg):
    item = make.item(make.meeting(make.council(esbjerg, status=Status.DRAFT), status=Status.DRAFT))
    agreement = make.agreement(item, "Ringe")

    def with_row(client, words):
        row = {"id": agreement.pk, "item": item.pk, "text": words, "position": 0}
        counts = {"agreements-TOTAL_FORMS": 1, "agreements-INITIAL_FORMS": 1}
        return opened(client, item) | counts | {f"agreements-0-{name}": value for name, value in row.items()}

    annas_text, carlas_text = with_row(annas, "Annas tekst"), with_row(carlas, "Carlas tekst")
    assert save(annas, item, annas_text).status_code == 302
    response = save(carlas, item, carlas_text)
    assert response.status_code == 200 and "Anna har gemt imens." in response.text
    assert "Carlas tekst" in response.text and "Gemt nu:</strong> <span>Annas tekst" in html.unescape(response.text)
    agreement.refresh_from_db()
    assert agreement.text == "Annas tekst"


def test_a_row_of_the_page_shows_what_is_saved_too(annas, carlas, esbjerg):
    council = make.council(esbjerg, status=Status.DRAFT)
    council.refresh_from_db()
    row = council.causes.create(title="Et sted at sove")

    def with_row(client, title):
        return opened(client, council, "maerkesager") | {
            "causes-TOTAL_FORMS": 1, "causes-INITIAL_FORMS": 1, "causes-0-id": row.pk,
            "causes-0-council": council.pk, "causes-0-title": title, "causes-0-position": 0,
        }  # fmt: skip

    hers = with_row(carlas, "Et varmt sted")
    assert save(annas, council, with_row(annas, "Et sted at bo"), "maerkesager").status_code == 302
    page = html.unescape(text(save(carlas, council, hers, "maerkesager")))
    assert 'value="Et varmt sted"' in page and "Gemt nu:</strong> <span>Et sted at bo" in page
    row.refresh_from_db()
    assert row.title == "Et sted at bo"


def test_a_row_removed_by_another_user_is_reported(annas, carlas, esbjerg):
    council = make.council(esbjerg, status=Status.DRAFT)
    council.refresh_from_db()
    row = council.causes.create(title="Et sted at sove")
    hers = opened(carlas, council, "maerkesager") | {
        "causes-TOTAL_FORMS": 1, "causes-INITIAL_FORMS": 1, "causes-0-id": row.pk,
        "causes-0-council": council.pk, "causes-0-title": "Et varmt sted", "causes-0-position": 0,
    }  # fmt: skip
    row.delete()
    response = save(carlas, council, hers, "maerkesager")
    assert response.status_code == 200 and 'value="Et varmt sted"' in text(response)
    assert "en række er fjernet imens" in text(response)
    version = response.context["adminform"].form["version"].value()
    again = hers | {"version": version, "causes-INITIAL_FORMS": 0, "causes-0-id": ""}
    assert save(carlas, council, again, "maerkesager").status_code == 302
    assert council.causes.get().title == "Et varmt sted"


def test_rich_text_choices_and_dates_are_shown_as_a_person_reads_them(annas, carlas, esbjerg):
    council = make.council(esbjerg, status=Status.DRAFT)
    hearing = make.hearing(council, status=Status.DRAFT)
    hers = opened(carlas, hearing)
    his = {"answer": "<p>Vi siger <strong>ja</strong>.</p>", "answered_on": "2025-02-20", "outcome": "fulgt"}
    save(annas, hearing, opened(annas, hearing) | his)
    page = text(save(carlas, hearing, hers))
    assert "<span><p>Vi siger <strong>ja</strong>.</p></span>" in page
    assert "<span>20.02.2025</span>" in page and "<span>Rådet blev fulgt</span>" in page


def test_what_is_saved_is_escaped_beside_the_field(annas, carlas, news):
    hers = opened(carlas, news)
    save(annas, news, opened(annas, news) | {"title": "<script>alert(1)</script>"})
    page = text(save(carlas, news, hers | {"title": "Noget andet"}))
    assert "<script>alert(1)" not in page and "&lt;script&gt;alert(1)" in page


def test_a_form_without_its_version_writes_over_nothing(annas, news):
    data = opened(annas, news)
    for version in ("", "ni", "999", None):
        changed = {**data, "title": "Uset", "version": version} if version is not None else {"title": "Uset"}
        assert save(annas, news, changed).status_code == 200
    news.refresh_from_db()
    assert (news.title, news.version) == ("Nyt værested", 1)


def test_a_person_is_guarded_as_well_and_counts_for_the_council(annas, carlas, esbjerg):
    council = make.council(esbjerg, status=Status.DRAFT)
    person = make.person(esbjerg)
    make.membership(council, person)
    hers = opened(carlas, person)
    save(annas, person, opened(annas, person) | {"first_name": "Kaja"})
    assert "Kaja" in text(save(carlas, person, hers | {"first_name": "Karla"}))
    assert Person.objects.get().first_name == "Kaja"
    council.refresh_from_db()
    assert council.version == 2


def test_a_log_in_is_no_edit_of_the_user(client, eva, carla):
    client.force_login(eva)
    address = reverse("admin:udsat_user_change", args=[carla.pk])
    data = opened(client, carla)
    Client().login(username="carla", password=make.PASSWORD)
    assert client.post(address, data | {"first_name": "Carla Maria"}).status_code == 302


def test_saving_a_meeting_counts_once_for_it_and_for_its_papers(annas, esbjerg):
    meeting = make.meeting(make.council(esbjerg), status=Status.DRAFT)
    meeting.refresh_from_db()
    agenda = make.agenda(meeting, status=Status.DRAFT)
    data = opened(annas, meeting) | {
        "agenda-TOTAL_FORMS": 1,
        "agenda-INITIAL_FORMS": 1,
        "agenda-0-id": agenda.pk,
        "agenda-0-meeting": meeting.pk,
        "agenda-0-intro": "<p>Velkommen.</p>",
    }
    assert save(annas, meeting, data).status_code == 302
    agenda.refresh_from_db()
    assert (Meeting.objects.get().version, agenda.version, agenda.intro) == (2, 2, "<p>Velkommen.</p>")


def test_concurrent_saves_wait_for_each_other(annas, news):
    """The object is locked, so that the compared version is the overwritten one."""
    data = opened(annas, news)
    with CaptureQueriesContext(connection) as queries:
        save(annas, news, data | {"title": "Café åbner"})
    reads = [query["sql"] for query in queries if "council_news" in query["sql"] and query["sql"].startswith("SELECT")]
    if connection.features.has_select_for_update:
        assert any("FOR UPDATE" in read for read in reads)
    else:
        assert connection.transaction_mode == "IMMEDIATE"
