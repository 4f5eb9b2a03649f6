"""Revision history: recording, differences and restoring."""

import datetime
import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from council.models import AgendaItem, Agreement, Attendance, Meeting
from strategies.models import Action, Goal, Theme
from udsat.lib.actor import acting_as
from udsat.lib.publishing import Status
from udsat.models import Revision

from . import factories as make
from .test_in_chromium import AXE

Act = Revision.Action


@pytest.fixture
def meeting(esbjerg):
    return make.meeting(make.council(esbjerg), status=Status.DRAFT)


def actions(obj):
    return list(Revision.objects.of(obj).order_by("pk").values_list("action", flat=True))


def later(obj, **ago):
    """Backdate all revisions by that time."""
    then = timezone.now() - datetime.timedelta(**ago)
    Revision.objects.of(obj).update(at=then, since=then)


def test_the_first_save_is_kept_whole(meeting, anna):
    with acting_as(user=anna):
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


def test_commands_and_links_record_their_own_name(meeting):
    assert Revision.objects.of(meeting).get().by_name == "Portalen"
    with acting_as(name="Karen Holm, med link"):
        item = make.item(meeting)
    revision = Revision.objects.of(item).get()
    assert (revision.by, revision.by_name) == (None, "Karen Holm, med link")


def test_saving_what_is_there_already_is_no_change(meeting, anna):
    item = make.item(meeting)
    item = AgendaItem.objects.get(pk=item.pk)
    with acting_as(user=anna):
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
    with acting_as(user=anna):
        for text in ("Vi", "Vi spørger", "Vi spørger igen"):
            item.decision = f"<p>{text}</p>"
            item.save()
    assert actions(item) == [Act.MADE, Act.CHANGED]
    assert Revision.objects.latest_of(item).values["decision"] == "<p>Vi spørger igen</p>"


def test_a_run_of_saves_ends_after_ten_minutes_however_close_they_lie(meeting, anna):
    item = make.item(meeting)
    with acting_as(user=anna):
        item.title = "Et"
        item.save()
        Revision.objects.of(item).update(since=timezone.now() - datetime.timedelta(minutes=11))
        item.title = "To"
        item.save()
    assert actions(item) == [Act.MADE, Act.CHANGED, Act.CHANGED]


def test_another_persons_save_in_between_keeps_the_two_apart(meeting, anna, carla):
    item = make.item(meeting)
    for person, title in ((anna, "Et"), (carla, "To"), (anna, "Tre")):
        with acting_as(user=person):
            item.title = title
            item.save()
    titles = [revision.values["title"] for revision in Revision.objects.of(item).order_by("pk")]
    assert titles == ["Boliger til unge", "Et", "To", "Tre"]


def test_what_was_published_is_not_added_to(meeting, anna):
    agenda = make.agenda(meeting, Status.DRAFT)
    item = make.item(meeting)
    with acting_as(user=anna):
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
    with acting_as(user=anna), CaptureQueriesContext(connection) as whole:
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
    with acting_as(user=anna):
        AgendaItem.objects.get(pk=item.pk).delete()
    assert not AgendaItem.objects.exists() and not Agreement.objects.exists()
    assert actions(item)[-1:] == actions(agreement)[-1:] == [Act.DELETED]
    Revision.objects.latest_of(item).undelete()
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
    Revision.objects.latest_of(theme).undelete()
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


# History page


@pytest.fixture
def annas(client, anna):
    client.force_login(anna)
    return client


def address(obj):
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_history", args=[obj.pk])


def text(response):
    html = re.sub(r'<span class="visually-hidden">.*?</span>', "", response.content.decode(), flags=re.S)
    return " ".join(unescape(re.sub(r"<(?!/?(ins|del)\b)[^>]*>", " ", html)).split())


def change(obj, by, **fields):
    later(obj, hours=1)
    for name, value in fields.items():
        setattr(obj, name, value)
    with acting_as(user=by):
        obj.save()
    return Revision.objects.latest_of(obj)


def undo(client, page, revision, *fields, seen=None):
    latest = Revision.objects.filter(content_type=revision.content_type, object_id=revision.object_id).order_by("-pk")
    data = {"what": "restore", "revision": revision.pk, "field": fields, "seen": seen or latest[0].stamp}
    return client.post(address(page), data, follow=True)


def test_a_history_page_shows_word_differences_of_all_parts(annas, meeting, carla):
    item = make.item(meeting, "Boliger", decision="<p>Vi spørger borgmesteren igen.</p>")
    change(item, carla, decision="<p>Vi spørger udvalget igen.</p>", is_closed=True, answer="droeftet")
    page = text(annas.get(address(meeting)))
    assert "Carla" in page and "Punkt »Boliger« ændret" in page
    assert "Vi spørger <del>borgmesteren</del> <ins>udvalget</ins> igen." in page
    assert "<del>nej</del><ins>ja</ins>" in page and "<ins>Drøftet</ins>" in page
    assert "Vi spørger" in text(annas.get(address(item)))


