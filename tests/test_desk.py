"""The meeting desk: edits by one and by two people, late, repeated and malformed, with and without the script."""

import datetime
import json
import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from council.meetings.desk.edits import delete_old_records
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
    """The desk open in one user's browser."""

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
        """Return the hidden fields of the page, as a browser without JavaScript submits them."""
        text = self.client.get(self.page).content.decode()
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
        return {name: value for name, value in fields.items() if "csrf" not in name and "NEW-" not in name}


@pytest.fixture
def anna_at_desk(client, meeting, anna):
    return Browser(client, meeting, anna)


@pytest.fixture
def carla_at_desk(meeting, carla):
    return Browser(Client(), meeting, carla)


def outcome(answer):
    return answer["results"][0]["outcome"]


def test_what_is_typed_is_saved_cleaned_and_in_history(anna_at_desk, item, anna):
    answer = anna_at_desk.write(f"item:{item.pk}:decision", "<p onclick=x>Godkendt <b>enstemmigt</b></p>")
    item.refresh_from_db()
    assert item.decision == "<p>Godkendt <strong>enstemmigt</strong></p>"
    assert (outcome(answer), answer["results"][0]["fingerprint"]) == ("saved", fingerprint(item.decision))
    assert Revision.objects.of(item).filter(by=anna, values__decision=item.decision).exists()


def test_an_edit_sent_again_after_a_lost_answer_is_known(anna_at_desk, carla_at_desk, item):
    field, number = f"item:{item.pk}:decision", str(uuid.uuid4())
    edit = {"id": number, "field": field, "base": EMPTY, "value": "<p>Ja</p>"}
    first = anna_at_desk.send(edit).json()
    carla_at_desk.write(field, "<p>Ja, men</p>", base=fingerprint("<p>Ja</p>"))
    again = anna_at_desk.send(edit).json()
    assert again["results"] == first["results"]
    item.refresh_from_db()
    assert item.decision == "<p>Ja, men</p>" and not DeskClash.objects.exists()


def test_two_who_write_the_same_at_once_lose_no_word(anna_at_desk, carla_at_desk, item):
    field = f"item:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Annas ord</p>")
    answer = carla_at_desk.write(field, "<p>Carlas ord</p>")
    item.refresh_from_db()
    assert item.decision == "<p>Annas ord</p>" and outcome(answer) == "clashed"
    seen_by_anna = anna_at_desk.send().json()["state"]["clashes"]
    assert [(c["text"], c["by"], c["saved"]) for c in seen_by_anna] == [("Carlas ord", "Carla", "Annas ord")]
    # Further typing updates the text of the clash.
    key = answer["results"][0]["clash"]
    carla_at_desk.write(field, "<p>Carlas mange ord</p>", clash=key)
    assert [clash.text for clash in DeskClash.objects.all()] == ["<p>Carlas mange ord</p>"]


@pytest.mark.parametrize(
    ("choice", "result"), [("both", "<p>Annas</p><p>Carlas</p>"), ("text", "<p>Carlas</p>"), ("field", "<p>Annas</p>")]
)
def test_a_clash_is_decided_and_both_texts_are_kept(anna_at_desk, carla_at_desk, item, choice, result):
    field = f"item:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Annas</p>")
    carla_at_desk.write(field, "<p>Carlas</p>")
    (clash,) = anna_at_desk.send().json()["state"]["clashes"]
    assert outcome(anna_at_desk.decide(clash, choice)) == "saved"
    item.refresh_from_db()
    assert item.decision == result
    resolved = DeskClash.objects.get()
    assert (resolved.text, resolved.field_text, resolved.choice) == ("<p>Carlas</p>", "<p>Annas</p>", choice)
    assert outcome(carla_at_desk.decide(clash, "field")) == "saved"  # the second who decides changes nothing
    item.refresh_from_db()
    assert item.decision == result


