"""Status codes of every back-office address by role and state. An address without a row fails."""

import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.template.backends.django import Template
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse

from council.models import Agenda, Minutes
from strategies.models import Section
from udsat.lib.publishing import Status
from udsat.lib.roles import Role
from udsat.models import Deletion, PublicationEvent, Region

from . import factories as make
from .selection import dealt

pytestmark = pytest.mark.once

DRAFT, PUBLIC, WITHDRAWN, CLOSED = Status.DRAFT, Status.PUBLISHED, Status.WITHDRAWN, "closed"

# Columns: secretary, editor, approver and administrator of this municipality, superuser.
INSIDERS = ("secretary", "editor", "approver", "administrator", "superuser")
ALL_READ = (200, 200, 200, 200, 200)
WRITERS = (200, 200, 403, 200, 200)
WRITERS_OF_PUBLIC = (200, 403, 403, 200, 200)
PUBLISHERS = (200, 403, 200, 200, 200)
PUBLISHERS_SENT_BACK = (302, 403, 302, 302, 302)
FORGETTERS = (200, 403, 403, 200, 200)
FORGETTERS_SENT_BACK = (302, 403, 403, 302, 302)
NOBODY = (403, 403, 403, 403, 403)
OPERATOR = (403, 403, 403, 403, 200)
MANAGERS = (403, 403, 403, 200, 200)
NO_GET = (405, 403, 405, 405, 405)
NO_GET_FOR_WRITERS = (405, 405, 403, 405, 405)

# Pages of every model; {} where the code depends on the state.
LISTS = {"changelist": ALL_READ, "add": WRITERS}
PUBLISHABLE = {
    DRAFT: {"change": WRITERS, "delete": WRITERS, "publish": PUBLISHERS, "withdraw": PUBLISHERS_SENT_BACK},
    PUBLIC: {"change": WRITERS_OF_PUBLIC, "delete": NOBODY, "publish": PUBLISHERS_SENT_BACK, "withdraw": PUBLISHERS},
    WITHDRAWN: {"change": WRITERS, "delete": NOBODY, "publish": PUBLISHERS, "withdraw": PUBLISHERS_SENT_BACK},
}
# Preview.
PUBLISHABLE = {state: row | {"preview": PUBLISHERS} for state, row in PUBLISHABLE.items()}
PART = {
    DRAFT: {"change": WRITERS, "delete": WRITERS},
    PUBLIC: {"change": WRITERS_OF_PUBLIC, "delete": WRITERS_OF_PUBLIC},
    WITHDRAWN: {"change": WRITERS, "delete": WRITERS},
}
MEETING = {
    # A public meeting locks its own fields for the editor but not those of its papers, so the page opens.
    state: row | {"change": WRITERS, "create_agenda": NO_GET, "create_minutes": NO_GET, "approval": ALL_READ}
    for state, row in PUBLISHABLE.items()
}
# Earlier editions for readers; corrections for users who may both write and publish.
MEETING = {state: row | {"editions": ALL_READ, "correct": (200, 403, 403, 200, 200)} for state, row in MEETING.items()}
# Agenda and invitations for readers; the supplementary agenda for publishers.
CALL = {
    "agenda": ALL_READ,
    "invitations": ALL_READ,
    "item_copy": WRITERS,
    "item_file": NO_GET_FOR_WRITERS,
    "remove_file": NO_GET_FOR_WRITERS,
    "supplement": PUBLISHERS_SENT_BACK,
}
MEETING = {state: row | CALL for state, row in MEETING.items()}
# Word export for readers, import for editors.
WORD = {"files": ALL_READ, "docx": ALL_READ, "agenda_docx": ALL_READ, "case_zip": ALL_READ, "import": WRITERS}
MEETING = {state: row | WORD for state, row in MEETING.items()}
# The meeting desk and its JSON endpoint.
MEETING = {state: row | {"desk": WRITERS, "desk_sync": WRITERS} for state, row in MEETING.items()}
HEARING = {state: row | {"approval": ALL_READ, "send": ALL_READ, "pdf": ALL_READ} for state, row in PUBLISHABLE.items()}
# Inputs are created by citizens and anonymised instead of deleted, by users who may both write and publish.
INPUT = {
    state: row | {"delete": NOBODY, "answer": ALL_READ, "action": NO_GET_FOR_WRITERS, "forget": FORGETTERS}
    for state, row in PUBLISHABLE.items()
}
INPUT[PUBLIC]["action"] = (405, 403, 403, 405, 405)
ITEM = {
    **PART,
    # Only the agenda is public: the editor writes the minutes.
    PUBLIC: {"change": WRITERS, "delete": WRITERS_OF_PUBLIC},
    CLOSED: {"change": WRITERS, "delete": WRITERS_OF_PUBLIC},
}
MINUTES_ONLY = {**PART, PUBLIC: PART[DRAFT]}
# Actions without a form.
AGREEMENT = {state: row | {"done": NO_GET_FOR_WRITERS} for state, row in MINUTES_ONLY.items()}

