"""No form of the back office keeps others from writing while it is read, validated or shown."""

from urllib.parse import urljoin

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.forms import BaseForm
from django.forms.formsets import BaseFormSet
from django.template.backends.django import Template
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from lxml import html

from council.models import Agenda, AgendaItem, Attachment, News
from udsat.lib import pdf, text_extraction
from udsat.lib.publishing import Status

from . import factories as make
from .selection import dealt
from .test_back_office_conflict import log_in, opened, save
from .test_back_office_scope import url
from .test_documents import docx
from .test_permission_table import DRAFT, RenderingClient, addresses, everything

pytestmark = pytest.mark.once


class LockWatch:
    """Notes what is done inside a transaction that a view has opened."""

    def __init__(self, monkeypatch):
        # The test's own transactions, in which nothing is committed.
        self.outside = len(connection.savepoint_ids)
        self.seen, self.locked = set(), []
        # Otherwise a file with the content of an earlier one is not read again.
        text_extraction._latest.clear()
        for owner, name in (
            (BaseForm, "full_clean"),
            (BaseFormSet, "full_clean"),
            (Template, "render"),
            (text_extraction, "_pdf"),
            (text_extraction, "_office"),
            (pdf, "_lay_out"),
        ):
            monkeypatch.setattr(owner, name, self._watched(f"{owner.__name__}.{name}", getattr(owner, name)))

    def _watched(self, label, function):
        def watched(*args, **kwargs):
            self.seen.add(label)
            # The texts of letters are written in the transaction that decides who gets them.
            is_letter = getattr(getattr(args[0], "origin", None), "template_name", "").startswith("email/")
            if not is_letter and len(connection.savepoint_ids) > self.outside:
                self.locked.append(f"{label}: {args[0]!r:.80}")
            return function(*args, **kwargs)

        return watched


@pytest.fixture
def people(esbjerg, operator):
    return {"superuser": operator}


@pytest.fixture
def objects(esbjerg, people):
    made = everything(esbjerg, people)
    return {label: made.get((label, DRAFT)) or made.get((label, "")) for label, _ in made}


@pytest.fixture
def watch(monkeypatch):
    return LockWatch(monkeypatch)


def test_every_form_is_validated_and_shown_without_the_write_lock(operator, objects, watch):
    client = log_in(operator)
    saved = {}
    for model in admin.site._registry:
        obj = objects[model._meta.label_lower]
        if model._meta.label_lower in ("udsat.letter", "udsat.publicationevent", "udsat.deletion"):
            continue  # read-only
        obj.refresh_from_db()
        page = url(model, "change", obj.pk)
        typed = opened(client, obj)
        assert client.post(page, {}).status_code == 200, model
        saved[model._meta.label_lower] = client.post(page, typed).status_code
        assert client.post(url(model, "add"), {}).status_code in (200, 403), model
        assert not watch.locked, model
    assert {label for label, code in saved.items() if code != 302} <= {"strategies.situation", "strategies.helpline"}
    assert {"BaseForm.full_clean", "BaseFormSet.full_clean", "Template.render"} <= watch.seen


@pytest.mark.parametrize("hand", [0, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(1, 4))])
def test_no_page_of_the_back_office_takes_the_write_lock_to_be_shown(operator, objects, watch, hand):
    client = RenderingClient()
    client.force_login(operator)
    locked = []
    for label, what in dealt(addresses(), 4)[hand]:
        # The preview shows the page as published, in a transaction that is rolled back.
        if not label or what in ("to-change", "preview"):
            continue
        obj = objects[label]
        try:
            address = url(type(obj), what, obj.pk)
        except NoReverseMatch:
            address = url(type(obj), what)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(address)
        assert response.status_code in (200, 302, 403, 404, 405), address
        if any(query["sql"].startswith("SAVEPOINT") for query in queries):
            locked.append(("GET", address))
        client.post(address, {})
        locked += [(address, note) for note in watch.locked if not note.startswith("BaseForm")]
        watch.locked.clear()
    assert not locked


READ_ONLY = ("to-change", "preview", "history", "docx", "agenda_docx", "case_zip", "pdf", "read", "photo")


