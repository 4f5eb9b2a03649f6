"""Form input in the back office: valid values are saved, invalid ones give a clear error."""

import pytest
from django.db.models.signals import pre_save
from lxml import html

from council.models import Meeting, Person
from udsat.lib.publishing import Status

from . import factories as make
from .test_back_office_scope import empty_inlines


@pytest.fixture
def office(client, anna):
    client.force_login(anna)
    return client


def test_a_secretary_adds_a_person(office, esbjerg):
    # A vacant seat must not match the unsaved person.
    make.membership(make.council(esbjerg), area="Hjemløshed")
    answer = office.post(
        "/admin/council/person/add/",
        {
            "municipality": esbjerg.pk,
            "first_name": "Karen",
            "last_name": "Holm",
            "shown": "fornavn",
            "consent_on": "2026-01-02",
        },
    )
    assert answer.status_code == 302
    assert Person.objects.get().public_name == "Karen"


@pytest.mark.parametrize(
    ("button", "said"),
    [("", "Karen Holm</a>« er gemt."), ("_continue", "»Karen Holm« er gemt."), ("_addanother", "lave en ny.")],
)
def test_the_secretary_reads_in_plain_words_that_it_is_saved(office, esbjerg, button, said):
    fields = {"municipality": esbjerg.pk, "first_name": "Karen", "last_name": "Holm", "shown": "rolle", button: "1"}
    page = office.post("/admin/council/person/add/", fields, follow=True).content.decode()
    assert said in page and "herunder" not in page
    person = Person.objects.get()
    address = f"/admin/council/person/{person.pk}/change/"
    shown = html.fromstring(office.get(address).content).xpath("//form[@id='person_form']")[0].form_values()
    page = office.post(address, {**dict(shown), button: "1"}, follow=True).content.decode()
    assert said in page and "herunder" not in page


@pytest.mark.parametrize("day", ["0026-12-01", "0001-01-01", "9999-12-31", "31.12.0026"])
def test_a_year_that_cannot_be_meant_is_asked_about(office, esbjerg, day):
    make.council(esbjerg)
    answer = office.post("/admin/council/meeting/add/", {"date": day})
    assert answer.status_code == 200
    assert "Skriv et mellem 1900 og 2199." in answer.content.decode()


@pytest.mark.parametrize("moment", ["0001-01-01T00:00", "9999-12-31T23:59", "01.01.0001 00.00"])
def test_a_moment_outside_the_calendar_is_asked_about(office, esbjerg, moment):
    story = make.news(esbjerg, status=Status.DRAFT)
    page = f"/admin/council/news/{story.pk}/"
    typed = {"title": story.title, "slug": story.slug, "date": "2026-11-23", "version": story.version}
    answer = office.post(f"{page}change/", typed | {"expires_at": moment})
    assert "Skriv et mellem 1900 og 2199." in answer.content.decode()
    answer = office.post(f"{page}offentliggoer/", {"seen": story.version, "confirmed": "on", "at": moment})
    assert "Skriv et mellem 1900 og 2199." in answer.content.decode()
    story.refresh_from_db()
    assert (story.status, story.expires_at) == (Status.DRAFT, None)


@pytest.mark.parametrize(
    "query", ["date__year=999999999999999999", "date__year=9999&date__month=12", "date__year=0", "date__year=%D9%A2"]
)
@pytest.mark.parametrize("listed", ["council/meeting", "strategies/followup"])
def test_a_list_of_a_year_that_is_none_shows_the_whole_list(office, listed, query):
    answer = office.get(f"/admin/{listed}/?{query}")
    assert answer.status_code == 302
    assert office.get(f"/admin/{listed}/?date__year=2026").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_same_meeting_at_once_break_nothing(office, esbjerg):
    """A row inserted after validation simulates the concurrent request, which only PostgreSQL allows."""
    council = make.council(esbjerg)

    def another(sender, instance, **kwargs):
        pre_save.disconnect(another, sender=Meeting)
        make.meeting(council, instance.date)

    pre_save.connect(another, sender=Meeting)
    form = html.fromstring(office.get("/admin/council/meeting/add/").content.decode()).get_element_by_id("meeting_form")
    typed = {name: value or "" for name, value in form.fields.items() if "__prefix__" not in name}
    answer = office.post("/admin/council/meeting/add/", typed | {"date": "2031-05-05"})
    assert answer.status_code == 302
    assert Meeting.objects.count() == 1


