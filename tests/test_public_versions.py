"""Version and date of public documents: what counts as a change, and what readers see of it."""

import datetime

import pytest
from django.apps import apps
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from council.models import Agenda, Minutes
from council.public.pdf import minutes_pdf
from strategies.models import Section, Strategy
from strategies.pdf import strategy_pdf
from udsat.lib.cpr import find_cpr
from udsat.lib.pdf_making import make_pdf
from udsat.lib.publishing import Status
from udsat.models import Part, PublicVersion, Publishable, Revision, batch_reindexing, texts_in

from . import factories
from .pdf_reader import read, words

pytestmark = pytest.mark.django_db

EARLIER = datetime.datetime(2026, 3, 3, 8, tzinfo=datetime.UTC)


def state(document):
    fresh = type(document).objects.get(pk=document.pk)
    return fresh.public_version, fresh.last_changed


def age(*documents):
    """Let the last change of these documents be in March."""
    for document in documents:
        type(document).objects.filter(pk=document.pk).update(changed_at=EARLIER)


@pytest.fixture
def strategy(esbjerg):
    made = factories.strategy(esbjerg, "Plads til alle")
    factories.section(made, Section.Kind.FOREWORD, "<p>Kære læser.</p>")
    theme = factories.theme(made, "Et sted at bo")
    goal = factories.goal(theme, "bygge boliger")
    factories.goal(theme, "små boliger", parent=goal)
    factories.action("Rækkehuse", goal=goal)
    factories.follow_up(goal)
    return made


@pytest.fixture
def meeting(esbjerg):
    council = factories.council(esbjerg)
    made = factories.meeting(council, datetime.date(2026, 3, 3))
    factories.agenda(made)
    factories.minutes(made)
    item = factories.item(made, "Boliger", presentation="<p>Sag</p>", decision="<p>Ja</p>")
    factories.agreement(item, "Skrive brev")
    factories.attachment(made, "notat.txt", item=item)
    factories.attendance(made, factories.membership(council))
    return made


def public_fields(part, document):
    return [
        field
        for field in part.revisioned_fields().values()
        if field.name not in part.private_fields | {"expires_at"} and part.is_field_public(field.name, document)
    ]


def other_value(field, value):
    """Return another value for a text, number, date, choice or Boolean; None for other fields."""
    if field.is_relation or isinstance(field, models.FileField | models.SlugField | models.JSONField):
        return None
    if field.choices:
        return next(choice for choice, _ in field.flatchoices if choice not in ("", value))
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateTimeField | models.TimeField):
        return None
    if isinstance(field, models.DateField):
        return (value or datetime.date(2026, 3, 3)) + datetime.timedelta(1)
    if isinstance(field, models.IntegerField):
        return (value or 0) + 1
    return f"{value} mere" if "url" not in field.name else "https://www.esbjerg.dk/ny"


def test_every_public_field_of_every_part_gives_a_new_version_and_date(strategy, meeting):
    tried = set()
    for document in (strategy, meeting.agenda, meeting.minutes):
        for part in document.publication_parts():
            if isinstance(part, Part) and not part.shows_in(document):
                continue
            for field in public_fields(part, document):
                value = other_value(field, getattr(part, field.name))
                if value is None or (field.name, part._meta.model_name) in UNFIT:
                    continue
                stored = type(part).objects.get(pk=part.pk)
                age(document)
                before = state(document)
                setattr(stored, field.name, value)
                stored.save()
                number, changed = state(document)
                assert number == before[0] + 1, (part, field)
                assert changed > before[1], (part, field)
                tried.add(type(part))
                setattr(stored, field.name, getattr(part, field.name))
                stored.save()
    versioned = {Strategy, Agenda, Minutes}
    parts = {model for model in apps.get_models() if issubclass(model, Part)}
    in_other_documents = {"cause", "workinggroup", "membership"}  # of the council, which has no numbered versions
    assert tried >= versioned | {part for part in parts if part._meta.model_name not in in_other_documents}


# Values that a constraint or rule ties to others; the fields beside them are tried.
UNFIT = {
    ("ends_on", "action"),
    ("corrected_on", "minutes"),
    ("is_closed", "agendaitem"),
    ("kind", "section"),
    ("ordinal", "meeting"),
}


def test_every_public_document_has_a_date_of_its_last_change(db):
    for model in apps.get_models():
        if issubclass(model, Publishable):
            assert {"changed_at", "public_version"} <= {field.name for field in model._meta.concrete_fields}


def test_adding_removing_and_reordering_a_goal_are_changes(strategy):
    theme = strategy.themes.get()
    numbers = [state(strategy)[0]]
    goal = factories.goal(theme, "et mål mere")
    numbers.append(state(strategy)[0])
    goal.position = 7
    goal.save()
    numbers.append(state(strategy)[0])
    goal.delete()
    numbers.append(state(strategy)[0])
    assert numbers == list(range(numbers[0], numbers[0] + 4))