COUNCIL = {state: row | {"members": ALL_READ} for state, row in PUBLISHABLE.items()}
MEMBERSHIP = {state: row | {"leave": row["change"]} for state, row in PART.items()}
# Former members can be anonymised; for present ones the page redirects. No person here has a photo.
NO_PHOTO = (404, 404, 404, 404, 404)
PERSON = {
    state: row | {"forget": FORGETTERS if state == DRAFT else FORGETTERS_SENT_BACK, "photo": NO_PHOTO}
    for state, row in PART.items()
}

# model: (status codes of its list and empty form, status codes of its objects by state)
TABLE = {
    "strategies.strategy": (LISTS | {"import": WRITERS}, PUBLISHABLE),
    "strategies.section": (LISTS, PART),
    "strategies.theme": (LISTS, PART),
    "strategies.goal": (LISTS, PART),
    "strategies.action": (LISTS, PART),
    "strategies.followup": (LISTS, PART),
    "council.council": ({"changelist": ALL_READ, "add": (403, 403, 403, 403, 200)}, COUNCIL),
    "council.membership": (LISTS, MEMBERSHIP),
    "council.cause": (LISTS, PART),
    "council.workinggroup": (LISTS, PART),
    "council.person": (LISTS, PERSON),
    "council.hearing": (LISTS, HEARING),
    "council.input": ({"changelist": ALL_READ, "add": NOBODY, "note": FORGETTERS}, INPUT),
    "council.news": (LISTS, PUBLISHABLE),
    "council.meeting": (
        LISTS
        # No dates are left to publish.
        | {
            "import_new": WRITERS,
            "year_plan": ALL_READ,
            "year_plan_new": WRITERS,
            "year_plan_publish": PUBLISHERS_SENT_BACK,
        },
        MEETING,
    ),
    "council.agenda": ({"changelist": ALL_READ, "add": NOBODY}, PUBLISHABLE),
    "council.minutes": ({"changelist": ALL_READ, "add": NOBODY}, PUBLISHABLE),
    "council.agendaitem": (LISTS, ITEM),
    # A public agenda shows neither attendance nor agreements.
    "council.attendance": (LISTS, MINUTES_ONLY),
    "council.agreement": (LISTS, AGREEMENT),
    "council.attachment": (LISTS, PART),
    "udsat.letter": (
        {"changelist": ALL_READ, "add": NOBODY},
        {"": {"change": NOBODY, "delete": NOBODY, "retry": NO_GET_FOR_WRITERS, "give_up": NO_GET_FOR_WRITERS}},
    ),
    "udsat.deletion": (
        {"changelist": ALL_READ, "add": NOBODY},
        {"": {"change": NOBODY, "delete": NOBODY, "bring_back": NO_GET_FOR_WRITERS, "remove": MANAGERS}},
    ),
    "udsat.municipality": ({"changelist": ALL_READ, "add": OPERATOR}, {"": {"change": MANAGERS, "delete": NOBODY}}),
    "udsat.user": (
        {"changelist": MANAGERS, "add": MANAGERS},
        {"": {"change": MANAGERS, "delete": NOBODY, "history": MANAGERS, "password": MANAGERS, "read": MANAGERS}},
    ),
    "udsat.publicationevent": ({"changelist": ALL_READ, "add": NOBODY}, {"": {"change": NOBODY, "delete": NOBODY}}),
}
NATIONAL = {
    "udsat.region": ({"changelist": ALL_READ, "add": OPERATOR}, {"": {"change": OPERATOR, "delete": OPERATOR}}),
    "strategies.topic": ({"changelist": ALL_READ, "add": OPERATOR}, {"": {"change": OPERATOR, "delete": OPERATOR}}),
    "strategies.situation": ({"changelist": ALL_READ, "add": OPERATOR}, {"": {"change": OPERATOR, "delete": OPERATOR}}),
    "strategies.helpline": ({"changelist": ALL_READ, "add": OPERATOR}, {"": {"change": OPERATOR, "delete": OPERATOR}}),
}
# Pages of forms in several pages: everybody reads them, and they are saved as the first page is.
FORM_PAGES = {
    "strategies.strategy": ("resume", "afsnit", "temaer", "ord", "kilde"),
    "strategies.theme": ("tekst", "emner", "indsatser"),
    "strategies.goal": ("indsatser", "placering"),
    "council.council": (
        *("kontakt", "rammer", "forretningsorden", "faste-punkter", "maerkesager", "grupper"),
        *("arbejdet", "kom-med", "kilde"),
    ),
}
# Models whose forms are saved automatically.
AUTOSAVED = {*FORM_PAGES, "strategies.section", "council.cause", "council.workinggroup"}
# Objects that others refer to cannot be deleted: a person with a seat, a council with meetings.
KEPT = {
    ("council.person", PUBLIC),
    ("council.person", WITHDRAWN),
    *(("council.council", state) for state in PUBLISHABLE),
}
# Addresses of the admin site: status codes for anonymous and for logged-in users.
SITE = {
    "index": (302, 200),
    "guide": (302, 200),
    "held_file": (302, 404),
    "login": (200, 302),
    "logout": (302, 405),
    "password_change": (302, 200),
    "password_change_done": (302, 200),
    "password_reset": (200, 200),
    "password_reset_done": (200, 200),
    "password_reset_confirm": (200, 200),
    "password_reset_complete": (200, 200),
    "autocomplete": (302, 403),
    "jsi18n": (302, 200),
    "app_list": (302, 302),
    "view_on_site": (302, 404),
    "catch-all": (302, 404),
}


