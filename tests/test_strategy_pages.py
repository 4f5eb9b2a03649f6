"""The public pages of strategies and themes, for citizens and as previews for secretaries."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from strategies.models import FollowUp, Section, Strategy
from udsat.lib.publishing import Status

from . import factories as make

HIDDEN = [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"]


def html(response):
    assert response.status_code == 200
    return response.content.decode()


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def plan(esbjerg):
    """A strategy with every kind of content: Plads til alle 2025–2028."""
    return make.strategy(
        esbjerg,
        "Plads til alle",
        slug="plads-til-alle",
        starts_on=datetime.date(2025, 1, 1),
        ends_on=datetime.date(2028, 12, 31),
        adopted_on=datetime.date(2025, 3, 3),
        adopted_by="byrådet",
    )


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Set the time to November 2026."""
    moment = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)


# Finding the strategy


def test_the_short_address_leads_to_the_strategy_in_force(client, plan):
    make.strategy(plan.municipality, "Før", starts_on=datetime.date(2019, 1, 1), ends_on=datetime.date(2022, 12, 31))
    make.strategy(plan.municipality, "Senere", starts_on=datetime.date(2029, 1, 1))
    make.strategy(plan.municipality, "Kladde", Status.DRAFT, starts_on=datetime.date(2026, 1, 1))
    response = client.get("/esbjerg/strategi/")
    assert response.status_code == 302
    assert response["Location"] == "/esbjerg/strategier/plads-til-alle/"


def test_without_one_in_force_the_short_address_leads_to_the_newest(client, esbjerg):
    for title, year in (("Gammel", 2015), ("Nyere", 2019)):
        day = datetime.date(year, 1, 1)
        make.strategy(esbjerg, title, starts_on=day, ends_on=day.replace(year=year + 3, month=12, day=31))
    assert client.get("/esbjerg/strategi/")["Location"].startswith("/esbjerg/strategier/nyere-2019")


@pytest.mark.parametrize("status", HIDDEN)
def test_the_short_address_never_leads_to_what_is_hidden(client, esbjerg, status):
    make.strategy(esbjerg, status=status)
    response = client.get("/esbjerg/strategi/")
    assert response.status_code == 404
    assert "Esbjerg Kommune har ingen strategi på portalen endnu." in response.content.decode()


def test_the_list_tells_what_holds_and_what_does_not(client, plan):
    old = make.strategy(plan.municipality, "Gammel", ends_on=datetime.date(2024, 12, 31))
    plan.replaces = old
    plan.save()
    make.strategy(plan.municipality, "Udløbet", ends_on=datetime.date(2020, 12, 31))
    make.strategy(plan.municipality, "Fremtid", starts_on=datetime.date(2030, 1, 1))
    text = html(client.get("/esbjerg/strategier/"))
    now, later, before = text.index("Gælder nu"), text.index("Træder i kraft senere"), text.index("Gælder ikke længere")
    assert now < text.index(">Plads til alle<") < later < text.index(">Fremtid<") < before < text.index(">Gammel<")
    assert "Perioden er udløbet" in text
    assert '<strong>Erstattet</strong> af <a href="/esbjerg/strategier/plads-til-alle/">' in text


def test_a_municipality_without_strategies_says_so(client, esbjerg):
    assert "har ingen strategi på portalen endnu" in html(client.get("/esbjerg/strategier/"))


# Reading it


def test_the_page_says_what_it_is_and_whether_it_holds(client, plan):
    make.goal(make.theme(plan))
    text = html(client.get(plan.get_absolute_url()))
    assert text.count("<h1") == 1
    for words in ("Gældende", "2025–2028", "Vedtaget af byrådet den 3. marts 2025", "1 tema · 1 mål"):
        assert words in text
    assert '<html lang="da" data-accent="hav">' in text
    assert '<link rel="canonical" href="http://127.0.0.1:8000/esbjerg/strategier/plads-til-alle/">' in text
    assert "noindex" not in text


@pytest.mark.parametrize(
    "dates, words",
    [
        ({}, "Gælder indtil videre"),
        (
            {"ends_on": datetime.date(2020, 12, 31)},
            "<strong>Perioden er udløbet.</strong> Den sluttede 31. december 2020.",
        ),
        ({"starts_on": datetime.date(2030, 1, 1)}, "i kraft 1. januar 2030"),
    ],
)
def test_the_page_says_when_the_strategy_does_not_hold_or_has_no_end(client, esbjerg, dates, words):
    assert words in html(client.get(make.strategy(esbjerg, **dates).get_absolute_url()))