def test_saving_the_same_text_again_is_no_change(strategy, meeting):
    documents = (strategy, meeting.agenda, meeting.minutes)
    age(*documents)
    before = [state(document) for document in documents]
    for document in documents:
        for part in document.publication_parts():
            type(part).objects.get(pk=part.pk).save()
    assert [state(document) for document in documents] == before


def test_what_only_the_back_office_sees_is_no_change(meeting):
    age(meeting.agenda, meeting.minutes)
    before = state(meeting.agenda), state(meeting.minutes)
    meeting.agenda.expires_at = timezone.now() + datetime.timedelta(days=9)
    meeting.agenda.save()
    item = meeting.items.get()
    item.internal_note = "Husk nøglen."
    item.save()
    assert (state(meeting.agenda), state(meeting.minutes)) == before


def test_what_stands_only_in_the_minutes_does_not_change_the_agenda(meeting):
    age(meeting.agenda, meeting.minutes)
    before = state(meeting.agenda), state(meeting.minutes)
    item = meeting.items.get()
    item.decision = "<p>Nej</p>"
    item.save()
    factories.item(meeting, "Nyt fra mødet", raised_at_meeting=True)
    assert state(meeting.agenda) == before[0]
    assert state(meeting.minutes)[0] == before[1][0] + 2


def test_a_new_title_of_the_meeting_changes_its_papers_too(meeting):
    before = state(meeting.agenda)[0], state(meeting.minutes)[0]
    meeting.title = "Møde om boliger"
    meeting.save()
    assert (state(meeting.agenda)[0], state(meeting.minutes)[0]) == (before[0] + 1, before[1] + 1)


def test_the_topics_of_a_theme_are_part_of_the_text(strategy):
    before = state(strategy)[0]
    theme = strategy.themes.get()
    theme.topics.add(factories.topic())
    strategy.note_change()
    assert state(strategy)[0] == before + 1


def test_several_changes_saved_together_are_one_version(strategy):
    before = state(strategy)[0]
    with batch_reindexing():
        for goal in strategy.themes.get().goals.all():
            goal.text += " mere"
            goal.save()
        strategy.title = "Plads til flere"
        strategy.save()
    assert state(strategy)[0] == before + 1


def test_nothing_dated_in_the_future_moves_the_date(strategy):
    now = timezone.now()
    goal = strategy.themes.get().goals.first()
    factories.follow_up(goal, date=timezone.localdate() + datetime.timedelta(40))
    factories.action("Senere", goal=goal, starts_on=datetime.date(2030, 1, 1))
    strategy.ends_on = datetime.date(2031, 12, 31)
    strategy.save()
    assert now <= state(strategy)[1] <= timezone.now()


def test_a_scheduled_text_is_one_version_from_the_day_it_is_shown(esbjerg, dan):
    strategy = factories.strategy(esbjerg, status=Status.DRAFT)
    day = timezone.now() + datetime.timedelta(3)
    strategy.publish(by=dan, confirmed=True, at=day)
    strategy.title = "Et bedre navn"
    strategy.save()
    [version] = PublicVersion.objects.of(strategy)
    assert (version.number, version.at) == (1, day)
    assert state(strategy)[1] <= timezone.now()
    strategy.withdraw(by=dan)
    assert not PublicVersion.objects.of(strategy).exists()
    strategy.publish(by=dan, confirmed=True)
    assert [version.number for version in PublicVersion.objects.of(strategy)] == [1]


def test_a_text_published_again_unchanged_keeps_its_number(strategy, dan):
    before = state(strategy)[0]
    strategy.withdraw(by=dan)
    strategy.publish(by=dan, confirmed=True)
    assert state(strategy)[0] == before
    strategy.withdraw(by=dan)
    strategy.title = "Ny"
    strategy.save()
    strategy.publish(by=dan, confirmed=True)
    assert state(strategy)[0] == before + 1


def test_an_older_copy_does_not_turn_the_number_back(strategy):
    copy = Strategy.objects.get(pk=strategy.pk)
    factories.goal(strategy.themes.get(), "et mål mere")
    number = state(strategy)[0]
    copy.title = "Plads til flere"
    copy.save()
    assert state(strategy)[0] == number + 1


def test_the_versions_of_a_deleted_document_are_deleted(meeting, strategy):
    assert PublicVersion.objects.count() >= 3
    strategy.delete()
    meeting.delete()
    assert not PublicVersion.objects.exists()


# The addresses of versions


def page(client, document, number, status=200):
    response = client.get(document.get_version_url(number))
    assert response.status_code == status
    return " ".join(strip_tags(response.content.decode()).split())


def test_number_and_date_stand_on_the_page_and_link_to_the_version(client, strategy, meeting):
    age(strategy, meeting.agenda, meeting.minutes)
    strategy.refresh_from_db()
    html = client.get(strategy.get_absolute_url()).content.decode()
    number = strategy.public_version
    address = f"/esbjerg/strategier/{strategy.slug}/versioner/{number}/"
    assert f'<a href="{address}">Version {number}, sidst ændret 3. marts 2026</a>' in html
    html = client.get(meeting.get_absolute_url()).content.decode()
    for name, paper in (("Referatet", meeting.minutes), ("Dagsordenen", meeting.agenda)):
        paper.refresh_from_db()
        assert f'{name}: <a href="{paper.get_version_url()}">{paper.version_text}</a>' in html