def addresses():
    """Return (model label, page) of every address below /admin/; the label is empty for those of the site."""
    found = []

    def walk(patterns, label):
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, str(pattern.pattern).strip("/").replace("/", "."))
            elif isinstance(pattern, URLPattern):
                name = (pattern.name or "").removeprefix(label.replace(".", "_") + "_")
                found.append((label, name or ("catch-all" if not label else "to-change")))

    walk(admin.site.get_urls(), "")
    return found


@contextmanager
def rolled_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class RenderingClient(Client):
    """Client that does not copy the context of every template, which takes ten times as long."""

    def request(self, **request):
        return self.handler(self._base_environ(**request))


class QuickClient(RenderingClient):
    """Client that renders no templates: views, queries and permission checks run, and the content is `PAGE`."""

    PAGE = '<!doctype html><html lang="da"><title>Ikke tegnet</title>'

    def request(self, **request):
        with mock.patch.object(Template, "render", return_value=self.PAGE):
            return super().request(**request)


@dataclass
class World:
    people: dict
    outsider: object
    objects: dict
    media: Path
    # Session cookie by user: a log-in takes as long as a page.
    log_ins: dict

    def client_of(self, person, client_class=QuickClient):
        client = client_class()
        client.cookies[settings.SESSION_COOKIE_NAME] = self.log_ins[person]
        return client

    def clients(self):
        for name, person in self.people.items():
            yield name, self.client_of(person)


@pytest.fixture(scope="module")
def world(module_transaction):
    """All objects in every state, created once; each test runs in a transaction that is rolled back."""
    esbjerg, vejle = make.municipality("Esbjerg"), make.municipality("Vejle")
    people = {
        "secretary": make.user("anna", role=Role.SECRETARY, of=esbjerg),
        "editor": make.user("carla", role=Role.EDITOR, of=esbjerg),
        "approver": make.user("dan", role=Role.APPROVER, of=esbjerg),
        "administrator": make.user("eva", role=Role.ADMINISTRATOR, of=esbjerg),
        "superuser": make.user("operator", is_superuser=True),
    }
    bo = make.user("bo", role=Role.SECRETARY, of=vejle)
    log_ins = {person: cookie_of(person) for person in (*people.values(), bo)}
    return World(people, bo, everything(esbjerg, people), settings.MEDIA_ROOT, log_ins)