def test_publications_are_listed_with_revisions(annas, meeting, anna, dan):
    agenda = make.agenda(meeting, Status.DRAFT)
    agenda.publish(by=anna, confirmed=True)
    agenda.withdraw(by=dan)
    page = text(annas.get(address(meeting)))
    assert page.index("Trukket tilbage: dagsorden Dan") < page.index("Offentliggjort: dagsorden Anna")
    assert "Offentliggjort: møde Anna" in page


def test_dates_people_and_files_are_read_as_words(annas, esbjerg, anna):
    council = make.council(esbjerg, Status.DRAFT)
    seat = make.membership(council, make.person(esbjerg, "Karen", "Holm"))
    change(seat, anna, person=make.person(esbjerg, "Ib", "Friis"), ends_on=datetime.date(2026, 3, 1))
    page = text(annas.get(address(council)))
    assert "<del>Karen Holm</del><ins>Ib Friis</ins>" in page
    assert "<ins>1.3.2026</ins>" in page


def test_moving_things_about_is_one_line(annas, meeting, anna):
    items = [make.item(meeting, title) for title in ("Et", "To", "Tre")]
    for position, item in enumerate(reversed(items), 100):
        change(item, anna, position=position)
    assert "Rækkefølgen er ændret: »Et«, »To«, »Tre«" in text(annas.get(address(meeting)))


def test_the_text_from_before_comes_back_as_a_new_revision(annas, meeting, carla, anna):
    item = make.item(meeting, "Boliger", decision="<p>En lang beslutning.</p>")
    later(item, hours=2)
    revision = change(item, carla, decision="<p>Ups.</p>", title="Huse")
    version = Meeting.objects.get(pk=meeting.pk).version
    page = text(undo(annas, meeting, revision, "decision"))
    item.refresh_from_db()
    assert (item.decision, item.title) == ("<p>En lang beslutning.</p>", "Huse")
    assert "er gendannet" in page and "gendannet" in page
    latest = Revision.objects.latest_of(item)
    assert (latest.action, latest.by) == (Act.RESTORED, anna)
    assert Meeting.objects.get(pk=meeting.pk).version == version + 1


def test_a_restoration_can_be_undone_at_once(annas, meeting, carla):
    item = make.item(meeting, "Boliger")
    revision = change(item, carla, title="Huse")
    undo(annas, meeting, revision, "title")
    undo(annas, meeting, Revision.objects.latest_of(item), "title")
    item.refresh_from_db()
    assert item.title == "Huse"


def test_what_another_saves_meanwhile_is_not_overwritten(annas, meeting, carla):
    item = make.item(meeting, "Boliger")
    revision = change(item, carla, title="Huse")
    seen = revision.stamp
    change(item, carla, title="Hytter")
    page = text(undo(annas, meeting, revision, "title", seen=seen))
    item.refresh_from_db()
    assert item.title == "Hytter" and "En anden har gemt imens" in page


def test_a_number_does_not_come_back_into_a_public_text(annas, esbjerg, anna):
    news = make.news(esbjerg, status=Status.DRAFT, lead="Ring til 010190-1234")
    revision = change(news, anna, lead="Ring til værestedet")
    news.publish(by=anna, confirmed=True)
    page = text(undo(annas, news, revision, "lead"))
    news.refresh_from_db()
    assert news.lead == "Ring til værestedet" and "ligner et CPR-nummer" in page


def test_a_deleted_part_is_brought_back_from_the_page(annas, meeting, carla):
    item = make.item(meeting, "Boliger")
    agreement = make.agreement(item)
    with acting_as(user=carla):
        AgendaItem.objects.get(pk=item.pk).delete()
    page = text(annas.get(address(meeting)))
    assert "Punkt »Boliger« slettet sammen med 1 del" in page and "Bring tilbage" in page
    deletion = Revision.objects.latest_of(item)
    annas.post(address(meeting), {"what": "bring-back", "revision": deletion.pk})
    assert AgendaItem.objects.get().title == "Boliger" and Agreement.objects.get() == agreement
    again = annas.post(address(meeting), {"what": "bring-back", "revision": deletion.pk}, follow=True)
    assert "er her allerede" in text(again) and AgendaItem.objects.count() == 1


def test_who_may_not_write_it_may_not_restore_it(client, meeting, carla, dan, anna, bo):
    item = make.item(meeting, "Boliger")
    revision = change(item, anna, title="Huse")
    client.force_login(dan)
    assert "Gendan det" not in text(client.get(address(meeting)))
    assert undo(client, meeting, revision, "title").status_code == 403
    make.agenda(meeting)
    client.force_login(carla)
    assert "Gendan det" not in text(client.get(address(meeting)))
    assert undo(client, meeting, revision, "title").status_code == 403
    client.force_login(bo)
    assert undo(client, meeting, revision, "title").status_code == 404
    item.refresh_from_db()
    assert item.title == "Huse"


