"""Inflected forms and spellings of a word that find each other in the search, and words that do not."""

from itertools import permutations
from pathlib import Path

import pytest

from udsat.lib.danish_inflection import are_forms_of_one_word, inflection_keys
from udsat.lib.search_tokens import SoughtWords, highlight, query_compounds, query_tokens, query_words, tokens
from udsat.models import SearchEntry, SearchKind, SearchText

PAIRS = [line.split("\t") for line in (Path(__file__).parent / "files/danish_forms.tsv").read_text().splitlines()]

# Forms of one word on each line.
FORMS = """
    regel reglen regler reglerne reglernes
    fængsel fængslet fængselet fængsler fængslerne
    center centret centeret centre centrene centrenes
    teater teatret teatre teatrene
    nummer nummeret numre numrene
    finger fingeren fingre
    vinter vinteren vintre
    onkel onklen onkler
    cykel cyklen cykler
    himmel himlen himle
    kapitel kapitlet kapitler
    eksempel eksemplet eksempler eksemplerne
    titel titlen titler
    forælder forælders forældre forældrene
    minister ministers ministeren ministre
    mønster mønstret mønstre
    aften aftenen aftner aftnerne
    våben våbnet våbnene
    morgen morgenen morgner
    gammel gammelt gamle
    sikker sikkert sikre
    åben åbent åbne
    voksen voksent voksne voksnes
    nøgen nøgent nøgne
    moden modent modne
    egen eget egne
    simpel simpelt simple
    bitter bittert bitre bitreste
    enkel enkelt enkle enklere enkleste
    handicappet handicappede
    isoleret isolerede
    flytte flyttede
    ny nyt nye
    fri frit frie
    blå blåt blå
    social socialt sociale
    ensom ensomt ensomme
    budget budgettet budgetter budgetterne
    køkken køkkenet køkkener køkkenerne
    tilbud tilbuddet tilbuddene
    job jobbet jobbene
    hotel hotellet hoteller
    politik politikken politikker
    by byen byer byernes
    barn barnet børn børnene børnenes
    mand manden mænd mændene
    tand tanden tænder tændernes
    hånd hånden hænder hænderne
    nat natten nætter
    bog bogen bøger bøgerne
    fod foden fødder
    rod roden rødder
    bror broren broderen brødre brødrene
    søster søsteren søstre søstrene
    far faderen fædre
    mor moderen mødre mødrene
    datter datteren døtre døtrene
    bonde bonden bønder
    øje øjet øjne øjnene
    år året årene årets
    kraft kraften kræfter
    kursus kurset kurser
    museum museet museer
    kollegium kollegiet kollegier
    tema temaet temaer temaerne temaernes
    konto kontoen konti
    risiko risikoen risici risikoer
    nabo naboen naboer naboerne naboers
    beboer beboeren beboere beboerne beboernes
    skæv skævt skæve
    lille små
    stor stort større
    tryg trygt trygge
    klar klart klare
    røgfri røgfrit røgfrie
    militær militært militære
    seriøs seriøst seriøse
    human humant humane
    plejebarn plejebørn plejebørnenes
    formand formænd formændene
    fortand fortænder
    lærebog lærebøger
    bedstemor bedstemødre
    plejefar plejefædre
    hovedstad hovedstæder
    lørdagsaften lørdagsaftner
    krisecenter krisecentre krisecenteret krisecentrene
    ungdomsfængsel ungdomsfængsler
    halvsøster halvsøstre
"""
SPELLINGS = [
    ("e-mail", "email"),
    ("krise-center", "krisecenter"),
    ("krise center", "krisecenter"),
    ("nat-café", "natcafé"),
    ("nat café", "natcafé"),
    ("tand læge", "tandlæge"),
    ("bo støtte", "bostøtte"),
    ("SKP-boliger", "SKP boliger"),
    ("misbrugs\u2011behandling", "misbrugsbehandling"),
    ("1.000", "1000"),
    ("1 000", "1000"),
    ("12.500.000", "12500000"),
    ("10\u00a0000", "10.000"),
]
OTHER_WORDS = [
    ("bog", "bøg"),
    ("bøger", "bøg"),
    ("haven", "havn"),
    ("havnen", "haven"),
    ("barn", "baren"),
    ("børn", "baren"),
    ("lejer", "lejr"),
    ("lejr", "lejer"),
    ("minder", "mindre"),
    ("mindre", "minder"),
    ("beder", "bedre"),
    ("vidne", "viden"),
    ("café", "kaffe"),
    ("gavn", "gaven"),
    ("talent", "talen"),
    ("viden", "vidne"),
    ("kaffe", "café"),
    ("billede", "bil"),
    ("gaven", "gavn"),
    ("undre", "under"),
    ("mor", "humor"),
    ("mord", "mor"),
    ("natur", "nat"),
    ("tanke", "tand"),
    ("fort", "for 1 000"),
    ("parti", "par timer"),
    ("1000", "1, 000"),
    ("2000", "12.000"),
    ("nye", "nyre"),
    ("brand", "brænde"),
    ("brand", "brænder"),
    ("billede", "billet"),
    ("arrest", "arret"),
    ("genert", "gen"),
    ("køn", "ko"),
    ("dør", "do"),
    ("dø", "døren"),
    ("kø", "køkken"),
    ("kursus", "kur"),
    ("kort", "kor"),
    ("vært", "vær"),
    ("fart", "far"),
    ("gæst", "gæs"),
    ("lang", "længere"),
    ("protest", "protokol"),
    ("sengen", "sange"),
    ("plante", "plan"),
]