def test_each_button_of_a_clash_says_whose_text_it_keeps(anna_at_desk, carla_at_desk, item):
    field = f"item:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Annas</p>")
    carla_at_desk.write(field, "<p>Carlas</p>")
    labels = [
        (clash["use_label"], clash["keep_label"], clash["saved_heading"])
        for desk in (anna_at_desk, carla_at_desk)
        for clash in desk.send().json()["state"]["clashes"]
    ]
    assert labels == [
        ("Brug Carlas tekst", "Behold min tekst", "Det har du gemt"),
        ("Brug min tekst", "Behold Annas tekst", "Det har Anna gemt"),
    ]
    page = carla_at_desk.client.get(carla_at_desk.page).content.decode()
    assert "Brug min tekst</button>" in page and "Behold Annas tekst</button>" in page
    # The person who has saved last may be another than the one who changed this field.
    carla_at_desk.write(f"item:{item.pk}:answer", "godkendt")
    (clash,) = carla_at_desk.send().json()["state"]["clashes"]
    assert clash["keep_label"] == "Behold Annas tekst"


@pytest.mark.parametrize("choice", ["field", "text", "both"])
def test_the_text_that_gave_way_is_found_in_the_history_and_can_be_restored(anna_at_desk, carla_at_desk, item, choice):
    field = f"item:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Annas</p>")
    carla_at_desk.write(field, "<p>Carlas</p>")
    (clash,) = anna_at_desk.send().json()["state"]["clashes"]
    # Anna saved one of the texts herself a moment ago.
    assert outcome(anna_at_desk.decide(clash, choice)) == "saved"
    history = f"/admin/council/agendaitem/{item.pk}/history/"
    page = anna_at_desk.client.get(history).content.decode()
    assert "Annas" in page and "Carlas" in page
    assert ("skrevet, men ikke brugt" in page) == (choice == "field")
    if choice == "field":
        unused, latest = Revision.objects.of(item).order_by("pk")[2:]
        assert (unused.by_name, latest.by_name) == ("Carla", "Anna")
        typed = {"what": "restore", "revision": latest.pk, "field": "decision", "seen": latest.stamp}
        anna_at_desk.client.post(history, typed)
        item.refresh_from_db()
        assert item.decision == "<p>Carlas</p>"


def test_a_decision_about_an_outdated_text_is_refused(anna_at_desk, carla_at_desk, item):
    field = f"item:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Annas</p>")
    key = carla_at_desk.write(field, "<p>Carlas</p>")["results"][0]["clash"]
    (clash,) = anna_at_desk.send().json()["state"]["clashes"]
    carla_at_desk.write(field, "<p>Carlas nye</p>", clash=key)
    assert outcome(anna_at_desk.decide(clash, "field")) == "outdated"
    assert DeskClash.objects.filter(resolved_at=None).count() == 1


def test_the_same_text_from_two_is_no_clash_and_neither_is_an_emptied_field(anna_at_desk, carla_at_desk, item):
    field = f"item:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Udsat</p>")
    assert outcome(carla_at_desk.write(field, "<p>Udsat</p>")) == "saved"
    assert outcome(carla_at_desk.write(field, "")) == "superseded"
    item.refresh_from_db()
    assert item.decision == "<p>Udsat</p>" and not DeskClash.objects.exists()


def test_text_for_an_item_that_was_removed_is_kept(anna_at_desk, meeting):
    gone = make.item(meeting)
    number = gone.pk
    gone.delete()
    assert outcome(anna_at_desk.write(f"item:{number}:decision", "<p>Vigtigt</p>")) == "clashed"
    (clash,) = anna_at_desk.send().json()["state"]["clashes"]
    assert clash["is_removed"] and clash["text"] == "Vigtigt"
    assert outcome(anna_at_desk.decide(clash, "text")) == "refused"
    assert "Vigtigt" in anna_at_desk.client.get(anna_at_desk.page).content.decode()
    assert outcome(anna_at_desk.decide(clash, "field")) == "saved"


