"""The meeting desk: what becomes of what is typed there, by one, by two, late, twice and wrongly."""

import datetime
import json
import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from council.meetings.desk.edits import forget
from council.meetings.desk.fields import EMPTY, fingerprint
from council.models import AgendaItem, Agreement, Attendance, DeskClash, DeskEdit, DeskPresence, Invitation, Minutes
from udsat.lib.publishing import Status
from udsat.models import Revision

from . import factories as make


@pytest.fixture
def meeting(esbjerg):
    council = make.council(esbjerg, quorum="halvdelen")
    return make.meeting(council, status=Status.DRAFT)


@pytest.fixture
def item(meeting):
    return make.item(meeting)


@pytest.fixture
def seats(meeting):
    names = ("Karen", "Ib", "Solvej")
    return [make.membership(meeting.council, make.person(meeting.municipality, name)) for name in names]


class Browser:
    """One person's open desk, as far as the server knows it."""

    def __init__(self, client, meeting, user):
        client.force_login(user)
        self.client, self.user, self.id = client, user, str(uuid.uuid4())
        self.url = reverse("admin:council_meeting_desk_sync", args=[meeting.pk])
        self.page = reverse("admin:council_meeting_desk", args=[meeting.pk])

    def send(self, *edits, **rest):
        body = {"user": self.user.pk, "client": self.id, "edits": list(edits)} | rest
        return self.client.post(self.url, json.dumps(body), content_type="application/json")

    def write(self, field, value, base=EMPTY, **rest):
        return self.send({"id": str(uuid.uuid4()), "field": field, "base": base, "value": value} | rest).json()

    def decide(self, clash, choice):
        decision = {"clash": clash["key"], "choice": choice, "base": clash["base"], "seen": clash["seen"]}
        return self.send(decisions=[{"id": str(uuid.uuid4())} | decision]).json()

    def form(self):
        """The fields of the page, as a browser without JavaScript would send them."""
        text = self.client.get(self.page).content.decode()
        found = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
        return {name: value for name, value in found.items() if "csrf" not in name and "NY-" not in name}


@pytest.fixture
def anna_at_desk(client, meeting, anna):
    return Browser(client, meeting, anna)


@pytest.fixture
def carla_at_desk(meeting, carla):
    return Browser(Client(), meeting, carla)


def outcome(answer):
    return answer["answers"][0]["outcome"]


def test_what_is_typed_is_saved_cleaned_and_in_history(anna_at_desk, item, anna):
    answer = anna_at_desk.write(f"punkt:{item.pk}:decision", "<p onclick=x>Godkendt <b>enstemmigt</b></p>")
    item.refresh_from_db()
    assert item.decision == "<p>Godkendt <strong>enstemmigt</strong></p>"
    assert (outcome(answer), answer["answers"][0]["fingerprint"]) == ("gemt", fingerprint(item.decision))
    assert Revision.objects.of(item).filter(by=anna, values__decision=item.decision).exists()


def test_an_edit_sent_again_after_a_lost_answer_is_known(anna_at_desk, carla_at_desk, item):
    field, number = f"punkt:{item.pk}:decision", str(uuid.uuid4())
    edit = {"id": number, "field": field, "base": EMPTY, "value": "<p>Ja</p>"}
    first = anna_at_desk.send(edit).json()
    carla_at_desk.write(field, "<p>Ja, men</p>", base=fingerprint("<p>Ja</p>"))
    again = anna_at_desk.send(edit).json()
    assert again["answers"] == first["answers"]
    item.refresh_from_db()
    assert item.decision == "<p>Ja, men</p>" and not DeskClash.objects.exists()


def test_two_who_write_the_same_at_once_lose_no_word(anna_at_desk, carla_at_desk, item):
    field = f"punkt:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Annas ord</p>")
    answer = carla_at_desk.write(field, "<p>Carlas ord</p>")
    item.refresh_from_db()
    assert item.decision == "<p>Annas ord</p>" and outcome(answer) == "sammenstoed"
    seen_by_anna = anna_at_desk.send().json()["state"]["clashes"]
    assert [(c["text"], c["by"], c["saved"]) for c in seen_by_anna] == [("Carlas ord", "Carla", "Annas ord")]
    # What she goes on typing goes to her text, not to a second clash.
    key = answer["answers"][0]["clash"]
    carla_at_desk.write(field, "<p>Carlas mange ord</p>", clash=key)
    assert [clash.text for clash in DeskClash.objects.all()] == ["<p>Carlas mange ord</p>"]


