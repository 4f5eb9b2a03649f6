"""Content of the demo, which other page tests use."""

import datetime
import re
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import models
from django.utils import timezone

from council.models import (
    Agenda,
    AgendaItem,
    Agreement,
    Attachment,
    Attendance,
    Council,
    Hearing,
    Input,
    Meeting,
    Membership,
    Minutes,
    News,
    Person,
)
from strategies.models import FollowUp, Strategy, Topic
from udsat.demo.build import meeting_day, years_since
from udsat.lib.publishing import CheckedText, Status
from udsat.models import CprOverride, Municipality, Part, PublicationEvent, Publishable


@pytest.fixture
def demo(demo_to_read, settings, db):
    settings.VAR_DIR = demo_to_read
    settings.MEDIA_ROOT = demo_to_read / "uploads"
    return SimpleNamespace(
        **{municipality.slug: municipality for municipality in Municipality.objects.filter(strategies__isnull=False)}
    )


def goals_by_theme(strategy):
    return [theme.goals.filter(parent=None).count() for theme in strategy.themes.all()]


def every(*kinds):
    """Return all objects of these classes."""
    for model in models_of(*kinds):
        yield from model.objects.all()


def models_of(*kinds):
    return [model for model in apps.get_models() if issubclass(model, kinds)]


def test_esbjergs_strategy_has_four_themes_and_fourteen_goals(demo):
    strategy = Strategy.objects.get(municipality=demo.esbjerg, starts_on__year=2023)
    assert strategy.period == "2023–2026"
    assert goals_by_theme(strategy) == [4, 3, 2, 5]
    assert {section.kind for section in strategy.sections.all()} >= {"formaal", "vision", "definition"}
    assert all(theme.goal_lead_in == "Vores mål er at:" for theme in strategy.themes.all())


def test_esbjergs_strategy_of_2018_has_five_areas_and_is_replaced(demo):
    strategy = Strategy.objects.get(municipality=demo.esbjerg, starts_on=None)
    assert goals_by_theme(strategy) == [0, 0, 0, 0, 0]
    assert strategy.theme_label == "indsatsområde"
    assert strategy.adopted_text == "Vedtaget af byrådet i december 2018"
    assert strategy.validity == Strategy.Validity.REPLACED
    assert strategy.replaced_by.period == "2023–2026"


def test_esbjergs_council_matches_its_source_and_names_no_person(demo):
    council = Council.objects.get(municipality=demo.esbjerg)
    assert (council.size, council.ordinary_meetings, council.dialogue_label) == (11, 5, "Dialogklippekort")
    assert council.has_hearing_right and council.has_secretary and council.has_budget and council.has_premises
    assert council.causes.count() == council.groups.filter(cause__isnull=False).count() == 3
    assert all(member.area and not member.person for member in council.memberships.all())


def test_esbjergs_news_cover_the_adoption_and_the_event(demo):
    stories = News.objects.published().filter(municipality=demo.esbjerg)
    assert {(story.date.year, story.date.month, story.date_is_month) for story in stories} == {(2018, 12, True)}
    assert ["160" in story.title for story in stories] == [False, True]


def test_vejles_strategy_has_four_guiding_threads_and_fifteen_examples(demo):
    strategy = Strategy.objects.get(municipality=demo.vejle)
    assert goals_by_theme(strategy) == [4, 5, 4, 3]
    assert all(theme.guiding_thread for theme in strategy.themes.all())
    assert strategy.validity == Strategy.Validity.UNTIL_FURTHER
    facts = strategy.sections.get(kind="fakta").body
    assert "3,3" in facts
    assert facts.count("<li>") == 15
    assert strategy.vision.body.count("<li>") == 3
    assert not hasattr(demo.vejle, "council")


