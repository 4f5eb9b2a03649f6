"""Corrections of public minutes: review, publication with an explanation, and kept editions."""

import datetime
import html

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from council.models import Attendance, Edition, Minutes
from udsat.admin.edit_versions import increment_version
from udsat.lib.danish import long_date
from udsat.lib.publishing import Status
from udsat.models import CprOverride, PublicationEvent

from . import factories as make
from .pdf_reader import words
from .test_back_office_conflict import log_in, opened, save
from .test_back_office_scope import text, url

NUMBER = "010190-1234"
WHAT = "Under punkt 1 stod der 21 boliger. Det rigtige tal er 12."


@pytest.fixture
def annas(anna):
    return log_in(anna)


@pytest.fixture
def meeting(esbjerg, anna):
    meeting = make.meeting(make.council(esbjerg))
    member = make.membership(meeting.council, make.person(esbjerg, "Karin", "Holt"))
    make.attendance(meeting, member)
    make.item(meeting, "Boliger til unge", decision="<p>Der bygges 21 boliger.</p>", position=1)
    make.item(meeting, "Om en borger", is_closed=True, public_title="Lukket punkt", decision="<p>Ib får en seng.</p>")
    approved = {"minutes_by": "Lise Overby", "approved_on": datetime.date(2025, 4, 1)}
    minutes = make.minutes(meeting, status=Status.DRAFT, **approved)
    minutes.publish(by=anna, confirmed=True)
    meeting.refresh_from_db()
    return meeting


@pytest.fixture
def item(meeting):
    return meeting.items.get(position=1)


def edit_url(meeting, name="correct"):
    return reverse(f"admin:council_meeting_{name}", args=[meeting.pk])


def typed(client, meeting, **changes):
    """Return the data that the form submits, with these changes."""
    correction = client.get(edit_url(meeting)).context["correction"]
    data = {"version": correction.confirmation["version"].value()}
    for form in [
        correction.head,
        *correction.items,
        correction.attendance.management_form,
        *correction.attendance.forms,
    ]:
        for bound in form:
            value = bound.value()
            if value not in (None, False):
                data[bound.html_name] = getattr(value, "pk", value)
    return {**data, **changes}


def review(client, meeting, **changes):
    """Press the first button, which shows the changes."""
    return client.post(edit_url(meeting), typed(client, meeting, **changes))


def confirm(client, meeting, seen, **answers):
    """Press the second button, with every checkbox ticked."""
    form, data = seen.context["correction"].confirmation, seen.context["correction"].data.dict()
    ticks = {name: "on" for name in form.fields if name.startswith("looked_")}
    return client.post(edit_url(meeting), {**data, "confirmed": "on", **ticks, **answers}, follow=True)


def correct(client, meeting, **changes):
    return confirm(client, meeting, review(client, meeting, what=WHAT, **changes))


def decision(item, words):
    return {f"item-{item.pk}-decision": f"<p>{words}</p>"}


def test_nothing_is_saved_before_the_report_is_confirmed(annas, client, meeting, item):
    seen = review(annas, meeting, what=WHAT, **decision(item, "Der bygges 12 boliger."))
    page = html.unescape(text(seen))
    assert seen.status_code == 200 and "Intet er gemt endnu" in page
    assert "<del>" in page and ">21<" in page and "<ins>" in page and ">12<" in page
    item.refresh_from_db()
    assert "21" in item.decision and Edition.objects.count() == 1
    assert "Rettet den" not in text(client.get(meeting.get_absolute_url()))


def test_a_correction_does_not_overwrite_what_is_saved_while_it_is_validated(annas, meeting, item, meanwhile):
    seen = review(annas, meeting, what=WHAT, **decision(item, "Der bygges 12 boliger."))

    def another_saves():
        meeting.items.filter(pk=item.pk).update(decision="<p>Der bygges 13 boliger.</p>")
        increment_version(meeting)

    meanwhile(another_saves)
    page = html.unescape(text(confirm(annas, meeting, seen)))
    assert "En anden har gemt imens" in page and "12 boliger" in page
    item.refresh_from_db()
    assert "13" in item.decision


