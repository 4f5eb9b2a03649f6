"""Deleted objects: what comes back, until when, and what is removed for good."""

import datetime
import os
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from council.models import Agenda, AgendaItem, Attachment, DeskClash, Edition, Meeting, Person
from council.models.meeting import erase_sent_letters
from udsat.lib.cpr import find_cpr
from udsat.lib.danish import long_date
from udsat.lib.publishing import Status
from udsat.models import (
    REMOVAL_HOOKS,
    Deletion,
    Letter,
    Revision,
    RevisionedModel,
    delete_unused_files,
    kept_until,
    remove_old_deletions,
)

from . import factories as make

CPR = "010190-1234"
LIST = "/admin/udsat/deletion/"
RECORDED = [model for model in apps.get_models() if issubclass(model, RevisionedModel)]


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def flat(response):
    return " ".join(response.content.decode().split())


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg)


@pytest.fixture
def meeting(council):
    return make.meeting(council, datetime.date(2030, 5, 6), status=Status.DRAFT)


def one_of(model, esbjerg, council):
    """Create an object of the model that can be deleted."""
    draft = make.meeting(council, datetime.date(2030, 5, 6), status=Status.DRAFT)
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    theme = make.theme(strategy)
    item = make.item(draft)
    return {
        "Council": lambda: make.council(make.municipality("Ribe")),
        "Person": lambda: make.person(esbjerg),
        "Membership": lambda: make.membership(council),
        "Cause": lambda: make.cause(council),
        "WorkingGroup": lambda: make.group(council),
        "Meeting": lambda: draft,
        "Agenda": lambda: make.agenda(draft, Status.DRAFT),
        "Minutes": lambda: make.minutes(draft, Status.DRAFT),
        "AgendaItem": lambda: item,
        "Attachment": lambda: make.attachment(draft),
        "Attendance": lambda: make.attendance(draft, make.membership(council)),
        "Agreement": lambda: make.agreement(item),
        "Hearing": lambda: make.hearing(council, status=Status.DRAFT),
        "Input": lambda: make.answered_input(council, status=Status.DRAFT),
        "News": lambda: make.news(esbjerg, status=Status.DRAFT),
        "Strategy": lambda: strategy,
        "Section": lambda: make.section(strategy),
        "Theme": lambda: theme,
        "Goal": lambda: make.goal(theme),
        "Action": lambda: make.action(theme=theme),
        "FollowUp": lambda: make.follow_up(make.goal(theme)),
        "Municipality": lambda: make.municipality("Ribe"),
    }[model.__name__]()


@pytest.mark.parametrize("model", RECORDED, ids=lambda model: model.__name__)
def test_what_the_delete_page_promises_is_what_happens(model, esbjerg, council, eva):
    """Every model with a history: it comes back until the day that is named, or the page says that it does not."""
    obj = one_of(model, esbjerg, council)
    client, pk = client_of(eva), obj.pk
    page = client.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_delete", args=[pk]))
    if page.status_code == 200:
        until = f"hent det tilbage under »Slettet« til og med den {long_date(kept_until(timezone.now()))}"
        assert (until in flat(page)) == model.is_kept_after_deletion
        assert ("du kan ikke få det tilbage" in flat(page)) != model.is_kept_after_deletion
    obj.delete()
    deletions = Deletion.objects.current().filter(object_id=pk)
    if not model.is_kept_after_deletion:
        assert not deletions and not Revision.objects.filter(content_type__model="person", object_id=pk).exists()
        return
    deletions.get().undelete()
    restored = model._base_manager.get(pk=pk)
    restored.delete()
    Deletion.objects.current().get(object_id=pk).remove()
    assert not Revision.objects.of(restored).exists()


def test_models_without_history_say_that_nothing_comes_back(operator):
    topic = make.topic("Bolig")
    page = flat(client_of(operator).get(f"/admin/strategies/topic/{topic.pk}/delete/"))
    assert "du kan ikke få det tilbage" in page and "Slettet" not in page


