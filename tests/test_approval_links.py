"""A member approves minutes or comments on them through a personal link, without an account."""

import datetime
import io
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from council.meetings.approval import rounds
from council.meetings.approval.paper import text_version
from council.models import Approval, Attachment, Remark
from udsat.lib.signed_links import make_token

from . import factories as make
from .approval_cast import council_with_members, day, held_meeting, letters, link_in, words
from .test_in_chromium import AXE

CPR = "010190-1234"


@pytest.fixture
def seats(esbjerg):
    return council_with_members(esbjerg)[1]


@pytest.fixture
def minutes(esbjerg, seats):
    return held_meeting(seats["Karen"].council)


@pytest.fixture
def asked(minutes):
    rounds.start_round(minutes, due_on=day(7), after_round=0)
    return minutes


@pytest.fixture
def karens(asked):
    return link_in(letters(to="karen@example.dk")[0])


def row(minutes, seat):
    return minutes.approvals.order_by("-round").filter(member=seat).first()


def submit(client, link, answer="godkendt", **texts):
    """Fill in the form and press a button."""
    page = client.get(link).content.decode()
    version = re.search(r'name="version" value="(\w+)"', page)[1]
    return client.post(link, {"version": version, "answer": answer, **texts})


def item_field(minutes, title):
    return f"item-{minutes.meeting.items.get(title=title).pk}"


# The page


def test_a_member_reads_the_whole_minutes_as_they_will_look(client, karens, asked):
    page = words(client.get(karens))
    for text in (
        *("Kan du godkende referatet?", "Boliger til unge", "Rådet skriver til udvalget.", "Per spurgte om bussen."),
        *("Personsag", "Referent", "Rådhuset", "Din bemærkning til punkt 1", "Jeg godkender referatet"),
    ):
        assert text in page


def test_a_closed_item_shows_its_neutral_title_and_no_field(client, karens, asked):
    closed = asked.meeting.items.get(is_closed=True)
    make.agreement(closed, "Kakadue i aftale")
    secret = make.attachment(asked.meeting, "kakadue.txt", b"Kakadue", item=closed, title="Kakadue")
    page = words(client.get(karens))
    assert "Kakadue" not in page and "Hansen" not in page and f"item-{closed.pk}&quot;" not in page
    assert f'name="item-{closed.pk}"' not in page
    response = client.get(karens, {"bilag": secret.pk})
    assert response.status_code == 404 and "Kakadue" not in words(response)


def test_an_attachment_that_is_not_public_yet_is_read_through_the_link(client, karens, asked):
    item = asked.meeting.items.get(title="Boliger til unge")
    file = make.attachment(asked.meeting, "tal.txt", b"Tallene", item=item, paper=Attachment.Paper.MINUTES)
    assert client.get(file.get_absolute_url()).status_code == 404
    assert f"?bilag={file.pk}" in words(client.get(karens))
    assert b"".join(client.get(karens, {"bilag": file.pk})) == b"Tallene"


@pytest.mark.parametrize("number", ["0", "x", "²", "-1", "9" * 30, "1\x00"])
def test_a_guessed_attachment_is_not_there(client, karens, number):
    assert client.get(karens, {"bilag": number}).status_code == 404


def test_a_file_of_another_meeting_is_not_fetched_through_the_link(client, karens, asked):
    other = make.attachment(make.meeting(asked.meeting.council, day(-3), status="kladde"), "andet.txt", b"Andet")
    assert client.get(karens, {"bilag": other.pk}).status_code == 404


def test_opening_the_link_changes_nothing_and_stays_nowhere(client, karens, asked, seats):
    for method in (client.get, client.head):
        response = method(karens)
        assert response.status_code == 200
        assert "no-store" in response["Cache-Control"] and response["Referrer-Policy"] == "no-referrer"
        assert not response.cookies
    assert row(asked, seats["Karen"]).answer == ""
    assert client.put(karens).status_code == 405


def test_a_long_agenda_costs_no_more_queries(client, karens, asked):
    def more(n):
        item = make.item(asked.meeting, f"Punkt {n}")
        make.agreement(item)
        make.attachment(asked.meeting, f"{n}.txt", item=item)

    more(0)
    with CaptureQueriesContext(connection) as few:
        client.get(karens)
    for n in range(1, 8):
        more(n)
    with CaptureQueriesContext(connection) as many:
        client.get(karens)
    assert len(many) == len(few)