def test_the_correction_is_public_in_one_step_and_told(annas, client, meeting, item):
    response = correct(annas, meeting, **decision(item, "Der bygges 12 boliger."))
    assert "Rettelsen er offentlig nu" in text(response)
    page = text(client.get(meeting.get_absolute_url()))
    assert "Der bygges 12 boliger." in page and "Der bygges 21" not in page
    assert f"Rettet den {long_date(timezone.localdate())}:" in page and WHAT in page
    pdf = words(client.get(meeting.get_minutes_pdf_url()).content)
    assert "Der bygges 12 boliger." in pdf and "Det rigtige tal er 12." in pdf
    event = PublicationEvent.objects.filter(action=PublicationEvent.Action.CORRECT).get()
    assert (event.by_name, event.confirmed) == ("Anna", True)


def test_earlier_corrections_stay_told(annas, client, meeting, item):
    correct(annas, meeting, **decision(item, "Der bygges 12 boliger."))
    seen = review(annas, meeting, what="Et komma manglede.", **decision(item, "Der bygges, ja, 12 boliger."))
    confirm(annas, meeting, seen)
    page = text(client.get(meeting.get_absolute_url()))
    assert page.index("Et komma manglede.") < page.index(WHAT)
    assert Minutes.objects.get().correction == "Et komma manglede."


def test_the_earlier_version_is_kept_for_the_back_office(annas, client, meeting, item):
    correct(annas, meeting, **decision(item, "Der bygges 12 boliger."))
    page = html.unescape(text(annas.get(edit_url(meeting, "editions"))))
    assert "Udgave 2" in page and "Udgave 1" in page and WHAT in page and "af Anna" in page
    first = text(annas.get(edit_url(meeting, "editions") + "?udgave=1"))
    assert "Der bygges 21 boliger." in first and "Karin Holt" in first and "Lise Overby" in first
    second = text(annas.get(edit_url(meeting, "editions") + "?udgave=2"))
    assert "fjernet: </span>21<" in second and "tilføjet: </span>12<" in second
    for number in ("3", "0", "-1", "to", "9" * 40, "\x00"):
        assert annas.get(edit_url(meeting, "editions"), {"udgave": number}).status_code == 404
    assert client.get(edit_url(meeting, "editions") + "?udgave=1").status_code == 302
    assert log_in(make.user("gæst")).get(edit_url(meeting, "editions") + "?udgave=1").status_code in (403, 404)


def test_an_edition_holds_what_the_public_read_and_nothing_closed(meeting):
    content = str(Edition.objects.get().content)
    assert "21 boliger" in content and "Lukket punkt" in content
    assert "Ib får en seng" not in content and "Om en borger" not in content


def test_names_in_an_edition_follow_the_persons_wish(annas, meeting):
    person = meeting.attendances.get().member.person
    person.shown = person.Shown.ROLE
    person.save()
    assert "Karin" not in str(Edition.objects.get().content)
    assert "Karin Holt" not in text(annas.get(edit_url(meeting, "editions") + "?udgave=1"))


def test_each_publication_keeps_an_edition(meeting, anna):
    minutes = meeting.minutes
    minutes.withdraw(by=anna)
    minutes.publish(by=anna, confirmed=True)
    assert list(minutes.editions.values_list("number", "correction")) == [(1, ""), (2, "")]


@pytest.mark.parametrize("what", ["", "   "])
def test_it_must_be_said_what_was_corrected(annas, meeting, item, what):
    response = review(annas, meeting, what=what, **decision(item, "Der bygges 12 boliger."))
    assert "Skriv, hvad der er rettet." in text(response)
    assert "Der bygges 12 boliger." in html.unescape(text(response))
    assert Edition.objects.count() == 1


def test_without_a_change_there_is_no_correction(annas, meeting):
    assert "Du har ikke rettet noget" in text(review(annas, meeting, what=WHAT))


def test_the_confirmation_is_for_the_text_that_was_read(annas, meeting, item):
    seen = review(annas, meeting, what=WHAT, **decision(item, "Der bygges 12 boliger."))
    response = confirm(annas, meeting, seen, **decision(item, "Ib Larsen får en bolig."))
    assert "Intet er gemt endnu" in text(response) and Edition.objects.count() == 1
    assert "Ib Larsen" in text(response)


def test_without_the_tick_it_is_not_public(annas, meeting, item):
    seen = review(annas, meeting, what=WHAT, **decision(item, "Der bygges 12 boliger."))
    response = annas.post(edit_url(meeting), seen.context["correction"].data.dict())
    assert "Læs rettelsen, og sæt så et hak her." in text(response)
    assert Edition.objects.count() == 1