def test_an_item_and_an_agreement_begun_at_the_table_keep_the_name_their_browser_gave(anna_at_desk, meeting):
    row, deal = str(uuid.uuid4()), str(uuid.uuid4())
    anna_at_desk.write(f"item:{row}:decision", "<p>Ja</p>")
    anna_at_desk.write(f"agreement:{deal}:responsible", "Jobcenteret", parent=f"item:{row}")
    anna_at_desk.write(f"item:{row}:title", "Varme stuer")
    anna_at_desk.write(f"agreement:{deal}:text", "Ringe til kirken")
    anna_at_desk.write(f"agreement:{deal}:due_on", "2025-04-01")
    item = AgendaItem.objects.get()
    assert (item.title, item.decision, item.raised_at_meeting) == ("Varme stuer", "<p>Ja</p>", True)
    agreement = Agreement.objects.get()
    assert (agreement.item, agreement.text, agreement.responsible) == (item, "Ringe til kirken", "Jobcenteret")
    state = anna_at_desk.send().json()["state"]
    assert state["rows"][0]["row"] == f"item:{row}" and state["rows"][0]["agreements"] == [f"agreement:{deal}"]
    # An emptied agreement is deleted, and created again by new text.
    for name, value in (("text", "Ringe til kirken"), ("responsible", "Jobcenteret"), ("due_on", "2025-04-01")):
        anna_at_desk.write(f"agreement:{deal}:{name}", "", base=fingerprint(value))
    assert not Agreement.objects.exists()
    anna_at_desk.write(f"agreement:{deal}:text", "Skrive til kirken", parent=f"item:{row}")
    assert Agreement.objects.get().text == "Skrive til kirken"


def test_attendance_starts_from_the_answers_and_says_whether_the_council_can_decide(anna_at_desk, meeting, seats):
    karen, ib, solvej = seats
    Invitation.objects.create(meeting=meeting, member=karen, reply="kommer")
    Invitation.objects.create(meeting=meeting, member=ib, reply="afbud")
    page = anna_at_desk.client.get(anna_at_desk.page).content.decode()
    assert page.count(" data-suggested") == 2 and not Attendance.objects.exists()
    assert "Fremmødet er ikke gemt endnu." in page and "beslutningsdygtigt" not in page
    anna_at_desk.write(f"attendance:{karen.pk}:status", "til-stede", suggested=True)
    answer = anna_at_desk.write(f"attendance:{ib.pk}:status", "afbud", suggested=True)
    assert "1 af 3 medlemmer er til stede. Rådet er ikke beslutningsdygtigt." in answer["state"]["quorum"]
    stand_in = make.membership(meeting.council, make.person(meeting.municipality, "Per"), role="suppleant")
    anna_at_desk.write(f"attendance:{stand_in.pk}:status", "til-stede")
    answer = anna_at_desk.write(f"attendance:{stand_in.pk}:substitute_for", str(ib.pk))
    assert "2 af 3 medlemmer er til stede. Rådet er beslutningsdygtigt." in answer["state"]["quorum"]


def test_a_suggestion_gives_way_to_what_somebody_has_noted(anna_at_desk, carla_at_desk, seats):
    field = f"attendance:{seats[0].pk}:status"
    carla_at_desk.write(field, "fravaerende")
    assert outcome(anna_at_desk.write(field, "til-stede", suggested=True)) == "superseded"
    assert Attendance.objects.get().status == "fravaerende" and not DeskClash.objects.exists()


def test_a_cpr_number_is_warned_about_and_saved_in_the_draft(anna_at_desk, item):
    answer = anna_at_desk.write(f"item:{item.pk}:discussion", "<p>Ring til 010190-1234</p>")
    warning = answer["state"]["fields"][f"item:{item.pk}:discussion"][2]
    assert outcome(answer) == "saved" and "CPR" in warning and "1234" not in warning
    anna_at_desk.write(f"item:{item.pk}:internal_note", "010190-1234")
    assert len(anna_at_desk.send().json()["state"]["fields"][f"item:{item.pk}:internal_note"]) == 2