def test_an_address_taken_out_is_made_again_even_when_something_else_is_wrong(office, esbjerg):
    strategy = make.strategy(esbjerg, "Plads til alle", Status.DRAFT)
    theme = make.theme(strategy, "Et sted at bo")
    story = make.news(esbjerg, "Nyt værested", Status.DRAFT)
    for page in (
        f"/admin/strategies/strategy/{strategy.pk}/kilde/",
        f"/admin/strategies/theme/{theme.pk}/emner/",
        f"/admin/council/news/{story.pk}/change/",
    ):
        # An almost empty form has many errors.
        assert office.post(page, {"slug": ""}).status_code == 200
        form = html.fromstring(office.get(page).content.decode()).xpath("//form[contains(@id, '_form')]")[-1]
        typed = {name: value for name, value in form.fields.items() if value and "__prefix__" not in name}
        assert office.post(page, typed | {"slug": ""}).status_code == 302
    for obj, address in ((strategy, "plads-til-alle"), (theme, "et-sted-at-bo"), (story, "nyt-vaerested")):
        obj.refresh_from_db()
        assert obj.slug == address


@pytest.mark.parametrize("nonsense", ["9" * 5000, "99999999999999999999", "²", "[]", "\x00"])
def test_numbers_that_are_none_are_taken_for_nothing_on_the_pages_of_a_meeting(office, esbjerg, nonsense):
    meeting = make.meeting(make.council(esbjerg), status=Status.DRAFT)
    item, page = make.item(meeting, "Natcafé"), f"/admin/council/meeting/{meeting.pk}"
    typed = {f"punkt-{item.pk}-{name}": nonsense for name in ("version", "themes", "goals")}
    typed[f"punkt-{item.pk}-title"] = "Et nyt navn"
    answer = office.post(f"{page}/punkter/", {**typed, "order": nonsense, "action": f"move_up:{nonsense}"})
    assert answer.status_code == 200 and "Et nyt navn" in answer.text
    assert office.post(f"{page}/punkter/", {"order": nonsense}).status_code == 302
    assert office.post(f"{page}/punkter/bilag/", {"item": nonsense}).status_code == 400
    assert office.post(f"{page}/godkendelse/", {"action": "mark_handled", "remark": nonsense}).status_code == 302
    own = {"title": "Natcafé", "themes": nonsense, "meeting": nonsense}
    assert office.post(f"/admin/council/agendaitem/{item.pk}/change/", own).status_code == 200
    item.refresh_from_db()
    assert item.title == "Natcafé"


def test_a_search_that_no_database_can_make_leads_back_to_the_list(office, esbjerg):
    assert office.get("/admin/udsat/letter/", {"q": "x" * 60_000}).status_code == 302


@pytest.mark.parametrize("counts", [("0", "99999999999"), ("9999", "0"), ("9999", "9999"), ("501", "0")])
@pytest.mark.parametrize(
    ("make_page", "slug"),
    [
        (lambda place: make.meeting(make.council(place)), "change"),
        (lambda place: make.theme(make.strategy(place)), "change"),
        (lambda place: make.goal(make.theme(make.strategy(place))), "indsatser"),
        *((make.strategy, slug) for slug in ("afsnit", "temaer")),
        *((make.council, slug) for slug in ("faste-punkter", "maerkesager", "grupper")),
    ],
)
def test_counts_of_rows_above_those_submitted_are_refused_without_reading_a_row(
    office, esbjerg, make_page, slug, counts
):
    page = make_page(esbjerg)
    address = f"/admin/{page._meta.app_label}/{page._meta.model_name}/{page.pk}/{slug}/"
    posted = empty_inlines(office, address)
    prefixes = {
        name.removesuffix("-TOTAL_FORMS") for name in posted if name.endswith("-TOTAL_FORMS") and "__" not in name
    }
    assert prefixes
    for prefix in prefixes:
        total, initial = counts
        hostile = {f"{prefix}-TOTAL_FORMS": total, f"{prefix}-INITIAL_FORMS": initial}
        response = office.post(address, posted | hostile)
        formsets = {wrapped.formset.prefix: wrapped.formset for wrapped in response.context["inline_admin_formsets"]}
        assert response.status_code == 200 and not formsets[prefix].forms and formsets[prefix].non_form_errors()