def test_a_draft_meeting_is_brought_back_with_its_items_from_the_list(meeting, anna):
    make.item(meeting, "Natcafé")
    client = client_of(anna)
    client.post(f"/admin/council/meeting/{meeting.pk}/delete/", {"post": "yes"})
    assert not Meeting.objects.exists()
    page = flat(client.get(LIST))
    assert "Møde" in page and long_date(kept_until(timezone.now())) in page and "Fjern for altid" not in page
    deletion = Deletion.objects.current().get()
    assert "er gendannet" in flat(client.post(f"{LIST}{deletion.pk}/tilbage/", follow=True))
    assert AgendaItem.objects.get().title == "Natcafé" and not Deletion.objects.current()


def test_only_who_may_write_brings_back_and_only_by_a_button(meeting, anna, dan):
    meeting.delete()
    address = f"{LIST}{Deletion.objects.current().get().pk}/tilbage/"
    assert client_of(anna).get(address).status_code == 405
    assert "Hent tilbage" not in flat(client_of(dan).get(LIST))
    assert client_of(dan).post(address).status_code == 403
    assert not Meeting.objects.exists()


def test_replies_and_other_rows_without_history_are_named_before_the_deletion(meeting, council, anna):
    make.proposal(meeting, make.membership(council))
    page = flat(client_of(anna).get(f"/admin/council/meeting/{meeting.pk}/delete/"))
    assert "Disse dele kommer ikke tilbage: forslag til punkter." in page