def test_what_the_correction_brings_in_is_looked_at_and_what_stood_there_is_not(annas, meeting, item, anna):
    meeting.minutes.withdraw(by=anna)
    item.discussion = "<p>Bente Krogh talte.</p>"
    item.save()
    Minutes.objects.get().publish(by=anna, confirmed=True)
    seen = review(annas, meeting, what=WHAT, **{f"item-{item.pk}-discussion": "<p>Bente Krogh og Ole Friis talte.</p>"})
    matches = [row.finding.match for one in seen.context["reviewed"] for row in one.findings]
    assert matches == ["Ole Friis"]
    assert f'href="#id_item-{item.pk}-discussion"' in text(seen)
    data = seen.context["correction"].data.dict()
    assert "Se på det, vi fandt" in html.unescape(text(annas.post(edit_url(meeting), {**data, "confirmed": "on"})))
    assert "offentlig nu" in text(confirm(annas, meeting, seen))


def test_a_cpr_number_stops_it_until_there_is_a_reason(annas, client, meeting, item):
    seen = review(annas, meeting, what=WHAT, **decision(item, f"Sag {NUMBER}."))
    assert "ligner et CPR-nummer" in text(seen)
    assert "så skriv, hvad det er" in text(confirm(annas, meeting, seen))
    assert NUMBER not in text(client.get(meeting.get_absolute_url()))
    [suspect] = [finding for row in seen.context["reviewed"] for finding in row.findings]
    confirm(annas, meeting, seen, **{suspect.field.html_name: "Det er sagens nummer i arkivet."})
    assert NUMBER in text(client.get(meeting.get_absolute_url()))
    assert CprOverride.objects.get().reason == "Det er sagens nummer i arkivet."


def test_a_cpr_number_in_the_explanation_is_found_too(annas, meeting, item):
    seen = review(annas, meeting, what=f"Nummeret {NUMBER} er fjernet.", **decision(item, "Intet."))
    assert [row.finding.label for one in seen.context["reviewed"] for row in one.findings] == ["Hvad er rettet?"]


def test_attendance_and_head_are_corrected_as_well(annas, client, esbjerg, meeting):
    other = make.membership(meeting.council, make.person(esbjerg, "Per", "Kjeldsen"))
    response = correct(
        annas, meeting,
        **{"attendance-0-remark": "gik kl. 15", "attendance-1-member": other.pk, "attendance-1-status": "afbud",
           "minutes-guests": "Ida Munk, leder af Boligvagten"},
    )  # fmt: skip
    assert "offentlig nu" in text(response)
    page = text(client.get(meeting.get_absolute_url()))
    assert "Karin Holt, gik kl. 15" in page and "Per Kjeldsen" in page and "Ida Munk, leder af Boligvagten" in page
    response = correct(annas, meeting, **{"attendance-1-DELETE": "on"})
    assert Attendance.objects.count() == 1


def test_the_same_member_twice_is_told_beside_the_row(annas, meeting):
    member = meeting.attendances.get().member
    response = review(annas, meeting, what=WHAT, **{"attendance-1-member": member.pk, "attendance-1-status": "afbud"})
    assert response.status_code == 200 and not response.context["has_changes"]
    assert Attendance.objects.count() == 1


def test_an_item_can_be_closed_in_a_hurry(annas, client, meeting, item):
    data = typed(annas, meeting, what="Punkt 1 er lukket.", **{f"item-{item.pk}-is_closed": "on"})
    seen = annas.post(edit_url(meeting), data)
    confirm(annas, meeting, seen)
    assert "21 boliger" not in text(client.get(meeting.get_absolute_url()))


def test_a_closed_item_that_is_opened_is_looked_at_whole(annas, client, meeting):
    closed = meeting.items.get(is_closed=True)
    closed.discussion = "<p>Bente Krogh bor på Skolevej 12.</p>"
    closed.save()
    data = typed(annas, meeting, what="Punkt 2 er åbnet.")
    del data[f"item-{closed.pk}-is_closed"]
    seen = annas.post(edit_url(meeting), data)
    matches = [row.finding.match for one in seen.context["reviewed"] for row in one.findings]
    assert matches == ["Bente Krogh", "Skolevej 12"]
    assert "Bente Krogh" not in text(client.get(meeting.get_absolute_url()))


