"""Stamps move with every change of what the public reads, and with nothing else.

All models, fields and many-to-many relations are edited. An edit that moves no stamp may change no byte of any page.
"""

import datetime
import json
import re
import uuid
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import DatabaseError, connection, models, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from council.meetings.agenda.building import put_in_order
from council.meetings.desk.fields import EMPTY
from council.members.consent import anonymise
from council.models import Agenda, AgendaItem, Council, Hearing, Input, Meeting, Minutes, Person
from strategies.models import Situation, Strategy, Topic
from udsat.lib.publishing import Status
from udsat.models import (
    COUNTRY,
    PublicStamp,
    Publishable,
    Region,
    RegionPeriod,
    Revision,
    RevisionedModel,
    StampedModel,
    batch_reindexing,
    fold_stamps,
    raise_stamp,
    stamps,
)

from . import factories as make
from . import selection
from .test_public_table import ADDRESSES, build

ROOT = Path(__file__).resolve().parent.parent
# Models whose save() raises a stamp if the public reads the field: those with a history, and a few others.
RAISING = (RevisionedModel, StampedModel)
# Rows that are written together with a row that raises one.
WRITTEN_WITH_OTHERS = {
    "council.Edition",
    "council.FormerDate",  # of a redirect, which is never cached
    "udsat.PublicVersion",
    "udsat.PublicationEvent",
    "udsat.SearchEntry",
    "udsat.SearchWord",
}
# Never read by the public.
PRIVATE = {
    "admin.LogEntry",
    "auth.Group",
    "auth.Permission",
    "contenttypes.ContentType",
    "council.Approval",
    "council.DeskClash",
    "council.DeskEdit",
    "council.DeskPresence",
    "council.DeskRow",
    "council.Follower",
    "council.Invitation",
    "council.Notice",
    "council.Proposal",
    "council.Remark",
    "council.StandardItem",
    "council.Subscription",
    "sessions.Session",
    "udsat.CprOverride",
    "udsat.CreatedRow",
    "udsat.Deletion",
    "udsat.DocumentImport",
    "udsat.FormSubmission",
    "udsat.HeldFile",
    "udsat.KeptFile",
    "udsat.KeptForm",
    "udsat.Letter",
    "udsat.LetterFile",
    "udsat.PublicStamp",
    "udsat.Revision",
}
# Fields that cannot be edited alone here, because a constraint or another row depends on them.
NOT_ALONE = {
    "council.Agenda.meeting",
    "council.Attendance.member",
    "council.Council.municipality",
    "council.Membership.is_vacant",
    "council.Membership.substitute_for",
    "council.Minutes.corrected_on",
    "council.Minutes.meeting",
    "strategies.Action.goal",
    "strategies.Action.theme",
    "strategies.Goal.parent",
    "udsat.Assignment.user",
    "udsat.RegionPeriod.region",
}
# Forms carry the time at which they were read, and no cache keeps them.
FORMS = {"follow", "follow-topics", "write", "book-dialogue"}
# Queries that write: with keywords or a star, as dictionaries and hashes are not updated.
UNSAVED_WRITE = re.compile(r"\.(?:update\((?:\*\*|\w+=)|bulk_create\(|bulk_update\(|_raw_delete\()")
PDFS = {name for name, (address, _) in ADDRESSES.items() if address.endswith(".pdf")}


@pytest.fixture
def world(esbjerg, vejle, anna, monkeypatch):
    """Esbjerg with public content of every kind, a coming meeting with a public agenda, and drafts; time stands."""
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    build(esbjerg, Status.PUBLISHED)
    region = Region.objects.create(name="Syddanmark")
    RegionPeriod.objects.create(municipality=esbjerg, region=region, starts_on=datetime.date(2007, 1, 1))
    helpline = make.helpline("1888", make.situation("Jeg vil have en at tale med", Topic.objects.get()))
    helpline.first_for = Situation.objects.get()
    helpline.save()
    council = Council.objects.get()
    make.council(vejle)
    coming = make.meeting(council, timezone.localdate() + datetime.timedelta(days=20), starts_at=datetime.time(14))
    make.agenda(coming)
    make.minutes(coming, Status.DRAFT)
    make.agreement(make.item(coming, "Varmestue"), "Ringe til kommunen")
    draft = make.strategy(esbjerg, "Ny plan", Status.DRAFT)
    make.goal(make.theme(draft, "Mad"))
    make.news(esbjerg, "Kladde", Status.DRAFT)
    make.input_(council)
    connection.run_on_commit.clear()
    return esbjerg


