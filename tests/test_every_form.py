"""Every form of the back office is filled in: it is saved or answers with form errors, whatever rows it has."""

import itertools
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import override_settings
from lxml import html

from udsat.lib.roles import Role

from . import factories as make
from .selection import dealt
from .test_permission_table import QuickClient, RenderingClient, address, addresses, everything

pytestmark = pytest.mark.once

STATE = "kladde"
SAMPLES = {"date": "2025-04-01", "time": "14:00", "datetime-local": "2025-04-01T14:00", "number": "1",
           "url": "https://example.com/", "email": "ord@example.com", "checkbox": "on"}  # fmt: skip
ROW = re.compile(r"(?P<prefix>.+)-__prefix__-(?P<field>.+)")
IGNORED = {"csrfmiddlewaretoken", "_save", "_continue", "_addanother"}


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker, tmp_path_factory):
    """All objects and the secretary, created once; each test runs in a transaction that is rolled back."""
    media = str(tmp_path_factory.mktemp("uploads"))
    own = {"MEDIA_ROOT": media, "PASSWORD_HASHERS": [make.CHEAP_HASHER]}
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(**own):
        esbjerg = make.municipality("Esbjerg")
        anna = make.user("anna", role=Role.SECRETARY, of=esbjerg)
        yield anna, everything(esbjerg, {}), media
        transaction.set_rollback(True)


@pytest.fixture
def office(world, db, settings):
    anna, objects, settings.MEDIA_ROOT = world
    clients = RenderingClient(), QuickClient()
    for client in clients:
        client.force_login(anna)
    return *clients, objects


class Form:
    """The form of a page, as a browser fills it in."""

    def __init__(self, client, page):
        self.client = client
        tree = html.fromstring(page)
        [self.form] = [form for form in tree.forms if form.xpath('.//button[@name="_save" or @name="_continue"]')]
        self.shown = {}
        for name, value in self.form.form_values():
            if name not in IGNORED and "__prefix__" not in name:
                self.shown.setdefault(name, []).append(value)
        self.fields, self.rows = {}, {}
        for element in self.form.xpath(".//input[@name]|.//select[@name]|.//textarea[@name]"):
            if element.get("type") in ("submit", "hidden") or element.get("disabled") is not None:
                continue
            if match := ROW.fullmatch(element.get("name")):
                self.rows.setdefault(match["prefix"], {})[match["field"]] = element
            elif f"{element.get('name').partition('-')[0]}-TOTAL_FORMS" not in self.shown:
                self.fields[element.get("name")] = element

    def filled(self):
        return self.shown | {name: self.sample(element) for name, element in self.fields.items()}

    def with_rows(self, data, prefixes):
        """Return the data with a new row in each of these lists."""
        data = dict(data)
        for prefix in prefixes:
            if f"{prefix}-TOTAL_FORMS" not in data:
                continue  # the list of a row that is not there yet
            number = int(data[f"{prefix}-TOTAL_FORMS"][0])
            data[f"{prefix}-TOTAL_FORMS"] = [str(number + 1)]
            row = {name: self.sample(element) for name, element in self.rows[prefix].items() if name != "DELETE"}
            data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
        return data

    def sample(self, element):
        if element.tag == "textarea":
            return "<p>Ord</p>" if "richtext" in " ".join(element.attrib) + element.get("class", "") else "Ord"
        if element.tag == "select":
            options = [value for option in element.iter("option") if (value := option.get("value"))]
            return options[0] if options else self._found(element)
        if element.get("type") == "file":
            return SimpleUploadedFile("ord.txt", b"Ord om boliger", "text/plain")
        if element.get("type") == "radio":
            return element.get("value")
        return SAMPLES.get(element.get("type"), "Ord")

    def _found(self, element):
        """Return the first choice of a list that the browser fetches while typing."""
        names = ("app-label", "model-name", "field-name")
        query = {name.replace("-", "_"): element.get(f"data-{name}") for name in names}
        if not all(query.values()):
            return ""
        response = self.client.get("/admin/autocomplete/", query | {"term": ""})
        results = json.loads(response.content)["results"] if response.status_code == 200 else []
        return results[0]["id"] if results else ""


def form_pages():
    return [
        (label, page)
        for label, page in addresses()
        if label and page not in ("changelist", "delete", "history", "to-change")
    ]


def opened_form(client, objects, label, page):
    """Return address and form of the page; None if it has no form of a model, or is closed to the secretary."""
    it = None if page == "add" else objects.get((label, STATE)) or objects.get((label, ""))
    try:
        path = address(label, page, it)
    except Exception:  # an address with other parts than the primary key
        return None
    response = client.get(path)
    content = b"" if response.streaming else response.content
    return (path, Form(client, content)) if b'name="_save"' in content or b'name="_continue"' in content else None


HANDS = [0, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(1, 4))]


@pytest.mark.parametrize("hand", HANDS)
def test_a_filled_form_is_saved_or_says_what_is_wrong(office, hand):
    """Each form as it is and filled in, without new rows, with one in each of its lists alone, and in all together."""
    client, quick, objects = office
    for label, page in dealt(form_pages(), 4)[hand]:
        if (opened := opened_form(client, objects, label, page)) is None:
            continue  # no form for a secretary
        path, form = opened
        lists = list(form.rows)
        choices = [[], *([one] for one in lists), *([lists] if len(lists) > 1 else [])]
        for fields, prefixes in itertools.product((form.shown, form.filled()), choices):
            sender = client if prefixes == lists else quick
            with transaction.atomic():
                response = sender.post(path, form.with_rows(fields, prefixes))
                transaction.set_rollback(True)
            assert response.status_code in (200, 302), (path, prefixes)


def test_all_forms_are_tried(office):
    """The forms are found by their addresses, so that a new one is tried as well."""
    client, _, objects = office
    for label in ("strategies.strategy", "council.meeting", "council.agendaitem", "council.attachment"):
        assert {(label, "add"), (label, "change")} <= set(form_pages())
        assert opened_form(client, objects, label, "change"), label