def test_koldings_policy_has_four_groups_without_headings_and_two_lead_ins(demo):
    policy = Strategy.objects.get(municipality=demo.kolding)
    assert (policy.kind, policy.period) == ("politik", "")
    assert goals_by_theme(policy) == [7, 5, 5, 2]
    assert not any(theme.title for theme in policy.themes.all())
    assert len({theme.goal_lead_in for theme in policy.themes.all()}) == 2
    assert policy.sections.get(kind="definition").body.count("<li>") == 4
    assert (demo.kolding.phone, demo.kolding.email) == ("79 79 79 79", "kommunen@kolding.dk")


@pytest.mark.parametrize("place", ["esbjerg", "vejle", "kolding"])
def test_content_of_real_municipalities_is_marked_as_a_restatement_with_its_source(demo, place):
    municipality = getattr(demo, place)
    for model in (Strategy, Council, News):
        for obj in model.objects.filter(municipality=municipality):
            assert obj.is_restatement, obj
            assert obj.source_url == f"https://www.{place}.dk/"
            assert model is News or obj.source_checked_on
    assert not municipality.people.exists()
    assert not Meeting.objects.filter(council__municipality=municipality).exists()
    assert not FollowUp.objects.filter(goal__theme__strategy__municipality=municipality).exists()


def test_only_eksempelkoebing_is_marked_as_fictional(demo):
    assert list(Municipality.objects.filter(is_fictional=True)) == [demo.eksempelkoebing]
    for strategy in demo.eksempelkoebing.strategies.exclude(status=Status.DRAFT):
        assert "pdigtet" in strategy.summary
    assert "pdigtet" in demo.eksempelkoebing.council.summary


def test_every_published_theme_has_a_topic(demo):
    for strategy in Strategy.objects.all():
        assert all(theme.topics.exists() for theme in strategy.themes.all()), strategy


def test_eksempelkoebing_covers_every_choice(demo):
    public = Minutes.objects.published()
    assert set(Meeting.objects.filter(minutes__in=public).values_list("style", flat=True)) == set(Meeting.Style.values)
    assert set(Meeting.objects.published().values_list("kind", flat=True)) == set(Meeting.Kind.values)
    assert set(FollowUp.objects.values_list("status", flat=True)) == set(FollowUp.Status.values)
    assert set(Hearing.objects.published().values_list("outcome", flat=True)) == set(Hearing.Outcome.values)
    assert set(Input.objects.values_list("state", flat=True)) == set(Input.State.values)
    assert set(Input.objects.values_list("kind", flat=True)) == set(Input.Kind.values)
    assert set(Person.objects.values_list("shown", flat=True)) == set(Person.Shown.values)
    assert set(Membership.objects.on().values_list("role", flat=True)) == set(Membership.Role.values)
    assert set(Attendance.objects.values_list("status", flat=True)) == set(Attendance.Status.values)
    assert set(AgendaItem.objects.values_list("answer", flat=True)) == {"", *AgendaItem.Answer.values}
    validities = Strategy.Validity
    assert {strategy.validity for strategy in Strategy.objects.published()} == (
        {validities.IN_FORCE, validities.UNTIL_FURTHER, validities.EXPIRED, validities.REPLACED}
    )


def test_eksempelkoebing_has_a_case_for_every_rule(demo):
    today = timezone.localdate()
    council = demo.eksempelkoebing.council
    assert council.memberships.filter(is_vacant=True).exists()
    assert council.memberships.filter(substitute_for__isnull=False).exists()
    assert Attendance.objects.filter(substitute_for__isnull=False).exists()
    assert any(hearing.is_overdue for hearing in Hearing.objects.all())
    assert Agreement.objects.filter(followed_up_at__isnull=False, done_on__isnull=False).exists()
    assert Agreement.objects.filter(followed_up_at__isnull=False, done_on=None, due_on__lt=today).exists()
    assert Meeting.objects.filter(is_cancelled=True).exists()
    assert Meeting.objects.filter(ordinal=2).exists()
    assert Agenda.objects.filter(status=Status.DRAFT, meeting__date__gt=today).exists()
    assert Minutes.objects.filter(status=Status.DRAFT, meeting__date__lt=today).exists()
    assert Minutes.objects.published().filter(corrected_on__isnull=False).exists()
    closed = AgendaItem.objects.filter(is_closed=True)
    assert closed.filter(meeting__minutes__in=Minutes.objects.published()).exclude(decision="").exists()
    assert Attachment.objects.filter(item__in=closed).exists()
    assert {attachment.extension for attachment in Attachment.objects.published()} == {"TXT", "DOCX", "PDF"}
    assert AgendaItem.objects.decided_in_public().filter(goals__isnull=False).exists()
    assert {news.status for news in News.objects.all()} == set(Status.values)


