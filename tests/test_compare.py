"""/sammenlign/: municipalities compared on a topic, and versions of a strategy."""

import datetime
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from strategies.models import Strategy
from strategies.version_comparison import ChangeKind, compare
from udsat.lib.publishing import Status
from udsat.lib.text_similarity import SIMILAR, PreparedText, similarity

from . import factories as make
from .test_topics import html, promise, words

HIDDEN = [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"]


def queries(client, address):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.fixture
def housing(db):
    return make.topic("Bolig")


# Municipalities


def test_two_municipalities_are_compared_by_goals_targets_and_follow_up(client, esbjerg, vejle, housing):
    make.follow_up(promise(esbjerg, housing, "bygge 20 små boliger."), "naaet")
    make.goal(promise(vejle, housing, "skaffe hjem.").theme, "bygge nyt.", target="10 i 2028")
    response = client.get("/sammenlign/?kommune=vejle&kommune=esbjerg&emne=bolig")
    text = html(response)
    assert re.findall(r"<h2 [^>]*><a [^>]*>(\w+)", text) == ["Vejle", "Esbjerg"]  # in the requested order
    shown = words(response)
    assert "Vi vil: Mål 1.1 bygge 20 små boliger." in shown and "1.2 bygge nyt. Måltal: 10 i 2028" in shown
    assert "Målet" not in shown and "1 af 1 mål er nået." in shown
    rows = [re.findall(r">([^<>]+)</(?:a|td)>", row) for row in re.findall(r"<tr>(.*?)</tr>", text)[1:]]
    assert rows == [["Vejle", "2", "1", "0", "0"], ["Esbjerg", "1", "0", "1", "1"]]
    assert text.count('<th scope="col">') == 5 and text.count('<th scope="row">') == 2


def test_a_municipality_without_promises_has_a_column(client, esbjerg, vejle, housing):
    promise(esbjerg, housing)
    text = words(client.get("/sammenlign/?kommune=esbjerg&kommune=vejle&emne=bolig"))
    assert "Vejle Kommune har ikke skrevet om bolig på portalen endnu." in text


def test_silence_is_said_once_and_the_causes_of_the_councils_are_shown(client, esbjerg, vejle, housing):
    address = "/sammenlign/?kommune=esbjerg&kommune=vejle&kommune=odense&emne=bolig"
    make.municipality("Odense")
    make.cause(make.council(vejle), "Varme hænder")
    make.cause(make.council(esbjerg, Status.DRAFT), "Kun en kladde")
    text = words(client.get(address))
    assert text.count("skrevet") == 1 and "Ingen af kommunerne har skrevet om bolig på portalen endnu." in text
    assert "Varme hænder" in text and text.count("Hvad er rådets mærkesager?") == 1 and "kladde" not in text
    for municipality in (esbjerg, vejle):
        promise(municipality, housing)
    text = words(client.get(address))
    assert "Odense Kommune har ikke skrevet om bolig på portalen endnu." in text
    assert "Esbjerg Kommune og Vejle Kommune har ikke skrevet her, hvordan det går med målene." in text
    assert text.count("ikke skrevet") == 2 and "Hvordan går det?" not in text


def test_more_than_four_are_cut_and_the_unknown_are_named(client, esbjerg, housing):
    names = ["Esbjerg", "Odense", "Randers", "Svendborg", "Holbæk"]
    for name in names[1:]:
        make.municipality(name)
    asked = "&".join(f"kommune={slug}" for slug in ("esbjerg", "odense", "andeby", "randers", "svendborg", "holbaek"))
    response = client.get(f"/sammenlign/?{asked}&kommune=esbjerg&emne=bolig")
    text = words(response)
    assert "Derfor er Holbæk Kommune ikke med." in text
    assert "Vi kender ingen kommune, der hedder »andeby«." in text
    assert html(response).count('<section id="') == 4


def test_one_alone_or_no_topic_gets_help_to_choose(client, esbjerg, vejle, housing):
    promise(esbjerg, housing)
    make.strategy(vejle, "Ny", replaces=promise(vejle, housing).theme.strategy)
    assert "Vælg mindst én kommune mere" in words(client.get("/sammenlign/?kommune=esbjerg&emne=bolig"))
    text = html(client.get("/sammenlign/?kommune=esbjerg&kommune=vejle"))
    assert "1 af 2 kommuner har skrevet om det" in text, "a strategy that is replaced does not count"
    assert 'href="/sammenlign/?kommune=esbjerg&amp;kommune=vejle&amp;emne=bolig"' in text
    assert "Vi kender intet emne, der hedder »gaeld«" in words(client.get("/sammenlign/?kommune=esbjerg&emne=gaeld"))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?kommune=&kommune=&emne=",
        "?kommune=%00&emne=%00",
        "?emne=bolig",
        "?kommune=" + "x" * 3000,
        "?strategi=",
        "?strategi=%00/%00&strategi=x",
        "?strategi=esbjerg/findes-ikke&strategi=../../etc",
        "?" + "kommune=x&" * 900,
    ],
)
def test_nonsense_gives_the_form_and_never_an_error(client, esbjerg, housing, query):
    text = html(client.get(f"/sammenlign/{query}"))
    assert '<form class="compare-form" action="/sammenlign/" method="get">' in text and "csrf" not in text