def finds(query, text):
    """Whether the text contains a token of each word of the query."""
    indexed, compounds = tokens(text), query_compounds(query)
    return all(
        any(
            one.startswith(token) if is_prefix else one == token
            for token, is_prefix in query_tokens(word, compounds.get(word, ()))
            for one in indexed
        )
        for word in query_words(query)
    )


@pytest.mark.parametrize("query, text", PAIRS)
def test_a_form_of_a_word_finds_the_other(query, text):
    assert finds(query, f"Her er {text} nu.") and finds(text, f"Her er {query} nu.")


@pytest.mark.parametrize("forms", [line.split() for line in FORMS.strip().splitlines()], ids=lambda forms: forms[0])
def test_every_form_finds_every_other(forms):
    assert [pair for pair in permutations(forms, 2) if not finds(*pair)] == []


@pytest.mark.parametrize("query, text", SPELLINGS)
def test_a_word_is_found_with_a_hyphen_a_space_or_a_thousands_point(query, text):
    assert finds(query, f"Her er {text} nu.") and finds(text, f"Her er {query} nu.")


@pytest.mark.parametrize("query, text", OTHER_WORDS)
def test_another_word_is_not_found(query, text):
    assert not finds(query, f"Her er {text} nu.")


def test_stop_words_numbers_and_endless_words_have_no_forms():
    endless = "aber" * 25_000
    assert inflection_keys("under") == inflection_keys("2026") == inflection_keys(endless) == ()
    assert len(tokens(f"{endless} {'1.000' * 20_000} {'a-' * 50_000}")) > 50_000


def test_an_accent_makes_no_other_word():
    forms = ("natcafé", "natcafe", "natcaféer", "natcafeer", "natcafeerne", "natcafés")
    assert [pair for pair in permutations(forms, 2) if not are_forms_of_one_word(*pair)] == []


def test_other_forms_and_spellings_are_highlighted():
    assert highlight("Plejebørn på krise-center", SoughtWords(["plejebarn", "krisecenter"])) == (
        "<mark>Plejebørn</mark> på <mark>krise-center</mark>"
    )
    assert highlight("1.000 kroner", SoughtWords(["1000"])) == "<mark>1.000</mark> kroner"
    assert highlight("krise-center", SoughtWords(["center"])) == "krise-<mark>center</mark>"


def test_the_page_shows_the_form_that_was_not_asked_for(client, esbjerg):
    texts = [SearchText(SearchKind.NEWS, f"/{text}/", "Nyt", f"Her er {text}.") for _, text in PAIRS]
    SearchEntry.objects.replace(esbjerg, esbjerg, texts)
    for query, text in PAIRS:
        hits = client.get("/soeg/", {"q": query}).context["results"].hits
        assert any(hit.url == f"/{text}/" and f"<mark>{text}</mark>" in hit.snippet for hit in hits), query
