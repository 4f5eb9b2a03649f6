"""Publication rule, and the methods that publish and withdraw: permissions, confirmation and CPR check."""

import datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from council.models import Agenda, AgendaItem, Agreement, Attachment, Attendance, Meeting, Minutes, public_items
from strategies.models import Goal, Strategy, Theme
from udsat.lib.publishing import Status
from udsat.models import CprOverride, EditConflict, PublicationEvent, SearchEntry, SearchKind, batch_reindexing

from . import factories as make

CPR_LIKE = "010190-0001"
STATES = [Status.DRAFT, Status.PUBLISHED, Status.WITHDRAWN, "planlagt", "udløbet"]


@pytest.fixture
def meeting(esbjerg):
    return make.meeting(make.council(esbjerg))


@pytest.mark.parametrize("status", STATES)
def test_only_what_is_published_now_is_public(esbjerg, status):
    strategy = make.strategy(esbjerg, status=status)
    make.goal(make.theme(strategy))
    public = status == Status.PUBLISHED
    assert Strategy.objects.published().exists() is public
    assert Theme.objects.published().exists() is public
    assert Goal.objects.published().exists() is public
    assert strategy.is_published is public


def test_a_secretary_sees_only_drafts_of_the_own_municipality(esbjerg, vejle, anna, bo):
    goal = make.goal(make.theme(make.strategy(esbjerg, status=Status.DRAFT)))
    assert list(Goal.objects.visible_to(anna)) == [goal]
    assert list(Goal.objects.visible_to(bo)) == []
    assert list(Goal.objects.in_reach_of(bo)) == []


def test_a_person_who_has_stopped_sees_no_drafts(esbjerg, anna):
    make.strategy(esbjerg, status=Status.DRAFT)
    anna.is_active = False
    assert not Strategy.objects.visible_to(anna).exists()


def test_the_operator_reaches_everything(esbjerg, vejle, operator):
    make.strategy(esbjerg, status=Status.DRAFT)
    make.strategy(vejle, status=Status.DRAFT)
    assert Strategy.objects.in_reach_of(operator).count() == 2


@pytest.mark.parametrize("status", STATES)
def test_an_agenda_is_public_only_while_its_meeting_is(esbjerg, status):
    meeting = make.meeting(make.council(esbjerg), status=status)
    make.agenda(meeting)
    make.minutes(meeting)
    item = make.item(meeting)
    make.agreement(item)
    make.attachment(meeting, item=item)
    public = status == Status.PUBLISHED
    for model in (Agenda, Minutes, AgendaItem, Agreement, Attachment):
        assert model.objects.published().exists() is public, model


@pytest.mark.parametrize("agenda", STATES)
@pytest.mark.parametrize("minutes", STATES)
def test_items_follow_the_agenda_and_decisions_the_minutes(meeting, agenda, minutes):
    make.agenda(meeting, status=agenda)
    make.minutes(meeting, status=minutes)
    item = make.item(meeting)
    make.agreement(item)
    make.attendance(meeting, make.membership(meeting.council))
    agenda_public, minutes_public = agenda == Status.PUBLISHED, minutes == Status.PUBLISHED
    assert AgendaItem.objects.published().exists() is (agenda_public or minutes_public)
    assert AgendaItem.objects.decided_in_public().exists() is minutes_public
    assert Agreement.objects.published().exists() is minutes_public
    assert Attendance.objects.published().exists() is minutes_public


def test_an_item_raised_at_the_meeting_waits_for_the_minutes(meeting):
    make.agenda(meeting)
    make.item(meeting, raised_at_meeting=True)
    assert not AgendaItem.objects.published().exists()
    assert public_items(meeting, with_minutes=False) == []
    assert len(public_items(meeting, with_minutes=True)) == 1


def test_a_closed_item_is_its_number_and_neutral_title(meeting):
    make.agenda(meeting)
    make.minutes(meeting)
    make.item(meeting, title="Godkendelse af dagsorden")
    secret = {
        name: f"<p>hemmelig {name}</p>"
        for name in ("presentation", "recommendation", "discussion", "decision", "dissent")
    }
    item = make.item(
        meeting, "Hemmelig titel", is_closed=True, public_title="Personsag", case_number="hemmelig",
        plain_text="hemmelig", answer=AgendaItem.Answer.REJECTED, internal_note="hemmelig", **secret,
    )  # fmt: skip
    make.agreement(item, "hemmelig aftale")
    make.attachment(meeting, item=item)
    item.themes.add(make.theme(make.strategy(meeting.municipality)))

    public = public_items(meeting, with_minutes=True)[1]

    assert (public.number, public.title) == (2, "Personsag")
    known = {"pk", "anchor", "number", "is_closed", "title"}
    assert all(not value for name, value in vars(public).items() if name not in known)
    assert not AgendaItem.objects.published().filter(pk=item.pk).exists()
    assert not Agreement.objects.published().exists()
    assert not Attachment.objects.published().exists()