@pytest.mark.parametrize("status", HIDDEN)
def test_nothing_hidden_is_compared(client, esbjerg, vejle, housing, status):
    old = promise(esbjerg, housing, "Zebra", status, title="Zebra").theme.strategy
    new = promise(esbjerg, housing, "Giraf", title="Ny", replaces=old).theme.strategy
    for query in (
        "?kommune=esbjerg&kommune=vejle&emne=bolig",
        f"?strategi=esbjerg/{old.slug}&strategi=esbjerg/{new.slug}",
        f"?strategi=esbjerg/{new.slug}",
        "",
    ):
        text = html(client.get(f"/sammenlign/{query}"))
        assert "Zebra" not in text, query
    assert "Hvad er nyt siden den forrige?" not in html(client.get(new.get_absolute_url()))


def test_side_by_side_costs_the_same_with_little_and_with_much(client, esbjerg, vejle, housing):
    address = "/sammenlign/?kommune=esbjerg&kommune=vejle&emne=bolig"
    promise(esbjerg, housing)
    few = queries(client, address)
    for municipality in (esbjerg, vejle):
        for number in range(3):
            goal = promise(municipality, housing, title=f"Plan {number}")
            make.follow_up(make.goal(goal.theme, "under", parent=goal))
    # The query count is constant for further strategies and follow-ups.
    assert queries(client, address) <= few + 1
    much = queries(client, address)
    for number in range(3, 6):
        make.follow_up(promise(vejle, housing, title=f"Plan {number}"))
    assert queries(client, address) == much


# Versions


@pytest.fixture
def old(esbjerg):
    made = make.strategy(esbjerg, "Plads til alle 1")
    home = make.theme(made, "Et sted at bo")
    make.goal(home, "bygge 20 små boliger i byen.", target="20 boliger")
    make.goal(home, "hjælpe alle, der bliver sat ud.")
    make.follow_up(make.goal(home, "åbne et værested på havnen."), "opgivet")
    make.goal(make.theme(made, "Sundhed for alle"), "køre tandlægen ud til værestederne hver uge.")
    make.theme(made, "Kultur")
    return made


@pytest.fixture
def new(esbjerg, old):
    made = make.strategy(esbjerg, "Plads til alle 2", replaces=old)
    home = make.theme(made, "Et godt sted at bo")
    make.goal(home, "bygge 30 små boliger i byen inden 2030.", target="30 boliger")
    make.goal(home, "hjælpe alle, der bliver sat ud.")
    make.goal(home, "køre tandlægen ud til værestederne hver uge.")
    make.goal(make.theme(made, "Gæld"), "give råd om penge på biblioteket.")
    return made


def address_of(*strategies):
    return "/sammenlign/?" + "&".join(f"strategi={one.municipality.slug}/{one.slug}" for one in strategies)


def compared(old, new):
    strategies = {one.pk: one for one in Strategy.objects.with_content().filter(pk__in=[old.pk, new.pk])}
    return compare(strategies[old.pk], strategies[new.pk])