@pytest.mark.parametrize("state", [Status.PUBLISHED, "planlagt"])
def test_nothing_is_saved_into_public_minutes_but_no_word_is_lost(anna_at_desk, meeting, item, state):
    make.minutes(meeting, status=state)
    answer = anna_at_desk.write(f"item:{item.pk}:decision", "<p>For sent</p>")
    item.refresh_from_db()
    assert item.decision == "" and outcome(answer) == "clashed" and answer["state"]["closed"]
    page = anna_at_desk.client.get(anna_at_desk.page).content.decode()
    assert "For sent" in page and "Derfor er det lukket" in page and "<textarea" not in page


def test_an_editor_writes_the_minutes_of_a_public_agenda_and_a_line_raised_at_it(carla_at_desk, meeting, item):
    make.agenda(meeting)
    assert outcome(carla_at_desk.write(f"item:{item.pk}:decision", "<p>Ja</p>")) == "saved"
    assert outcome(carla_at_desk.write(f"item:{item.pk}:title", "Nyt", base=fingerprint(item.title))) == "clashed"
    assert outcome(carla_at_desk.write(f"item:{uuid.uuid4()}:title", "Rejst på mødet")) == "saved"
    item.refresh_from_db()
    assert item.title == "Boliger til unge"


def test_a_form_opened_before_does_not_overwrite_what_the_desk_saved(anna_at_desk, meeting, item):
    version = meeting.version
    anna_at_desk.write(f"item:{item.pk}:decision", "<p>Ja</p>")
    meeting.refresh_from_db()
    assert meeting.version > version


def test_those_at_the_desk_see_each_other_until_they_leave(anna_at_desk, carla_at_desk, item):
    anna_at_desk.send(row=f"item:{item.pk}")
    present = carla_at_desk.send().json()["present"]
    assert [(it["name"], it["row"]) for it in present] == [("Anna", f"item:{item.pk}")]
    anna_at_desk.send(leaves=True)
    assert carla_at_desk.send().json()["present"] == []
    carla_at_desk.send()
    DeskPresence.objects.update(seen_at="2020-01-01T00:00Z")
    assert anna_at_desk.send().json()["present"] == []


def test_a_browser_that_has_everything_is_told_nothing_again(anna_at_desk, item):
    version = anna_at_desk.send().json()["version"]
    assert "state" not in anna_at_desk.send(version=version).json()


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"{", b"[]", b"null", b'"x"', b"{}", b"[" * 100_000, b'{"user": "1"}', b"\xff\xfe"),
        b'{"user": true, "client": "x"}',
        b'{"user": 1, "client": "x", "edits": {}}',
    ],
)
def test_what_no_script_of_ours_sends_is_refused_in_words(anna_at_desk, body):
    answer = anna_at_desk.client.post(anna_at_desk.url, body, content_type="application/json")
    assert answer.status_code == 400 and "problem" in answer.json()


@pytest.mark.parametrize(
    "edit",
    [
        *({"id": "1"}, {"field": None}, {"value": 7}, {"base": "<"}, {"value": ["x"]}, {"clash": 1}, {"parent": {}}),
        {"field": "x" * 500},
    ],
)
def test_an_edit_of_the_wrong_shape_changes_nothing(anna_at_desk, item, edit):
    whole = {"id": str(uuid.uuid4()), "field": f"item:{item.pk}:decision", "base": EMPTY, "value": "x"}
    assert anna_at_desk.send(whole | edit).status_code == 400
    assert not DeskEdit.objects.exists()


@pytest.mark.parametrize(
    "field",
    [
        *("", "x", "item:1", "item:0:decision", "item:1:is_closed", "item:1:meeting", "minutes:head:status"),
        *("item:99999999999999999999:decision", "attendance:1:member", "agreement:x:text", "meeting:1:title"),
    ],
)
def test_fields_that_the_desk_does_not_have_are_refused(anna_at_desk, field):
    answer = anna_at_desk.write(field, "x")
    assert outcome(answer) == "refused" and answer["results"][0]["message"]