@pytest.fixture
def pages(client):
    """Return a function that reads all public pages."""
    client.logout()

    def read(prefix="/", leave_out=PDFS):
        person = Person.objects.values_list("pk", flat=True).first()
        found = {}
        for name, (address, _) in ADDRESSES.items():
            address = address.format(attachment="/esbjerg/", person=person)
            if name not in leave_out | FORMS and address.startswith(prefix):
                found[name] = client.get(address)
        found["coming"] = client.get(Meeting.objects.published().latest("date").get_absolute_url())
        return {name: (answer.status_code, b"".join(answer)) for name, answer in found.items()}

    return read


def moves(edit):
    """Make an edit in a transaction of its own and return the scopes whose stamps it moves."""
    before = stamps()
    with transaction.atomic():
        edit()
    connection.run_on_commit.clear()
    after = stamps()
    return {scope for scope in after if after[scope] != before.get(scope)}


def other_value(row, field):
    """Return a value that the field can have and does not have; None if there is none."""
    value = getattr(row, field.attname)
    if field.is_relation:
        others = field.related_model._base_manager.exclude(pk=value).values_list("pk", flat=True)
        return None if field.null and value else others.first()
    if field.choices:
        return next((choice for choice, _ in field.flatchoices if choice not in (value, "")), None)
    match field:
        case models.BooleanField():
            return not value
        case models.FileField():
            return ContentFile(b"Andet indhold.", "andet.txt")
        case models.DateTimeField():
            return (value or timezone.now()) - datetime.timedelta(hours=1)
        case models.DateField():
            return (value or timezone.localdate()) + datetime.timedelta(days=1)
        case models.TimeField():
            return datetime.time(15)
        case models.IntegerField():
            return (value or 0) + 1
        case models.EmailField():
            return "andet@example.dk"
        case models.URLField():
            return "https://andet.example.dk/"
        case models.SlugField():
            return "andet"
        case models.CharField() if (field.max_length or 99) < 12:
            return "7777"[: field.max_length]
    return "Ændret."


def edits_of(row):
    """Yield name and edit of each field and many-to-many relation of the row."""
    model = type(row)
    for field in model._meta.concrete_fields:
        name = f"{model._meta.label}.{field.name}"
        if field.primary_key or name in NOT_ALONE:
            continue

        def save(field=field):
            fresh = model._base_manager.get(pk=row.pk)
            setattr(fresh, field.attname, other_value(fresh, field))
            if field.name == "status" and isinstance(fresh, Publishable):
                fresh.publish_at = fresh.publish_at or timezone.now()
            fresh.save()

        yield name, save
    for field in model._meta.many_to_many:

        def relate(field=field):
            fresh = model._base_manager.get(pk=row.pk)
            related = getattr(fresh, field.name)
            with batch_reindexing():
                fresh.save()
                related.set([] if related.exists() else field.related_model._base_manager.all()[:1])

        yield f"{model._meta.label}.{field.name}", relate


def raising_models():
    return [model for model in apps.get_models() if issubclass(model, RAISING)]


def test_every_model_is_declared():
    rest = {model._meta.label for model in apps.get_models() if not issubclass(model, RAISING)}
    assert rest == WRITTEN_WITH_OTHERS | PRIVATE


# Lines of code that write rows without save(), by file. Each belongs to private rows, or raises a stamp: see
# `RevisionedModel.note_update()`.
UNSAVED = {
    "council/admin/meetings.py": 1,
    "council/citizens/following/notices.py": 5,
    "council/citizens/inputs/lifecycle.py": 1,
    "council/meetings/agenda/building.py": 1,
    "council/meetings/approval/rounds.py": 3,
    "council/meetings/desk/sync.py": 1,
    "council/meetings/invitations/sending.py": 1,
    "council/meetings/word/import_plan.py": 1,
    "council/members/consent.py": 3,
    "council/models/input.py": 2,
    "council/models/meeting.py": 2,
    "strategies/goal_formset.py": 2,
    "udsat/admin/edit_versions.py": 1,
    "udsat/demo/build.py": 5,
    "udsat/demo/dataset.py": 3,
    "udsat/models/document_imports.py": 4,
    "udsat/models/history.py": 1,
    "udsat/models/kept_forms.py": 1,
    "udsat/models/letters.py": 3,
    "udsat/models/public_stamps.py": 2,
    "udsat/models/public_versions.py": 3,
    "udsat/models/publication.py": 3,
    "udsat/models/search.py": 3,
}