def test_a_replaced_strategy_leads_to_the_one_that_took_its_place(client, plan):
    old = make.strategy(plan.municipality, "Gammel")
    plan.replaces = old
    plan.save()
    assert (
        '<strong>erstattet</strong> af <a href="/esbjerg/strategier/plads-til-alle/">Plads til alle 2025–2028</a>'
        in html(client.get(old.get_absolute_url()))
    )
    assert old.get_absolute_url() in html(client.get(plan.get_absolute_url()))


def test_a_draft_that_is_to_replace_it_is_not_mentioned(client, plan):
    draft = make.strategy(plan.municipality, "Hemmelig ny plan", Status.DRAFT, replaces=plan)
    child = make.strategy(plan.municipality, "Hemmelig delplan", Status.DRAFT, parent=plan)
    text = html(client.get(plan.get_absolute_url()))
    assert draft.title not in text
    assert child.title not in text


def test_the_vision_is_read_first_then_themes_then_background(client, plan):
    make.section(plan, Section.Kind.PURPOSE, "<p>Formålet er fællesskab.</p>")
    make.section(plan, Section.Kind.VISION, "<p>Ingen skal stå alene.</p>")
    make.theme(plan, "Et sted at bo")
    text = html(client.get(plan.get_absolute_url()))
    theme = text.index('id="tema-1"')
    assert text.index("<p>Ingen skal stå alene.</p>") < theme < text.index("<p>Formålet er fællesskab.</p>")
    assert text.count("<p>Ingen skal stå alene.</p>") == 1


def test_goals_carry_lead_in_number_and_those_below_them(client, plan):
    theme = make.theme(plan, guiding_thread="Et hjem er det første skridt.", goal_lead_in="Vi vil:")
    goal = make.goal(theme, "bygge boliger:")
    make.goal(theme, "10 på havnen", parent=goal)
    text = html(client.get(plan.get_absolute_url()))
    assert "Et hjem er det første skridt." in text
    assert text.index("Vi vil:") < text.index("bygge boliger:") < text.index("10 på havnen")
    assert "</span>1.1</a>" in text
    assert "</span>1.1.1</a>" in text


def test_how_a_goal_is_going_stands_in_words_with_date_and_source(client, plan):
    theme = make.theme(plan)
    goal = make.goal(theme)
    make.goal(theme, "noget andet")
    make.follow_up(goal, FollowUp.Status.NOT_BEGUN, date=datetime.date(2025, 6, 1), text="Vi er ikke begyndt.")
    make.follow_up(
        goal, date=datetime.date(2026, 9, 12), measure="12 af 20", text="Huset er fuldt.", source="Kommunens opfølgning"
    )
    text = html(client.get(plan.get_absolute_url()))
    assert 'data-status="i-gang">I gang, 12 af 20</span>' in text
    assert "Huset er fuldt. <span" in text
    assert "Fulgt op 12. september 2026. Kilde: Kommunens opfølgning." in text
    assert "Ingen opfølgning endnu" in text
    assert "Vi er ikke begyndt." not in text  # the older follow-up is on the theme's page
    assert "Vi er ikke begyndt." in html(client.get(theme.get_absolute_url()))


def test_a_strategy_nobody_has_followed_up_does_not_say_so_at_every_goal(client, plan):
    theme = make.theme(plan)
    make.goal(theme)
    assert "Ingen opfølgning endnu" not in html(client.get(plan.get_absolute_url()))
    assert "Kommunen har ikke skrevet her, hvordan det går med målene." in html(client.get(theme.get_absolute_url()))


def test_groups_without_headings_and_themes_without_goals_look_right(client, esbjerg):
    policy = make.strategy(esbjerg, "Udsattepolitik", theme_label="gruppe", theme_label_plural="grupper")
    for lead_in in ("Kommunen ønsker:", "Kommunen vil arbejde på:"):
        make.goal(make.theme(policy, "", goal_lead_in=lead_in), "at alle bliver hørt")
    make.theme(policy, "Prosa", goal_lead_in="", body="<p>Her står der kun tekst.</p>")
    text = html(client.get(policy.get_absolute_url()))
    assert "Gruppe 1</h2>" in text and "Gruppe 2</h2>" in text
    assert "3 grupper · 2 mål" in text
    assert (
        text.index("Kommunen ønsker:") < text.index("Kommunen vil arbejde på:") < text.index("Her står der kun tekst.")
    )