def test_values_that_no_field_takes(anna_at_desk, carla_at_desk, meeting, seats, item):
    assert outcome(anna_at_desk.write(f"attendance:{seats[0].pk}:status", "sover")) == "refused"
    assert outcome(anna_at_desk.write(f"attendance:{seats[0].pk}:substitute_for", "999999")) == "refused"
    assert outcome(anna_at_desk.write(f"item:{item.pk}:answer", "måske")) == "refused"
    # Invalid text is kept as a clash.
    answer = anna_at_desk.write("minutes:head:guests", "x" * 500)
    assert outcome(answer) == "clashed" and "for lang" in answer["results"][0]["message"]
    key = answer["results"][0]["clash"]
    assert outcome(anna_at_desk.write("minutes:head:guests", "Mette fra Sind", clash=key)) == "saved"
    assert not DeskClash.objects.filter(resolved_at=None).exists()
    row = str(uuid.uuid4())
    date = anna_at_desk.write(f"agreement:{row}:due_on", "på tirsdag", parent=f"item:{item.pk}")
    assert outcome(date) == "clashed"
    anna_at_desk.write(f"item:{item.pk}:internal_note", "a\x00b\ud800c\r\nd")
    item.refresh_from_db()
    assert item.internal_note == "abc\nd"


def test_a_huge_body_is_refused(anna_at_desk):
    answer = anna_at_desk.write("minutes:head:guests", "x") and anna_at_desk.client.post(
        anna_at_desk.url, b"x" * 11 * 1024 * 1024, content_type="application/json"
    )
    assert answer.status_code == 413 and "for meget" in answer.json()["problem"]


def test_rows_of_another_municipality_are_out_of_reach(anna_at_desk, meeting, vejle, bo, client):
    theirs = make.item(make.meeting(make.council(vejle), status=Status.DRAFT), decision="<p>Hemmeligt</p>")
    seat = make.membership(theirs.meeting.council)
    answer = anna_at_desk.write(f"item:{theirs.pk}:decision", "<p>Fra Esbjerg</p>")
    assert "Hemmeligt" not in json.dumps(answer)
    assert outcome(anna_at_desk.write(f"attendance:{seat.pk}:status", "afbud")) == "refused"
    under = anna_at_desk.write(f"agreement:{uuid.uuid4()}:text", "x", parent=f"item:{theirs.pk}")
    assert outcome(under) == "clashed"
    theirs.refresh_from_db()
    assert theirs.decision == "<p>Hemmeligt</p>" and not theirs.agreements.exists()
    client.force_login(bo)
    for address in (anna_at_desk.url, anna_at_desk.page):
        assert client.get(address).status_code == client.post(address).status_code == 404


def test_text_typed_before_another_user_logged_in_is_not_sent_as_theirs(anna_at_desk, carla, item):
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
    carla_at_desk.write(f"item:{item.pk}:decision", "<p>Carlas</p>")
    form |= {
        f"value~item:{item.pk}:decision": "",
        f"value~item:{item.pk}:discussion": "<p>Et</p>\r\n<ul>\r\n<li><p>to</p></li>\r\n</ul>\r\n",
        f"value~item:{item.pk}:dissent": "Ib er uenig.",
        f"value~attendance:{seats[0].pk}:status": "til-stede",
        "value~minutes:head:guests": "Mette",
        "action": f"save:punkt-{item.pk}",
    }
    answer = anna_at_desk.client.post(anna_at_desk.page, form)
    assert answer.url.endswith(f"#punkt-{item.pk}")
    item.refresh_from_db()
    assert (item.decision, item.dissent) == ("<p>Carlas</p>", "<p>Ib er uenig.</p>")
    assert item.meeting.minutes.guests == "Mette" and Attendance.objects.get().status == "til-stede"
    assert not DeskClash.objects.exists()