def cookie_of(person):
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def everything(esbjerg, people):
    objects = {}
    for state in (DRAFT, PUBLIC, WITHDRAWN):
        strategy = make.strategy(esbjerg, title=f"Strategi {state}", status=state)
        theme = make.theme(strategy)
        goal = make.goal(theme)
        objects |= {
            ("strategies.strategy", state): strategy,
            ("strategies.section", state): make.section(strategy, kind=Section.Kind.PURPOSE),
            ("strategies.theme", state): theme,
            ("strategies.goal", state): goal,
            ("strategies.action", state): make.action(theme=theme),
            ("strategies.followup", state): make.follow_up(goal),
            ("council.news", state): make.news(esbjerg, title=f"Nyhed {state}", status=state),
        }
    # A municipality has one council, so `in_state` sets the state of its parts.
    council = make.council(esbjerg)
    person = make.person(esbjerg)
    seat = make.membership(council, person)
    for state, day in ((DRAFT, "2025-01-01"), (PUBLIC, "2025-02-01"), (WITHDRAWN, "2025-03-01")):
        meeting = make.meeting(council, date=day, status=state)
        meeting.refresh_from_db()
        papers = make.meeting(council, date=day, ordinal=2)
        papers.refresh_from_db()
        item = make.item(papers)
        objects |= {
            ("council.meeting", state): meeting,
            ("council.agenda", state): make.agenda(papers, status=state),
            ("council.agendaitem", state): item,
            ("council.attendance", state): make.attendance(papers, seat),
            ("council.agreement", state): make.agreement(item),
            ("council.attachment", state): make.attachment(papers),
            ("council.hearing", state): make.hearing(council, title=f"Høring {state}", status=state),
            ("council.input", state): make.answered_input(council, f"Spørgsmål {state}", status=state),
            ("council.minutes", state): make.minutes(make.meeting(council, date=day, ordinal=3), status=state),
            ("council.council", state): council,
            ("council.membership", state): make.membership(council),
            ("council.cause", state): make.cause(council),
            ("council.workinggroup", state): make.group(council),
            ("council.person", state): person,
        }
    objects["council.agendaitem", CLOSED] = make.item(
        objects["council.agenda", PUBLIC].meeting, title="Om en navngiven borger", is_closed=True
    )
    strategy = objects["strategies.strategy", PUBLIC]
    event = PublicationEvent(subject=strategy, municipality=esbjerg, by_name="Anna", version=1)
    event.action = PublicationEvent.Action.PUBLISH
    event.save()
    make.news(esbjerg, title="Slettet nyhed", status=DRAFT).delete()
    deletion = Deletion.objects.current().get()
    objects |= {
        ("udsat.municipality", ""): esbjerg,
        ("udsat.user", ""): make.user("fie", role=Role.EDITOR, of=esbjerg),
        ("udsat.publicationevent", ""): event,
        ("udsat.letter", ""): make.letter(esbjerg),
        ("udsat.deletion", ""): deletion,
        ("udsat.region", ""): Region.objects.create(name="Region Vest"),
        ("strategies.topic", ""): make.topic("Bolig"),
        ("strategies.situation", ""): make.situation(),
        ("strategies.helpline", ""): make.helpline(),
    }
    # A person without a seat can be deleted; the one above cannot.
    objects["council.person", DRAFT] = make.person(esbjerg, "Ib")
    return objects


@pytest.fixture
def in_state(world, db, settings):
    """Return a function that returns an object in a state, and puts the council into it for parts of the council."""
    settings.MEDIA_ROOT = world.media

    def put(label, state):
        it = world.objects[label, state]
        if label in (
            "council.council",
            "council.membership",
            "council.cause",
            "council.workinggroup",
            "council.person",
        ):
            council = world.objects["council.council", state]
            fields = make.state(state)
            type(council).objects.filter(pk=council.pk).update(**{"published_at": None, "publish_at": None} | fields)
            council.refresh_from_db()
        return it

    return put


def address(label, what, it=None):
    if what == "to-change":
        return reverse(f"admin:{label.replace('.', '_')}_changelist") + f"{it.pk}/"
    return reverse(f"admin:{label.replace('.', '_')}_{what}", args=[it.pk] if it else [])


CASES = [(label, state) for label, (_, states) in {**TABLE, **NATIONAL}.items() for state in states]