@pytest.mark.engine
def test_two_who_correct_at_once_see_each_other(annas, anna, meeting, item):
    hers = typed(annas, meeting, what=WHAT, **decision(item, "Der bygges 12 boliger."))
    correct(annas, meeting, **decision(item, "Der bygges 13 boliger."))
    response = annas.post(edit_url(meeting), hers)
    page = html.unescape(text(response))
    assert "har gemt imens" in page and "12 boliger" in page and "13 boliger" in page
    item.refresh_from_db()
    assert "13" in item.decision


@pytest.mark.parametrize("who", ["carla", "dan"])
def test_only_who_writes_and_publishes_corrects(request, client, meeting, who):
    client.force_login(request.getfixturevalue(who))
    assert client.get(edit_url(meeting)).status_code == 403
    assert client.post(edit_url(meeting), {}).status_code == 403
    with pytest.raises(PermissionDenied):
        meeting.minutes.correct([], by=request.getfixturevalue(who), what=WHAT, confirmed=True)


def test_for_another_municipality_it_does_not_exist(client, bo, meeting):
    client.force_login(bo)
    for address in (edit_url(meeting), edit_url(meeting, "editions"), edit_url(meeting, "editions") + "?udgave=1"):
        assert client.get(address).status_code == 404


def test_what_is_not_public_is_written_directly(annas, anna, meeting, item):
    meeting.minutes.withdraw(by=anna)
    assert "Du kan rette teksten direkte" in text(annas.get(edit_url(meeting)))
    assert annas.post(edit_url(meeting), {"what": WHAT}).status_code == 200
    assert Edition.objects.count() == 1
    with pytest.raises(ValidationError):
        Minutes.objects.get().correct([], by=anna, what=WHAT, confirmed=True)


def test_what_is_planned_is_no_correction(annas, esbjerg, meeting):
    Minutes.objects.update(publish_at=timezone.now() + datetime.timedelta(days=1))
    assert "Ingen har læst det endnu" in text(annas.get(edit_url(meeting)))


def test_the_other_pages_lead_here(annas, meeting, item):
    """Other pages link to the correction page instead of changing public minutes."""
    page = text(annas.get(url(type(item), "change", item.pk)))
    assert f'href="{edit_url(meeting)}"' in page and f'id="id_{"decision"}"' not in page
    data = opened(annas, item)
    save(annas, item, data | {"decision": "<p>Noget andet</p>", "internal_note": "Husk kaffe"})
    item.refresh_from_db()
    assert "21 boliger" in item.decision and item.internal_note == "Husk kaffe"

    page = text(annas.get(url(type(meeting), "change", meeting.pk)))
    assert f'href="{edit_url(meeting)}">Ret referatet' in page
    data = opened(annas, meeting)
    save(annas, meeting, data | {"minutes-0-guests": "Ib"})
    item.refresh_from_db()
    assert "21 boliger" in item.decision and Minutes.objects.get().guests == ""

    row = meeting.attendances.get()
    assert annas.post(url(Attendance, "change", row.pk), {"remark": "Ib"}).status_code == 403
    new = {"meeting": meeting.pk, "title": "Smuglet ind", "position": 9}
    annas.post(url(type(item), "add"), new)
    assert meeting.items.count() == 2


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"what": "x" * 100_000},
        {"what": "a\x00b", "version": "1-1"},
        {"version": "nej", "attendance-TOTAL_FORMS": "x"},
        {"attendance-TOTAL_FORMS": "999999", "attendance-INITIAL_FORMS": "-1"},
    ],
)
def test_bad_input_changes_nothing(annas, meeting, data):
    response = annas.post(edit_url(meeting), data)
    assert response.status_code == 200
    assert Edition.objects.count() == 1
    for field, value in (("answer", "hvad-som-helst"), ("title", ""), ("title", "x" * 300), ("decision", "a\x00b")):
        item = meeting.items.get(position=1)
        review(annas, meeting, what=WHAT, **{f"item-{item.pk}-{field}": value})
        item.refresh_from_db()
        assert item.title == "Boliger til unge" and "21" in item.decision


def test_a_member_of_another_council_comes_into_no_minutes(annas, vejle, meeting):
    theirs = make.membership(make.council(vejle), make.person(vejle, "Bo"))
    response = review(annas, meeting, what=WHAT, **{"attendance-1-member": theirs.pk, "attendance-1-status": "afbud"})
    assert not response.context["has_changes"] and Attendance.objects.count() == 1
