"""Publishing, scheduling and withdrawing in the back office."""

import datetime
import html

import pytest
from django.urls import reverse
from django.utils import timezone

from council.models import Agenda, Meeting, Minutes, News
from strategies.models import Strategy
from udsat.lib.publishing import Status
from udsat.models import CprOverride, PublicationEvent

from . import factories as make
from .test_back_office_conflict import log_in, opened, save
from .test_back_office_scope import text, url

NUMBER = "010190-1234"
TICK = {"confirmed": "on"}


def gate(client, it):
    return url(type(it), "publish", it.pk)


def answer(client, it, **fields):
    """Post the publication form with the displayed version and these answers."""
    seen = client.get(gate(client, it)).context["form"]["seen"].value()
    return client.post(gate(client, it), {"seen": seen, **fields})


def overridden(client, it, *reasons):
    """Post the publication form with a reason for each suspected number."""
    names = [name for name in client.get(gate(client, it)).context["form"].fields if name.startswith("reason_")]
    typed = dict(zip(names, reasons or ["Det er sagens nummer i arkivet."], strict=True))
    return answer(client, it, **typed, **TICK)


@pytest.fixture
def annas(anna):
    return log_in(anna)


@pytest.fixture
def news(esbjerg):
    return make.news(esbjerg, "Nyt værested", status=Status.DRAFT)


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg)


@pytest.fixture
def meeting(council):
    made = make.meeting(council, status=Status.DRAFT)
    made.refresh_from_db()
    return made


def test_nothing_is_public_without_the_persons_tick(annas, client, news):
    response = answer(annas, news)
    assert response.status_code == 200 and "Læs teksten, og sæt så et hak her." in text(response)
    assert client.get(news.get_absolute_url()).status_code == 404


def test_confirmation_publishes_and_links_to_the_page(annas, client, news):
    response = annas.post(gate(annas, news), {"seen": "1", **TICK}, follow=True)
    assert response.redirect_chain == [(url(News, "change", news.pk), 302)]
    page = text(response)
    assert "er offentliggjort" in page and f'<a href="{news.get_absolute_url()}">Se siden</a>' in page
    assert "af Anna" in page and "Træk tilbage" in page
    assert client.get(news.get_absolute_url()).status_code == 200
    event = PublicationEvent.objects.get()
    assert (event.action, event.by_name, event.confirmed) == (PublicationEvent.Action.PUBLISH, "Anna", True)


def test_the_gate_names_every_finding_in_its_place_with_a_link_to_the_field(annas, esbjerg):
    strategy = make.strategy(esbjerg, status=Status.DRAFT, summary=f"Ring til {NUMBER}.")
    theme = make.theme(strategy, "Bolig", body=f"<p>Om {NUMBER}</p>")
    make.goal(theme, f"hjælpe {NUMBER}.")
    page = html.unescape(text(annas.get(gate(annas, strategy))))
    assert "3 steder ligner et CPR-nummer" in page
    assert f"{url(Strategy, 'resume', strategy.pk)}#id_summary" in page
    for location in ("Resumé", "Tema Bolig", "Mål hjælpe"):
        assert location in page
    assert "●●●●●●-●●●●" in page
    assert page.count("Ret feltet") == 3
    assert NUMBER not in page


def test_links_from_the_gate_lead_to_a_page_with_that_field(annas, esbjerg, meeting):
    make.item(meeting, "Boliger", presentation=f"<p>{NUMBER}</p>")
    agenda = make.agenda(meeting, status=Status.DRAFT)
    [finding] = annas.get(gate(annas, agenda)).context["suspects"]
    address, _, anchor = finding.url.partition("#")
    assert f'id="{anchor}"' in text(annas.get(address))


def test_a_number_keeps_the_gate_shut_until_there_is_a_reason(annas, client, esbjerg):
    news = make.news(esbjerg, lead=f"Sag {NUMBER}", status=Status.DRAFT)
    for reason in ("", "nej", "aaaaaaaaaaaa", "nej nej nej nej", f"Det er sag {NUMBER}"):
        response = overridden(annas, news, reason)
        assert response.status_code == 200 and any(n.startswith("reason_") for n in response.context["form"].errors)
    assert client.get(news.get_absolute_url()).status_code == 404
    assert overridden(annas, news).status_code == 302
    assert client.get(news.get_absolute_url()).status_code == 200