def test_a_new_meeting_is_offered_the_councils_usual_time_and_place(office, esbjerg):
    council = make.council(esbjerg, meeting_place="Rådhuset", address="Torvet 1")

    def offered():
        form = office.get("/admin/council/meeting/add/").context["adminform"].form
        return tuple(str(form[name].value() or "") for name in ("starts_at", "ends_at", "place", "address"))

    assert offered() == ("", "", "Rådhuset", "Torvet 1")
    usual = {"starts_at": "14:00", "ends_at": "16:00", "place": "Værestedet", "address": "Havnegade 2"}
    make.meeting(council, "2025-01-01", **usual)
    make.meeting(council, "2025-02-01", kind="besoeg", starts_at="09:00", place="Herberget")
    assert offered() == ("14:00:00", "16:00:00", "Værestedet", "Havnegade 2")


def test_after_saving_the_secretary_stands_where_they_stood(office, esbjerg):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    theme = make.theme(strategy)
    goal = make.goal(theme)
    page = f"/admin/strategies/goal/{goal.pk}/change/"
    form = html.fromstring(office.get(page).content.decode()).get_element_by_id("goal_form")
    typed = {name: value or "" for name, value in form.fields.items() if "__prefix__" not in name}
    assert office.post(page, typed | {"_continue": "1"})["Location"] == page
    version = {"version": office.get(page).context["adminform"].form["version"].value()}
    closed = office.post(page, typed | version | {"_save": "1"})["Location"]
    assert closed == f"/admin/strategies/theme/{theme.pk}/change/#goal-{goal.pk}"
    assert f'id="goal-{goal.pk}"' in office.get(closed).content.decode()


def test_a_form_that_is_closed_returns_to_the_list_with_its_filters(office, esbjerg):
    story = make.news(esbjerg, status=Status.DRAFT)
    page = f"/admin/council/news/{story.pk}/change/?_changelist_filters=status%3Dkladde%26p%3D2"
    form = html.fromstring(office.get(page).content.decode()).get_element_by_id("news_form")
    typed = {name: value or "" for name, value in form.fields.items() if "__prefix__" not in name}
    assert office.post(page, typed | {"_save": "1"})["Location"] == "/admin/council/news/?status=kladde&p=2"


def test_forms_and_lists_show_words_and_check_lists_instead_of_stock_icons_and_multiple_selects(
    office, operator, esbjerg
):
    council = make.council(esbjerg)
    seat = make.membership(council, make.person(esbjerg))
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    theme = make.theme(strategy)
    meeting = make.meeting(council, status=Status.DRAFT)
    item, group = make.item(meeting, is_closed=True), make.group(council)
    item.themes.add(theme)
    office.force_login(operator)
    pages = [
        f"/admin/council/meeting/{meeting.pk}/change/",
        f"/admin/council/meeting/{meeting.pk}/punkter/",
        f"/admin/council/agendaitem/{item.pk}/change/",
        "/admin/council/agendaitem/",
        f"/admin/strategies/strategy/{strategy.pk}/temaer/",
        f"/admin/strategies/theme/{theme.pk}/emner/",
        f"/admin/council/council/{council.pk}/grupper/",
        f"/admin/council/workinggroup/{group.pk}/change/",
        f"/admin/council/membership/{seat.pk}/change/",
        "/admin/council/membership/add/",
        "/admin/udsat/user/",
    ]
    for page in pages:
        content = office.get(page).content.decode()
        for remnant in ("admin/img/icon", "Hold ", "Kommando", " multiple"):
            assert remnant not in content.replace('<input type="file" multiple', ""), f"{page}: {remnant}"
    assert ">ja</td>" in office.get("/admin/council/agendaitem/").content.decode()
    assert "Ny person …" in office.get("/admin/council/membership/add/").content.decode()
    agenda = html.fromstring(office.get(pages[1]).content.decode())
    [chosen] = agenda.xpath(f"//input[@name='punkt-{item.pk}-themes'][@checked]/@value")
    assert chosen == str(theme.pk)