def test_a_strategy_known_by_its_headings_only_says_so_once(client, esbjerg):
    strategy = make.strategy(esbjerg)
    for title in ("Bolig", "Sundhed"):
        make.theme(strategy, title, goal_lead_in="")
    text = html(client.get(strategy.get_absolute_url()))
    assert text.count("Her står kun overskrifterne.") == 1
    assert 'id="tema-2"' in text


def test_a_strategy_without_themes_is_only_its_text(client, esbjerg):
    strategy = make.strategy(esbjerg)
    make.section(
        strategy, body="<p>En side tekst.</p>", signed_by="Anna Holm, borgmester", film_url="https://film.example/1"
    )
    text = html(client.get(strategy.get_absolute_url()))
    assert "En side tekst." in text and "Anna Holm, borgmester" in text and "https://film.example/1" in text
    assert 'class="house' not in text


def test_a_restatement_says_so_and_names_the_source(client, esbjerg):
    strategy = make.strategy(
        esbjerg,
        is_restatement=True,
        source_url="https://esbjerg.example/s",
        source_checked_on=datetime.date(2026, 11, 2),
    )
    text = html(client.get(strategy.get_absolute_url()))
    assert "Kort gengivelse." in text
    assert '<a href="https://esbjerg.example/s">Læs kommunens egen side</a> (set 2. november 2026)' in text


def test_the_house_leads_to_the_chapters_and_says_what_is_in_the_rooms(client, plan):
    make.goal(make.theme(plan, "Et sted at bo"))
    text = html(client.get(plan.get_absolute_url()))
    assert text.count('<a href="#tema-1" aria-label="Tema 1: Et sted at bo, 1 mål">') == 2  # wide and narrow
    assert "style=" not in text


def test_easy_danish_stands_beside_the_text(client, plan):
    plan.plain_text = "<p>Kommunen vil hjælpe dig.</p>"
    plan.save()
    assert "Kort fortalt" in html(client.get(plan.get_absolute_url()))


def test_what_a_secretary_typed_is_shown_as_text(client, esbjerg):
    strategy = make.strategy(esbjerg, "<b>Fed</b> & fin")
    theme = make.theme(strategy, "<script>alert(1)</script>", guiding_thread="<i>skrå</i>")
    make.goal(theme, "<img src=x onerror=alert(1)>")
    for address in (strategy.get_absolute_url(), theme.get_absolute_url()):
        text = html(client.get(address))
        assert "<script>alert" not in text and "<img" not in text and "<i>skrå" not in text
        assert "&lt;b&gt;Fed&lt;/b&gt; &amp; fin" in text


# A theme


def test_a_theme_tells_all_about_its_goals(client, plan):
    theme = make.theme(plan, "Et sted at bo", body="<p>Boligen først.</p>", plain_text="<p>Du får hjælp.</p>")
    theme.topics.add(make.topic("Bolig"))
    goal = make.goal(
        theme, explanation="<p>Det betyder noget.</p>", target="20 boliger i 2028", plain_text="Vi bygger."
    )
    make.action("Små boliger på Havnen", goal=goal, responsible="Boligvagten")
    make.action("Fælles boligdag", theme=theme)
    text = html(client.get(theme.get_absolute_url()))
    for words in (
        "Boligen først.", "Du får hjælp.", "Det betyder noget.", "20 boliger i 2028", "Vi bygger.", "Boligvagten",
        "Små boliger på Havnen", "Fælles boligdag", ">Bolig<", f'id="{goal.anchor}"',
    ):  # fmt: skip
        assert words in text


def test_themes_lead_to_the_ones_before_and_after(client, plan):
    first, second, third = (make.theme(plan, title) for title in ("Bolig", "Sundhed", "Arbejde"))
    text = html(client.get(second.get_absolute_url()))
    assert f'href="{first.get_absolute_url()}" rel="prev"' in text
    assert f'href="{third.get_absolute_url()}" rel="next"' in text
    assert "Tema 2 af 3" in text


@pytest.mark.parametrize("address", ["strategi/x", "strategier/ukendt/", "strategier/plads-til-alle/ukendt/"])
def test_an_unknown_strategy_or_theme_gets_a_helpful_answer(client, plan, address):
    response = client.get(f"/esbjerg/{address}")
    assert response.status_code == 404
    assert "Esbjerg Kommune" in response.content.decode()


# Council decisions