# Answers


@pytest.mark.engine
def test_a_member_approves_and_sees_a_receipt(client, karens, asked, seats):
    assert submit(client, karens).status_code == 302
    answered = row(asked, seats["Karen"])
    assert answered.answer == Approval.Answer.APPROVED
    assert answered.text_version == text_version(asked)
    assert "Tak. Du har godkendt referatet" in words(client.get(karens))


def test_it_needs_no_cookie_and_no_csrf_token(karens, asked, seats):
    assert submit(Client(enforce_csrf_checks=True), karens).status_code == 302
    assert row(asked, seats["Karen"]).answer == Approval.Answer.APPROVED


def test_a_member_comments_on_an_item_and_on_the_whole_paper(client, karens, asked, seats):
    field = item_field(asked, "Boliger til unge")
    submit(client, karens, "bemaerkninger", **{field: "Det var Lars.", "whole": "  Godt referat  "})
    answered = row(asked, seats["Karen"])
    assert answered.answer == Approval.Answer.REMARKS
    remarks = {remark.item and remark.item.title: remark.text for remark in answered.remarks.all()}
    assert remarks == {"Boliger til unge": "Det var Lars.", None: "Godt referat"}
    page = words(client.get(karens))
    assert "Vi har fået dine bemærkninger" in page and "Det var Lars." in page


def test_a_yes_with_a_small_correction_is_both(client, karens, asked, seats):
    submit(client, karens, whole="Slåfejl i punkt 1.")
    answered = row(asked, seats["Karen"])
    assert answered.answer == Approval.Answer.APPROVED and answered.remarks.get().text == "Slåfejl i punkt 1."


@pytest.mark.engine
def test_a_member_changes_the_answer_and_withdraws_a_remark(client, karens, asked, seats):
    submit(client, karens, "bemaerkninger", whole="Nej.", **{item_field(asked, "Eventuelt"): "Hvem?"})
    submit(client, karens, whole="Jo, alligevel.")
    answered = row(asked, seats["Karen"])
    assert answered.answer == Approval.Answer.APPROVED
    assert [remark.text for remark in answered.remarks.all()] == ["Jo, alligevel."]


def test_a_remark_that_the_secretary_has_looked_at_stays(client, karens, asked, seats):
    submit(client, karens, "bemaerkninger", whole="Det var Lars.")
    Remark.objects.update(handled_at=timezone.now())
    page = words(client.get(karens))
    assert "Sekretæren har set på" in page and "»Det var Lars.«" in page
    assert submit(client, karens).status_code == 302
    assert row(asked, seats["Karen"]).remarks.count() == 1


def test_to_comment_without_a_word_is_asked_about(client, karens, asked, seats):
    response = submit(client, karens, "bemaerkninger", whole="   ")
    assert response.status_code == 200 and "Du har ikke skrevet nogen bemærkning." in words(response)
    assert row(asked, seats["Karen"]).answer == ""


def test_a_cpr_number_is_refused_before_storage_and_the_typed_text_is_kept(client, karens, asked, seats):
    field = item_field(asked, "Eventuelt")
    response = submit(client, karens, "bemaerkninger", whole="Husk Karl.", **{field: f"Hansen {CPR} bor her"})
    page = words(response)
    assert "ligner et CPR-nummer" in page and "Vi har ikke gemt noget." in page and "Husk Karl." in page
    assert f'href="#id_{field}"' in page
    assert row(asked, seats["Karen"]).answer == "" and not Remark.objects.exists()


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"answer": ""}, "Tryk på en af de to knapper."),
        ({"answer": "måske"}, "Tryk på en af de to knapper."),
        ({"whole": "x" * 4001}, "Skriv højst 4.000 tegn her. Nu er der 4001."),
        ({"whole": "a\x00b"}, "et tegn, vi ikke kan gemme"),
        ({"version": ""}, "Teksten er blevet ændret, mens du læste."),
        ({"version": "æ" * 5000}, "Teksten er blevet ændret, mens du læste."),
    ],
)
def test_bad_input_is_explained_and_nothing_is_stored(client, karens, asked, seats, fields, message):
    version = text_version(asked)
    response = client.post(karens, {"version": version, "answer": "godkendt", "whole": "Fint."} | fields)
    assert response.status_code == 200 and message in words(response)
    assert row(asked, seats["Karen"]).answer == "" and not Remark.objects.exists()