def test_an_object_is_removed_with_history_and_files_after_the_days_that_were_promised(meeting, settings):
    file = make.attachment(meeting).file
    path = Path(file.path)
    Attachment.objects.get().delete()
    os.utime(path, (0, 0))
    now, last = timezone.now(), datetime.timedelta(days=settings.DELETED_DAYS)
    for moment in (now, now + last):
        assert remove_old_deletions(moment) == 0 and delete_unused_files(moment) == 0 and path.exists()
    moment = now + last + datetime.timedelta(days=1)
    assert remove_old_deletions(moment) == 1
    assert not Revision.objects.filter(content_type__model="attachment").exists()


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """Run what a block does on commit."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_a_stored_file_goes_with_its_last_reference(meeting, committed, settings):
    attachment = make.attachment(meeting)
    old, other = Path(attachment.file.path), Path(make.attachment(meeting, "andet.txt").file.path)
    Revision.objects.update(is_closed=True)  # saves within ten minutes are one revision
    attachment.file = ContentFile(b"Nyt.", "nyt.txt")
    attachment.save()
    new = Path(Attachment.objects.get(pk=attachment.pk).file.path)
    stray = settings.MEDIA_ROOT / "bilag" / "fremmed.txt"
    stray.write_text("Ingen henviser til den.")
    for path in (old, other, new, stray):
        os.utime(path, (0, 0))
    with committed():
        assert delete_unused_files(timezone.now()) == 1
    assert not stray.exists() and old.exists()  # the replaced file can be brought back
    with committed():
        assert delete_unused_files(timezone.now() + datetime.timedelta(days=settings.DELETED_DAYS + 2)) == 1
    assert not old.exists() and new.exists() and other.exists()


def test_a_file_that_another_row_has_or_may_get_back_outlives_a_removal(meeting, committed):
    first = make.attachment(meeting)
    path = Path(first.file.path)
    second, third = (Attachment.objects.create(meeting=meeting, file=first.file.name) for _ in "ab")

    def remove(attachment):
        pk = attachment.pk
        attachment.delete()
        with committed():
            Deletion.objects.current().get(object_id=pk).remove()

    remove(first)
    assert path.exists(), "the two others have it"
    kept = third.pk
    third.delete()
    remove(second)
    assert path.exists(), "the third may come back"
    with committed():
        Deletion.objects.current().get(object_id=kept).remove()
    assert not path.exists()


def test_a_file_that_is_being_uploaded_is_kept(db, settings):
    path = settings.MEDIA_ROOT / "bilag" / "paa_vej.txt"
    path.parent.mkdir(parents=True)
    path.write_text("Rækken er ikke gemt endnu.")
    assert delete_unused_files(timezone.now()) == 0


def stored_pdf(settings):
    pdf = settings.VAR_DIR / "pdf" / "gemt.pdf"
    pdf.parent.mkdir()
    pdf.write_bytes(b"%PDF")
    return pdf


def test_an_administrator_removes_a_cpr_number_for_good(meeting, anna, eva, committed, settings):
    item = make.item(meeting, "Sag", discussion=f"<p>Sagen {CPR}</p>")
    path = Path(make.attachment(meeting, item=item).file.path)
    pdf = stored_pdf(settings)
    letter = make.letter(meeting.municipality, key=f"invitation:{meeting.pk}:1:0:x", text=f"Sagen {CPR}")
    Letter.objects.update(sent_at=timezone.now())
    clash = {
        "meeting": meeting,
        "label": "Punkt 1: Referat",
        "reason": "changed",
        "text": f"Sagen {CPR}",
        "by_name": "Anna",
    }
    DeskClash.objects.create(field=f"item:{item.pk}:discussion", **clash)
    other = DeskClash.objects.create(field=f"item:{item.pk + 1}:discussion", **clash)
    AgendaItem.objects.get().delete()
    deletion = Deletion.objects.current().get()
    history = client_of(anna).get(f"/admin/council/meeting/{meeting.pk}/history/")
    assert CPR not in history.content.decode() and "Sagen" in history.content.decode()
    assert client_of(anna).post(f"{LIST}{deletion.pk}/fjern/").status_code == 403
    with committed():
        assert "er fjernet for altid" in flat(client_of(eva).post(f"{LIST}{deletion.pk}/fjern/", follow=True))
    assert not any(CPR in str(values) for values in Revision.objects.values_list("values", flat=True))
    letter.refresh_from_db()
    assert list(DeskClash.objects.all()) == [other]
    assert not path.exists() and not pdf.exists() and letter.text == "" and erase_sent_letters in REMOVAL_HOOKS


def test_removing_a_number_from_the_history_also_removes_it_from_earlier_editions(council, eva, committed, settings):
    pdf = stored_pdf(settings)
    meeting = make.meeting(council, datetime.date(2025, 5, 6))
    minutes = make.minutes(meeting, Status.DRAFT)
    item = make.item(meeting, "Sag", decision=f"<p>Sagen {CPR}</p>")
    minutes.publish(by=eva, confirmed=True, reasons=make.reasons(minutes.publication_findings()))
    item.decision = ""
    item.save()
    address = f"/admin/council/meeting/{meeting.pk}/history/"
    [number] = find_cpr(CPR)
    with committed():
        page = client_of(eva).post(address, {"what": "number", "number": number.fingerprint}, follow=True)
    assert "Nummeret er fjernet fra historikken." in flat(page) and not pdf.exists()
    assert CPR not in str(Edition.objects.get().content)


def test_other_municipalities_see_nothing_of_it(meeting, bo):
    meeting.delete()
    deletion = Deletion.objects.current().get()
    client = client_of(bo)
    assert "Ordinært" not in flat(client.get(LIST))
    assert client.post(f"{LIST}{deletion.pk}/tilbage/").status_code == 404
    assert client.post(f"{LIST}{deletion.pk}/fjern/").status_code == 404


def test_the_guide_explains_what_deleting_means(client, anna):
    client.force_login(anna)
    assert 'id="slettet"' in client.get("/admin/vejledning/").content.decode()
    assert Deletion in admin.site._registry and {Agenda, Person} <= set(admin.site._registry)