def test_the_override_is_kept_with_its_reason_and_without_the_number(annas, esbjerg):
    news = make.news(esbjerg, lead=f"Sag {NUMBER}", status=Status.DRAFT)
    overridden(annas, news)
    override = CprOverride.objects.get()
    assert (override.reason, override.event.by_name) == ("Det er sagens nummer i arkivet.", "Anna")
    kept = " ".join(str(getattr(override, field.attname)) for field in override._meta.concrete_fields)
    assert NUMBER not in kept and NUMBER.replace("-", "") not in kept
    assert "Det er sagens nummer i arkivet." in text(annas.get(url(News, "change", news.pk)))


def test_what_was_overridden_once_is_not_asked_again(annas, esbjerg):
    news = make.news(esbjerg, lead=f"Sag {NUMBER}", status=Status.DRAFT)
    overridden(annas, news)
    annas.post(url(News, "withdraw", news.pk))
    assert "Vi fandt intet" in text(annas.get(gate(annas, news)))
    assert answer(annas, news, **TICK).status_code == 302


def test_a_number_typed_into_what_is_public_is_refused_beside_its_field(annas, esbjerg):
    news = make.news(esbjerg, "Nyt værested")
    response = save(annas, news, opened(annas, news) | {"lead": f"Ring til {NUMBER}"})
    assert response.status_code == 200
    assert set(response.context["adminform"].form.errors) == {"lead"}
    assert "ligner et CPR-nummer" in text(response)
    news.refresh_from_db()
    assert news.lead == ""


def test_a_number_in_a_field_the_form_leaves_out_is_an_error_too_not_a_crash(client, operator, annas, esbjerg, meeting):
    make.agenda(meeting)
    item = make.item(meeting, "Boliger", is_closed=True, public_title="Lukket punkt", presentation=f"<p>{NUMBER}</p>")
    data = opened(annas, item)
    del data["is_closed"]
    response = save(annas, item, data)
    assert response.status_code == 200 and "ligner et CPR-nummer" in text(response)
    item.refresh_from_db()
    assert item.is_closed


def test_a_scheduled_publication_waits_for_its_time_in_danish_time(annas, client, news):
    response = annas.post(gate(annas, news), {"seen": "1", "at": "2099-07-01T08:30", **TICK}, follow=True)
    assert "bliver offentlig onsdag den 1. juli 2099 kl. 8.30" in text(response)
    news.refresh_from_db()
    assert news.publish_at == datetime.datetime(2099, 7, 1, 6, 30, tzinfo=datetime.UTC)
    assert client.get(news.get_absolute_url()).status_code == 404
    assert PublicationEvent.objects.get().action == PublicationEvent.Action.SCHEDULE
    page = text(response)
    assert "Planlagt til 01.07.2099 kl. 08.30" in page and "Skift tidspunkt" in page


def test_a_scheduled_time_can_be_moved_to_now(annas, client, news):
    answer(annas, news, at="2099-07-01T08:30", **TICK)
    assert annas.get(gate(annas, news)).context["form"]["at"].value() is not None
    assert answer(annas, news, at="", **TICK).status_code == 302
    assert client.get(news.get_absolute_url()).status_code == 200


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("2020-01-01T08:00", "Tidspunktet er passeret."),
        ("i morgen", "Skriv dato og klokkeslæt som"),
        ("31.12.2026", ""),
        ("2099-03-29T02:30", "kunne ikke fortolkes"),
        ("99999-01-01T00:00", "Skriv dato og klokkeslæt som"),
    ],
)
def test_an_invalid_time_is_reported_at_its_field(annas, news, at, said):
    response = answer(annas, news, at=at, **TICK)
    if said:
        assert response.status_code == 200 and said in text(response)
        assert "at" in response.context["form"].errors
    else:
        assert response.status_code == 302