def test_fields_that_the_page_does_not_have_are_not_stored(client, karens, asked):
    other = make.item(make.meeting(asked.meeting.council, day(-3)), "Andet møde")
    closed = asked.meeting.items.get(is_closed=True)
    submit(client, karens, "bemaerkninger", whole="Ja", **{f"item-{other.pk}": "Snyd", f"item-{closed.pk}": "Snyd"})
    assert [remark.text for remark in Remark.objects.all()] == ["Ja"]


# When the text changes


def test_a_change_while_the_member_reads_is_shown_before_the_answer(client, karens, asked, seats):
    version = text_version(asked)
    item = asked.meeting.items.get(title="Boliger til unge")
    item.decision = "<p>Rådet skriver ikke.</p>"
    item.save()
    response = client.post(karens, {"version": version, "answer": "godkendt", "whole": "Mine ord"})
    page = words(response)
    assert "Teksten er blevet ændret, mens du læste." in page and "Mine ord" in page and "Rådet skriver ikke." in page
    assert row(asked, seats["Karen"]).answer == ""
    # The returned page has the new version, so the next answer is accepted.
    assert f'value="{text_version(asked)}"' in page


def test_a_change_after_the_approval_is_shown_to_the_member(client, karens, asked):
    submit(client, karens)
    asked.minutes_by = "Carla"
    asked.save()
    page = words(client.get(karens))
    assert "Du godkendte en tidligere udgave" in page and "Læs den igen" in page


def test_what_happens_later_to_an_agreement_or_a_name_is_no_change_of_the_text(asked, seats):
    agreement = make.agreement(asked.meeting.items.get(title="Boliger til unge"), "Skrive", member=seats["Lars"])
    make.attendance(asked.meeting, seats["Lars"])
    before = text_version(asked)
    agreement.done_on, agreement.outcome = day(0), "Gjort"
    agreement.save()
    person = seats["Lars"].person
    person.shown = "rolle"
    person.save()
    assert text_version(asked) == before
    agreement.text = "Skrive og ringe"
    agreement.save()
    assert text_version(asked) != before


def test_the_content_of_a_closed_item_is_not_part_of_the_approval(asked):
    before = text_version(asked)
    closed = asked.meeting.items.get(is_closed=True)
    closed.decision = "<p>Noget andet</p>"
    closed.save()
    assert text_version(asked) == before


# Invalid links


def refused(client, link, status):
    for response in (client.get(link), client.post(link, {"answer": "godkendt", "whole": "Hej"})):
        page = words(response)
        assert response.status_code == status
        assert "Linket er udløbet" in page if status == 410 else "Linket virker ikke" in page
        for secret in ("Boliger", "Karen", "referat", "Mødet", "Rådhuset"):
            assert secret not in page.replace("Møder</a>", "")
    assert not Approval.objects.exclude(answer="").exists() and not Remark.objects.exists()


def test_it_ends_with_the_round(client, karens, asked):
    rounds.mark_approved(asked, how=rounds.IN_WRITING, on=day(0))
    refused(client, karens, 410)


def test_it_ends_when_a_new_round_begins(client, karens, asked):
    rounds.start_round(asked, due_on=day(3), after_round=1)
    refused(client, karens, 410)
    assert client.get(link_in(letters(to="karen@example.dk")[-1])).status_code == 200


def test_the_link_ends_with_the_members_seat(client, karens, seats):
    seats["Karen"].ends_on = day(-1)
    seats["Karen"].save()
    refused(client, karens, 410)


def test_the_link_stays_valid_when_the_member_has_another_seat(client, karens, seats, esbjerg):
    seats["Karen"].ends_on = day(-1)
    seats["Karen"].save()
    make.membership(seats["Karen"].council, seats["Karen"].person, starts_on=day(0))
    assert client.get(karens).status_code == 200