def test_writes_without_save_are_declared():
    found = Counter()
    for folder in ("udsat", "strategies", "council"):
        for file in (ROOT / folder).rglob("*.py"):
            if "migrations" not in file.parts:
                found[str(file.relative_to(ROOT))] += len(UNSAVED_WRITE.findall(file.read_text()))
    assert dict(+found) == UNSAVED


HANDS = [0, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(1, 4))]


@pytest.mark.parametrize("hand", HANDS)
def test_an_edit_that_moves_no_stamp_changes_no_page(world, pages, hand):
    before, quiet, edited, refused = pages(), [], set(), set()
    for model in selection.dealt(raising_models(), 4)[hand]:
        for name, edit in (edit for row in model._base_manager.order_by("pk") for edit in edits_of(row)):
            try:
                with transaction.atomic():
                    moved = moves(edit)
                    # What moved a stamp is undone, and so is not on the pages that are compared in the end.
                    transaction.set_rollback(bool(moved))
            except DatabaseError:
                refused.add(name)
                continue
            edited.add(name)
            if not moved:
                quiet.append(name)
    assert refused <= edited
    after = pages()
    assert [name for name in before if after[name] != before[name]] == [], quiet


def test_what_nobody_else_reads_moves_no_stamp(world, pages, anna, vejle):
    """The desk, drafts, notes, answers to invitations, a citizen's input and a log-in."""
    before = pages()
    coming, strategy = Meeting.objects.latest("date"), Strategy.objects.get(status=Status.DRAFT)
    item, member = coming.items.get(), coming.council.memberships.get()

    def type_at_the_desk():
        fields = [(f"item:{item.pk}:{name}", "<p>Ordet er frit.</p>") for name in ("discussion", "decision")]
        edits = [
            {"id": str(uuid.uuid4()), "field": field, "base": EMPTY, "value": value}
            for field, value in [*fields, (f"item:{item.pk}:answer", "godkendt")]
        ]
        sent = {"user": anna.pk, "client": str(uuid.uuid4()), "edits": edits}
        url = reverse("admin:council_meeting_desk_sync", args=[coming.pk])
        answer = desk.post(url, json.dumps(sent), content_type="application/json").json()
        assert [result["outcome"] for result in answer["results"]] == ["saved"] * 3

    def write_to_the_council():
        make.input_(coming.council, "Der mangler en bænk.")

    def edit_drafts():
        make.goal(strategy.themes.get(), "give mad til alle")
        strategy.title = "Nyeste plan"
        strategy.save()
        make.news(world, "Endnu en kladde", Status.DRAFT).delete()
        make.item(coming, "Rejst på mødet", raised_at_meeting=True)
        make.item(make.meeting(coming.council, datetime.date(2031, 1, 6), Status.DRAFT), "Senere").delete()

    def note_privately():
        item.refresh_from_db()
        item.internal_note = coming.internal_note = "Ring til Karen."
        item.save()
        coming.save()

    def answer_an_invitation():
        coming.invitations.create(member=member, reply="kommer")

    def minutes_are_asked_for():
        coming.minutes.refresh_from_db()
        coming.minutes.guests = "En gæst"
        coming.minutes.save()
        coming.minutes.approvals.create(member=member, answer="godkendt")

    desk = Client()
    quiet = [
        lambda: desk.force_login(anna),
        type_at_the_desk,
        write_to_the_council,
        edit_drafts,
        note_privately,
        answer_an_invitation,
        minutes_are_asked_for,
        lambda: make.letter(world),
    ]
    assert [edit.__name__ for edit in quiet if moves(edit)] == []
    assert pages() == before


def publish_the_minutes(world, anna):
    Minutes.objects.get(status=Status.DRAFT).publish(by=anna, confirmed=True)


def schedule_a_strategy(world, anna):
    strategy = Strategy.objects.get(status=Status.DRAFT)
    strategy.publish(by=anna, confirmed=True, at=timezone.now() + datetime.timedelta(days=1))


def withdraw_an_agenda(world, anna):
    Agenda.objects.latest("pk").withdraw(by=anna)


def publish_a_supplement(world, anna):
    agenda = Agenda.objects.latest("pk")
    make.item(agenda.meeting, "Kom til", supplement="venter")
    connection.run_on_commit.clear()
    agenda.publish_supplement(by=anna, confirmed=True)


def correct_the_minutes(world, anna):
    minutes = Minutes.objects.get(status=Status.PUBLISHED)
    item = minutes.meeting.items.first()
    item.decision = "<p>Noget andet.</p>"
    minutes.correct([item], by=anna, what="Beslutningen", confirmed=True)