def test_the_trail_leads_to_the_meetings_that_talked_about_it(client, plan):
    theme = make.theme(plan)
    goal = make.goal(theme)
    meeting = make.meeting(make.council(plan.municipality))
    make.minutes(meeting)
    make.item(meeting, "Godkendelse af dagsorden")
    item = make.item(meeting, "Boliger til unge", decision="<p>Rådet siger ja.</p>", answer="godkendt")
    item.goals.add(goal)
    trail = f'<a href="{item.get_absolute_url()}">mødet 3. marts 2025, punkt 2</a>'
    assert trail in html(client.get(plan.get_absolute_url()))
    text = html(client.get(theme.get_absolute_url()))
    assert f'<a href="{item.get_absolute_url()}">punkt 2, »Boliger til unge«</a>' in text
    assert "Rådet siger ja." in text and "Godkendt" in text


def test_a_coming_meeting_is_on_the_agenda_not_in_the_past(client, plan):
    goal = make.goal(make.theme(plan))
    meeting = make.meeting(make.council(plan.municipality), date=datetime.date(2026, 12, 8))
    make.agenda(meeting)
    make.item(meeting).goals.add(goal)
    assert "på dagsordenen 8. december 2026, punkt 1" in html(client.get(plan.get_absolute_url()))


@pytest.mark.parametrize("status", HIDDEN)
def test_nothing_of_hidden_papers_is_in_the_trail(client, plan, status):
    theme = make.theme(plan)
    meeting = make.meeting(make.council(plan.municipality))
    make.agenda(meeting, status)
    make.minutes(meeting, status)
    item = make.item(meeting, "Hemmeligt punkt", decision="<p>Hemmelig beslutning</p>")
    item.themes.add(theme)
    for address in (plan.get_absolute_url(), theme.get_absolute_url()):
        text = html(client.get(address))
        assert "Hemmelig" not in text and item.get_absolute_url() not in text


def test_before_the_minutes_no_decision_is_shown_and_a_closed_item_never(client, plan):
    theme = make.theme(plan)
    meeting = make.meeting(make.council(plan.municipality))
    make.agenda(meeting)
    make.item(meeting, decision="<p>Hemmelig beslutning</p>").themes.add(theme)
    make.item(meeting, "Hemmelig sag", is_closed=True, public_title="Personsag").themes.add(theme)
    make.item(meeting, "Hemmeligt ekstra", raised_at_meeting=True).themes.add(theme)
    text = html(client.get(theme.get_absolute_url()))
    assert "Boliger til unge" in text
    assert "Hemmelig" not in text and "Personsag" not in text


def test_news_about_the_strategy_stands_on_its_page(client, plan):
    make.news(plan.municipality, "Byrådet sagde ja", strategy=plan)
    make.news(plan.municipality, "Hemmelig nyhed", Status.DRAFT, strategy=plan)
    text = html(client.get(plan.get_absolute_url()))
    assert "Byrådet sagde ja" in text
    assert "Hemmelig nyhed" not in text


# Visibility


def addresses(strategy, theme):
    return [
        strategy.get_absolute_url(),
        theme.get_absolute_url(),
        strategy.get_pdf_url(),
        strategy.get_summary_pdf_url(),
    ]


@pytest.mark.parametrize("status", HIDDEN)
def test_a_citizen_finds_no_trace_of_a_hidden_strategy(client, esbjerg, status):
    hidden = make.strategy(esbjerg, "Hemmelig plan", status)
    for address in addresses(hidden, make.theme(hidden, "Hemmeligt tema")):
        response = client.get(address)
        assert response.status_code == 404
        assert b"Hemmelig" not in response.content
    assert b"Hemmelig" not in client.get("/esbjerg/strategier/").content


@pytest.mark.parametrize("status", HIDDEN)
def test_a_secretary_sees_the_draft_with_a_banner_and_it_is_not_cached(client, esbjerg, anna, status):
    draft = make.strategy(esbjerg, "Ny plan", status)
    client.force_login(anna)
    for address in addresses(draft, make.theme(draft)):
        response = client.get(address)
        assert response.status_code == 200
        assert response["Cache-Control"] == "private, no-store"
        if response["Content-Type"] == "application/pdf":
            assert "noindex" in response["X-Robots-Tag"]
        else:
            assert '<meta name="robots" content="noindex, nofollow">' in response.content.decode()
            assert (
                f"<strong>{draft.status_text}</strong> – kun du og dine kolleger kan se siden"
                in response.content.decode()
            )
    assert "kun du og dine kolleger kan se den" in html(client.get("/esbjerg/strategier/"))