def test_a_successor_in_the_seat_cannot_use_the_link(client, karens, seats, esbjerg):
    seats["Karen"].person = make.person(esbjerg, "Ny", email="ny@example.dk")
    seats["Karen"].save()
    refused(client, karens, 410)


def test_the_link_ends_when_the_member_is_anonymised(client, karens, seats):
    seats["Karen"].person.anonymised_at = timezone.now()
    seats["Karen"].person.save()
    refused(client, karens, 410)


def test_altered_guessed_and_borrowed_links_lead_nowhere(client, karens, asked, seats, vejle):
    refused(client, karens[:-3] + "x/", 404)
    refused(client, "/esbjerg/godkend/gaet/", 404)
    refused(client, karens.replace("/esbjerg/", "/vejle/"), 404)
    approval, person = row(asked, seats["Karen"]).pk, seats["Karen"].person_id
    soon = timezone.now() + datetime.timedelta(hours=1)
    refused(client, f"/esbjerg/godkend/{make_token('svar', approval, person, until=soon)}/", 404)
    refused(client, f"/esbjerg/godkend/{make_token('godkend', approval, person + 1, until=soon)}/", 410)
    refused(client, f"/esbjerg/godkend/{make_token('godkend', 10**9, person, until=soon)}/", 410)
    past = timezone.now() - datetime.timedelta(seconds=1)
    refused(client, f"/esbjerg/godkend/{make_token('godkend', approval, person, until=past)}/", 410)


def test_the_deadline_is_no_lock(client, karens, asked, seats):
    Approval.objects.update(due_on=day(-1))
    assert submit(client, karens).status_code == 302
    assert row(asked, seats["Karen"]).answer == Approval.Answer.APPROVED


# E-mail


def test_her_letter_arrives_by_mail_with_a_link_that_opens_and_a_reminder_follows(client, minutes, seats, mailbox):
    rounds.start_round(minutes, due_on=day(7), after_round=0)
    call_command("run_due", stdout=io.StringIO())
    [karens] = [mail for mail in mailbox.deliveries if mail.recipients == ["karen@example.dk"]]
    assert karens.message["Subject"].strip().startswith("Vil du godkende referatet af mødet den ")
    assert client.get(link_in(karens)).status_code == 200
    minutes.approvals.filter(member=seats["Lars"]).update(answer="godkendt")
    minutes.approvals.update(due_on=day(2), asked_at=timezone.now() - datetime.timedelta(days=5))
    mailbox.deliveries.clear()
    for _ in range(2):
        call_command("run_due", stdout=io.StringIO())
    assert sorted(mail.recipients[0] for mail in mailbox.deliveries) == ["karen@example.dk", "mia@example.dk"]
    assert all("Vi mangler dit svar" in mail.text for mail in mailbox.deliveries)


# On a phone


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_member_comments_and_approves_on_a_phone_without_javascript(
    page_without_javascript, page, karens, asked, seats
):
    small = page_without_javascript
    small.set_viewport_size({"width": 360, "height": 740})
    small.goto(karens)
    small.get_by_text("Skriv en bemærkning til punkt 1", exact=True).click()
    small.get_by_label("Din bemærkning til punkt 1").fill("Det var Lars.")
    small.get_by_role("button", name="Send mine bemærkninger").click()
    small.get_by_role("status").get_by_text("Vi har fået dine bemærkninger").wait_for()
    small.get_by_role("link", name="Gå til dit svar").click()
    small.get_by_role("button", name="Jeg godkender referatet").click()
    small.get_by_role("status").get_by_text("Du har godkendt referatet").wait_for()
    answered = row(asked, seats["Karen"])
    assert answered.answer == Approval.Answer.APPROVED and answered.remarks.get().text == "Det var Lars."
    for width, scheme in ((360, "dark"), (1280, "light")):
        page.set_viewport_size({"width": width, "height": 740})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        for wrong in (False, True):
            page.goto(karens)
            if wrong:
                page.get_by_label("Din bemærkning til hele referatet").fill(CPR)
                page.get_by_role("button", name="Jeg godkender referatet").click()
                page.get_by_role("alert").get_by_role("link").wait_for()
            page.evaluate(AXE)
            violations = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            assert [f"{v['id']} {v['nodes'][0]['html'][:200]}" for v in violations] == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