def erase_a_name(world, anna):
    Person.objects.get().memberships.update(ends_on=datetime.date(2025, 5, 1))
    anonymise(Person.objects.get())


def take_a_hearing_off_an_item(world, anna):
    hearing = Hearing.objects.get()
    with batch_reindexing():
        hearing.save()
        hearing.items.clear()


def move_an_item(world, anna):
    item = AgendaItem.objects.filter(meeting__agenda__status=Status.PUBLISHED).latest("pk")
    put_in_order([make.item(item.meeting, "Først", raised_at_meeting=True), item])


def put_an_input_on_the_agenda(world, anna):
    citizen_input = Input.objects.get(status=Status.DRAFT)
    citizen_input.item = AgendaItem.objects.latest("pk")
    citizen_input.save()


def delete_a_cause(world, anna):
    Council.objects.get(municipality=world).causes.get().delete()


def restore_a_cause(world, anna):
    delete_a_cause(world, anna)
    connection.run_on_commit.clear()
    Revision.objects.filter(action=Revision.Action.DELETED).latest("pk").undelete()


def take_the_role_from_the_only_reader(world, anna):
    anna.assignments.get().delete()


def block_the_only_reader(world, anna):
    anna.is_active = False
    anna.save()


def rename_the_municipality(world, anna):
    world.name = "Esbjerg ved havet"
    world.save()


def add_a_helpline(world, anna):
    make.helpline("12345678")


def delete_topics_in_the_list(world, anna):
    Topic.objects.all().delete()


def load_the_national_lists(world, anna):
    call_command("load_topics", verbosity=0)


def rebuild_the_search(world, anna):
    call_command("rebuild_search", verbosity=0)


OWN = [
    publish_the_minutes,
    schedule_a_strategy,
    withdraw_an_agenda,
    publish_a_supplement,
    correct_the_minutes,
    erase_a_name,
    take_a_hearing_off_an_item,
    move_an_item,
    put_an_input_on_the_agenda,
    delete_a_cause,
    restore_a_cause,
    take_the_role_from_the_only_reader,
    block_the_only_reader,
]
COUNTRYWIDE = [
    rename_the_municipality,
    add_a_helpline,
    delete_topics_in_the_list,
    load_the_national_lists,
    rebuild_the_search,
]


def test_what_the_public_reads_moves_the_stamp_of_its_municipality(world, anna):
    for change in OWN + COUNTRYWIDE:
        with transaction.atomic():
            moved = moves(lambda change=change: change(world, anna))
            transaction.set_rollback(True)
        assert (COUNTRY if change in COUNTRYWIDE else world.pk) in moved, change.__name__
        assert change in COUNTRYWIDE or moved == {world.pk}, change.__name__


def test_what_one_municipality_publishes_stays_off_the_pages_of_another(esbjerg, vejle, anna, client, monkeypatch):
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    make.meeting(make.council(vejle))
    addresses = [
        reverse(name, args=["vejle"])
        for name in ("municipality", "council", "meetings", "news", "strategies", "hearings")
    ]
    before = [client.get(address).content for address in addresses]
    connection.run_on_commit.clear()
    before_stamp = stamps()
    build(esbjerg, Status.PUBLISHED)
    assert stamps()[vejle.pk] == before_stamp[vejle.pk]
    assert [client.get(address).content for address in addresses] == before


def test_a_stamp_of_a_change_that_is_undone_is_raised_again(esbjerg):
    connection.run_on_commit.clear()
    before = stamps()[esbjerg.pk]
    with transaction.atomic():
        raise_stamp(esbjerg.pk)
        transaction.set_rollback(True)
    raise_stamp(esbjerg.pk)
    raise_stamp(esbjerg.pk)
    assert stamps()[esbjerg.pk] == before + 1


def test_stamps_keep_their_sums_when_they_are_folded(esbjerg, vejle):
    PublicStamp.objects.bulk_create(PublicStamp(scope=scope) for scope in [esbjerg.pk, vejle.pk, COUNTRY] * 100)
    before = stamps()
    assert fold_stamps(timezone.now()) >= 297
    assert stamps() == before and PublicStamp.objects.count() == 3
    assert fold_stamps(timezone.now()) == 0


@pytest.mark.django_db(transaction=True)
def test_a_stamp_is_never_raised_beside_its_change():
    with pytest.raises(transaction.TransactionManagementError):
        raise_stamp(COUNTRY)