@pytest.mark.parametrize(
    ("choice", "result"),
    [("begge", "<p>Annas</p><p>Carlas</p>"), ("tekst", "<p>Carlas</p>"), ("felt", "<p>Annas</p>")],
)
def test_a_clash_is_decided_and_both_texts_are_kept(anna_at_desk, carla_at_desk, item, choice, result):
    field = f"punkt:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Annas</p>")
    carla_at_desk.write(field, "<p>Carlas</p>")
    (clash,) = anna_at_desk.send().json()["state"]["clashes"]
    assert outcome(anna_at_desk.decide(clash, choice)) == "gemt"
    item.refresh_from_db()
    assert item.decision == result
    kept = DeskClash.objects.get()
    assert (kept.text, kept.field_text, kept.choice) == ("<p>Carlas</p>", "<p>Annas</p>", choice)
    assert outcome(carla_at_desk.decide(clash, "felt")) == "gemt"  # the second who decides changes nothing
    item.refresh_from_db()
    assert item.decision == result


def test_nobody_decides_about_a_text_that_is_no_longer_the_one_she_read(anna_at_desk, carla_at_desk, item):
    field = f"punkt:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Annas</p>")
    key = carla_at_desk.write(field, "<p>Carlas</p>")["answers"][0]["clash"]
    (clash,) = anna_at_desk.send().json()["state"]["clashes"]
    carla_at_desk.write(field, "<p>Carlas nye</p>", clash=key)
    assert outcome(anna_at_desk.decide(clash, "felt")) == "aendret"
    assert DeskClash.objects.filter(resolved_at=None).count() == 1


def test_the_same_text_from_two_is_no_clash_and_neither_is_an_emptied_field(anna_at_desk, carla_at_desk, item):
    field = f"punkt:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Udsat</p>")
    assert outcome(carla_at_desk.write(field, "<p>Udsat</p>")) == "gemt"
    assert outcome(carla_at_desk.write(field, "")) == "veg"
    item.refresh_from_db()
    assert item.decision == "<p>Udsat</p>" and not DeskClash.objects.exists()


def test_text_for_an_item_that_was_removed_is_kept(anna_at_desk, meeting):
    gone = make.item(meeting)
    number = gone.pk
    gone.delete()
    assert outcome(anna_at_desk.write(f"punkt:{number}:decision", "<p>Vigtigt</p>")) == "sammenstoed"
    (clash,) = anna_at_desk.send().json()["state"]["clashes"]
    assert clash["is_gone"] and clash["text"] == "Vigtigt"
    assert outcome(anna_at_desk.decide(clash, "tekst")) == "afvist"
    assert "Vigtigt" in anna_at_desk.client.get(anna_at_desk.page).content.decode()
    assert outcome(anna_at_desk.decide(clash, "felt")) == "gemt"