def test_an_editor_restores_the_minutes_of_a_public_agenda(client, meeting, carla, anna):
    item = make.item(meeting, decision="<p>Ja.</p>")
    make.agenda(meeting)
    revision = change(item, anna, decision="")
    client.force_login(carla)
    assert "Gendan det" in text(client.get(address(meeting)))
    undo(client, meeting, revision, "decision")
    item.refresh_from_db()
    assert item.decision == "<p>Ja.</p>"


def test_a_revision_of_something_else_does_not_exist_here(annas, meeting, esbjerg, vejle):
    for other in (make.news(esbjerg), make.news(vejle)):
        revision = Revision.objects.of(other).get()
        assert undo(annas, meeting, revision, "title").status_code == 404


@pytest.mark.parametrize("number", ["", "ni", "-1", "9" * 30, "1\x00"])
def test_nonsense_restores_nothing(annas, meeting, number):
    for what in ("restore", "bring-back"):
        assert annas.post(address(meeting), {"what": what, "revision": number}).status_code == 404
    assert annas.post(address(meeting), {"what": "number", "number": number}).status_code == 403
    assert annas.post(address(meeting), {}).status_code == 302
    assert annas.get(address(meeting) + f"?side={number}").status_code == 200


def test_a_long_history_is_paginated_with_constant_queries(annas, meeting, carla):
    def read():
        with CaptureQueriesContext(connection) as queries:
            page = text(annas.get(address(meeting)))
        return page, len(queries)

    for number in range(5):
        change(make.item(meeting, f"Punkt {number}"), carla, title=f"Sag {number}")
    read()
    _, few = read()
    for number in range(45):
        change(make.item(meeting, f"Punkt {number}"), carla, title=f"Sag {number}")
    page, many = read()
    assert many <= few
    assert "Side 1 af 3" in page and "Ældre" in page
    assert "Side 3 af 3" in text(annas.get(address(meeting) + "?side=3"))


def test_history_shows_the_author_after_an_edit_conflict(annas, meeting, carla):
    form = reverse("admin:council_meeting_change", args=[meeting.pk])
    annas.get(form)
    with acting_as(user=carla):
        make.item(meeting, "Carlas punkt")
    Meeting.objects.filter(pk=meeting.pk).update(version=7)
    assert "Carla har gemt imens" in text(annas.post(form, {"version": "1"}))


# CPR numbers


def test_an_administrator_takes_a_number_out_of_the_history_too(client, eva, anna, meeting):
    item = make.item(meeting, "Boliger", decision="<p>Om <strong>010190</strong>-1234, i dag.</p>", case_number="1")
    change(item, anna, decision="<p>Om en borger, i dag.</p>")
    client.force_login(anna)
    assert "Noget ligner" not in text(client.get(address(meeting)))
    client.force_login(eva)
    page = client.get(address(meeting))
    assert "Noget ligner et CPR-nummer" in text(page) and "1234" in text(page)
    number = page.context["numbers"][0]["fingerprint"]
    client.post(address(meeting), {"what": "number", "number": number})
    page = text(client.get(address(meeting)))
    assert "Noget ligner" not in page and "1234" not in page and "010190" not in page
    assert all("010190" not in str(it.values) for it in Revision.objects.all())


def test_a_number_in_the_current_text_must_be_removed_there_first(client, eva, meeting):
    item = make.item(meeting, "Brev fra 010190-1234")
    client.force_login(eva)
    number = client.get(address(meeting)).context["numbers"][0]["fingerprint"]
    page = client.post(address(meeting), {"what": "number", "number": number}, follow=True)
    assert "Fjern det der, og prøv igen" in text(page)
    assert "1234" in Revision.objects.of(item).get().values["title"]


def test_only_administrators_take_numbers_out(annas, meeting):
    make.item(meeting, "Brev fra 010190-1234")
    assert annas.post(address(meeting), {"what": "number", "number": "x"}).status_code == 403


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_page_has_no_barrier_and_gives_back_by_keyboard(page, esbjerg, anna):
    meeting = make.meeting(make.council(esbjerg), status=Status.DRAFT)
    meeting.publish(by=anna, confirmed=True)
    item = make.item(meeting, "Boliger", decision="<p>Vi spørger borgmesteren.</p>")
    change(item, anna, title="Huse", decision="<p>Vi spørger <strong>udvalget</strong>.</p>")
    change(item, anna, title="Hytter")
    make.item(meeting, "Væk").delete()
    page.goto("/admin/login/")
    page.get_by_label("Brugernavn").fill("anna")
    page.get_by_label("Adgangskode").fill(make.PASSWORD)
    page.get_by_label("Adgangskode").press("Enter")
    page.get_by_role("button", name="Log ud").wait_for()
    for width, scheme in ((1280, "light"), (360, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.goto(address(meeting))
        page.evaluate(AXE)
        found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
        assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
    page.get_by_role("button", name="Gendan det, der stod før").first.press("Enter")
    page.get_by_text("er gendannet").wait_for()
    item.refresh_from_db()
    assert item.title == "Huse"
