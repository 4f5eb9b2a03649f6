"""Expected first hits of typical queries over the demo's four municipalities."""

import re

from django.test import Client
from django.utils.html import strip_tags

from council.models import Meeting
from council.models.papers import with_publication
from udsat.lib.danish import long_date, month_year

TOWN = "eksempelkoebing"

# Query, and the beginning or end of the expected address or title; any of several equivalent ones. {} stands for dates
# of the demo's meetings, which move with the current date.
QUERIES = [
    # One word: exact, inflected, or part of a compound
    ("bolig", ["Bolig til alle"]),
    ("boligerne", ["Bolig til alle"]),
    ("Boliger", ["Bolig til alle"]),
    ("hjemløse", ["give unge hjemløse et sted at bo"]),
    ("hjemløshed", ["give unge hjemløse et sted at bo"]),
    ("tandlæge", ["Tandlæge til alle"]),
    ("tandlægen", ["Tandlæge til alle"]),
    ("bænk", ["Bænkene ved stationen"]),
    ("tandbus", ["Tandbussen"]),
    ("boligselskab", ["aftale med boligselskaberne", "Spørgsmål til boligselskaberne"]),
    ("rådgivning", ["gratis gældsrådgivning"]),
    ("gældsrådgivning", ["gratis gældsrådgivning"]),
    ("gæld", ["gratis gældsrådgivning", "Hvad kan du gøre ved gæld?"]),
    ("værested", ["læge og tandlæge ud til værestederne"]),
    ("forældre", ["vejlede og støtte forældrene"]),
    ("frivillig", ["også som frivillige"]),
    ("efterværn", ["Efterværn"]),
    ("ensomhed", ["Sammen mod ensomhed", "Ensom i en by"]),
    ("misbrugsbehandling", ["efterværn hører med til behandlingen af misbrug"]),
    ("alkoholbehandling", ["tilbyde behandling for alkohol og stoffer"]),
    ("stofmisbrug", ["noget andet at vælge end misbruget", "behandlingen af misbrug", "tidligere misbrugere"]),
    ("tand læge", ["Tandlæge til alle", "køre læge og tandlæge ud"]),
    # Spellings of æ, ø and å
    ("aeldre", ["støtte ældre udsatte i at beholde"]),
    ("ældre", ["støtte ældre udsatte i at beholde"]),
    ("boern og unge", ["Børn og unge i udsatte livspositioner"]),
    ("gaeldsraadgivning", ["gratis gældsrådgivning"]),
    ("oejenhoejde", ["vise respekt og være nærværende"]),
    ("saar", ["åbne et sundhedsrum"]),
    ("BØRN FRITID", ["ingen børn må sige nej til fritid"]),
    ("natcafe", ["Natcafé på vej"]),
    # Misspellings
    ("hjemlose", ["give unge hjemløse et sted at bo"]),
    ("tandlege", ["Tandlæge til alle"]),
    ("gældsrådgivnig", ["gratis gældsrådgivning"]),
    ("ensomed", ["Sammen mod ensomhed", "Ensom i en by"]),
    ("eftervern", ["Efterværn"]),
    ("bolgi", ["Bolig til alle"]),
    ("sundehdsrum", ["åbne et sundhedsrum"]),
    ("stratgi esbjreg", ["/esbjerg/strategier/strategi-for-socialt-udsatte-mennesker-2023-2026/"]),
    # Incomplete words
    ("tandb", ["Tandbussen"]),
    ("natc", ["Natcafé på vej"]),
    ("sundh", ["Sundhed på lige fod", "Lighed i sundhed", "Sundhed, forebyggelse og ansvar"]),
    ("skæve bo", ["Flere skæve boliger"]),
    # Two words and more
    ("skæv bolig", ["Flere skæve boliger"]),
    ("skæve boliger plads hund", ["Skæve boliger: hvad vil vi have?", "boligselskaberne om skæve boliger"]),
    ("bolig til alle", ["Bolig til alle"]),
    ("et sted at bo", ["Et sted at bo"]),
    ("unge hjemløse", ["give unge hjemløse et sted at bo"]),
    ("gratis bus", ["Gratis bus"]),
    ("karin holt", ["Karin Holt er ny forperson"]),
    ("alkohol og stoffer", ["tilbyde behandling for alkohol og stoffer", "Hvad du kan forvente af behandling"]),
    ("valg af forperson", ["Valg af forperson"]),
    ("bænke station", ["Bænkene ved stationen"]),
    # With a municipality
    ("bolig esbjerg", ["Billigere boliger til unge", "Boliger, som udsatte unge har råd til"]),
    ("bolig vejle", ["Bolig til alle"]),
    ("bolig vejel", ["Bolig til alle"]),
    ("bolig i eksempelkøbing", ["Et sted at bo"]),
    ("sundhed kolding", ["let kan komme til og bruge sundhedstilbud", "/kolding/strategier/udsattepolitik/gruppe-4/"]),
    ("børn og unge i esbjerg kommune", ["Børn og unge i udsatte livspositioner"]),
    ("strategi vejle", ["/vejle/strategier/udsattestrategi/"]),
    ("esbjerg kommune strategi", ["/esbjerg/strategier/strategi-for-socialt-udsatte-mennesker-2023-2026/"]),
    ("kolding udsattepolitik", ["/kolding/strategier/udsattepolitik/"]),
    ("udsatteråd esbjerg", ["/esbjerg/udsatteraad/"]),
    ("udsatteraad eksempelkoebing", [f"/{TOWN}/udsatteraad/"]),
    ("hvem sidder i udsatterådet i eksempelkøbing", [f"/{TOWN}/udsatteraad/"]),
    # Kinds and dates
    ("høring bænke", ["/hoeringer/#hoering-3"]),
    ("høring havnen", ["Ny bydel på havnen"]),
    ("høringssvar kompasset", ["Længere åbningstid på Kompasset"]),
    ("nyhed tandbus", ["Tandbussen kører igen"]),
    ("mærkesager", ["/udsatteraad/maerkesager/", "Mærkesager og grupper"]),
    ("strategi 2025", ["Plads til alle i Eksempelkøbing 2025–2028"]),
    ("referat {måned}", ["{måneds møder}"]),
    ("referat {dag}", ["{dags møde}"]),
    ("møde {dag kort}", ["{dags møde}"]),
    ("dagsorden {næste}", ["{næste møde}"]),
    ("stormøde", ["Stormøde"]),
    ("dialogmøde", ["Bordet rundt"]),
    ("formand", ["Karin Holt er ny forperson", "Valg af forperson"]),
    # Everyday language
    ("jeg har ingen bolig", ["Bolig til alle", "Et sted at bo"]),
    ("jeg drikker for meget", ["tilbyde behandling for alkohol og stoffer"]),
    ("druk", ["tilbyde behandling for alkohol og stoffer"]),
    ("min søn er på gaden", ["Bolig til alle", "ingen bliver udskrevet til gaden", "Ingen skal udskrives til gaden"]),
    ("jeg skylder penge", ["gratis gældsrådgivning"]),
    ("hvor kan jeg sove", ["Nu kan man ringe om en seng"]),
    ("ondt i tænderne", ["Tandlæge til alle"]),
    ("ludomani", ["Når spillet tager over"]),
    ("psykisk syg", ["Lighed i sundhed", "Sundhed på lige fod"]),
    ("arbejdsløs", ["Styrket arbejdsevne", "Arbejde, hverdag og penge"]),
    ("kan jeg få gratis tandlæge", ["Tandbussen kører igen", "Tandlæge til alle"]),
    ("jeg er ensom", ["Sammen mod ensomhed", "Ensom i en by"]),
    ("hjælp til gæld", ["gratis gældsrådgivning", "Hvad kan du gøre ved gæld?"]),
]