def test_every_address_has_a_row():
    rows = {("", name) for name in SITE}
    for label, (lists, states) in {**TABLE, **NATIONAL}.items():
        of_objects = {what for row in states.values() for what in row} - {"read"}
        rows |= {(label, what) for what in (*lists, *of_objects, *FORM_PAGES.get(label, ()), "history", "to-change")}
        rows |= {(label, "autosave")} if label in AUTOSAVED else set()
    assert set(addresses()) == rows


def in_hands(number):
    """Deal a test: the commit chooses the hand that `make test` takes, and the soak takes all."""
    return pytest.mark.parametrize("hand", [0, *(pytest.param(n, marks=pytest.mark.soak) for n in range(1, number))])


def wrong_answers(world, requests):
    """Return the answers that differ from the table; `requests` are (method, page, address, codes by column)."""
    wrong = []
    for column, (who, client) in enumerate(world.clients()):
        for method, what, url, expected in requests:
            if (got := getattr(client, method)(url).status_code) != expected[column]:
                wrong.append(f"{who} {method} {what}: {got}, not {expected[column]}")
    return wrong


@in_hands(2)
def test_an_object_answers_each_person_as_the_table_says(hand, world, in_state):
    wrong = {}
    for label, state in dealt(CASES, 2)[hand]:
        row = {**TABLE, **NATIONAL}[label][1][state]
        reading = row.get("read", ALL_READ)
        pages = row | {"change": reading, "history": reading}
        pages |= {"autosave": row["change"]} if label in AUTOSAVED else {}
        with rolled_back():
            it = in_state(label, state)
            requests = [
                *(("get", what, address(label, what, it), pages[what]) for what in pages if what != "read"),
                # An empty form is refused or shown with errors; nothing is saved.
                *(
                    ("post", what, address(label, what, it), row[what])
                    for what in ("change", "publish", "password", "correct")
                    if what in row
                ),
            ]
            wrong[label, state] = wrong_answers(world, requests)
    assert {case: answers for case, answers in wrong.items() if answers} == {}


@in_hands(4)
def test_a_page_of_a_long_form_answers_as_the_form_does(hand, world, in_state):
    cases = [(label, state, what) for label, pages in FORM_PAGES.items() for what in pages for state in TABLE[label][1]]
    wrong = {}
    for label, state, what in dealt(cases, 4)[hand]:
        with rolled_back():
            url = address(label, what, in_state(label, state))
            saving = TABLE[label][1][state]["change"]
            wrong[label, state] = wrong_answers(world, [("get", what, url, ALL_READ), ("post", what, url, saving)])
    assert {case: answers for case, answers in wrong.items() if answers} == {}


@in_hands(2)
def test_what_may_be_done_is_done_and_nothing_else(hand, world, in_state):
    """Actions by one click: deletion, withdrawal, creation of papers, and completion of agreements."""
    wrong = {}
    for label, state in dealt(CASES, 2)[hand]:
        with rolled_back():
            wrong[label, state] = wrong_actions(label, state, world, in_state)
    assert {case: answers for case, answers in wrong.items() if answers} == {}


def wrong_actions(label, state, world, in_state):
    row = {**TABLE, **NATIONAL}[label][1][state]
    wrong = []
    for column, (who, client) in enumerate(world.clients()):
        for what, data in (
            ("delete", {"post": "yes"}),
            ("withdraw", {}),
            ("create_agenda", {}),
            ("create_minutes", {}),
            ("done", {}),
        ):
            if what not in row:
                continue
            it = in_state(label, state)
            before = transaction.savepoint()
            expected = row[what][column]
            got = client.post(address(label, what, it), data).status_code
            allowed = {200: 302, 405: 302}.get(expected, expected)
            still_there = type(it).objects.filter(pk=it.pk).first()
            transaction.savepoint_rollback(before)
            if what == "delete" and allowed == 302 and (label, state) in KEPT:
                allowed = 200  # a page that explains why it cannot be deleted
            if got != allowed:
                wrong.append(f"{who} POST {what}: {got}, not {allowed}")
            if got == 403 and (still_there is None or getattr(still_there, "status", "") != getattr(it, "status", "")):
                wrong.append(f"{who} POST {what}: was refused and done")
    return wrong