def test_an_item_and_an_agreement_begun_at_the_table_keep_the_name_their_browser_gave(anna_at_desk, meeting):
    row, deal = str(uuid.uuid4()), str(uuid.uuid4())
    anna_at_desk.write(f"punkt:{row}:decision", "<p>Ja</p>")
    anna_at_desk.write(f"aftale:{deal}:responsible", "Jobcenteret", under=f"punkt:{row}")
    anna_at_desk.write(f"punkt:{row}:title", "Varme stuer")
    anna_at_desk.write(f"aftale:{deal}:text", "Ringe til kirken")
    anna_at_desk.write(f"aftale:{deal}:due_on", "2025-04-01")
    item = AgendaItem.objects.get()
    assert (item.title, item.decision, item.raised_at_meeting) == ("Varme stuer", "<p>Ja</p>", True)
    agreement = Agreement.objects.get()
    assert (agreement.item, agreement.text, agreement.responsible) == (item, "Ringe til kirken", "Jobcenteret")
    state = anna_at_desk.send().json()["state"]
    assert state["rows"][0]["row"] == f"punkt:{row}" and state["rows"][0]["agreements"] == [f"aftale:{deal}"]
    # Emptied of all, it is gone; written in again, it is there again.
    for name, value in (("text", "Ringe til kirken"), ("responsible", "Jobcenteret"), ("due_on", "2025-04-01")):
        anna_at_desk.write(f"aftale:{deal}:{name}", "", base=fingerprint(value))
    assert not Agreement.objects.exists()
    anna_at_desk.write(f"aftale:{deal}:text", "Skrive til kirken", under=f"punkt:{row}")
    assert Agreement.objects.get().text == "Skrive til kirken"


def test_attendance_starts_from_the_answers_and_says_whether_the_council_can_decide(anna_at_desk, meeting, seats):
    karen, ib, solvej = seats
    Invitation.objects.create(meeting=meeting, member=karen, reply="kommer")
    Invitation.objects.create(meeting=meeting, member=ib, reply="afbud")
    page = anna_at_desk.client.get(anna_at_desk.page).content.decode()
    assert page.count(" data-suggested") == 2 and not Attendance.objects.exists()
    assert "Fremmødet er ikke gemt endnu." in page and "beslutningsdygtigt" not in page
    anna_at_desk.write(f"medlem:{karen.pk}:status", "til-stede", suggested=True)
    answer = anna_at_desk.write(f"medlem:{ib.pk}:status", "afbud", suggested=True)
    assert "1 af 3 medlemmer er til stede. Rådet er ikke beslutningsdygtigt." in answer["state"]["quorum"]
    stand_in = make.membership(meeting.council, make.person(meeting.municipality, "Per"), role="suppleant")
    anna_at_desk.write(f"medlem:{stand_in.pk}:status", "til-stede")
    answer = anna_at_desk.write(f"medlem:{stand_in.pk}:substitute_for", str(ib.pk))
    assert "2 af 3 medlemmer er til stede. Rådet er beslutningsdygtigt." in answer["state"]["quorum"]


def test_a_suggestion_gives_way_to_what_somebody_has_noted(anna_at_desk, carla_at_desk, seats):
    field = f"medlem:{seats[0].pk}:status"
    carla_at_desk.write(field, "fravaerende")
    assert outcome(anna_at_desk.write(field, "til-stede", suggested=True)) == "veg"
    assert Attendance.objects.get().status == "fravaerende" and not DeskClash.objects.exists()


def test_a_cpr_number_is_warned_about_and_saved_in_the_draft(anna_at_desk, item):
    answer = anna_at_desk.write(f"punkt:{item.pk}:discussion", "<p>Ring til 010190-1234</p>")
    warning = answer["state"]["fields"][f"punkt:{item.pk}:discussion"][2]
    assert outcome(answer) == "gemt" and "CPR" in warning and "1234" not in warning
    anna_at_desk.write(f"punkt:{item.pk}:internal_note", "010190-1234")
    assert len(anna_at_desk.send().json()["state"]["fields"][f"punkt:{item.pk}:internal_note"]) == 2


@pytest.mark.parametrize("state", [Status.PUBLISHED, "planlagt"])
def test_nothing_is_saved_into_public_minutes_but_no_word_is_lost(anna_at_desk, meeting, item, state):
    make.minutes(meeting, status=state)
    answer = anna_at_desk.write(f"punkt:{item.pk}:decision", "<p>For sent</p>")
    item.refresh_from_db()
    assert item.decision == "" and outcome(answer) == "sammenstoed" and answer["state"]["closed"]
    page = anna_at_desk.client.get(anna_at_desk.page).content.decode()
    assert "For sent" in page and "Derfor er det lukket" in page and "<textarea" not in page