def test_an_old_version_says_what_replaced_it_and_can_still_be_read(client, strategy):
    goal = strategy.themes.get().goals.first()
    first = state(strategy)[0]
    for text in ("bygge flere boliger", "bygge mange boliger"):
        goal.text = text
        goal.save()
    text = page(client, strategy, first)
    assert f"Denne version gælder ikke længere. Den er erstattet af version {first + 1} (" in text
    assert "1.1 bygge boliger" in text and "Kære læser." in text
    assert "bygge flere boliger" not in text and "bygge mange boliger" not in text
    assert "1.1 bygge flere boliger" in page(client, strategy, first + 1)
    newest = page(client, strategy, first + 2)
    assert "Det her er den nyeste version." in newest and "1.1 bygge mange boliger" in newest
    html = client.get(strategy.get_version_url(first)).content.decode()
    assert all(f'href="{strategy.get_version_url(n)}"' in html for n in (first + 1, first + 2))
    assert '<meta name="robots" content="noindex">' in html


def test_a_number_that_never_was_public_has_no_address(client, strategy, esbjerg):
    for number in (0, 99, 10**12, 10**30):
        assert client.get(f"{strategy.get_absolute_url()}versioner/{number}/").status_code == 404
    coming = factories.strategy(esbjerg, "Kommer", **factories.state("planlagt"))
    assert PublicVersion.objects.of(coming).exists()
    assert client.get(coming.get_version_url(1)).status_code == 404


def test_an_old_version_of_minutes_has_its_address_without_the_text_that_was_corrected(client, meeting):
    first = state(meeting.minutes)[0]
    item = meeting.items.get()
    item.decision = "<p>Nej</p>"
    item.save()
    text = page(client, meeting.minutes, first)
    assert f"Den er erstattet af version {first + 1} (" in text
    assert "Vi viser ikke den gamle tekst." in text
    assert PublicVersion.objects.of(meeting.minutes).exclude(content=[]).count() == 0
    old = meeting.minutes.get_version_url(first)
    meeting.date += datetime.timedelta(1)
    meeting.save()
    assert client.get(old).status_code in (301, 302)


def test_a_withdrawn_text_can_not_be_read_at_the_address_of_its_version(client, strategy, dan):
    first = state(strategy)[0]
    section = strategy.sections.get()
    strategy.withdraw(by=dan)
    page(client, strategy, first, 404)
    section.body = "<p>Hej læser.</p>"
    section.save()
    strategy.publish(by=dan, confirmed=True)
    text = page(client, strategy, first)
    assert "Kære læser" not in text and "Teksten er trukket tilbage" in text
    assert "Hej læser" in page(client, strategy, first + 1)


def test_a_text_published_again_unchanged_can_be_read_again(client, strategy, dan):
    number = state(strategy)[0]
    strategy.withdraw(by=dan)
    strategy.publish(by=dan, confirmed=True)
    assert "Kære læser." in page(client, strategy, number)


def test_the_pdf_names_version_date_and_address(client, strategy, meeting):
    content = Strategy.objects.with_content().get()
    text = words(make_pdf(strategy_pdf(content)))
    assert content.version_text in text
    assert content.get_version_url() in text
    minutes = Minutes.objects.get()
    assert minutes.version_text in words(make_pdf(minutes_pdf(minutes.meeting)))
    for pdf, document in ((strategy_pdf(content), content), (minutes_pdf(minutes.meeting), minutes)):
        assert read(make_pdf(pdf)).metadata.modification_date == document.last_changed.replace(microsecond=0)


def test_the_file_names_municipality_title_version_and_date(client, strategy):
    age(strategy)
    strategy.refresh_from_db()
    name = f"esbjerg_plads-til-alle_version-{strategy.public_version}_2026-03-03.pdf"
    assert client.get(strategy.get_pdf_url())["Content-Disposition"] == f'inline; filename="{name}"'


def test_a_cpr_number_removed_from_the_history_is_gone_from_the_versions(client, strategy, eva):
    PublicVersion.objects.of(strategy).update(content=[{"values": {"text": "<p>010190-<b>1234</b></p>"}}])
    section = strategy.sections.get()
    Revision.objects.of(section).update(values={"body": "<p>010190-1234</p>"}, is_closed=True)
    client.force_login(eva)
    [number] = find_cpr("010190-1234")
    address = reverse("admin:strategies_strategy_history", args=[strategy.pk])
    section.body = "<p>Rettet.</p>"
    section.save()
    client.post(address, {"what": "number", "number": number.fingerprint})
    assert not [
        text
        for version in PublicVersion.objects.of(strategy)
        for text in texts_in(version.content)
        if list(find_cpr(text))
    ]