def test_new_removed_reworded_moved_and_equal_goals_are_distinguished(old, new):
    comparison = compared(old, new)
    assert [(one.change, one.new.title) for one in comparison.themes] == [
        (ChangeKind.REWORDED, "Et godt sted at bo"),
        (ChangeKind.NEW, "Gæld"),
    ]
    assert [one.old.title for one in comparison.gone] == ["Sundhed for alle", "Kultur"]
    home = {(one.new or one.old).text.split()[0]: one for one in comparison.themes[0].goals}
    assert {word: one.change for word, one in home.items()} == {
        "bygge": ChangeKind.REWORDED,
        "hjælpe": ChangeKind.SAME,
        "køre": ChangeKind.REWORDED,
        "åbne": ChangeKind.GONE,
    }
    assert home["køre"].is_only_moved and home["køre"].moved_from.title == "Sundhed for alle"
    assert [part.label for part in home["bygge"].more] == ["Måltal"]
    assert comparison.summary == (
        "1 tema er nyt, 1 er skrevet om eller flyttet og 2 er væk. "
        "1 mål er nyt, 2 er skrevet om eller flyttet, 1 er uændret og 1 er væk."
    )


def test_what_is_gone_comes_first_then_what_is_new_then_what_is_reworded(client, old, new):
    for strategy in (old, new):
        make.section(strategy, "vision", f"<p>{strategy} er for alle.</p>")
        make.goal(make.theme(strategy, "Et fristed", position=0), "holde åbent hver nat.")
    page = html(client.get(address_of(old, new))).split("<footer")[0]
    headings = [" ".join(re.sub("<[^>]+>", " ", text).split()) for text in re.findall("<h2.*?</h2>", page)]
    assert headings == ["Sundhed for alle", "Kultur", "Visionen", "Gæld", "Et godt sted at bo", "Et fristed"]
    shown = words(client.get(address_of(old, new)))
    assert shown.index("Væk: Sundhed for alle , Kultur") < shown.index("En computer har parret")


def test_rewording_is_marked_accessibly_and_removed_goals_are_explained(client, old, new):
    text = html(client.get(address_of(old, new)))
    assert re.search(r"<del><span class=\"visually-hidden\"> fjernet: </span>20<", text)
    assert re.search(r"<ins><span class=\"visually-hidden\"> tilføjet: </span>30<", text)
    shown = words(client.get(address_of(new, old)))  # the older one is detected in any order
    assert "Plads til alle 2 sammenlignet med Plads til alle 1" in shown
    assert "Stod før under »Sundhed for alle«." in shown
    assert "Sidst vi hørte om det: Opgivet" in shown
    assert text.count("<h1") == 1 and 'class="visually-hidden"' in text


def test_themes_that_share_no_word_are_held_together_by_their_topic_and_that_is_said(client, esbjerg, housing):
    old = make.strategy(esbjerg, "Før")
    make.theme(old, "Tag over hovedet").topics.add(housing)
    new = make.strategy(esbjerg, "Efter", replaces=old)
    theme = make.theme(new, "Egen dør", body="<p>Nøglen kommer først.</p>")
    theme.topics.add(housing)
    make.goal(theme)
    text = words(client.get(address_of(new)))  # its predecessor is added
    assert "Handler om det samme som » Tag over hovedet « i den forrige." in text
    assert "Af den forrige kender vi kun overskriften." in text
    assert "Vi kender ingen mål fra den forrige strategi. Derfor står alle mål som nye." in text


def test_a_goal_in_two_themes_is_matched_within_its_theme(esbjerg):
    titles = ["Bolig til alle", "Sundhed på gaden"]
    versions = []
    for number, order in enumerate((titles, titles[::-1])):
        made = make.strategy(esbjerg, f"Plan {number}")
        for title in order:
            make.goal(make.theme(made, title), "følge op hvert år.")
        versions.append(made)
    comparison = compared(*versions)
    assert comparison.is_the_same