def test_an_editor_writes_the_minutes_of_a_public_agenda_and_a_line_raised_at_it(carla_at_desk, meeting, item):
    make.agenda(meeting)
    assert outcome(carla_at_desk.write(f"punkt:{item.pk}:decision", "<p>Ja</p>")) == "gemt"
    assert outcome(carla_at_desk.write(f"punkt:{item.pk}:title", "Nyt", base=fingerprint(item.title))) == "sammenstoed"
    assert outcome(carla_at_desk.write(f"punkt:{uuid.uuid4()}:title", "Rejst på mødet")) == "gemt"
    item.refresh_from_db()
    assert item.title == "Boliger til unge"


def test_a_form_opened_before_does_not_overwrite_what_the_desk_saved(anna_at_desk, meeting, item):
    version = meeting.version
    anna_at_desk.write(f"punkt:{item.pk}:decision", "<p>Ja</p>")
    meeting.refresh_from_db()
    assert meeting.version > version


def test_those_at_the_desk_see_each_other_until_they_leave(anna_at_desk, carla_at_desk, item):
    anna_at_desk.send(place=f"punkt:{item.pk}")
    present = carla_at_desk.send().json()["present"]
    assert [(it["name"], it["place"]) for it in present] == [("Anna", f"punkt:{item.pk}")]
    anna_at_desk.send(leaves=True)
    assert carla_at_desk.send().json()["present"] == []
    carla_at_desk.send()
    DeskPresence.objects.update(seen_at="2020-01-01T00:00Z")
    assert anna_at_desk.send().json()["present"] == []


def test_a_browser_that_has_everything_is_told_nothing_again(anna_at_desk, item):
    stamp = anna_at_desk.send().json()["stamp"]
    assert "state" not in anna_at_desk.send(stamp=stamp).json()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'"x"', b"{}", b"[" * 100_000, b'{"user": "1"}', b"\xff\xfe",
        b'{"user": true, "client": "x"}', b'{"user": 1, "client": "x", "edits": {}}',
    ],
)  # fmt: skip
def test_what_no_script_of_ours_sends_is_refused_in_words(anna_at_desk, body):
    answer = anna_at_desk.client.post(anna_at_desk.url, body, content_type="application/json")
    assert answer.status_code == 400 and "problem" in answer.json()


@pytest.mark.parametrize(
    "edit",
    [
        {"id": "1"}, {"field": None}, {"value": 7}, {"base": "<"}, {"value": ["x"]}, {"clash": 1}, {"under": {}},
        {"field": "x" * 500},
    ],
)  # fmt: skip
def test_an_edit_of_the_wrong_shape_changes_nothing(anna_at_desk, item, edit):
    whole = {"id": str(uuid.uuid4()), "field": f"punkt:{item.pk}:decision", "base": EMPTY, "value": "x"}
    assert anna_at_desk.send(whole | edit).status_code == 400
    assert not DeskEdit.objects.exists()


@pytest.mark.parametrize(
    "field",
    [
        "", "x", "punkt:1", "punkt:0:decision", "punkt:1:is_closed", "punkt:1:meeting", "moede:hoved:status",
        "punkt:99999999999999999999:decision", "medlem:1:member", "aftale:x:text", "meeting:1:title",
    ],
)  # fmt: skip
def test_fields_that_the_desk_does_not_have_are_refused(anna_at_desk, field):
    answer = anna_at_desk.write(field, "x")
    assert outcome(answer) == "afvist" and answer["answers"][0]["message"]


def test_values_that_no_field_takes(anna_at_desk, carla_at_desk, meeting, seats, item):
    assert outcome(anna_at_desk.write(f"medlem:{seats[0].pk}:status", "sover")) == "afvist"
    assert outcome(anna_at_desk.write(f"medlem:{seats[0].pk}:substitute_for", "999999")) == "afvist"
    assert outcome(anna_at_desk.write(f"punkt:{item.pk}:answer", "måske")) == "afvist"
    # Words are kept, whatever is wrong with them.
    answer = anna_at_desk.write("moede:hoved:guests", "x" * 500)
    assert outcome(answer) == "sammenstoed" and "for lang" in answer["answers"][0]["message"]
    key = answer["answers"][0]["clash"]
    assert outcome(anna_at_desk.write("moede:hoved:guests", "Mette fra Sind", clash=key)) == "gemt"
    assert not DeskClash.objects.filter(resolved_at=None).exists()
    row = str(uuid.uuid4())
    date = anna_at_desk.write(f"aftale:{row}:due_on", "på tirsdag", under=f"punkt:{item.pk}")
    assert outcome(date) == "sammenstoed"
    anna_at_desk.write(f"punkt:{item.pk}:internal_note", "a\x00b\ud800c\r\nd")
    item.refresh_from_db()
    assert item.internal_note == "abc\nd"