def test_what_would_be_over_before_it_begins_is_not_published(annas, esbjerg):
    ends = timezone.now() + datetime.timedelta(days=1)
    news = make.news(esbjerg, status=Status.DRAFT, expires_at=ends)
    assert "Det vises kun til" in text(answer(annas, news, at="2099-07-01T08:30", **TICK))
    assert answer(annas, news, **TICK).status_code == 302


def test_the_tick_is_for_the_text_that_was_read(annas, client, news):
    """Carla edits while Anna reviews; Anna's confirmation does not apply to Carla's text."""
    seen = annas.get(gate(annas, news)).context["form"]["seen"].value()
    save(annas, news, opened(annas, news) | {"title": "Noget helt andet"})
    response = annas.post(gate(annas, news), {"seen": seen, **TICK})
    assert response.status_code == 200 and "mens du læste" in text(response)
    assert " checked" not in text(response)
    assert client.get(news.get_absolute_url()).status_code == 404
    seen = response.context["form"]["seen"].value()
    assert annas.post(gate(annas, news), {"seen": seen, **TICK}).status_code == 302


def test_of_minutes_a_changed_item_counts_as_changed_text(annas, meeting):
    minutes = make.minutes(meeting, status=Status.DRAFT)
    item = make.item(meeting)
    seen = annas.get(gate(annas, minutes)).context["form"]["seen"].value()
    save(annas, item, opened(annas, item) | {"decision": "<p>Ib får en bolig.</p>"})
    assert "mens du læste" in text(annas.post(gate(annas, minutes), {"seen": seen, **TICK}))


def test_unreadable_files_require_a_manual_check(annas, client, meeting):
    make.attachment(meeting, name="tegning.png", content=b"\x89PNG\r\n\x1a\n" + b"\x00" * 40)
    agenda = make.agenda(meeting, status=Status.DRAFT)
    page = text(annas.get(gate(annas, agenda)))
    assert "tegning.png" in page and meeting.attachments.get().get_absolute_url() in page
    assert "Åbn filerne" in text(answer(annas, agenda, **TICK))
    assert answer(annas, agenda, files_seen="on", **TICK).status_code == 302


def test_an_agenda_is_made_and_published_from_the_page_of_its_meeting(annas, client, meeting):
    page = text(annas.get(url(Meeting, "change", meeting.pk)))
    assert page.count("ikke lavet endnu") == 2
    response = annas.post(reverse("admin:council_meeting_create_agenda", args=[meeting.pk]))
    agenda = Agenda.objects.get()
    assert response.url == gate(annas, agenda)
    make.item(meeting, "Boliger til unge")
    response = answer(annas, agenda, **TICK)
    assert response.url == url(Meeting, "change", meeting.pk)
    assert "Boliger til unge" in text(client.get(meeting.get_absolute_url()))
    # Repeating the request creates no second one.
    annas.post(reverse("admin:council_meeting_create_agenda", args=[meeting.pk]))
    assert Agenda.objects.count() == 1


def test_meeting_agenda_and_minutes_are_public_each_for_itself(annas, client, meeting):
    answer(annas, meeting, **TICK)
    make.item(meeting, "Boliger til unge", discussion="<p>Snak om huslejen.</p>")
    assert "Boliger til unge" not in text(client.get(meeting.get_absolute_url()))
    agenda, minutes = make.agenda(meeting, status=Status.DRAFT), make.minutes(meeting, status=Status.DRAFT)
    answer(annas, agenda, **TICK)
    page = text(client.get(meeting.get_absolute_url()))
    assert "Boliger til unge" in page and "Snak om huslejen" not in page
    answer(annas, minutes, **TICK)
    assert "Snak om huslejen" in text(client.get(meeting.get_absolute_url()))
    annas.post(url(Minutes, "withdraw", minutes.pk))
    assert "Snak om huslejen" not in text(client.get(meeting.get_absolute_url()))


def test_withdrawal_requires_confirmation_and_takes_effect_at_once(annas, client, esbjerg):
    news = make.news(esbjerg, "Nyt værested")
    page = text(annas.get(url(News, "withdraw", news.pk)))
    assert "Træk »Nyt værested« tilbage?" in page and news.title in text(client.get(news.get_absolute_url()))
    response = annas.post(url(News, "withdraw", news.pk), follow=True)
    assert "er trukket tilbage" in text(response)
    assert client.get(news.get_absolute_url()).status_code == 404
    assert News.objects.get().title == "Nyt værested"
    assert PublicationEvent.objects.get().action == PublicationEvent.Action.WITHDRAW


