"""Every save is kept, told as a difference, and can be undone."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from council.models import AgendaItem, Agreement, Attendance, Meeting
from strategies.models import Action, Goal, Theme
from udsat.lib.actor import acting
from udsat.lib.publishing import Status
from udsat.models import Revision

from . import factories as make

Act = Revision.Action


@pytest.fixture
def meeting(esbjerg):
    return make.meeting(make.council(esbjerg), status=Status.DRAFT)


def actions(obj):
    return list(Revision.objects.of(obj).order_by("pk").values_list("action", flat=True))


def later(obj, **ago):
    """As if what has been saved of it was saved that long ago."""
    then = timezone.now() - datetime.timedelta(**ago)
    Revision.objects.of(obj).update(at=then, since=then)


def test_the_first_save_is_kept_whole(meeting, anna):
    with acting(user=anna):
        item = make.item(meeting, "Boliger", decision="<p>Vi spørger igen.</p>")
    revision = Revision.objects.of(item).get()
    assert (revision.action, revision.by, revision.by_name, revision.label) == (Act.MADE, anna, "Anna", "Boliger")
    assert (revision.values["title"], revision.values["decision"]) == ("Boliger", "<p>Vi spørger igen.</p>")
    assert revision.values["meeting"] == meeting.pk and revision.values["is_closed"] is False
    assert Revision.objects.on_page_of(meeting).filter(pk=revision.pk).exists()
    assert revision.municipality == meeting.municipality


def test_what_the_portal_writes_by_itself_is_not_a_persons_text(meeting):
    values = Revision.objects.of(meeting).get().values
    assert not {"id", "status", "version", "created_at", "published_at", "calendar_sequence"} & set(values)


def test_a_command_or_a_link_says_its_own_name(meeting):
    assert Revision.objects.of(meeting).get().by_name == "Portalen"
    with acting(name="Karen Holm, med link"):
        item = make.item(meeting)
    revision = Revision.objects.of(item).get()
    assert (revision.by, revision.by_name) == (None, "Karen Holm, med link")


def test_saving_what_is_there_already_is_no_change(meeting, anna):
    item = make.item(meeting)
    item = AgendaItem.objects.get(pk=item.pk)
    with acting(user=anna):
        item.save()
    assert actions(item) == [Act.MADE]


def test_values_are_equal_however_they_were_set(meeting):
    meeting.date = "2025-03-03"
    meeting.save()
    meeting.refresh_from_db()
    meeting.save()
    assert actions(meeting) == [Act.MADE]


def test_saves_of_one_person_within_ten_minutes_are_one_revision(meeting, anna):
    item = make.item(meeting)
    with acting(user=anna):
        for text in ("Vi", "Vi spørger", "Vi spørger igen"):
            item.decision = f"<p>{text}</p>"
            item.save()
    assert actions(item) == [Act.MADE, Act.CHANGED]
    assert Revision.objects.latest_of(item).values["decision"] == "<p>Vi spørger igen</p>"


def test_a_run_of_saves_ends_after_ten_minutes_however_close_they_lie(meeting, anna):
    item = make.item(meeting)
    with acting(user=anna):
        item.title = "Et"
        item.save()
        Revision.objects.of(item).update(since=timezone.now() - datetime.timedelta(minutes=11))
        item.title = "To"
        item.save()
    assert actions(item) == [Act.MADE, Act.CHANGED, Act.CHANGED]


def test_another_persons_save_in_between_keeps_the_two_apart(meeting, anna, carla):
    item = make.item(meeting)
    for person, title in ((anna, "Et"), (carla, "To"), (anna, "Tre")):
        with acting(user=person):
            item.title = title
            item.save()
    titles = [revision.values["title"] for revision in Revision.objects.of(item).order_by("pk")]
    assert titles == ["Boliger til unge", "Et", "To", "Tre"]


def test_what_was_published_is_not_added_to(meeting, anna):
    agenda = make.agenda(meeting, Status.DRAFT)
    item = make.item(meeting)
    with acting(user=anna):
        item.title = "Det, alle læste"
        item.save()
        agenda.publish(by=anna, confirmed=True)
        item.title = "Det, der kom bagefter"
        item.save()
    titles = [revision.values["title"] for revision in Revision.objects.of(item).order_by("pk")]
    assert titles == ["Boliger til unge", "Det, alle læste", "Det, der kom bagefter"]


def test_a_publication_is_no_change_of_text(meeting, anna):
    meeting.publish(by=anna, confirmed=True)
    assert actions(meeting) == [Act.MADE]


def test_only_the_fields_that_are_saved_are_recorded(meeting):
    item = make.item(meeting, title="Boliger")
    later(item, hours=1)
    item.title, item.case_number = "Huse", "12-34"
    item.save(update_fields=["case_number"])
    values = Revision.objects.latest_of(item).values
    assert (values["title"], values["case_number"]) == ("Boliger", "12-34")


def test_a_save_costs_two_queries_more(meeting, anna):
    item = make.item(meeting)
    item = AgendaItem.objects.select_related("meeting__council").get(pk=item.pk)
    item.title = "Huse"
    item.save()
    item.title = "Hytter"
    with acting(user=anna), CaptureQueriesContext(connection) as whole:
        item.save()
    assert sum("udsat_revision" in query["sql"] for query in whole) == 2


def test_a_label_keeps_no_cpr_number(meeting):
    item = make.item(meeting, title="Brev fra 010190-1234")
    assert "1234" not in Revision.objects.of(item).get().label


def test_what_is_deleted_comes_back_with_what_hung_on_it(meeting, anna, esbjerg):
    theme = make.theme(make.strategy(esbjerg))
    item = make.item(meeting, decision="<p>Ja.</p>")
    item.themes.set([theme])
    agreement = make.agreement(item, "Ringe til boligforeningen")
    with acting(user=anna):
        AgendaItem.objects.get(pk=item.pk).delete()
    assert not AgendaItem.objects.exists() and not Agreement.objects.exists()
    assert actions(item)[-1:] == actions(agreement)[-1:] == [Act.DELETED]
    Revision.objects.latest_of(item).bring_back()
    back = AgendaItem.objects.get(pk=item.pk)
    assert (back.decision, list(back.themes.all())) == ("<p>Ja.</p>", [theme])
    assert back.agreements.get() == agreement and back.agreements.get().text == "Ringe til boligforeningen"
    assert actions(item) == [Act.MADE, Act.DELETED, Act.RESTORED]


def test_a_theme_comes_back_with_goals_in_two_layers_and_their_actions(esbjerg):
    theme = make.theme(make.strategy(esbjerg))
    child = make.goal(theme, "Et delmål")
    child.parent = make.goal(theme, "Et mål")
    child.save()
    make.action(goal=child)
    make.follow_up(child)
    Theme.objects.get(pk=theme.pk).delete()
    assert not Goal.objects.exists() and not Action.objects.exists()
    Revision.objects.latest_of(theme).bring_back()
    back = Goal.objects.get(text="Et delmål")
    assert back.parent.text == "Et mål" and back.actions.count() == 1 and back.follow_ups.count() == 1


def test_a_list_that_is_deleted_is_kept_one_by_one(meeting):
    one, two = make.item(meeting), make.item(meeting)
    meeting.items.all().delete()
    assert actions(one) == actions(two) == [Act.MADE, Act.DELETED]


def test_a_deletion_that_is_refused_leaves_no_trace(esbjerg):
    council = make.council(esbjerg)
    seat = make.membership(council)
    make.attendance(make.meeting(council), seat)
    with pytest.raises(Exception, match="Cannot delete"):
        seat.delete()
    assert actions(seat) == [Act.MADE]
    assert Attendance.objects.count() == Meeting.objects.count() == 1