def test_a_secretary_sees_no_draft_of_another_municipality(client, esbjerg, bo):
    draft = make.strategy(esbjerg, "Hemmelig plan", Status.DRAFT)
    client.force_login(bo)
    for address in addresses(draft, make.theme(draft)):
        assert client.get(address).status_code == 404
    assert b"Hemmelig" not in client.get("/esbjerg/strategier/").content


def test_public_pages_set_no_cookie_and_are_asked_for_again_each_time(client, plan):
    for address in addresses(plan, make.theme(plan)):
        response = client.get(address)
        assert response.status_code == 200
        assert not response.cookies
        assert response["Cache-Control"] == "no-cache"


# PDF


def test_a_pdf_is_shown_in_the_browser_and_keeps_its_name(client, plan):
    make.goal(make.theme(plan))
    plan.refresh_from_db()
    end = f"version-{plan.public_version}_{timezone.localdate(plan.last_changed).isoformat()}"
    for address, name in (
        (plan.get_pdf_url(), f"esbjerg_plads-til-alle-2025-2028_{end}"),
        (plan.get_summary_pdf_url(), f"esbjerg_plads-til-alle-2025-2028-resume_{end}"),
    ):
        response = client.get(address)
        assert response["Content-Type"] == "application/pdf"
        assert response["Content-Disposition"] == f'inline; filename="{name}.pdf"'
        assert response["Last-Modified"]
        assert response.content.startswith(b"%PDF-")


def test_a_pdf_already_fetched_is_not_sent_again_until_it_changes(client, plan):
    goal = make.goal(make.theme(plan))
    first = client.get(plan.get_pdf_url())
    again = {"HTTP_IF_NONE_MATCH": first["ETag"], "HTTP_IF_MODIFIED_SINCE": first["Last-Modified"]}
    assert client.get(plan.get_pdf_url(), **again).status_code == 304
    make.follow_up(goal, text="Nu er det sket.")
    assert client.get(plan.get_pdf_url(), **again).status_code == 200


def test_only_reading_is_possible(client, plan):
    assert client.post(plan.get_absolute_url()).status_code == 405


# Number of queries


def fill(strategy, council, times):
    for number in range(times):
        make.section(strategy, Section.Kind.FACTS)
        theme = make.theme(strategy, f"Tema {number}")
        goal = make.goal(theme)
        child = make.goal(theme, parent=goal)
        theme.topics.add(make.topic(f"Emne {theme.pk}"))
        for one in (goal, child):
            make.follow_up(one)
            make.action(goal=one)
        make.action(theme=theme)
        meeting = make.meeting(council, date=datetime.date(2025, 3, 3) + datetime.timedelta(days=number))
        make.minutes(meeting)
        item = make.item(meeting)
        item.themes.add(theme)
        item.goals.add(goal, child)
        make.news(strategy.municipality, strategy=strategy)
        make.strategy(strategy.municipality, f"Delplan {number}", parent=strategy)


def test_every_page_costs_the_same_whatever_there_is(client, esbjerg, vejle):
    small, large = make.strategy(esbjerg), make.strategy(vejle)
    fill(small, make.council(esbjerg), 1)
    fill(large, make.council(vejle), 6)
    for name in ("get_absolute_url", "get_pdf_url", "get_summary_pdf_url"):
        assert queries(client, getattr(small, name)()) == queries(client, getattr(large, name)())
    one, many = (Strategy.objects.get(pk=s.pk).themes.first().get_absolute_url() for s in (small, large))
    assert queries(client, one) == queries(client, many)
    assert queries(client, "/esbjerg/strategier/") == queries(client, "/vejle/strategier/")


def test_every_theme_and_section_folds_on_a_phone_unless_the_short_text_already_folds_it(client, esbjerg):
    strategy = make.strategy(esbjerg)
    theme = make.theme(strategy, "Et sted at bo")
    make.goal(theme, "under", parent=make.goal(theme, "bygge boliger"))
    make.goal(make.theme(strategy, "Sundhed", plain_text="<p>Kort om sundhed.</p>"), "hjælpe alle")
    make.theme(strategy, "Kun en overskrift")
    make.section(strategy, "baggrund", "<p>Sådan begyndte det.</p>", heading="Baggrund")

    def folds(query):
        page = " ".join(client.get(strategy.get_absolute_url() + query).content.decode().split())
        return re.findall(r'<details class="narrow-fold"> <summary>([^<]+)<span class="unseen">: ([^<]+)<', page)

    everything = [("Vis 2 mål", "Et sted at bo"), ("Vis 1 mål", "Sundhed"), ("Læs mere", "Baggrund")]
    assert folds("") == everything
    assert folds("?kort=1") == [everything[0], everything[2]]