def days():
    """Return the dates of a past meeting with minutes and of the next one with an agenda."""
    meetings = with_publication(Meeting.objects.published()).filter(council__municipality__slug=TOWN)
    past = meetings.filter(has_minutes=True, kind="ordinaert").order_by("-date")[1]
    coming = meetings.coming().filter(kind="ordinaert")[0]
    same_month = meetings.filter(has_minutes=True, date__year=past.date.year, date__month=past.date.month)
    return {
        "{måned}": month_year(past.date),
        "{dag}": long_date(past.date),
        "{dag kort}": f"{past.date.day}.{past.date.month}.{past.date.year}",
        "{næste}": month_year(coming.date),
        "{måneds møder}": [meeting.get_absolute_url() for meeting in same_month],
        "{dags møde}": [past.get_absolute_url()],
        "{næste møde}": [coming.get_absolute_url()],
    }


def filled_in(query, expected, known):
    asked = re.sub(r"{[^}]+}", lambda match: known[match[0]], query)
    return asked, [one for text in expected for one in known.get(text, [text])]


def rank(hits, expected):
    """Return the rank of the first expected hit, from 1."""
    for position, hit in enumerate(hits, 1):
        title = strip_tags(hit.title)
        if any(hit.url.endswith(text) if text.startswith("/") else text in title for text in expected):
            return position
    return None


def test_people_find_what_they_expect(demo_to_read, db):
    client, known, missed, late = Client(), days(), [], []
    for query, expected in QUERIES:
        asked, wanted = filled_in(query, expected, known)
        hits = client.get("/soeg/", {"q": asked}).context["results"].hits
        position = rank(hits, wanted)
        line = f"{asked}: {position or 'intet'}, først {[str(strip_tags(hit.title))[:60] for hit in hits[:3]]}"
        if position is None or position > 3:
            missed.append(line)
        elif position > 1:
            late.append(line)
    every, report = len(QUERIES), "\n".join(["Not in the top three:", *missed, "Not first:", *late])
    assert every >= 60
    assert len(missed) <= every * 0.05, report
    assert len(missed) + len(late) <= every * 0.20, report