def test_without_minutes_nothing_that_was_decided_is_read(meeting):
    make.agenda(meeting)
    item = make.item(
        meeting, presentation="<p>sagen</p>", discussion="<p>sagt</p>", decision="<p>besluttet</p>",
        dissent="<p>uenig</p>", answer="godkendt", plain_text="<p>kort</p>",
    )  # fmt: skip
    make.agreement(item)
    make.attachment(meeting, item=item, paper=Attachment.Paper.MINUTES)
    (public,) = public_items(meeting, with_minutes=False)
    assert public.presentation == "<p>sagen</p>"
    assert not any((public.discussion, public.decision, public.dissent, public.answer, public.plain_text))
    assert public.agreements == [] and public.attachments == []


class TestPublishing:
    @pytest.fixture
    def strategy(self, esbjerg):
        return make.strategy(esbjerg, status=Status.DRAFT)

    def test_a_secretary_publishes_and_it_is_written_down(self, strategy, anna):
        strategy.publish(by=anna, confirmed=True)
        assert strategy.is_published
        event = PublicationEvent.objects.get()
        assert (event.subject, event.by, event.action, event.confirmed) == (strategy, anna, "udgiv", True)
        assert event.version == strategy.version == 2

    def test_an_editor_may_not_publish_or_withdraw(self, strategy, carla):
        for verb in (lambda: strategy.publish(by=carla, confirmed=True), lambda: strategy.withdraw(by=carla)):
            with pytest.raises(PermissionDenied):
                verb()
        assert not PublicationEvent.objects.exists()

    def test_a_secretary_of_vejle_may_not_publish_for_esbjerg(self, strategy, bo):
        with pytest.raises(PermissionDenied):
            strategy.publish(by=bo, confirmed=True)

    def test_nothing_is_published_without_a_persons_tick(self, strategy, anna):
        with pytest.raises(ValidationError, match="Bekræft"):
            strategy.publish(by=anna, confirmed=False)
        assert not strategy.is_published

    def test_withdrawing_takes_effect_at_once_and_keeps_the_text(self, strategy, anna):
        strategy.publish(by=anna, confirmed=True)
        strategy.withdraw(by=anna)
        assert not strategy.is_published
        assert Strategy.objects.get().title == strategy.title

    def test_a_scheduled_strategy_waits(self, strategy, anna):
        strategy.publish(by=anna, confirmed=True, at=timezone.now() + datetime.timedelta(hours=1))
        assert not strategy.is_published
        assert strategy.status_text.startswith("Planlagt til")
        assert PublicationEvent.objects.get().action == PublicationEvent.Action.SCHEDULE

    def test_a_number_deep_in_a_strategy_stops_publication(self, strategy, anna):
        make.follow_up(make.goal(make.theme(strategy)), text=f"Borger {CPR_LIKE} har fået bolig.")
        with pytest.raises(ValidationError, match="ligner et CPR-nummer") as stopped:
            strategy.publish(by=anna, confirmed=True)
        assert CPR_LIKE not in str(stopped.value)
        assert not strategy.is_published

    def test_an_override_needs_a_reason_and_keeps_it_without_the_number(self, strategy, anna):
        theme = make.theme(strategy, f"Sag {CPR_LIKE}")
        with pytest.raises(ValidationError):
            strategy.publish(by=anna, confirmed=True, reasons={strategy.publication_findings()[0].key: "ok"})
        # The number is in the title and in the address that is made of it.
        reasons = {finding.key: "Det er et sagsnummer." for finding in strategy.publication_findings()}
        strategy.publish(by=anna, confirmed=True, reasons=reasons)
        override = CprOverride.objects.first()
        assert (override.reason, override.by_name) == ("Det er et sagsnummer.", "Anna")
        assert override.target.startswith("strategies.theme:")
        assert "0001" not in override.fingerprint[:8] and CPR_LIKE not in str(vars(override))
        theme.guiding_thread = "Uændret titel kan stadig gemmes."
        theme.save()

    def test_an_override_survives_a_new_secret_key(self, strategy, anna, settings):
        theme = make.theme(strategy, f"Sag {CPR_LIKE}")
        strategy.publish(by=anna, confirmed=True, reasons=make.reasons(strategy.publication_findings()))
        settings.SECRET_KEY = "another key"
        theme.guiding_thread = "Ny"
        theme.save()
        settings.FINGERPRINT_KEY = "another key"
        with pytest.raises(ValidationError):
            theme.save()

    def test_another_number_in_the_same_field_needs_its_own_override(self, strategy, anna):
        theme = make.theme(strategy, f"Sag {CPR_LIKE}")
        strategy.publish(by=anna, confirmed=True, reasons=make.reasons(strategy.publication_findings()))
        theme.title = "Sag 020290-0002"
        with pytest.raises(ValidationError):
            theme.save()

    def test_a_number_typed_into_a_public_text_is_stopped_at_the_save(self, strategy, anna):
        theme = make.theme(strategy)
        strategy.publish(by=anna, confirmed=True)
        theme.body = f"<p>010190-<strong>0001</strong> {theme.pk}</p>"
        for check in (theme.full_clean, theme.save):
            with pytest.raises(ValidationError) as stopped:
                check()
            assert list(stopped.value.message_dict) == ["body"]

    def test_a_number_in_the_address_of_a_link_is_found_once(self, strategy, anna):
        for body in (
            '<p><a href="mailto:010190-0001@example.dk">Skriv til os</a></p>',
            '<p><a href="https://example.dk/?sag=010190%2D0001">Se sagen</a></p>',
            '<p><a href="https://example.dk/010190-0001">Se 010190-0001</a> og 010190 0001</p>',
        ):
            section = make.section(strategy, body=body)
            assert [finding.field for finding in section.findings()] == ["body"], body
            with pytest.raises(ValidationError, match="ligner et CPR-nummer"):
                strategy.publish(by=anna, confirmed=True)
            section.delete()
        make.section(strategy, body='<p><a href="https://example.dk/">Skriv til os</a></p>')
        strategy.publish(by=anna, confirmed=True)

    def test_two_numbers_in_one_field_are_two_findings(self, strategy):
        section = make.section(strategy, body=f"<p>{CPR_LIKE} og 020290-0002</p>")
        assert len(list(section.findings())) == 2

    def test_a_number_typed_into_something_scheduled_is_stopped_too(self, strategy, anna):
        strategy.publish(by=anna, confirmed=True, at=timezone.now() + datetime.timedelta(hours=1))
        strategy.summary = CPR_LIKE
        with pytest.raises(ValidationError):
            strategy.save()

    def test_publishing_keeps_what_another_saved_meanwhile(self, strategy, anna):
        Strategy.objects.filter(pk=strategy.pk).update(summary="Skrevet af en kollega")
        strategy.publish(by=anna, confirmed=True)
        assert Strategy.objects.get().summary == "Skrevet af en kollega"

    def test_the_second_of_two_editors_is_told(self, strategy):
        strategy.claim_version(1)
        late = Strategy.objects.get()
        with pytest.raises(EditConflict):
            late.claim_version(1)