@pytest.mark.parametrize(("label", "state"), [case for case in CASES if case[0] in TABLE])
def test_for_a_secretary_of_another_municipality_it_does_not_exist(label, state, world, in_state):
    it = in_state(label, state)
    client = world.client_of(world.outsider)
    # The short address redirects without checking permissions, and discloses nothing.
    assert client.get(address(label, "to-change", it)).url == address(label, "change", it)
    for what in {*TABLE[label][1][state], "history", "change"} - {"read"}:
        for method in (client.get, client.post):
            assert method(address(label, what, it)).status_code == 404, what
        assert method(address(label, what, it), {"_popup": 1, "post": "yes"}).status_code == 404, what


@pytest.mark.parametrize(("label", "state"), CASES)
def test_without_log_in_there_is_only_the_log_in(label, state, world, in_state):
    it = in_state(label, state)
    for what in {*{**TABLE, **NATIONAL}[label][1][state], "history", "to-change"} - {"read"}:
        for method in (QuickClient().get, QuickClient().post):
            response = method(address(label, what, it))
            assert (response.status_code, response.url[:13]) == (302, "/admin/login/"), what


@pytest.mark.parametrize("label", [*TABLE, *NATIONAL])
def test_lists_and_empty_forms_answer_as_the_table_says(label, world, db):
    lists = {**TABLE, **NATIONAL}[label][0]
    wrong = []
    for column, (who, client) in enumerate(world.clients()):
        for what, expected in lists.items():
            got = client.get(address(label, what)).status_code
            if got != expected[column]:
                wrong.append(f"{who} {what}: {got}, not {expected[column]}")
            got = client.post(address(label, "add")).status_code
            if got != lists["add"][column]:
                wrong.append(f"{who} POST add: {got}, not {lists['add'][column]}")
    assert wrong == []
    for what in lists:
        assert QuickClient().get(address(label, what)).status_code == 302


@in_hands(2)
def test_every_page_of_an_object_is_rendered_in_every_state(hand, world, in_state):
    for label, state in dealt(CASES, 2)[hand]:
        row = {**TABLE, **NATIONAL}[label][1][state]
        with rolled_back():
            it = in_state(label, state)
            for what, expected in {"history": row.get("read", ALL_READ), **row}.items():
                if 200 in expected and what != "read":
                    client = world.client_of(world.people[INSIDERS[expected.index(200)]], RenderingClient)
                    assert client.get(address(label, what, it)).status_code == 200, (label, state, what)


@pytest.mark.parametrize("label", [*TABLE, *NATIONAL])
def test_every_list_and_empty_form_is_rendered(label, world, db):
    for what, expected in {**TABLE, **NATIONAL}[label][0].items():
        if 200 in expected:
            person = world.people[INSIDERS[expected.index(200)]]
            assert world.client_of(person, RenderingClient).get(address(label, what)).status_code == 200, what


def site_address(name):
    arguments = {"app_list": ["council"], "view_on_site": [1, 1], "password_reset_confirm": ["x", "y"]}
    arguments["held_file"] = [uuid.uuid4()]
    arguments = arguments.get(name, [])
    return "/admin/findes/ikke/" if name == "catch-all" else reverse(f"admin:{name}", args=arguments)


@pytest.mark.parametrize("name", SITE)
def test_addresses_of_the_site_itself(name, world, db):
    anonymous, somebody = SITE[name]
    assert QuickClient().get(site_address(name)).status_code == anonymous
    for who, client in [*world.clients()]:
        assert client.get(site_address(name)).status_code == somebody, who


def test_a_log_in_without_any_role_opens_nothing(world, db):
    nobody = make.user("ny")
    world.log_ins[nobody] = cookie_of(nobody)
    assert "ingen rolle" in world.client_of(nobody, RenderingClient).get("/admin/").content.decode()
    client = world.client_of(nobody)
    for label, state in CASES:
        it = world.objects[label, state]
        assert client.get(address(label, "change", it)).status_code in (403, 404), label
        assert client.get(address(label, "changelist")).status_code == 403, label


@pytest.mark.parametrize("model", [Agenda, Minutes])
def test_only_its_own_people_make_a_paper(model, world, db, django_assert_num_queries):
    meeting = world.objects["council.meeting", DRAFT]
    client = world.client_of(world.outsider)
    assert client.post(address("council.meeting", f"create_{model._meta.model_name}", meeting)).status_code == 404
    assert not model.objects.filter(meeting=meeting).exists()