def posted_forms(page):
    """Return address and content of each form of the page, once per button, with every box ticked."""
    for form in page.xpath(".//main//form[translate(@method, 'POST', 'post')='post']"):
        for box in form.xpath(".//input[@type='checkbox'][not(contains(@name, 'DELETE'))]"):
            box.checked = True
        for area in form.xpath(".//textarea[not(normalize-space())]"):
            area.value = "Stavemåden i overskriften er rettet."
        typed = {}
        for name, value in form.form_values():
            typed.setdefault(name, []).append(value)
        buttons = form.xpath(".//button[@name] | .//input[@type='submit'][@name]")
        kinds = {f"{button.get('name')}={button.get('value', '').partition(':')[0]}": button for button in buttons}
        for button in kinds.values():
            yield button.get("formaction") or form.action or "", typed | {button.get("name"): button.get("value", "")}
        if not kinds:
            yield form.action or "", typed


@pytest.mark.parametrize("hand", [0, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(1, 8))])
def test_no_button_of_the_back_office_takes_the_write_lock_before_its_form_is_read(
    operator, esbjerg, people, watch, hand
):
    made = everything(esbjerg, people)
    client = RenderingClient()
    client.force_login(operator)
    locked = []
    pages = [(*name, state) for name in addresses() for state in (DRAFT, Status.PUBLISHED)]
    for label, what, state in dealt(pages, 8)[hand]:
        if not label or what in READ_ONLY:
            continue
        obj = made.get((label, state)) or made.get((label, DRAFT)) or made[label, ""]
        if (label, state) == ("council.meeting", Status.PUBLISHED):
            obj = made["council.agenda", Status.PUBLISHED].meeting
        try:
            address = url(type(obj), what, obj.pk)
        except NoReverseMatch:
            address = url(type(obj), what)
        page = client.get(address)
        if page.status_code != 200 or not page["Content-Type"].startswith("text/html"):
            continue
        for action, typed in posted_forms(html.fromstring(page.content.decode())):
            with transaction.atomic():
                watch.outside = len(connection.savepoint_ids)
                client.post(urljoin(address, action), typed)
                transaction.set_rollback(True)
            locked += [(address, list(typed)[-1:], note) for note in watch.locked]
            watch.locked.clear()
    assert not locked


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_the_agenda_is_validated_before_its_meeting_is_locked(operator, esbjerg, watch, accept):
    meeting = make.meeting(make.council(esbjerg, Status.DRAFT), status=Status.DRAFT)
    item = make.item(meeting, "Natcafé")
    client, address = log_in(operator), f"/admin/council/meeting/{meeting.pk}/punkter/"
    page = html.fromstring(client.get(address).content.decode())
    typed = {name: value for name, value in page.get_element_by_id("agenda_form").form_values() if name}
    prefix = f"punkt-{item.pk}"
    upload = SimpleUploadedFile("notat.docx", docx("<w:p><w:r><w:t>Et notat</w:t></w:r></w:p>"))
    typed |= {f"{prefix}-title": "Varme måltider", f"{prefix}-file": upload}
    assert client.post(address, typed, headers={"Accept": accept}).status_code in (200, 302)
    item.refresh_from_db()
    assert item.title == "Varme måltider" and not watch.locked
    assert item.attachments.count() == (accept == "text/html")


def test_an_agenda_item_changed_while_the_page_is_validated_is_not_overwritten(operator, esbjerg, monkeypatch):
    meeting = make.meeting(make.council(esbjerg, Status.DRAFT), status=Status.DRAFT)
    item = make.item(meeting, "Natcafé")
    client, address = log_in(operator), f"/admin/council/meeting/{meeting.pk}/punkter/"
    page = html.fromstring(client.get(address).content.decode())
    typed = {name: value for name, value in page.get_element_by_id("agenda_form").form_values() if name}
    validate = BaseForm.full_clean

    def validate_and_meet_another(form):
        validate(form)
        AgendaItem.objects.filter(pk=item.pk).update(title="Den andens")

    monkeypatch.setattr(BaseForm, "full_clean", validate_and_meet_another)
    response = client.post(address, typed | {f"punkt-{item.pk}-title": "Min"})
    assert response.status_code == 200 and "har gemt imens" in response.text and "Min" in response.text
    item.refresh_from_db()
    assert item.title == "Den andens"


def test_a_file_is_read_before_the_lock_is_taken(operator, esbjerg, watch):
    meeting = make.meeting(make.council(esbjerg), status=Status.DRAFT)
    make.agenda(meeting)
    upload = SimpleUploadedFile("notat.docx", docx("<w:p><w:r><w:t>Et notat om boliger.</w:t></w:r></w:p>"))
    client = log_in(operator)
    typed = {"meeting": meeting.pk, "paper": "dagsorden", "file": upload, "position": 0}
    assert client.post(url(Attachment, "add"), typed).status_code == 302
    assert "udsat.lib.text_extraction._office" in watch.seen and not watch.locked