class TestMeetingPapers:
    def test_publishing_an_agenda_announces_the_meeting(self, esbjerg, anna):
        meeting = make.meeting(make.council(esbjerg), status=Status.DRAFT)
        make.agenda(meeting, status=Status.DRAFT).publish(by=anna, confirmed=True)
        assert Agenda.objects.published().exists() and Meeting.objects.published().exists()

    def test_a_number_in_a_draft_decision_does_not_hold_the_agenda_back(self, meeting, anna):
        item = make.item(meeting)
        agenda = make.agenda(meeting, status=Status.DRAFT)
        minutes = make.minutes(meeting, status=Status.DRAFT)
        agenda.publish(by=anna, confirmed=True)
        item.decision = f"<p>{CPR_LIKE}</p>"
        item.save()
        with pytest.raises(ValidationError, match="beslutning"):
            minutes.publish(by=anna, confirmed=True)

    def test_a_number_in_the_head_of_the_minutes_is_stopped_while_they_are_public(self, meeting, anna):
        minutes = make.minutes(meeting, status=Status.DRAFT)
        minutes.publish(by=anna, confirmed=True)
        minutes.plain_text = f"<p>{CPR_LIKE}</p>"
        for check in (minutes.full_clean, minutes.save):
            with pytest.raises(ValidationError) as stopped:
                check()
            assert list(stopped.value.message_dict) == ["plain_text"]

    def test_a_number_anywhere_else_on_a_public_meeting_is_stopped(self, meeting):
        meeting.how_to_attend = f"Ring {CPR_LIKE}"
        with pytest.raises(ValidationError):
            meeting.save()

    def test_a_closed_item_may_hold_a_number_until_it_is_opened(self, meeting, anna):
        item = make.item(meeting, presentation=f"<p>{CPR_LIKE}</p>", is_closed=True, public_title="Lukket punkt")
        make.agenda(meeting, status=Status.DRAFT).publish(by=anna, confirmed=True)
        item.is_closed = False
        with pytest.raises(ValidationError):
            item.save()

    def test_the_neutral_title_of_a_closed_item_is_searched(self, meeting, anna):
        make.item(meeting, is_closed=True, public_title=f"Sag om {CPR_LIKE}")
        with pytest.raises(ValidationError):
            make.agenda(meeting, status=Status.DRAFT).publish(by=anna, confirmed=True)

    def test_an_attachment_is_searched_inside_and_in_its_name(self, meeting, anna):
        agenda = make.agenda(meeting, status=Status.DRAFT)
        named = make.attachment(meeting, name="010190-0001.txt", content=b"Intet her.")
        with pytest.raises(ValidationError):
            agenda.publish(by=anna, confirmed=True)
        named.delete()
        make.attachment(meeting, content=f"Underskrevet af {CPR_LIKE}".encode())
        with pytest.raises(ValidationError):
            agenda.publish(by=anna, confirmed=True)

    def test_opening_an_item_searches_the_attachments_it_takes_along(self, meeting, anna):
        item = make.item(meeting, is_closed=True, public_title="Lukket punkt")
        make.attachment(meeting, item=item, content=f"Om {CPR_LIKE}".encode())
        make.agenda(meeting, status=Status.DRAFT).publish(by=anna, confirmed=True)
        item.is_closed = False
        with pytest.raises(ValidationError):
            item.save()
        assert AgendaItem.objects.get().is_closed

    def test_a_picture_is_named_for_a_person_to_look_at(self, meeting):
        png = b"\x89PNG\r\n\x1a\n" + b"\0" * 40
        make.attachment(meeting, name="plakat.png", content=png)
        agenda = make.agenda(meeting, status=Status.DRAFT)
        assert [name for _, name in agenda.files_to_review()] == ["plakat.png"]

    def test_minutes_tell_how_far_they_have_come(self, meeting, anna):
        minutes = make.minutes(meeting, status=Status.DRAFT)
        assert minutes.stage == "Kladde"
        minutes.approval_asked_on = minutes.approved_on = datetime.date(2025, 3, 10)
        minutes.save()
        assert minutes.stage == "Godkendt"
        minutes.publish(by=anna, confirmed=True)
        assert minutes.stage == "Offentliggjort"
        minutes.corrected_on, minutes.correction = datetime.date(2025, 4, 1), "Punkt 2: et navn var stavet forkert."
        minutes.save()
        assert minutes.stage == "Rettet"


