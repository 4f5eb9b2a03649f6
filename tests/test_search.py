"""Search: public content only, spelling variants, results page and index."""

import datetime
import io
import re

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from strategies.models import Situation
from udsat.lib.danish import long_date
from udsat.lib.publishing import Status
from udsat.lib.search_tokens import SoughtWords, highlight, query_words, snippet
from udsat.models import Municipality, SearchEntry, SearchKind, SearchText, SearchWord, remove_expired_entries
from udsat.portal.search import PAGE, municipalities_named_in, municipalities_spelled_like
from udsat.portal.search_query import MAX_RANKED

from . import factories as make

HIDDEN = [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"]


def find(client, query, kommune=""):
    response = client.get("/soeg/", {"q": query, "kommune": kommune})
    assert response.status_code == 200
    return response.content.decode()


def hits(client, query, kommune=""):
    """Return the addresses of the hits, without primary keys in anchors."""
    return [hit.url for hit in client.get("/soeg/", {"q": query, "kommune": kommune}).context["results"].hits]


@pytest.fixture
def meeting(esbjerg):
    return make.meeting(make.council(esbjerg))


# Matches


def test_a_theme_is_found_with_its_page_and_the_strategys_pdf(client, esbjerg):
    theme = make.theme(make.strategy(esbjerg), "Boliger til unge", guiding_thread="Et hjem først.")
    text = find(client, "boliger")
    assert f'<a href="{theme.get_absolute_url()}"><mark>Boliger</mark> til unge</a>' in text
    assert f'href="{theme.strategy.get_pdf_url()}"' in text
    assert "Et hjem først." in text


def test_a_goal_is_found_with_its_lead_in(client, esbjerg):
    goal = make.goal(make.theme(make.strategy(esbjerg), goal_lead_in="Vi vil:"), "åbne et værested")
    assert goal.get_absolute_url() in hits(client, "værested")
    assert "Vi vil: åbne et <mark>værested</mark>" in find(client, "værested")


def test_every_kind_of_thing_is_found(client, esbjerg, meeting):
    strategy = make.strategy(esbjerg, "Blåbær til alle")
    theme = make.theme(strategy, "Blåbær")
    council = meeting.council
    council.summary = "Rådet spiser blåbær."
    council.save()
    meeting.place = "Blåbærhuset"
    meeting.save()
    make.minutes(meeting)
    found = {
        strategy.get_absolute_url(),
        theme.get_absolute_url(),
        make.goal(theme, "plukke blåbær").get_absolute_url(),
        make.item(meeting, discussion="<p>Blåbær blev drøftet.</p>").get_absolute_url(),
        meeting.get_absolute_url(),
        make.hearing(council, answer="<p>Flere blåbær.</p>", answered_on=datetime.date(2025, 3, 1)).get_absolute_url(),
        make.news(esbjerg, body="<p>Blåbær i skoven.</p>").get_absolute_url(),
        make.cause(council, "Blåbær på menuen").get_absolute_url(),
        council.get_absolute_url(),
    }
    assert set(hits(client, "blåbær")) == found


def test_an_answer_that_is_still_written_is_not_found(client, esbjerg):
    """A hearing is public before its answer is."""
    make.hearing(make.council(esbjerg), "Ny boligpolitik", answer="<p>Blåbær i udkast.</p>")
    assert hits(client, "blåbær") == []
    assert "udkast" not in find(client, "boligpolitik")


def test_all_words_must_occur_but_not_in_one_place(client, esbjerg):
    strategy = make.strategy(esbjerg)
    both = make.theme(strategy, "Unge", body="<p>De skal have en bolig.</p>")
    make.theme(strategy, "Bolig")
    make.theme(strategy, "Unge")
    assert hits(client, "bolig unge") == [both.get_absolute_url()]


def test_a_word_that_names_the_municipality_finds_what_lies_there(client, esbjerg, vejle):
    here, there = (make.theme(make.strategy(place), "Bolig") for place in (esbjerg, vejle))
    assert hits(client, "bolig vejle") == [there.get_absolute_url()]
    assert hits(client, "vejle") == []
    assert '<a href="/vejle/">Vejle Kommune</a>' in find(client, "vejle")
    assert set(hits(client, "bolig")) == {here.get_absolute_url(), there.get_absolute_url()}


def test_a_municipality_is_found_by_any_word_of_its_name(client, db):
    place = make.municipality("Høje-Taastrup")
    theme = make.theme(make.strategy(place), "Bolig")
    for query in ("høje-taastrup", "Tåstrup", "bolig taastrup"):
        assert '<a href="/hoeje-taastrup/">Høje-Taastrup Kommune</a>' in find(client, query)
    assert hits(client, "bolig høje-taastrup") == [theme.get_absolute_url()]


def test_a_hit_in_the_title_comes_first(client, esbjerg):
    strategy = make.strategy(esbjerg)
    make.theme(strategy, "Alt andet", body="<p>Også bolig.</p>")
    title = make.theme(strategy, "Bolig")
    assert hits(client, "bolig")[0] == title.get_absolute_url()


@pytest.mark.parametrize("written", ["Ærø på åen, BØRN og Aagade", "ærø PÅ ÅEN, børn og ågade"])
@pytest.mark.parametrize(
    "query", ["ærø", "ÆRØ", "aeroe", "åen", "AAEN", "børn", "BØRN", "boern", "ågade", "aagade", "Ågade"]
)
def test_danish_letters_are_found_however_they_are_written(client, esbjerg, written, query):
    theme = make.theme(make.strategy(esbjerg), written)
    assert hits(client, query) == [theme.get_absolute_url()]


def test_part_of_a_word_is_enough(client, esbjerg):
    theme = make.theme(make.strategy(esbjerg), "Alkoholmisbrug")
    assert hits(client, "misbrug") == hits(client, "alkohol") == [theme.get_absolute_url()]


@pytest.mark.parametrize("query", ["strong", "href", "amp", "table"])
def test_markup_is_not_text(client, esbjerg, query):
    make.theme(
        make.strategy(esbjerg),
        "Bolig",
        body='<p><strong>Hus</strong> &amp; <a href="https://x.example">hjem</a></p><table><tr><td>1</td></tr></table>',
    )
    assert hits(client, query) == []


def test_words_that_markup_divides_are_still_words(client, esbjerg):
    theme = make.theme(make.strategy(esbjerg), "Hjem", body="<p>Små <strong>bo</strong>liger</p><p>nu</p>")
    assert hits(client, "boliger") == [theme.get_absolute_url()]
    assert hits(client, "småboligernu") == []


@pytest.mark.parametrize("query", ["100 %", "a_b", "it's", "\\", "%", "_", "'", '"', "(", "*", "--", "a%' OR 1=1"])
def test_signs_are_only_signs(client, esbjerg, query):
    make.theme(make.strategy(esbjerg), "Noget helt andet")
    assert hits(client, query) == []


# Not public


@pytest.mark.parametrize("status", HIDDEN)
def test_nothing_hidden_is_found_or_counted(client, esbjerg, status):
    strategy = make.strategy(esbjerg, "Hemmelig", status)
    theme = make.theme(strategy, "Hemmelig")
    make.goal(theme, "Hemmelig")
    council = make.council(esbjerg, status, name="Hemmelig")
    make.cause(council, "Hemmelig")
    meeting = make.meeting(council, title="Hemmelig", status=status)
    make.agenda(meeting, status)
    make.minutes(meeting, status)
    make.item(meeting, "Hemmelig")
    make.hearing(council, "Hemmelig", status)
    make.news(esbjerg, "Hemmelig", status)
    text = find(client, "hemmelig")
    assert "Vi fandt ikke noget" in text
    assert "Hemmelig" not in text


@pytest.mark.parametrize("status", ["planlagt", "udløbet"])
def test_a_hidden_text_is_not_counted_beside_a_public_one(client, esbjerg, vejle, status):
    story = make.news(esbjerg, "Boliger")
    make.hearing(make.council(vejle), "Boliger og kakaduer", status)
    page = client.get("/soeg/", {"q": "boliger"})
    assert [hit.url for hit in page.context["results"].hits] == [story.get_absolute_url()]
    assert page.context["results"].total == 1 and not page.context["narrower"]
    assert not client.get("/soeg/", {"q": "kakaduer xyzzy"}).context["elsewhere"]


def test_what_is_withdrawn_is_not_found(client, esbjerg, vejle, anna):
    council = make.council(esbjerg, name="Boligrådet")
    cause = make.cause(council, "Boliger nu")
    meeting = make.meeting(council, title="Om boliger")
    agenda, minutes = make.agenda(meeting), make.minutes(meeting)
    item = make.item(meeting, "Boliger til unge", decision="<p>Vedtaget.</p>")
    hearing, answered = make.hearing(council, "Boliger på havnen"), make.answered_input(council, "Flere boliger?")
    expected = {one.get_absolute_url() for one in (council, cause, meeting, item, hearing, answered)}
    assert set(hits(client, "bolig")) == expected
    for withdrawn, gone in (
        (hearing, [hearing]),
        (answered, [answered]),
        (minutes, []),
        (agenda, [item]),
        (meeting, [meeting]),
        (council, [council, cause]),
    ):
        type(withdrawn).objects.get(pk=withdrawn.pk).withdraw(by=anna)
        expected -= {one.get_absolute_url() for one in gone}
        assert set(hits(client, "bolig")) == expected, withdrawn
        assert bool(hits(client, "vedtaget")) is (withdrawn in (hearing, answered)), withdrawn


def without_its_query(client, query):
    """Return the whole answer to a query, without the token of its form and the query itself."""
    return find(client, query).replace(query, "")


@pytest.mark.parametrize("status", [*HIDDEN, "slettet", "rettet"])
def test_no_answer_tells_that_a_word_is_in_a_hidden_text(client, esbjerg, anna, status):
    """Neither a correction, a similar word, a split compound nor the sentence about texts with some of the words."""
    visible = make.news(esbjerg, "Bænkene", body="<p>Her kan alle sidde, også med en papegøje.</p>")
    asked = ["kakaduer", "kakadu", "kakduue", "kakaduepapegøje", "papegøjekakadue", "papegøjebur", "bænkene kakadue"]
    before = {query: without_its_query(client, query) for query in asked}
    secret = {"title": "En kakadue", "body": "<p>Jensine Kakaduesen, buret</p>"}
    if status == "rettet":
        for fields in (secret, {"title": visible.title, "body": visible.body}):
            for field, text in fields.items():
                setattr(visible, field, text)
            visible.save()
    else:
        story = make.news(esbjerg, status=status if status in HIDDEN else Status.PUBLISHED, **secret)
    if status == Status.WITHDRAWN:
        story.publish(by=anna, confirmed=True)
        story.withdraw(by=anna)
    elif status == "slettet":
        story.delete()
    assert {query: without_its_query(client, query) for query in asked} == before


def test_words_leave_the_vocabulary_with_their_last_text(esbjerg, anna):
    story = make.news(esbjerg, "Jensine holder kakaduer")
    other = make.news(esbjerg, "Vores kakaduer")
    known = SearchWord.objects.filter(word__in=["jensine", "kakaduer"]).order_by("word").values_list("word", flat=True)
    story.title = "Et medlem holder kakaduer"
    story.save()
    assert list(known.all()) == ["kakaduer"], "the name was taken out of the text"
    story.withdraw(by=anna)
    assert list(known.all()) == ["kakaduer"], "the other story still has it"
    other.delete()
    assert list(known.all()) == []


def test_expired_texts_leave_index_and_vocabulary_by_themselves_and_return_when_they_are_prolonged(client, esbjerg):
    story = make.news(esbjerg, "Kakaduer", "udløbet")
    agenda = make.agenda(make.meeting(make.council(esbjerg)))
    make.item(agenda.meeting, "Boliger")
    remove_expired_entries(timezone.now())
    assert not SearchEntry.objects.filter(title=story.title).exists()
    assert not SearchWord.objects.filter(word="kakaduer").exists()
    assert SearchWord.objects.filter(word="boliger").exists() and hits(client, "boliger")
    story.expires_at = None
    story.save()
    assert hits(client, "kakadeur") == [story.get_absolute_url()]


def test_the_end_of_a_very_long_title_is_found_too(client, esbjerg):
    goal = make.goal(make.theme(make.strategy(esbjerg), goal_lead_in=""), "give plads " * 60 + "til en kakadue")
    assert hits(client, "kakadue") == [goal.get_absolute_url()]
    assert "kakadue</mark>" in find(client, "kakadue")


def test_a_closed_item_is_not_found_by_anything_it_holds(client, meeting):
    make.agenda(meeting)
    make.minutes(meeting)
    make.item(
        meeting, "Kakadue", is_closed=True, public_title="Personsag", decision="<p>Kakadue</p>", case_number="kakadue-1"
    )
    assert hits(client, "kakadue") == hits(client, "personsag") == []


def test_before_the_minutes_only_the_agenda_is_searched(client, meeting):
    make.agenda(meeting)
    item = make.item(
        meeting, "Boliger", presentation="<p>Sagen er ny.</p>", decision="<p>Kakadue</p>", discussion="kakadue"
    )
    make.item(meeting, "Kakadue", raised_at_meeting=True)
    assert hits(client, "kakadue") == []
    assert "Kakadue" not in find(client, "boliger").split("<main")[1]
    assert hits(client, "sagen") == [item.get_absolute_url()]
    make.minutes(meeting)
    assert len(hits(client, "kakadue")) == 2
    assert hits(client, "sagen") == [item.get_absolute_url()], "the item of the agenda is found no more"


def test_before_the_minutes_the_meeting_in_short_is_neither_searched_nor_shown(client, meeting):
    type(meeting).objects.update(title="Om dyr i boligen")
    make.agenda(meeting, plain_text="<p>Vi taler om en papegøje.</p>")
    make.minutes(meeting, status=Status.DRAFT, plain_text="<p>En kakadue fik lov.</p>")
    assert hits(client, "kakadue") == []
    assert "kakadue" not in find(client, "dyr").split("<main")[1]
    assert hits(client, "papegøje") == [meeting.get_absolute_url()]
    meeting.minutes.status, meeting.minutes.publish_at = Status.PUBLISHED, timezone.now()
    meeting.minutes.save()
    assert hits(client, "kakadue") == [meeting.get_absolute_url()]
    assert hits(client, "papegøje") == [] and hits(client, "dyr") == [meeting.get_absolute_url()]


def test_a_secretary_searches_what_the_public_sees(client, esbjerg, anna):
    make.strategy(esbjerg, "Hemmelig", Status.DRAFT)
    client.force_login(anna)
    assert hits(client, "hemmelig") == []


def test_notes_to_the_secretary_are_never_found(client, esbjerg, meeting):
    make.agenda(meeting)
    make.item(meeting, internal_note="kakadue")
    meeting.internal_note = "kakadue"
    meeting.save()
    make.membership(meeting.council, make.person(esbjerg, note="kakadue", email="kakadue@x.example"))
    assert hits(client, "kakadue") == []


# What has changed since


def test_a_cancelled_meeting_and_its_items_say_so_and_are_found_by_it(client, esbjerg):
    day = timezone.localdate() + datetime.timedelta(days=30)
    meeting = make.meeting(
        make.council(esbjerg), day, title="Besøg i pakhuset", place="Kulturhuset", address="Havnegade 1"
    )
    make.agenda(meeting)
    item = make.item(meeting, "Spil og gæld")
    meeting.refresh_from_db()
    meeting.is_cancelled, meeting.cancelled_reason = True, "Forpersonen er syg."
    meeting.save()
    for query in ("pakhuset", "aflyst", "aflyst møde", "kulturhuset", "aflyste"):
        found = {hit.url: hit for hit in client.get("/soeg/", {"q": query}).context["results"].hits}
        hit = found[meeting.get_absolute_url()]
        assert hit.title.replace("<mark>", "").startswith("Aflyst"), query
        assert "Forpersonen er syg." in hit.snippet and "Havnegade" not in f"{hit.snippet} {hit.meta}"
    for query in ("spil og gæld", "aflyst gæld"):
        [hit] = client.get("/soeg/", {"q": query}).context["results"].hits
        assert hit.url == item.get_absolute_url() and hit.meta.startswith("Aflyst: Punkt 1 på mødet")
    meeting.is_cancelled = False
    meeting.save()
    assert hits(client, "aflyst") == []


def test_a_moved_meeting_and_its_items_say_so_and_are_found_by_it(client, esbjerg):
    day = timezone.localdate() + datetime.timedelta(days=30)
    meeting = make.meeting(make.council(esbjerg), day, title="Besøg i pakhuset")
    make.agenda(meeting)
    item = make.item(meeting, "Spil og gæld")
    meeting.refresh_from_db()
    meeting.date += datetime.timedelta(days=7)
    meeting.save()
    assert set(hits(client, "flyttet")) == {meeting.get_absolute_url(), item.get_absolute_url()}
    note = f"(flyttet fra {long_date(day)})"
    assert note in find(client, "pakhuset") and note in find(client, "spil og gæld")


def test_what_is_replaced_expired_or_to_come_is_marked(client, esbjerg, vejle):
    today = timezone.localdate()
    old = make.theme(make.strategy(esbjerg), "Bolig før").strategy
    make.theme(make.strategy(esbjerg, "Ny", replaces=old), "Bolig nu")
    make.theme(make.strategy(vejle, "Slut", ends_on=today - datetime.timedelta(days=1)), "Bolig slut")
    make.theme(make.strategy(vejle, "Næste", starts_on=today + datetime.timedelta(days=9)), "Bolig senere")
    found = client.get("/soeg/", {"q": "bolig"}).context["results"].hits
    assert {str(hit.title).replace("<mark>Bolig</mark> ", ""): hit.note for hit in found} == {
        "før": "Erstattet",
        "nu": "",
        "slut": "Perioden er udløbet",
        "senere": "Træder i kraft senere",
    }
    assert '<strong class="cancelled">Erstattet</strong> · Esbjerg Kommune' in find(client, "bolig")


# Results page


def test_results_can_be_kept_to_one_municipality(client, esbjerg, vejle):
    for place in (esbjerg, vejle):
        make.theme(make.strategy(place), "Bolig")
    assert hits(client, "bolig", "esbjerg") == ["/esbjerg/strategier/plads-til-alle/bolig/"]
    assert '<option value="esbjerg" selected>' in find(client, "bolig", "esbjerg")


def test_results_can_be_kept_to_a_kind_a_topic_and_a_year(client, esbjerg):
    theme = make.theme(make.strategy(esbjerg, starts_on=datetime.date(2024, 1, 1)), "Boliger")
    theme.topics.add(make.topic("Gæld"))
    theme.save()
    make.goal(theme, "bygge boliger.")
    story = make.news(esbjerg, "Boliger", date=datetime.date(2025, 5, 5))
    other = make.theme(make.strategy(esbjerg, "Anden", starts_on=datetime.date(2023, 1, 1)), "Boliger")
    for chosen, found in (
        ({"slags": "nyt"}, [story]),
        ({"slags": "tema", "aar": "2023"}, [other]),
        ({"slags": "tema", "emne": "gaeld"}, [theme]),
        ({"aar": "2025"}, [story]),
    ):
        page = client.get("/soeg/", {"q": "boliger", **chosen})
        assert [hit.url for hit in page.context["results"].hits] == [one.get_absolute_url() for one in found], chosen
    text = " ".join(client.get("/soeg/", {"q": "boliger", "slags": "tema"}).content.decode().split())
    assert '<a href="/soeg/?q=boliger&amp;slags=tema&amp;aar=2023">2023 <span class="count">1</span></a>' in text


def test_a_single_hit_is_not_to_be_found_faster(client, esbjerg):
    theme = make.theme(make.strategy(esbjerg), "Boliger til unge")
    theme.topics.set([make.topic("Bolig"), make.topic("Børn og unge")])
    theme.save()
    assert len(hits(client, "boliger")) == 1
    assert "Find det hurtigere" not in find(client, "boliger") and "<details" not in find(client, "boliger")
    make.theme(theme.strategy, "Boliger til gamle")
    assert "<summary>Emne</summary>" in find(client, "boliger")


def test_an_unknown_municipality_is_said_and_all_are_searched(client, esbjerg):
    make.theme(make.strategy(esbjerg), "Bolig")
    text = find(client, "bolig", "<atlantis>")
    assert "Vi kender ikke kommune »&lt;atlantis&gt;«. Derfor har vi søgt i det hele." in text
    assert "<mark>Bolig</mark>" in text


def test_an_empty_answer_helps_on(client, esbjerg):
    esbjerg.phone, esbjerg.phone_hours = "76 16 16 16", "hverdage kl. 9–14"
    esbjerg.save()
    make.theme(make.strategy(make.municipality("Kolding")), "Bolig")
    text = find(client, "bolig xyzzy", "esbjerg")
    assert "Vi fandt ikke noget om »bolig xyzzy« i Esbjerg Kommune." in text
    assert 'href="/soeg/?q=bolig+xyzzy"' in text
    assert '<a href="/soeg/?q=bolig">Søg kun efter »bolig«</a>' in text
    assert "kun efter »xyzzy«" not in text
    number = '<strong>Ring <a href="tel:+4576161616">76 16 16 16</a></strong>, Esbjerg Kommune, hverdage kl. 9–14.'
    assert number in text and text.index(number) < text.index("Prøv sådan her")
    esbjerg.phone, esbjerg.website = "", "https://esbjerg.example/"
    esbjerg.save()
    main = find(client, "xyzzy", "esbjerg").split("<main")[1].split("</main>")[0]
    assert 'Esbjerg Kommune på <a href="https://esbjerg.example/">kommunens hjemmeside</a>' in main
    assert all(f'<a href="{address}">' in main for address in ("tel:112", "/emner/", "/kommuner/"))


def test_an_empty_result_suggests_similar_words(client, esbjerg, anna):
    strategy = make.strategy(esbjerg)
    make.theme(strategy, "Gældsrådgivning")
    gone = make.theme(make.strategy(esbjerg, "Gammel"), "Gældsrettning").strategy
    gone.withdraw(by=anna)
    page = client.get("/soeg/", {"q": "gældrodgivnin"})
    assert [word for word, _ in page.context["near"]] == ["gældsrådgivning"]
    assert 'href="/soeg/?q=g%C3%A6ldsr%C3%A5dgivning"' in page.content.decode()
    assert "gældsrettning" not in find(client, "gældsretnynk")


@pytest.mark.parametrize("typed", ["gakaduer", "akkaduer", "kakadeur"])
def test_a_typing_error_at_the_beginning_or_the_end_is_corrected(client, esbjerg, typed):
    story = make.news(esbjerg, "Kakaduer")
    assert hits(client, typed) == [story.get_absolute_url()]


def test_texts_with_some_of_the_words_are_shown_where_none_has_all(client, esbjerg):
    strategy = make.strategy(esbjerg)
    one, two, three = (make.theme(strategy, title) for title in ("Bolig", "Bolig og gæld", "Gæld"))
    make.theme(strategy, "Sundhed")
    page = client.get("/soeg/", {"q": "bolig gæld xyzzy"})
    assert {hit.url for hit in page.context["results"].hits} == {one_.get_absolute_url() for one_ in (one, two, three)}
    assert page.context["results"].hits[0].url == two.get_absolute_url()
    assert "Ingen tekst har alle ordene." in page.content.decode()
    assert hits(client, "bolig gæld") == [two.get_absolute_url()]


def test_synonyms_are_searched_and_named(client, esbjerg):
    theme = make.theme(make.strategy(esbjerg), "Behandling for alkohol")
    text = find(client, "jeg drikker for meget")
    assert theme.get_absolute_url() in text
    assert "Vi har også søgt efter <strong>alkohol</strong> og <strong>afhængighed</strong>." in text
    assert "Vi har også søgt" not in find(client, "alkohol")


def test_an_unknown_compound_is_split(client, esbjerg):
    strategy = make.strategy(esbjerg)
    theme = make.theme(strategy, "Misbrug", body="<p>Der er hurtig behandling.</p>")
    make.theme(strategy, "Misbrug")
    page = client.get("/soeg/", {"q": "misbrugsbehandling"})
    assert [hit.url for hit in page.context["results"].hits] == [theme.get_absolute_url()]
    assert page.context["results"].corrected == "misbrug behandling"


@pytest.mark.parametrize("asked", ["3. marts 2026", "3.3.2026", "03/03/2026", "3-3-2026", "2026-03-03"])
def test_a_day_is_found_however_it_is_written(client, meeting, asked):
    type(meeting).objects.filter(pk=meeting.pk).update(date=datetime.date(2026, 3, 3))
    meeting.refresh_from_db()
    make.minutes(meeting)
    make.minutes(make.meeting(meeting.council, date=datetime.date(2026, 4, 3)))
    assert hits(client, f"referat {asked}") == [meeting.get_absolute_url()]


def test_what_kind_of_thing_is_asked_for_comes_first(client, esbjerg):
    council = make.council(esbjerg)
    hearing = make.hearing(council, "Bænkene")
    make.news(esbjerg, "Bænkene til høring")
    assert hits(client, "høring bænke")[0] == hearing.get_absolute_url()


def test_what_is_in_force_comes_before_what_is_over(client, esbjerg):
    over = make.strategy(esbjerg, starts_on=datetime.date(2015, 1, 1), ends_on=datetime.date(2018, 12, 31))
    old = make.theme(over, "Bolig")
    new = make.theme(make.strategy(esbjerg, "Ny"), "Bolig og hjem")
    assert hits(client, "bolig") == [new.get_absolute_url(), old.get_absolute_url()]


@pytest.mark.parametrize("side", ["99", "99999", "999999", "9" * 500, "-1", "0", "1e3", "٣", "x"])
def test_a_page_that_is_not_there_is_the_last_or_the_first(client, esbjerg, side):
    theme = make.theme(make.strategy(esbjerg), "Bolig")
    page = client.get("/soeg/", {"q": "bolig", "side": side})
    assert [hit.url for hit in page.context["results"].hits] == [theme.get_absolute_url()]


# Completions


def suggested(client, query):
    response = client.get("/soeg/forslag/", {"q": query})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json"
    assert not response.cookies and "Cookie" not in response.headers.get("Vary", "")
    return response.json()["forslag"]


def test_words_and_titles_that_begin_so_are_suggested(client, esbjerg):
    strategy = make.strategy(esbjerg)
    for title in ("Gældsrådgivning hver torsdag", "Gæld", "Fri for gæld", "Sundhed"):
        make.theme(strategy, title)
    assert suggested(client, "gæl") == [
        "gæld", "gældsrådgivning", "Gæld", "Gældsrådgivning hver torsdag", "Fri for gæld",
    ]  # fmt: skip
    assert suggested(client, "GAEL") == suggested(client, "gæl")
    assert "fri gæld" in suggested(client, "fri gæ") and "sundhed" in suggested(client, "su")
    assert suggested(client, "xyz") == suggested(client, "g") == suggested(client, "") == suggested(client, "!") == []


def test_no_more_than_eight_are_suggested(client, esbjerg):
    strategy = make.strategy(esbjerg)
    for number in range(12):
        make.theme(strategy, f"Bolig{'abcdefghijkl'[number]} for alle")
    assert len(suggested(client, "bol")) == 8


@pytest.mark.parametrize("status", HIDDEN)
def test_nothing_hidden_is_suggested(client, esbjerg, status):
    strategy = make.strategy(esbjerg, "Hemmelig", status)
    make.goal(make.theme(strategy, "Hemmelig"), "Hemmelig")
    council = make.council(esbjerg, status, name="Hemmelig")
    make.cause(council, "Hemmelig")
    meeting = make.meeting(council, title="Hemmelig", status=status)
    make.agenda(meeting, status)
    make.minutes(meeting, status)
    make.item(meeting, "Hemmelig")
    make.hearing(council, "Hemmelig", status)
    make.news(esbjerg, "Hemmelig", status)
    assert suggested(client, "hemm") == suggested(client, "hemmelig") == []


def test_a_closed_item_is_not_suggested_and_one_withdrawn_no_more(client, esbjerg, meeting, anna):
    make.agenda(meeting)
    make.item(meeting, "Kakadue", is_closed=True, public_title="Personsag")
    strategy = make.strategy(esbjerg, "Kakerlakker")
    assert suggested(client, "kak") == ["kakerlakker", "Kakerlakker"]
    strategy.withdraw(by=anna)
    assert suggested(client, "kak") == suggested(client, "pers") == []


def test_an_empty_query_shows_instructions(client, esbjerg):
    assert "Hvad leder du efter?" in find(client, "")
    assert "Vi kan ikke søge efter tegn alene." in find(client, "!?")


def test_many_hits_are_paginated(client, esbjerg):
    strategy = make.strategy(esbjerg)
    for number in range(PAGE + 1):
        make.theme(strategy, f"Bolig {number}")
    first = client.get("/soeg/", {"q": "bolig"})
    assert len(first.context["results"].hits) == PAGE
    assert f"{PAGE + 1} steder" in first.content.decode()
    second = client.get("/soeg/", {"q": "bolig", "side": "2"})
    shown = {hit.url for page in (first, second) for hit in page.context["results"].hits}
    assert len(shown) == PAGE + 1


@pytest.mark.parametrize(
    "query",
    [
        "x" * 5000,
        "ord " * 2000,
        "\0",
        "a\0b",
        "\ud800".encode("utf-8", "surrogatepass"),
        "%F0%28",
        "🏠 🏠🏠",
        "\u202eglob\u202c \u200f\u200b",
        "' OR 1=1; DROP TABLE udsat_searchentry; --",
        'title_tokens:bolig NEAR(a b) AND NOT "x" ^ * {a b}:c',
        "bolig:* & !unge | <-> (x)",
        "AND",
        "NOT",
        "OR",
        "NEAR",
        "zzm1",
        "xbol",
        "qgilob",
        "zzkmaal",
        "x" * 5_000_000,
        "bolig " * 1_000_000,
        "1.1.9999999 99.99.2026 0.0.0000",
        "٣ ٤",
        "ß",
        "İ" * 50,
    ],
)
def test_a_strange_question_is_only_a_question(client, esbjerg, query):
    for path in ("/soeg/", "/soeg/forslag/"):
        assert client.get(path, {"q": query}).status_code == 200


@pytest.mark.parametrize("name", ["kommune", "slags", "emne", "aar", "side"])
@pytest.mark.parametrize("value", ["\0", "x" * 3000, "' OR 1=1", "🏠", "-1"])
def test_a_strange_filter_is_said_to_be_unknown(client, esbjerg, name, value):
    assert client.get("/soeg/", {"q": "bolig", name: value}).status_code == 200


def test_what_was_typed_is_shown_as_text(client, esbjerg):
    make.theme(make.strategy(esbjerg), "<b>Bolig</b> <script>alert(1)</script>")
    text = find(client, '"><script>alert(1)</script>')
    assert "<script>" not in text
    assert "<script>" not in find(client, "bolig")


def test_it_costs_the_same_for_one_hit_and_for_many(client, esbjerg, vejle, meeting):
    def fill(place, council, times):
        for number in range(times):
            strategy = make.strategy(place, "Bolig")
            theme = make.theme(strategy, "Bolig")
            make.goal(theme, "bolig", parent=make.goal(theme, "bolig"))
            held = make.meeting(council, title="Bolig", date=datetime.date(2026, 1, 1 + number))
            make.minutes(held)
            make.item(held, "Bolig")
            make.hearing(council, "Bolig")
            make.news(place, "Bolig")
            make.cause(council, "Bolig")

    def cost():
        with CaptureQueriesContext(connection) as captured:
            find(client, "bolig")
        return len(captured)

    fill(esbjerg, meeting.council, 1)
    few = cost()
    fill(vejle, make.council(vejle), 5)
    assert cost() == few


def test_more_than_a_thousand_are_said_to_be_more_and_the_best_comes_first(client, esbjerg):
    strategy = make.strategy(esbjerg)
    theme = make.theme(strategy, "Bolig til alle")
    texts = [
        SearchText(
            SearchKind.NEWS, f"/n/{number}", f"Nyt {number}", "Noget om en bolig.", date=datetime.date(2020, 1, 1)
        )
        for number in range(MAX_RANKED + 10)
    ]
    SearchEntry.objects.replace(esbjerg, esbjerg, texts)
    page = client.get("/soeg/", {"q": "bolig"})
    found, text = page.context["results"], page.content.decode()
    assert "Over 1.000 steder" in text and "Det er mange." in text
    assert found.hits[0].url == theme.get_absolute_url()
    last = client.get("/soeg/", {"q": "bolig", "side": str(found.pages)})
    assert last.context["results"].hits and not last.context["after"]
    # With partial matches the count is a lower bound.
    assert re.search(r'Nyt <span class="count">\d+\+</span>', text)


# Units


@pytest.mark.parametrize(
    "query, words",
    [
        ("Bolig i Vejle", ["bolig", "vejle"]),
        ("bolig bolig BOLIG", ["bolig"]),
        ("i", ["i"]),
        ("tema 3", ["tema", "3"]),
        ("Årø, Ærø!", ["årø", "ærø"]),
        ("  ", []),
        ("?", []),
    ],
)
def test_a_question_is_read_as_words(query, words):
    assert query_words(query) == words


def test_a_hit_is_marked_in_the_text_as_it_is_written():
    assert highlight("Åge & Aage på Ærø", SoughtWords(["aage", "aeroe"])) == (
        "<mark>Åge</mark> &amp; <mark>Aage</mark> på <mark>Ærø</mark>"
    )
    assert highlight("bolig", SoughtWords(["bol", "lig"])) == "<mark>bolig</mark>"
    assert highlight("<b>", SoughtWords(["b"])) == "&lt;<mark>b</mark>&gt;"
    assert highlight("intet", SoughtWords(["bolig"])) == "intet"


def test_the_snippet_is_cut_around_the_first_hit():
    long = "Indledning uden noget. " * 20 + "Her står bolig midt i det hele. " + "Slut uden noget. " * 20
    cut = snippet(long, SoughtWords(["bolig"]))
    assert "<mark>bolig</mark>" in cut
    assert cut.startswith("… ") and cut.endswith(" …")
    assert len(cut) < 300
    assert snippet("Kun begyndelsen.", SoughtWords(["bolig"])) == "Kun begyndelsen."
    assert snippet("", SoughtWords(["bolig"])) == ""


def test_the_snippet_is_where_most_of_the_words_are():
    text = "Bolig først. " + "Intet her. " * 40 + "Her er bolig, gæld og hjem. " + "Intet her. " * 40
    assert "<mark>gæld</mark> og <mark>hjem</mark>" in snippet(text, SoughtWords(["bolig", "gæld", "hjem"]))


# Index


def test_the_index_is_made_anew_from_what_is_public(client, esbjerg):
    theme = make.theme(make.strategy(esbjerg), "Bolig")
    make.theme(make.strategy(esbjerg, "Udkast", Status.DRAFT), "Bolig")
    SearchEntry.objects.all().delete()
    SearchWord.objects.all().delete()
    assert hits(client, "bolig") == []
    call_command("rebuild_search", stdout=io.StringIO())
    assert hits(client, "bolig") == hits(client, "bolgi") == [theme.get_absolute_url()]


def test_the_index_of_many_meetings_and_strategies_is_made_in_as_few_queries_as_that_of_one(esbjerg):
    council = make.council(esbjerg)

    def add_and_rebuild(day):
        meeting = make.meeting(council, datetime.date(2025, 3, day))
        make.agenda(meeting)
        make.minutes(meeting)
        make.agreement(make.item(meeting, "Boliger", decision="<p>Rådet vil have boliger.</p>"))
        make.goal(make.theme(make.strategy(esbjerg, f"Plads til {day}")))
        make.news(esbjerg, f"Nyt {day}")
        make.answered_input(council)
        make.hearing(council)
        before = entries()
        with CaptureQueriesContext(connection) as queries:
            call_command("rebuild_search", stdout=io.StringIO())
        assert entries() == before
        return len(queries)

    assert add_and_rebuild(3) == add_and_rebuild(4) == add_and_rebuild(5)


def entries():
    fields = ("kind", "url", "title", "body", "meta", "topics", "tags")
    return sorted(SearchEntry.objects.values_list(*fields))


# Help first


@pytest.fixture
def helped(db):
    """The national lists of topics, situations and helplines."""
    call_command("load_topics", verbosity=0)


def first_link(text):
    """Return the first link below the search form."""
    return re.search(r'<a href="([^"]+)"', text.split("<main")[1].split("</form>")[1])[1]


SITUATION_OF = {
    "selvmord": "har-det-psykisk-daarligt",
    "Selvmordstanker": "har-det-psykisk-daarligt",
    "jeg vil ikke leve mere": "har-det-psykisk-daarligt",
    "vil ikke leve": "har-det-psykisk-daarligt",
    "vold": "bliver-slaaet",
    "vold i hjemmet": "bliver-slaaet",
    "krisecenter": "bliver-slaaet",
    "krisecentre i vejle": "bliver-slaaet",
    "krise center": "bliver-slaaet",
    "min mand slår mig": "bliver-slaaet",
    "min kæreste slår mig": "bliver-slaaet",
    "voldtægt": "bliver-slaaet",
    "herberg": "mangler-et-sted-at-bo",
    "herberger": "mangler-et-sted-at-bo",
    "hjemløs": "mangler-et-sted-at-bo",
    "hjemløse": "mangler-et-sted-at-bo",
    "bor på gaden": "mangler-et-sted-at-bo",
    "min datter er hjemløs": "soen-paa-gaden",
    "drikker for meget": "drikker-for-meget",
    "selvmordsforsøg": "har-det-psykisk-daarligt",
    "jeg orker ikke mere": "har-det-psykisk-daarligt",
    "dø": "har-det-psykisk-daarligt",
    "sulten": "gaeld",
    "livslinien": "har-det-psykisk-daarligt",
    "børnetelefonen": "bekymret-for-et-barn",
    "116 111": "bekymret-for-et-barn",
    "1888": "bliver-slaaet",
    "bor i min bil": "mangler-et-sted-at-bo",
    "ludomani": "gaeld",
    "aktindsigt": "kommunen-hoerer-ikke",
    "borgerrådgiver": "kommunen-hoerer-ikke",
    "sundhedsplejersken": "kan-ikke-mere-derhjemme",
}


def test_a_crisis_word_leads_first_to_the_situation(client, helped, esbjerg, vejle):
    """Also where texts of municipalities contain all the words."""
    strategy = make.strategy(esbjerg)
    for query in SITUATION_OF:
        make.theme(strategy, query)
    led_to = {query: first_link(find(client, query)).split("?")[0] for query in SITUATION_OF}
    assert led_to == {query: f"/emner/{situation}/" for query, situation in SITUATION_OF.items()}


SITUATION_OF_MISSPELLED = {
    "selvmor": "har-det-psykisk-daarligt",
    "krisesenter": "bliver-slaaet",
    "hjemlos": "mangler-et-sted-at-bo",
    "min mand slår mi": "bliver-slaaet",
}


def test_a_misspelled_crisis_word_leads_to_the_situation_too(client, helped, esbjerg):
    expected = {query: f"/emner/{situation}/" for query, situation in SITUATION_OF_MISSPELLED.items()}
    assert {query: first_link(find(client, query)) for query in expected} == expected
    make.news(esbjerg, "Hjemløse får krisecenter", body="<p>Min mand slår dem.</p>")
    assert {query: first_link(find(client, query)) for query in expected} == expected


def test_a_crisis_word_is_not_corrected_to_another_word(client, helped, esbjerg):
    make.news(esbjerg, "Byrådet har vedtaget planen")
    results = client.get("/soeg/", {"q": "voldtaget"}).context["results"]
    assert not results.hits and not results.corrected
    assert "vedtaget" in client.get("/soeg/", {"q": "vedtget"}).context["results"].corrected
    said = "Vi fandt ikke »vedtget«. Her er det, vi fandt for <strong>vedtaget</strong>."
    assert said in find(client, "vedtget")


def test_other_words_lead_to_no_situation(client, helped, esbjerg):
    queries = ["tandlæge", "voldgade", "leve", "leder", "mand", "sove sammen", "læge", "xyz"]
    strategy = make.strategy(esbjerg)
    for query in queries:
        make.theme(strategy, query)
    situations = set(Situation.objects.values_list("slug", flat=True))
    for query in queries:
        answer = find(client, query).split("<main")[1]
        assert not [one for one in situations if f"/emner/{one}/" in answer], query


def test_a_crisis_word_shows_a_number_beside_the_situation(client, helped, esbjerg):
    make.theme(make.strategy(esbjerg), "Fri for vold")
    text = find(client, "vold")
    assert text.index('Ring <a href="tel:1888">1888</a>, Lev Uden Vold') < text.index("Fri for <mark>vold</mark>")
    assert 'href="/emner/bliver-slaaet/?kommune=esbjerg"' in find(client, "vold i esbjerg")
    make.theme(make.strategy(esbjerg, "Ny"), "Færre selvmord")
    assert 'Ring <a href="tel:+4570201201">70 20 12 01</a>, Livslinien.' in find(client, "selvmord")


def test_an_empty_answer_begins_with_numbers_that_help(client, helped, esbjerg):
    text = " ".join(find(client, "xyzzy").split("<main")[1].split())
    for number in ("1888", "70 20 12 01", "116 111", "80 200 500", "112"):
        assert f">{number}</a>" in text and text.index(f">{number}</a>") < text.index("Prøv sådan her")
    assert "Livslinien. For den, der tænker på selvmord, og pårørende. Åbent hver dag kl. 11-04. Du kan være" in text
    assert "Nummeret er tjekket i 2024 (psykiatrienisyddanmark.dk)." in text
    only = find(client, "selvmord")
    assert ">70 20 12 01</a>" in only and ">80 200 500</a>" not in only


MISSPELLED = {
    "kobenhavn": "koebenhavn",
    "københvan": "koebenhavn",
    "Arhus": "aarhus",
    "Aahus": "aarhus",
    "Århus": "aarhus",
    "frederikshvn": "frederikshavn",
    "Fredrikshavn": "frederikshavn",
    "alborg": "aalborg",
    "sonderborg": "soenderborg",
    "Gladsakse": "gladsaxe",
    "fakse": "faxe",
    "Aero": "aeroe",
    "laeso": "laesoe",
    "Fano": "fanoe",
    "Hoje Tåstrup": "hoeje-taastrup",
    "ringkobing": "ringkoebing-skjern",
    "lyngby-tarbæk": "lyngby-taarbaek",
    "brondby": "broendby",
    "Helsingor": "helsingoer",
    "hilerød": "hilleroed",
    "Svenborg": "svendborg",
    "silkebog": "silkeborg",
    "Hjøring": "hjoerring",
    "Vesthimmerland": "vesthimmerlands",
    "norddjurs": "norddjurs",
    "Bornholms": "bornholm",
}


def test_a_misspelled_municipality_is_found(client, db):
    call_command("load_municipalities", verbosity=0)
    missed = [name for name, slug in MISSPELLED.items() if f'<a href="/{slug}/">' not in find(client, name)]
    assert missed == []


def test_every_municipality_is_found_with_a_letter_too_few_or_without_its_danish_letters(client, db):
    call_command("load_municipalities", verbosity=0)
    municipalities, missed = list(Municipality.objects.all()), []
    for one in municipalities:
        plain = one.name.translate(str.maketrans("æøåÆØÅ", "eoaEOA"))
        middle = len(one.name) // 2
        for written in (plain, one.name[:middle] + one.name[middle + 1 :] if len(one.name) > 5 else one.name):
            sought = query_words(written)
            meant = municipalities_named_in(sought, municipalities) or municipalities_spelled_like(
                sought, municipalities
            )
            if one not in meant:
                missed.append(written)
    assert missed == []


def test_a_municipality_is_completed_and_chosen_however_it_is_spelled(client, db):
    make.theme(make.strategy(make.municipality("København")), "Bolig")
    assert suggested(client, "kobenh") == ["københavn"]
    for name in ("København", "koebenhavn", "KØBENHAVN"):
        page = client.get("/soeg/", {"q": "bolig", "kommune": name})
        assert str(page.context["chosen_municipality"]) == "København Kommune" and not page.context["unknown"]
        assert '<option value="koebenhavn" selected>' in client.get("/emner/", {"kommune": name}).content.decode()


@pytest.mark.parametrize("query", ["skrive", "lejer", "stuer", "koge"])
def test_a_word_of_a_public_text_is_no_misspelled_municipality(client, esbjerg, query):
    for name in ("Skive", "Lejre", "Struer", "Køge"):
        make.municipality(name)
    make.theme(make.strategy(esbjerg), query)
    assert client.get("/soeg/", {"q": query}).context["named"] == []
    assert client.get("/soeg/", {"q": f"{query} xyzzy"}).context["named"] == []