def test_a_file_that_is_dropped_on_an_item_is_read_before_the_lock_too(operator, esbjerg, watch):
    meeting = make.meeting(make.council(esbjerg, Status.DRAFT), status=Status.DRAFT)
    upload = SimpleUploadedFile("notat.docx", docx("<w:p><w:r><w:t>Et notat</w:t></w:r></w:p>"))
    address = reverse("admin:council_meeting_item_file", args=[meeting.pk])
    answer = log_in(operator).post(address, {"item": make.item(meeting).pk, "file": upload})
    assert answer.status_code == 200 and Attachment.objects.count() == 1
    assert watch.seen and not watch.locked


def test_a_gate_reads_its_files_and_texts_before_the_lock(anna, esbjerg, watch):
    meeting = make.meeting(make.council(esbjerg), status=Status.PUBLISHED)
    agenda = make.agenda(meeting, Status.DRAFT)
    make.attachment(meeting, "notat.docx", docx("<w:p><w:r><w:t>Et notat</w:t></w:r></w:p>"))
    client, address = log_in(anna), url(Agenda, "publish", agenda.pk)
    text_extraction._latest.clear()
    form = client.get(address).context["form"]
    text_extraction._latest.clear()
    typed = {"seen": form["seen"].value(), "confirmed": "on"}
    assert client.post(address, typed).status_code == 302
    agenda.refresh_from_db()
    assert agenda.status == Status.PUBLISHED and not watch.locked


def test_a_text_that_changes_while_the_gate_is_validated_is_not_published(anna, esbjerg, monkeypatch):
    news = make.news(esbjerg, "Nyt værested", Status.DRAFT)
    client, address = log_in(anna), url(News, "publish", news.pk)
    typed = {"seen": client.get(address).context["form"]["seen"].value(), "confirmed": "on"}
    validate = BaseForm.full_clean

    def validate_and_meet_another(form):
        validate(form)
        monkeypatch.setattr(BaseForm, "full_clean", validate)
        News.objects.filter(pk=news.pk).update(title="Ulæst", version=news.version + 1)

    monkeypatch.setattr(BaseForm, "full_clean", validate_and_meet_another)
    response = client.post(address, typed)
    assert response.status_code == 200 and "En anden har ændret teksten, mens du læste." in response.text
    assert "Ulæst" in response.text and "Nyt værested" not in response.text
    news.refresh_from_db()
    assert news.status == Status.DRAFT


def test_who_saves_while_a_form_is_validated_is_not_overwritten(operator, esbjerg, monkeypatch):
    """Another save between validation and saving; the form then shows the conflict."""
    news = make.news(esbjerg, "Nyt værested", Status.DRAFT)
    typed = opened(log_in(operator), news)
    validate = BaseForm.full_clean

    def validate_and_meet_another(form):
        validate(form)
        monkeypatch.setattr(BaseForm, "full_clean", validate)
        News.objects.filter(pk=news.pk).update(title="Den andens", version=news.version + 1)

    monkeypatch.setattr(BaseForm, "full_clean", validate_and_meet_another)
    response = save(log_in(operator), news, typed | {"title": "Min"})
    assert response.status_code == 200 and "har gemt imens" in response.text and "Den andens" in response.text
    news.refresh_from_db()
    assert news.title == "Den andens"


def test_a_part_is_validated_again_when_its_owner_became_public_meanwhile(carla, dan, esbjerg, monkeypatch):
    """An editor, who may not publish, saves a goal in the moment in which an approver publishes its strategy."""
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    goal = make.goal(make.theme(strategy))
    strategy.refresh_from_db()
    client = log_in(carla)
    typed = opened(client, goal)
    validate = BaseForm.full_clean

    def validate_and_meet_another(form):
        validate(form)
        monkeypatch.setattr(BaseForm, "full_clean", validate)
        strategy.publish(by=dan, confirmed=True)

    monkeypatch.setattr(BaseForm, "full_clean", validate_and_meet_another)
    response = save(client, goal, typed | {"text": "Ikke set af nogen"})
    assert response.status_code == 403
    goal.refresh_from_db()
    assert goal.text == "bygge 20 små boliger."