def test_withdrawing_a_meeting_lists_its_papers(annas, council):
    meeting = make.meeting(council)
    make.agenda(meeting), make.minutes(meeting)
    page = text(annas.get(url(Meeting, "withdraw", meeting.pk)))
    assert "Dagsordenen forsvinder også" in page and "Referatet forsvinder også" in page


def test_the_log_records_user_and_action(annas, dan, news):
    answer(annas, news, **TICK)
    log_in(dan).post(url(News, "withdraw", news.pk))
    page = text(annas.get(url(News, "change", news.pk)))
    assert "Hvad er der sket? (2)" in page and "af Anna" in page and "af Dan" in page
    history = text(annas.get(url(News, "history", news.pk)))
    assert "Offentliggjort" in history and "Trukket tilbage" in history


def test_an_editor_cannot_publish(client, carla, news):
    client.force_login(carla)
    page = text(client.get(url(News, "change", news.pk)))
    assert "Bed en sekretær eller godkender" in page and gate(client, news) not in page
    assert client.get(gate(client, news)).status_code == 403
    assert client.post(gate(client, news), {"seen": "1", **TICK}).status_code == 403
    news.refresh_from_db()
    assert news.status == Status.DRAFT


def test_an_approver_publishes_what_others_wrote(client, dan, news):
    client.force_login(dan)
    assert answer(client, news, **TICK).status_code == 302
    news.refresh_from_db()
    assert news.is_published


def test_a_secretary_of_another_municipality_passes_no_gate(client, bo, news, meeting):
    client.force_login(bo)
    for it in (news, meeting):
        for what in ("publish", "withdraw"):
            assert client.get(url(type(it), what, it.pk)).status_code == 404
            assert client.post(url(type(it), what, it.pk), {"seen": "1", **TICK}).status_code == 404
    for what in ("create_agenda", "create_minutes"):
        assert client.post(reverse(f"admin:council_meeting_{what}", args=[meeting.pk])).status_code == 404
    assert not PublicationEvent.objects.exists()


def test_a_gate_cannot_be_passed_from_another_site(anna, news):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(anna)
    assert client.post(gate(client, news), {"seen": "1", **TICK}).status_code == 403
    assert client.post(url(News, "withdraw", news.pk)).status_code == 403


def test_what_is_public_already_is_sent_back_with_a_word(annas, esbjerg):
    news = make.news(esbjerg)
    response = annas.get(gate(annas, news), follow=True)
    assert "er allerede offentlig" in text(response)
    draft = make.news(esbjerg, "Anden", status=Status.DRAFT)
    assert "er ikke offentlig" in text(annas.post(url(News, "withdraw", draft.pk), follow=True))


def test_the_errors_of_the_gate_link_to_their_fields(annas, esbjerg):
    news = make.news(esbjerg, lead=f"Sag {NUMBER}", status=Status.DRAFT)
    response = answer(annas, news)
    page = text(response)
    [reason] = [name for name in response.context["form"].fields if name.startswith("reason_")]
    for field in (reason, "confirmed"):
        assert f'href="#id_{field}"' in page
        assert f'id="id_{field}_error"' in page
    assert f'aria-invalid="true" aria-describedby="id_{reason}_helptext id_{reason}_error"' in page
    assert "<title>Fejl: Offentliggør" in page


def test_the_page_shows_the_way_to_what_the_public_sees(annas, esbjerg):
    draft, public = make.news(esbjerg, "En", status=Status.DRAFT), make.news(esbjerg, "To")
    page = text(annas.get(url(News, "change", draft.pk)))
    assert f'href="{draft.get_absolute_url()}">Se, hvordan siden bliver</a>' in page
    assert f'href="{public.get_absolute_url()}">Se siden</a>' in text(annas.get(url(News, "change", public.pk)))
    assert annas.get(draft.get_absolute_url()).status_code == 200