def test_a_huge_body_is_refused(anna_at_desk):
    answer = anna_at_desk.write("moede:hoved:guests", "x") and anna_at_desk.client.post(
        anna_at_desk.url, b"x" * 11 * 1024 * 1024, content_type="application/json"
    )
    assert answer.status_code == 413 and "for meget" in answer.json()["problem"]


def test_rows_of_another_municipality_are_out_of_reach(anna_at_desk, meeting, vejle, bo, client):
    theirs = make.item(make.meeting(make.council(vejle), status=Status.DRAFT), decision="<p>Hemmeligt</p>")
    seat = make.membership(theirs.meeting.council)
    answer = anna_at_desk.write(f"punkt:{theirs.pk}:decision", "<p>Fra Esbjerg</p>")
    assert "Hemmeligt" not in json.dumps(answer)
    assert outcome(anna_at_desk.write(f"medlem:{seat.pk}:status", "afbud")) == "afvist"
    under = anna_at_desk.write(f"aftale:{uuid.uuid4()}:text", "x", under=f"punkt:{theirs.pk}")
    assert outcome(under) == "sammenstoed"
    theirs.refresh_from_db()
    assert theirs.decision == "<p>Hemmeligt</p>" and not theirs.agreements.exists()
    client.force_login(bo)
    for address in (anna_at_desk.url, anna_at_desk.page):
        assert client.get(address).status_code == client.post(address).status_code == 404


def test_a_browser_that_somebody_else_has_logged_in_to_sends_nothing_for_her(anna_at_desk, carla, item):
    anna_at_desk.client.force_login(carla)
    answer = anna_at_desk.send()
    assert answer.status_code == 409 and answer.json()["user"] == carla.pk
    assert anna_at_desk.client.get(anna_at_desk.url).json()["user"] == carla.pk


def test_an_approver_does_not_come_to_the_desk(client, meeting, dan):
    client.force_login(dan)
    assert client.get(reverse("admin:council_meeting_desk", args=[meeting.pk])).status_code == 403


# Without JavaScript


def test_the_form_saves_what_was_changed_and_only_that(anna_at_desk, carla_at_desk, item, seats):
    AgendaItem.objects.filter(pk=item.pk).update(discussion="<p>Et</p><ul><li><p>to</p></li></ul>")
    form = anna_at_desk.form()
    carla_at_desk.write(f"punkt:{item.pk}:decision", "<p>Carlas</p>")
    form |= {
        f"f~punkt:{item.pk}:decision": "",
        f"f~punkt:{item.pk}:discussion": "<p>Et</p>\r\n<ul>\r\n<li><p>to</p></li>\r\n</ul>\r\n",
        f"f~punkt:{item.pk}:dissent": "Ib er uenig.",
        f"f~medlem:{seats[0].pk}:status": "til-stede",
        "f~moede:hoved:guests": "Mette",
        "go": f"punkt-{item.pk}",
    }
    answer = anna_at_desk.client.post(anna_at_desk.page, form)
    assert answer.url.endswith(f"#punkt-{item.pk}")
    item.refresh_from_db()
    assert (item.decision, item.dissent) == ("<p>Carlas</p>", "<p>Ib er uenig.</p>")
    assert item.meeting.minutes.guests == "Mette" and Attendance.objects.get().status == "til-stede"
    assert not DeskClash.objects.exists()