def test_the_form_shows_both_texts_of_a_conflict_and_takes_the_choice(anna_at_desk, carla_at_desk, item):
    form = anna_at_desk.form() | {f"value~item:{item.pk}:decision": "Annas"}
    carla_at_desk.write(f"item:{item.pk}:decision", "<p>Carlas</p>")
    page = anna_at_desk.client.post(anna_at_desk.page, form, follow=True).content.decode()
    assert "Begge tekster er gemt" in page and "Annas" in page and "Carlas" in page
    again = anna_at_desk.client.post(anna_at_desk.page, form)
    assert again.status_code == 302 and DeskClash.objects.count() == 1
    clash = DeskClash.objects.get()
    anna_at_desk.client.post(anna_at_desk.page, anna_at_desk.form() | {"action": f"resolve:{clash.key}:both"})
    item.refresh_from_db()
    assert item.decision == "<p>Carlas</p><p>Annas</p>"


def test_a_form_sent_again_with_other_words_is_no_resend(anna_at_desk, item):
    form = anna_at_desk.form()
    anna_at_desk.client.post(anna_at_desk.page, form | {f"value~item:{item.pk}:decision": "Første"})
    anna_at_desk.client.post(anna_at_desk.page, form | {f"value~item:{item.pk}:decision": "Første og andet"})
    item.refresh_from_db()
    assert item.decision == "<p>Første</p>"
    assert DeskClash.objects.get().text == "<p>Første og andet</p>"


def test_new_rows_come_from_the_form_too(anna_at_desk, item):
    form = anna_at_desk.form()
    keys = [name.removeprefix("base~") for name in form if name.startswith("base~")]
    deal = next(key for key in keys if key.startswith("agreement:") and key.endswith(":text"))
    row = next(key for key in keys if re.match(r"item:[0-9a-f]+-.*:title", key))
    data = form | {
        f"value~{deal}": "Ringe",
        f"value~{row}": "Nyt punkt",
        f"value~{row.replace('title', 'decision')}": "Ja",
    }
    for _ in range(2):
        anna_at_desk.client.post(anna_at_desk.page, data)
    assert item.agreements.get().text == "Ringe"
    raised = AgendaItem.objects.get(raised_at_meeting=True)
    assert (raised.title, raised.decision) == ("Nyt punkt", "<p>Ja</p>")


def test_a_broken_form_is_answered_in_words(anna_at_desk, item):
    whole = {"form": str(uuid.uuid4()), "value~x": "1"}
    for data in ({}, {"form": "x"}, *(whole | {"action": action} for action in ("resolve:x:y", "z", "save://x"))):
        assert anna_at_desk.client.post(anna_at_desk.page, data).url == anna_at_desk.page


def test_from_the_end_of_the_meeting_to_the_gate_is_one_press(anna_at_desk, carla_at_desk, meeting, item):
    form = anna_at_desk.form() | {f"value~item:{item.pk}:decision": "Ja", "action": "publish_approved"}
    answer = anna_at_desk.client.post(anna_at_desk.page, form)
    minutes = Minutes.objects.get(meeting=meeting)
    assert answer.url == reverse("admin:council_minutes_publish", args=[minutes.pk])
    assert (minutes.approved_on, minutes.approved_how) == (meeting.date, "på mødet")
    form = carla_at_desk.form() | {"action": "publish_approved"}
    assert carla_at_desk.client.post(carla_at_desk.page, form).status_code == 403


def test_the_desk_costs_the_same_however_long_the_meeting(anna_at_desk, meeting, seats, django_assert_max_num_queries):
    for _ in range(20):
        make.agreement(make.item(meeting))
    with django_assert_max_num_queries(30):
        anna_at_desk.client.get(anna_at_desk.page)
    with django_assert_max_num_queries(25):
        anna_at_desk.send()


def test_what_is_no_longer_needed_is_forgotten(anna_at_desk, carla_at_desk, item):
    field = f"item:{item.pk}:decision"
    anna_at_desk.write(field, "<p>Annas</p>")
    carla_at_desk.write(field, "<p>Carlas</p>")
    assert delete_old_records(timezone.now()) == 0
    later = timezone.now() + datetime.timedelta(days=400)
    assert delete_old_records(later) == 4 and delete_old_records(later) == 0
    assert DeskClash.objects.filter(resolved_at=None).count() == 1  # an unresolved clash stays