def test_the_database_itself_refuses_a_published_row_without_a_moment(esbjerg):
    with pytest.raises(IntegrityError), transaction.atomic():
        Strategy.objects.create(municipality=esbjerg, title="x", status=Status.PUBLISHED)


def test_what_is_made_public_before_its_set_time_was_first_public_then(esbjerg, anna):
    strategy = make.strategy(esbjerg, status=Status.DRAFT)
    strategy.publish(by=anna, confirmed=True, at=timezone.now() + datetime.timedelta(days=3))
    strategy.publish(by=anna, confirmed=True)
    assert strategy.published_at <= timezone.now()
    first = strategy.published_at
    strategy.withdraw(by=anna)
    strategy.publish(by=anna, confirmed=True)
    assert strategy.published_at == first


def test_the_index_follows_many_changes_of_one_thing_at_once_and_undone_ones_not_at_all(esbjerg):
    strategy = make.strategy(esbjerg, "Plads til alle")
    theme = make.theme(strategy, "Et sted at bo")

    def found():
        return sorted(SearchEntry.objects.filter(kind=SearchKind.GOAL).values_list("title", flat=True))

    with batch_reindexing():
        goals = [make.goal(theme, f"bygge {number} boliger.") for number in range(3)]
        with batch_reindexing():
            goals[0].delete()
        assert found() == [], "the index waits for the end"
    assert found() == ["Vi vil: bygge 1 boliger.", "Vi vil: bygge 2 boliger."]
    with pytest.raises(RuntimeError), batch_reindexing():
        make.goal(theme, "intet")
        raise RuntimeError
    assert found() == ["Vi vil: bygge 1 boliger.", "Vi vil: bygge 2 boliger."]
    with batch_reindexing():
        strategy.delete()
    assert not SearchEntry.objects.exists()