def test_the_form_shows_both_texts_of_a_conflict_and_takes_the_choice(anna_at_desk, carla_at_desk, item):
    form = anna_at_desk.form() | {f"f~punkt:{item.pk}:decision": "Annas"}
    carla_at_desk.write(f"punkt:{item.pk}:decision", "<p>Carlas</p>")
    page = anna_at_desk.client.post(anna_at_desk.page, form, follow=True).content.decode()
    assert "Begge tekster er gemt" in page and "Annas" in page and "Carlas" in page
    again = anna_at_desk.client.post(anna_at_desk.page, form)
    assert again.status_code == 302 and DeskClash.objects.count() == 1
    clash = DeskClash.objects.get()
    anna_at_desk.client.post(anna_at_desk.page, anna_at_desk.form() | {"choose": f"{clash.key}:begge"})
    item.refresh_from_db()
    assert item.decision == "<p>Carlas</p><p>Annas</p>"


def test_a_form_sent_again_with_other_words_is_no_resend(anna_at_desk, item):
    form = anna_at_desk.form()
    anna_at_desk.client.post(anna_at_desk.page, form | {f"f~punkt:{item.pk}:decision": "Første"})
    anna_at_desk.client.post(anna_at_desk.page, form | {f"f~punkt:{item.pk}:decision": "Første og andet"})
    item.refresh_from_db()
    assert item.decision == "<p>Første</p>"
    assert DeskClash.objects.get().text == "<p>Første og andet</p>"


def test_new_rows_come_from_the_form_too(anna_at_desk, item):
    form = anna_at_desk.form()
    deal = next(name for name in form if name.startswith("u~aftale:") and name.endswith(":text"))[2:]
    row = next(name for name in form if re.match(r"b~punkt:[0-9a-f]+-.*:title", name))[2:]
    data = form | {f"f~{deal}": "Ringe", f"f~{row}": "Nyt punkt", f"f~{row.replace('title', 'decision')}": "Ja"}
    for _ in range(2):
        anna_at_desk.client.post(anna_at_desk.page, data)
    assert item.agreements.get().text == "Ringe"
    raised = AgendaItem.objects.get(raised_at_meeting=True)
    assert (raised.title, raised.decision) == ("Nyt punkt", "<p>Ja</p>")


def test_a_broken_form_is_answered_in_words(anna_at_desk, item):
    for data in ({}, {"form": "x"}, {"form": str(uuid.uuid4()), "f~x": "1", "choose": "x:y", "next": "z", "go": "//x"}):
        assert anna_at_desk.client.post(anna_at_desk.page, data).url == anna_at_desk.page


def test_from_the_end_of_the_meeting_to_the_gate_is_one_press(anna_at_desk, carla_at_desk, meeting, item):
    form = anna_at_desk.form() | {f"f~punkt:{item.pk}:decision": "Ja", "next": "godkendt"}
    answer = anna_at_desk.client.post(anna_at_desk.page, form)
    minutes = Minutes.objects.get(meeting=meeting)
    assert answer.url == reverse("admin:council_minutes_publish", args=[minutes.pk])
    assert (minutes.approved_on, minutes.approved_how) == (meeting.date, "på mødet")
    form = carla_at_desk.form() | {"next": "godkendt"}
    assert carla_at_desk.client.post(carla_at_desk.page, form).status_code == 403


def test_the_desk_costs_the_same_however_long_the_meeting(anna_at_desk, meeting, seats, django_assert_max_num_queries):
    for _ in range(20):
        make.agreement(make.item(meeting))
    with django_assert_max_num_queries(30):
        anna_at_desk.client.get(anna_at_desk.page)
    with django_assert_max_num_queries(25):
        anna_at_desk.send()


def test_what_is_no_longer_needed_is_forgotten(anna_at_desk, carla_at_desk, item):
    field = f"punkt:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Annas</p>")
    carla_at_desk.write(field, "<p>Carlas</p>")
    assert forget(timezone.now()) == 0
    later = timezone.now() + datetime.timedelta(days=400)
    assert forget(later) == 4 and forget(later) == 0
    assert DeskClash.objects.filter(resolved_at=None).count() == 1  # what nobody has decided about stays