def test_what_replaced_another_is_the_newer_one_whatever_the_dates_say(client, esbjerg):
    new = make.strategy(esbjerg, "Efter", starts_on=datetime.date(2020, 1, 1))
    old = make.strategy(esbjerg, "Før", starts_on=datetime.date(2021, 1, 1))
    Strategy.objects.filter(pk=new.pk).update(replaces=old)
    assert "Efter fra 2020 sammenlignet med Før fra 2021" in words(client.get(address_of(old, new)))


def test_equal_versions_are_reported_as_equal(esbjerg):
    versions = []
    for number in (1, 2):
        made = make.strategy(esbjerg, f"Plan {number}")
        make.section(made, "vision", "<p>Plads til alle.</p>")
        make.goal(make.theme(made, "Et sted at bo"), f"bygge{' ' * number}boliger.")
        versions.append(made)
    comparison = compared(*versions)
    assert comparison.is_the_same and comparison.summary == "Der er ingen forskel på vision, temaer og mål."


def test_a_text_that_is_altogether_another_is_shown_as_before_and_now(esbjerg):
    old, new = make.strategy(esbjerg, "Plan 1"), make.strategy(esbjerg, "Plan 2")
    make.section(old, "vision", "<p>Ingen skal fryse om natten i byen.</p>")
    make.section(new, "vision", "<p>Mennesker vokser gennem fællesskaber og kultur.</p>")
    assert re.fullmatch(r"<p><del>.*?</del></p><p><ins>.*?</ins></p>", compared(old, new).vision)


def test_strategies_that_are_no_two_versions_get_a_word_about_why(client, esbjerg, vejle, old, new):
    theirs = make.strategy(vejle, "En anden")
    assert "fra hver sin kommune" in words(client.get(address_of(old, theirs)))
    assert "Vi kender kun én udgave" in words(client.get(address_of(old)))
    assert "Vi kender kun én udgave" in words(client.get(address_of(old, old)))
    text = words(client.get("/sammenlign/?strategi=esbjerg/findes-ikke"))
    assert "Vi kender ingen strategi med adressen »esbjerg/findes-ikke«." in text
    third = make.strategy(esbjerg, "Den tredje")
    assert "Man kan sammenligne to udgaver ad gangen." in words(client.get(address_of(old, new, third)))


def test_the_strategy_and_the_page_of_comparison_lead_to_what_is_new(client, old, new):
    link = address_of(old, new).replace("&", "&amp;")
    assert f'href="{link}"' in html(client.get(new.get_absolute_url()))
    assert f'href="{link}"' in html(client.get("/sammenlign/"))
    assert "Hvad er nyt siden den forrige?" not in html(client.get(old.get_absolute_url()))


def test_versions_cost_the_same_however_many_goals_there_are(client, old, new):
    def fill(numbers):
        for strategy in (old, new):
            for number in numbers:
                theme = make.theme(strategy, f"Tema {number}")
                make.goal(theme, f"mål nummer {number}", parent=make.goal(theme, f"hele vejen {number}"))

    fill([0])
    few = queries(client, address_of(old, new))
    fill(range(1, 4))
    assert queries(client, address_of(old, new)) == few


# Similarity


@pytest.mark.parametrize(
    ("a", "b", "is_alike"),
    [
        ("bygge 20 små boliger.", "bygge 30 små boliger inden 2030.", True),
        ("holde et værested åbent alle hverdage.", "holde to væresteder åbne alle dage, også i weekenden.", True),
        ("vejlede og støtte forældrene.", "støtte og vejlede forældre til udsatte børn.", True),
        ("Sundt liv", "Lighed i sundhed", True),
        ("at hjælpen bliver formet efter borgeren.", "at et nej tak til hjælp bliver respekteret.", False),
        ("give hver ung en voksen, der bliver.", "give efterværn i et helt år til alle, der vil have det.", False),
        ("Mulighed for en bolig", "Et sted at bo", False),
        ("", "", False),
    ],
)
def test_sentences_are_held_alike_as_a_reader_would(a, b, is_alike):
    assert (similarity(PreparedText(a), PreparedText(b)) >= SIMILAR) is is_alike
    assert similarity(PreparedText(a), PreparedText(b)) == similarity(PreparedText(b), PreparedText(a))
