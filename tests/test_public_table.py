"""Every public address, for each kind of reader, in each publication status.

A new address without a row fails. Each text that depends on publication has a unique word, so that a leak shows on any
page.
"""

import datetime
from functools import cache
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern
from pypdf import PdfReader

from council.models import AgendaItem, Person, PublicItem
from strategies.models import FollowUp
from udsat.lib.publishing import Status
from udsat.models import batch_reindexing

from . import factories as make

STATES = [Status.DRAFT, Status.PUBLISHED, Status.WITHDRAWN, "planlagt", "udløbet"]
OWN = {"anna", "operator"}  # Anna is secretary here, Bo in another municipality.

WORD = "Zebrastribe"  # in texts whose publication status the table varies
CLOSED = "Kakadue"  # in closed items
NEVER = "Pingvin"  # in notes to the secretary and private contact details

# URL name: (address, rule). "page" is 404 until its object is public; "list" is always there, without the object;
# "addresses" is a page of public addresses, also for those who see more; "static" has no published content.
ADDRESSES = {
    "front": ("/", "list"),
    "municipalities": ("/kommuner/", "list"),
    "municipality": ("/esbjerg/", "list"),
    "search": (f"/soeg/?q={WORD}", "query"),
    "search-suggestions": (f"/soeg/forslag/?q={WORD[:6]}", "public list"),
    "topics": ("/emner/", "list"),
    "topic": ("/emner/bolig/", "list"),
    "compare": ("/sammenlign/?kommune=esbjerg&kommune=vejle&emne=bolig", "list"),
    # A draft shows only in a secretary's header, and cannot be followed.
    "follow": ("/esbjerg/foelg/", "list"),
    "follow-topics": ("/foelg/", "static"),
    "subscriptions": ("/foelg/mine/gaettet/", "guessed link"),
    "unsubscribe": ("/foelg/stop/gaettet/", "guessed link"),
    "about": ("/om/", "static"),
    "accessibility": ("/tilgaengelighed/", "static"),
    # Lists how long each public council keeps data.
    "privacy": ("/privatliv/", "public list"),
    "was": ("/was", "redirect always"),
    # Its target is tested in test_every_page.
    "sitemap": ("/sitemap.xml", "static"),
    "sitemap-portal": ("/om/sitemap.xml", "static"),
    "sitemap-municipality": ("/esbjerg/sitemap.xml", "addresses"),
    "robots": ("/robots.txt", "static"),
    "current-strategy": ("/esbjerg/strategi/", "redirect"),
    "strategies": ("/esbjerg/strategier/", "list"),
    "strategy": ("/esbjerg/strategier/plan/", "page"),
    "strategy-progress": ("/esbjerg/strategier/plan/opfoelgning/", "page"),
    "strategy-pdf": ("/esbjerg/strategier/plan/strategi.pdf", "pdf"),
    "strategy-summary-pdf": ("/esbjerg/strategier/plan/resume.pdf", "pdf"),
    # Only public versions have an address.
    "strategy-version": ("/esbjerg/strategier/plan/versioner/1/", "public page"),
    "agenda-version": ("/esbjerg/moeder/2025-03-03/dagsorden/versioner/1/", "public page"),
    "minutes-version": ("/esbjerg/moeder/2025-03-03/referat/versioner/1/", "public page"),
    "theme": ("/esbjerg/strategier/plan/bolig/", "page"),
    "council": ("/esbjerg/udsatteraad/", "page"),
    "members": ("/esbjerg/udsatteraad/medlemmer/", "page"),
    "photo": ("/esbjerg/udsatteraad/medlemmer/{person}/foto.jpg", "page"),
    "causes": ("/esbjerg/udsatteraad/maerkesager/", "page"),
    "answers": ("/esbjerg/udsatteraad/spoergsmaal/", "page"),
    # The form of a council that is not public is 404 also for its secretary.
    "write": ("/esbjerg/skriv-til-raadet/", "public page"),
    "book-dialogue": ("/esbjerg/udsatteraad/dialog/", "public page"),
    "written": ("/esbjerg/skriv-til-raadet/gaettet/", "guessed link"),
    "meetings": ("/esbjerg/moeder/", "list"),
    "meetings-year": ("/esbjerg/moeder/2025/", "page"),
    "meeting": ("/esbjerg/moeder/2025-03-03/", "page"),
    # A calendar file is passed on, so a log-in adds no drafts to it.
    "meetings-ics": ("/esbjerg/moeder.ics", "public list"),
    "meeting-ics": ("/esbjerg/moeder/2025-03-03/moede.ics", "public page"),
    "agenda-pdf": ("/esbjerg/moeder/2025-03-03/dagsorden.pdf", "pdf"),
    "minutes-pdf": ("/esbjerg/moeder/2025-03-03/referat.pdf", "pdf"),
    # The meeting is past; coming meetings are tested in test_poster.
    "meeting-poster": ("/esbjerg/moeder/2025-03-03/plakat.pdf", "never"),
    "council-poster": ("/esbjerg/udsatteraad/plakat.pdf", "pdf"),
    "attachment": ("{attachment}", "page"),
    "hearings": ("/esbjerg/hoeringer/", "list"),
    # Valid links are tested with the feature they belong to.
    "answer-invitation": ("/esbjerg/svar/gaettet/", "guessed link"),
    "propose-item": ("/esbjerg/foreslaa-punkt/gaettet/", "guessed link"),
    "approve": ("/esbjerg/godkend/gaettet/", "guessed link"),
    "news": ("/esbjerg/nyt/", "list"),
    "news-feed": ("/esbjerg/nyt.atom", "public list"),
    "news-story": ("/esbjerg/nyt/historie/", "page"),
}