def test_the_meetings_are_tuesdays_from_a_year_back_to_months_ahead(demo):
    today = timezone.localdate()
    days = sorted(meeting.date for meeting in Meeting.objects.all())
    assert {day.weekday() for day in days} == {1}
    assert 300 < (today - days[0]).days < 400
    assert 180 < (days[-1] - today).days < 300
    past = Meeting.objects.filter(date__lt=today, is_cancelled=False)
    assert all(hasattr(meeting, "minutes") for meeting in past)
    assert not Minutes.objects.filter(meeting__date__gte=today).exists()


def test_whenever_it_is_loaded_past_meetings_are_past_and_none_falls_in_a_holiday():
    for today in (datetime.date(2026, 11, 23) + datetime.timedelta(days=n) for n in range(0, 1500, 5)):
        days = [meeting_day(today, week) for week in range(-50, 40)]
        assert days[50] < today <= days[51]
        assert all(earlier <= later for earlier, later in pairwise(days))
        assert not any(day.month == 7 or (day.month == 12 and day.day > 21) for day in days)
        term_begins = datetime.date(2026 + years_since(today), 1, 1)
        assert datetime.timedelta() < meeting_day(today, -43) - term_begins < datetime.timedelta(days=400)


def test_everything_passes_the_checks_of_its_own_form(demo):
    for obj in every(Publishable, Part, CheckedText):
        obj.full_clean(exclude=["strategy"] if obj._meta.model_name == "action" else [])


def test_everything_public_went_through_the_gate_without_an_override(demo):
    for obj in every(Publishable):
        assert not obj.publication_findings()
        if obj.is_live:
            event = PublicationEvent.objects.filter(object_id=obj.pk, content_type__model=obj._meta.model_name)
            assert event.filter(confirmed=True).exists(), obj
    assert not CprOverride.objects.exists()


def test_contact_details_lead_nowhere(demo):
    text = "\n".join(
        str(getattr(obj, field.attname))
        for obj in every(CheckedText)
        if obj.municipality == demo.eksempelkoebing
        for field in obj._meta.concrete_fields
        if isinstance(field, (models.CharField, models.TextField))
    )
    assert set(re.findall(r"\S+@(\S+?\.[a-z]+)\b", text)) == {"eksempelkoebing.example"}
    assert set(re.findall(r"\b\d\d \d\d \d\d \d\d\b", text)) == {"00 00 00 00"}
    assert not re.search(r"\b\d{8}\b", text)


def test_members_shown_by_role_are_never_named(demo):
    """Return all public texts, except of closed items."""
    hidden = Person.objects.filter(shown=Person.Shown.ROLE)
    names = [name for person in hidden for name in (person.first_name, person.last_name)]
    names += Person.objects.filter(shown=Person.Shown.FIRST).values_list("last_name", flat=True)
    for obj in every(CheckedText):
        if isinstance(obj, Person) or (isinstance(obj, AgendaItem) and obj.is_closed):
            continue
        for field in obj.checked_fields():
            words = re.findall(r"\w+", str(getattr(obj, field.attname)))
            assert not set(names) & set(words), f"{obj!r}: {field.name}"


def test_every_topic_has_themes_and_coming_meetings_have_plain_text(demo):
    assert not Topic.objects.exclude(themes__strategy__in=Strategy.objects.in_force()).exists()
    agendas = Agenda.objects.filter(meeting__date__gte=timezone.localdate() - datetime.timedelta(days=10))
    assert [agenda.meeting.date for agenda in agendas if not agenda.plain_text] == []