def named_patterns(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name
        elif pattern.app_name != "admin":
            yield from named_patterns(pattern.url_patterns)


def test_every_public_address_has_a_row():
    assert set(named_patterns(get_resolver().url_patterns)) == set(ADDRESSES)


@batch_reindexing()
def build(esbjerg, status):
    """Create one object of each kind in Esbjerg, in one publication status, with one closed item."""
    strategy = make.strategy(esbjerg, f"{WORD} plan", status, slug="plan", summary=WORD)
    make.section(strategy, kind="vision", body=f"<p>{WORD}</p>")
    theme = make.theme(strategy, f"{WORD} bolig", slug="bolig", guiding_thread=WORD)
    theme.topics.add(make.topic("Bolig"))
    goal = make.goal(theme, f"{WORD} mål")
    make.action(f"{WORD} indsats", goal=goal)
    make.follow_up(goal, FollowUp.Status.REACHED, text=WORD)
    council = make.council(esbjerg, status, name=f"{WORD} råd", about=f"<p>{WORD}</p>", dialogue_label=WORD)
    private = {"text": NEVER, "name": NEVER, "phone": NEVER, "email": f"{NEVER}@example.dk"}
    make.answered_input(council, f"{WORD} spørgsmål", status, question=WORD, answer=WORD, **private)
    photo = {"photo": ContentFile(WORD.encode(), "foto.jpg"), "photo_alt": WORD}
    person = make.person(esbjerg, WORD, email=f"{NEVER}@example.dk", phone=NEVER, note=NEVER, **photo)
    member = make.membership(council, person, area=WORD)
    meeting = make.meeting(council, status=status, title=f"{WORD} møde", place=WORD, internal_note=NEVER)
    make.agenda(meeting, status)
    make.minutes(meeting, status)
    item = make.item(meeting, f"{WORD} punkt", decision=f"<p>{WORD}</p>", discussion=WORD, internal_note=NEVER)
    item.themes.add(theme)
    item.goals.add(goal)
    closed = make.item(
        meeting,
        f"{CLOSED} {WORD}",
        is_closed=True,
        public_title="Personsag",
        case_number=CLOSED,
        answer="godkendt",
        internal_note=NEVER,
        **dict.fromkeys(("presentation", "recommendation", *AgendaItem.MINUTES_FIELDS), f"<p>{CLOSED}</p>"),
    )
    closed.themes.add(theme)
    closed.goals.add(goal)
    cause = make.cause(council, f"{WORD} sag")
    for one in (item, closed):
        one.causes.add(cause)
    make.attendance(meeting, member, remark=WORD)
    make.agreement(item, f"{WORD} aftale", member=member)
    make.agreement(closed, f"{CLOSED} aftale")
    attachment = make.attachment(meeting, "notat.txt", WORD.encode(), item=item, title=f"{WORD} bilag")
    secret = make.attachment(meeting, f"{CLOSED}.txt", CLOSED.encode(), item=closed, title=CLOSED)
    make.group(council, cause=cause, name=WORD)
    hearing = make.hearing(
        council, f"{WORD} høring", status, answer=f"<p>{WORD}</p>", deadline=datetime.date(2025, 4, 1)
    )
    hearing.items.add(item, closed)
    make.news(esbjerg, f"{WORD} nyt", status, slug="historie", lead=WORD, strategy=strategy, meeting=meeting)
    return attachment, secret


@cache
def text_of_pdf(body):
    return " ".join(page.extract_text() for page in PdfReader(BytesIO(body)).pages)


def text_of(response):
    body = b"".join(response) if response.streaming else response.content
    if response.get("Content-Type") == "application/pdf":
        return text_of_pdf(body)
    # The search page repeats the query in its field, which is no hit.
    # Unfold the lines of calendar files.
    return body.decode().replace("\r\n ", "")


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shared")


@pytest.fixture
def shared_pdfs(own_folders, settings, shared_folder):
    """Share the store of PDFs between readers, so that each text is rendered once."""
    settings.VAR_DIR = shared_folder


@pytest.mark.usefixtures("shared_pdfs")
@pytest.mark.parametrize("status", STATES)
def test_nothing_leaks(esbjerg, anna, bo, operator, status):
    attachment, secret = build(esbjerg, status)
    for reader, user in {"anonymous": None, "anna": anna, "bo": bo, "operator": operator}.items():
        client = Client()
        if user:
            client.force_login(user)
        read_everything(client, reader, status, attachment, secret)


def read_everything(client, reader, status, attachment, secret):
    public = status == Status.PUBLISHED
    allowed = public or reader in OWN

    for name, (address, rule) in ADDRESSES.items():
        response = client.get(address.format(attachment=attachment.get_absolute_url(), person=Person.objects.get().pk))
        text = text_of(response)
        cell = f"{name} for {reader}, {status}"
        assert CLOSED not in text, cell
        assert NEVER not in text, cell
        if rule.startswith("public"):
            assert response.status_code == (404 if rule == "public page" and not public else 200), cell
            if response.status_code == 200:
                assert (WORD in text) is public, cell
        elif rule in {"page", "pdf"}:
            assert response.status_code == (200 if allowed else 404), cell
            assert (WORD in text) is allowed, cell
        elif rule == "addresses":
            assert response.status_code == (200 if public else 404), cell
        elif rule == "never":
            assert response.status_code == 404 and f"{WORD} møde" not in text, cell
        elif rule == "guessed link":
            assert response.status_code == 404, cell
            assert f"{WORD} møde" not in text and f"{WORD} punkt" not in text and f"{WORD} høring" not in text, cell
        elif rule == "redirect":
            assert response.status_code == (302 if public else 404) or (allowed and response.status_code == 302), cell
        elif rule == "redirect always":
            assert response.status_code == 302, cell
        elif rule == "query":
            assert response.status_code == 200, cell
            assert (f"{WORD} punkt" in strip_marks(text)) is public or allowed, cell
            if not allowed:
                assert not any(
                    f"{WORD} {kind}" in strip_marks(text) for kind in ("plan", "bolig", "mål", "møde", "nyt")
                )
        else:
            assert response.status_code == 200, cell
            if rule == "static" or not allowed:
                assert WORD not in text, cell
            elif public and name not in {"municipalities", "topics"}:
                assert WORD in text, cell

    response = client.get(secret.get_absolute_url())
    assert response.status_code == 404, f"attachment of a closed item for {reader}, {status}"


def strip_marks(text):
    return text.replace("<mark>", "").replace("</mark>", "")


def test_the_pages_of_a_municipality_have_nothing_of_another(esbjerg, vejle, client):
    build(vejle, Status.PUBLISHED)
    make.council(esbjerg)
    make.meeting(make.council(make.municipality("Kolding")), datetime.date(2099, 3, 3), title=WORD)
    pages = ["/esbjerg/udsatteraad/", "/esbjerg/udsatteraad/spoergsmaal/", "/emner/bolig/?kommune=esbjerg"]
    pages += [address for address, rule in ADDRESSES.values() if address.startswith("/esbjerg/") and "list" in rule]
    assert len(pages) > 8
    for address in [*pages, "/sammenlign/?kommune=esbjerg&emne=bolig", f"/soeg/?q={WORD[:-3]}&kommune=esbjerg"]:
        assert WORD not in client.get(address).content.decode(), address


def test_a_closed_item_has_no_text_that_a_template_could_show(esbjerg):
    build(esbjerg, Status.PUBLISHED)
    item = AgendaItem.objects.get(is_closed=True)
    shown = vars(PublicItem(item, 2, with_minutes=True))
    known = {"pk": item.pk, "anchor": item.anchor, "number": 2, "is_closed": True, "title": "Personsag"}
    assert {name: value for name, value in shown.items() if value} == known


PAPERS = [(agenda, minutes) for agenda in STATES for minutes in STATES]


@pytest.mark.usefixtures("shared_pdfs")
@pytest.mark.parametrize(("agenda", "minutes"), PAPERS)
def test_agenda_and_minutes_leak_nothing_of_each_other(esbjerg, client, agenda, minutes):
    meeting = make.meeting(make.council(esbjerg))
    make.agenda(meeting, agenda)
    make.minutes(meeting, minutes)
    item = make.item(meeting, "Zebra", decision="<p>Giraf</p>")
    make.agreement(item, "Flodhest")
    agenda_public, minutes_public = agenda == Status.PUBLISHED, minutes == Status.PUBLISHED
    text = client.get(meeting.get_absolute_url()).content.decode()
    assert ("Zebra" in text) is (agenda_public or minutes_public)
    assert ("Giraf" in text) is ("Flodhest" in text) is minutes_public
    assert client.get(meeting.get_agenda_pdf_url()).status_code == (200 if agenda_public else 404)
    assert client.get(meeting.get_minutes_pdf_url()).status_code == (200 if minutes_public else 404)
    results = client.get("/soeg/?q=Giraf").content.decode()
    assert (meeting.get_absolute_url() in results) is minutes_public
