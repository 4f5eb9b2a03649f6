"""The trail of a case, from the citizen's input to the goal, as dated steps."""

import datetime
import re
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from council.models import Hearing, Input
from strategies.models import FollowUp
from udsat.lib.publishing import Status
from udsat.models import batch_reindexing

from . import factories as make

HIDDEN = [Status.DRAFT, Status.WITHDRAWN, "planlagt", "udløbet"]


def day(text):
    return datetime.date.fromisoformat(text)


@pytest.fixture(autouse=True)
def today(monkeypatch):
    """Freeze the time at 23 November 2026."""
    moment = datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr(timezone, "now", lambda: moment)


@pytest.fixture
def council(esbjerg):
    return make.council(esbjerg)


@pytest.fixture
def theme(esbjerg):
    strategy = make.strategy(esbjerg, "Plads til alle", slug="plan", starts_on=day("2025-01-01"))
    return make.theme(strategy, "Et sted at bo", slug="bolig")


@pytest.fixture
def goal(theme):
    return make.goal(theme, "bygge 20 små boliger.")


@pytest.fixture
def meeting(council):
    made = make.meeting(council, date=day("2026-03-03"))
    make.minutes(made)
    return made


def citizens_question(item, status=Status.PUBLISHED, **fields):
    public = {"title": "Boliger til unge uden penge", "question": "Hvor skal vi bo?", "answer": "Det spørger vi om."}
    made = Input.objects.create(
        council=item.meeting.council,
        item=item,
        text="Ikke for alle",
        **make.state(status),
        **{"state": "besvaret", "may_publish": True, "answered_at": timezone.now()} | public | fields,
    )
    Input.objects.filter(pk=made.pk).update(created_at=datetime.datetime(2026, 2, 1, 12, tzinfo=datetime.UTC))
    return made


@batch_reindexing()
def whole_story(meeting, goal, number=""):
    """A citizen asks, the council decides and agrees, answers a hearing, and the goal moves."""
    item = make.item(
        meeting, f"Boliger til unge{number}", answer="godkendt", decision="<p>Rådet vil have 20 boliger.</p>"
    )
    item.goals.add(goal)
    citizens_question(item)
    agreement = make.agreement(
        item,
        f"Skrive til udvalget{number}",
        responsible="Formanden",
        done_on=day("2026-03-20"),
        due_on=day("2026-04-01"),
    )
    later = make.meeting(meeting.council, date=day("2026-05-05") + datetime.timedelta(days=len(number)))
    make.minutes(later)
    agreement.followed_up_at.add(make.item(later, f"Meddelelser{number}"))
    hearing = make.hearing(
        meeting.council,
        f"Ny boligplan{number}",
        sender="Udvalget",
        received_on=day("2026-06-01"),
        answered_on=day("2026-06-20"),
        outcome=Hearing.Outcome.PARTLY,
        outcome_on=day("2026-08-01"),
        outcome_text="<p>Udvalget bygger ti.</p>",
    )
    hearing.items.add(item)
    make.follow_up(goal, date=day("2026-10-01"), measure="10 af 20", text="Ti er bygget.", source="Byrådet")
    return item, hearing


def html(client, address):
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


class ElementParser(HTMLParser):
    """Text and links of the element with that id."""

    def __init__(self, text, anchor):
        super().__init__()
        self.anchor, self.inside, self.words, self.links = anchor, [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if self.inside or attributes.get("id") == self.anchor:
            if tag not in ("br", "hr", "img", "input", "meta", "link"):
                self.inside.append(tag)
            if tag == "a" and "href" in attributes:
                self.links.append(attributes["href"])

    def handle_endtag(self, tag):
        if self.inside:
            self.inside.pop()

    def handle_data(self, data):
        if self.inside:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def trail(client, address, anchor):
    """Return the text of each step of the trail below that element."""
    part = html(client, address).partition(f'id="{anchor}"')[2].partition('<ol class="trail-steps">')[2]
    steps = part.partition("</ol>")[0].split("</li>")[:-1]
    return [" ".join(re.sub(r"<[^>]*>", " ", step).split()).replace(" .", ".") for step in steps]


# Complete trails


def test_the_trail_of_a_goal_goes_from_the_citizen_to_what_came_of_it(client, theme, goal, meeting):
    item, hearing = whole_story(meeting, goal)
    assert trail(client, theme.get_absolute_url(), goal.anchor) == [
        "1. februar 2026 En borger skrev til rådet om »Boliger til unge uden penge«.",
        "3. marts 2026 Rådet talte om punkt 1, »Boliger til unge«. Beslutning: Godkendt. Rådet vil have 20 boliger.",
        "3. marts 2026 Rådet aftalte: »Skrive til udvalget«. Ansvarlig: Formanden. Gjort 20. marts 2026.",
        "5. maj 2026 Rådet tog aftalen op igen under »Meddelelser«.",
        "1. juni 2026 Udvalget spurgte rådet om »Ny boligplan«.",
        "20. juni 2026 Rådet svarede på høringen »Ny boligplan«.",
        "1. august 2026 Svaret på høringen »Ny boligplan«: Delvist fulgt. Udvalget bygger ti.",
        "1. oktober 2026 I gang, 10 af 20 Ti er bygget. Kilde: Byrådet.",
    ]
    links = ElementParser(html(client, theme.get_absolute_url()), goal.anchor).links
    assert {item.get_absolute_url(), hearing.get_absolute_url(), Input.objects.get().get_absolute_url()} <= set(links)


@pytest.mark.parametrize(
    ("kind", "beginning"),
    [("sagt", "En borger talte med rådet om »"), ("dialog", "En borger ville tale med rådet om »")],
)
def test_the_trail_begins_with_how_the_citizen_contacted_the_council(client, theme, goal, meeting, kind, beginning):
    whole_story(meeting, goal)
    Input.objects.update(kind=kind)
    assert beginning in trail(client, theme.get_absolute_url(), goal.anchor)[0]


def test_the_item_and_the_hearing_have_the_same_trail(client, goal, meeting):
    item, hearing = whole_story(meeting, goal)
    first = "1. februar 2026 En borger skrev til rådet om »Boliger til unge uden penge«."
    last = "1. oktober 2026 Målet 1.1 »Vi vil: bygge 20 små boliger.« : I gang, 10 af 20 Ti er bygget. Kilde: Byrådet."
    for address, anchor in (
        (meeting.get_absolute_url(), item.anchor),
        (hearing.get_absolute_url(), f"hoering-{hearing.pk}"),
    ):
        steps = trail(client, address.partition("#")[0], anchor)
        assert len(steps) == 8 and steps[0] == first and steps[-1] == last
        assert goal.get_absolute_url() in ElementParser(html(client, address.partition("#")[0]), anchor).links


def test_an_item_that_led_to_nothing_has_no_trail(client, theme, meeting):
    item = make.item(meeting, decision="<p>Ja.</p>")
    item.themes.add(theme)
    make.agreement(item)
    hearing = make.hearing(meeting.council)
    for address in (meeting.get_absolute_url(), hearing.get_absolute_url()):
        assert "trail-steps" not in html(client, address.partition("#")[0])


def test_an_overdue_agreement_is_marked(client, theme, goal, meeting):
    item = make.item(meeting)
    item.goals.add(goal)
    make.agreement(item, "Ringe til udvalget", due_on=day("2026-04-01"))
    make.agreement(item, "Holde et møde", due_on=day("2027-04-01"))
    steps = trail(client, theme.get_absolute_url(), goal.anchor)
    assert "3. marts 2026 Rådet aftalte: »Ringe til udvalget«. Ikke gjort. Fristen var 1. april 2026." in steps
    assert "3. marts 2026 Rådet aftalte: »Holde et møde«. Ikke gjort endnu." in steps


def test_what_is_to_come_is_on_the_agenda(client, council, theme, goal):
    coming = make.meeting(council, date=day("2026-12-08"))
    make.agenda(coming)
    make.item(coming, "Boliger igen", decision="<p>Hemmelig kladde</p>").goals.add(goal)
    assert trail(client, theme.get_absolute_url(), goal.anchor) == [
        "8. december 2026 Står på dagsordenen som punkt 1, »Boliger igen«."
    ]


def test_a_long_decision_is_cut_at_a_sentence(client, theme, goal, meeting):
    long = "<p>Rådet vil have boliger, som unge kan betale. " + "Det er vigtigt for alle i byen. " * 20 + "</p>"
    make.item(meeting, decision=long).goals.add(goal)
    [step] = trail(client, theme.get_absolute_url(), goal.anchor)
    assert "Rådet vil have boliger, som unge kan betale. Det er vigtigt" in step
    assert len(step) < 300 and step.endswith("byen.")


def test_texts_are_escaped(client, theme, goal, meeting):
    item = make.item(meeting, "<b>fed</b>", decision="<p>Vi &lt;script&gt; det</p>")
    item.goals.add(goal)
    make.agreement(item, "<i>skrå</i>")
    for address in (theme.get_absolute_url(), meeting.get_absolute_url()):
        text = html(client, address)
        assert "<b>fed" not in text and "<script>" not in text and "<i>skrå" not in text


# Only what is public


def test_a_closed_item_leaves_no_step_and_no_number(client, theme, goal, meeting):
    item, hearing = whole_story(meeting, goal)
    before = [
        trail(client, theme.get_absolute_url(), goal.anchor),
        trail(client, "/esbjerg/hoeringer/", f"hoering-{hearing.pk}"),
    ]
    closed = make.item(
        meeting, "Hemmelig sag", is_closed=True, public_title="Personsag", decision="<p>Hemmelig beslutning</p>"
    )
    closed.goals.add(goal)
    closed.causes.add(make.cause(meeting.council))
    agreement = make.agreement(closed, "Hemmelig aftale")
    agreement.followed_up_at.add(item)
    item.agreements.get().followed_up_at.add(closed)
    citizens_question(closed, title="Hemmeligt spørgsmål", status=Status.DRAFT)
    hearing.items.add(closed)
    make.hearing(meeting.council, "Om den lukkede sag").items.add(closed)
    assert before == [
        trail(client, theme.get_absolute_url(), goal.anchor),
        trail(client, "/esbjerg/hoeringer/", f"hoering-{hearing.pk}"),
    ]
    assert trail(client, meeting.get_absolute_url(), closed.anchor) == []
    for address in (theme.get_absolute_url(), meeting.get_absolute_url(), "/esbjerg/hoeringer/"):
        assert "Hemmelig" not in html(client, address)
    causes = html(client, "/esbjerg/udsatteraad/maerkesager/")
    assert "Hemmelig" not in causes and "Personsag" not in causes and "Det har rådet talt om" not in causes


@pytest.mark.parametrize("status", HIDDEN)
def test_nothing_hidden_is_in_any_trail(client, theme, goal, council, status):
    open_meeting = make.meeting(council, date=day("2026-03-03"))
    make.agenda(open_meeting)
    make.minutes(open_meeting, status)
    item = make.item(open_meeting, "Boliger", decision="<p>Hemmelig beslutning</p>", answer="godkendt")
    hidden = make.meeting(council, date=day("2026-04-04"), status=status)
    make.minutes(hidden, status)
    secret = make.item(hidden, "Hemmeligt punkt")
    cause = make.cause(council, "Flere boliger")
    for one in (item, secret):
        one.goals.add(goal)
        one.causes.add(cause)
    make.agreement(item, "Hemmelig aftale").followed_up_at.add(secret)
    make.hearing(council, "Hemmelig høring", status).items.add(item, secret)
    citizens_question(item, status, title="Hemmeligt spørgsmål")
    addresses = [theme.get_absolute_url(), open_meeting.get_absolute_url(), "/esbjerg/hoeringer/"]
    for address in [*addresses, "/esbjerg/udsatteraad/maerkesager/"]:
        assert "emmelig" not in html(client, address), address
    assert trail(client, theme.get_absolute_url(), goal.anchor) == [
        "3. marts 2026 Stod på dagsordenen som punkt 1, »Boliger«."
    ]


def test_an_input_without_consent_is_no_step(client, theme, goal, meeting):
    item = make.item(meeting)
    item.goals.add(goal)
    question = citizens_question(item)
    assert len(trail(client, theme.get_absolute_url(), goal.anchor)) == 2
    Input.objects.filter(pk=question.pk).update(may_publish=False)
    assert len(trail(client, theme.get_absolute_url(), goal.anchor)) == 1


def test_a_hidden_strategy_is_in_no_trail(client, esbjerg, meeting):
    draft = make.goal(make.theme(make.strategy(esbjerg, status=Status.DRAFT)), "Hemmeligt mål")
    make.follow_up(draft, text="Hemmelig opfølgning")
    item = make.item(meeting)
    item.goals.add(draft)
    hearing = make.hearing(meeting.council)
    hearing.items.add(item)
    for address in (meeting.get_absolute_url(), "/esbjerg/hoeringer/"):
        assert "Hemmelig" not in html(client, address)


# Two clicks, with images, stylesheet and JavaScript off


def follow(client, part, matches, clicks):
    """Follow all links until a page contains the text. Return the number of clicks."""
    links, seen = part.links, set()
    for click in range(1, clicks + 1):
        onwards = []
        for link in dict.fromkeys(links):
            if link.startswith("/") and not link.endswith((".pdf", ".ics", ".atom")) and link not in seen:
                seen.add(link)
                address, _, anchor = link.partition("#")
                page = html(client, address)
                if matches(ElementParser(page, anchor) if anchor else ElementParser(page, "indhold"), page):
                    return click
                onwards += ElementParser(page, "indhold").links
        links = onwards
    return None


@pytest.mark.parametrize("tie", ["goals", "themes"])
def test_a_reader_of_plain_text_gets_from_goal_to_decision_and_back_in_two_clicks(client, theme, goal, meeting, tie):
    make.item(meeting, "Godkendelse af dagsorden")
    item = make.item(meeting, "Boliger til unge", decision="<p>Rådet vil have 20 boliger.</p>")
    getattr(item, tie).add(goal if tie == "goals" else theme)
    strategy = html(client, theme.strategy.get_absolute_url())
    # The target is the item itself where it is linked to the goal, otherwise its chapter.
    start = ElementParser(strategy, goal.anchor if tie == "goals" else "tema-1")
    assert goal.text in start.text
    decided = lambda part, page: "20 boliger" in part.text and f'id="{item.anchor}"' in page  # noqa: E731
    assert follow(client, start, decided, 2) is not None

    # The same from the theme's page.
    own = ElementParser(html(client, theme.get_absolute_url()), goal.anchor if tie == "goals" else "indhold")
    assert follow(client, own, decided, 1) == 1

    decision = ElementParser(html(client, meeting.get_absolute_url()), item.anchor)
    assert "Rådet vil have 20 boliger." in decision.text
    promised = lambda part, page: goal.text in part.text and f'id="{goal.anchor}"' in page  # noqa: E731
    assert follow(client, decision, promised, 2) == 1


def test_a_reader_who_looks_for_a_decision_that_is_not_tied_does_not_find_it(client, theme, goal, meeting):
    """Checks the test above: not all pages are two clicks from one another."""
    make.item(meeting, "Boliger til unge", decision="<p>Rådet vil have 20 boliger.</p>")
    start = ElementParser(html(client, theme.strategy.get_absolute_url()), "tema-1")
    assert follow(client, start, lambda part, page: "20 boliger" in part.text and "punkt-" in page, 2) is None


# Causes


def test_a_cause_shows_what_the_council_has_done_about_it(client, meeting, council):
    cause = make.cause(council, "Boliger til alle")
    make.cause(council, "En anden sag")
    item = make.item(meeting, "Skæve boliger", answer="godkendt")
    item.causes.add(cause)
    hearing = make.hearing(council, "Ny boligplan", answered_on=day("2026-06-20"), outcome=Hearing.Outcome.FOLLOWED)
    hearing.items.add(item)
    text = html(client, "/esbjerg/udsatteraad/maerkesager/")
    assert f'<a href="{item.get_absolute_url()}">Skæve boliger</a>' in text
    assert f'<a href="{hearing.get_absolute_url()}">Ny boligplan</a>' in text
    assert "Mødet 3. marts 2026 · Godkendt" in text and "Rådet blev fulgt" in text
    assert text.count("Det har rådet talt om") == 1
    assert cause.get_absolute_url() in ElementParser(html(client, meeting.get_absolute_url()), item.anchor).links


# The back office


def test_a_secretary_ties_a_hearing_to_the_items_and_an_item_to_a_cause(client, anna, meeting, council):
    item, hearing, cause = make.item(meeting), make.hearing(council), make.cause(council)
    client.force_login(anna)
    page = html(client, f"/admin/council/hearing/{hearing.pk}/change/")
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    fields |= {"title": hearing.title, "received_on": "2025-02-01", "outcome": "afventer", "items": [item.pk]}
    assert client.post(f"/admin/council/hearing/{hearing.pk}/change/", fields).status_code == 302
    assert list(hearing.items.all()) == [item]
    page = html(client, f"/admin/council/agendaitem/{item.pk}/change/")
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    fields |= {"causes": [cause.pk]}
    assert client.post(f"/admin/council/agendaitem/{item.pk}/change/", fields).status_code == 302
    assert list(item.causes.all()) == [cause]


def test_a_hearing_cannot_be_linked_to_another_municipalitys_item(client, anna, vejle, council):
    theirs = make.item(make.meeting(make.council(vejle)), "Vejles punkt")
    hearing = make.hearing(council, status=Status.DRAFT)
    client.force_login(anna)
    fields = {"title": "Ny", "received_on": "2025-02-01", "outcome": "afventer", "version": 1, "items": [theirs.pk]}
    response = client.post(f"/admin/council/hearing/{hearing.pk}/change/", fields)
    assert response.status_code == 200 and "Vejles punkt" not in response.content.decode()
    assert not hearing.items.exists()


# Queries


def test_every_page_with_a_trail_costs_the_same_however_long_it_is(client, esbjerg, vejle):
    def queries(address):
        with CaptureQueriesContext(connection) as captured:
            html(client, address)
        return len(captured)

    pages = []
    for municipality, times in ((esbjerg, 1), (vejle, 4)):
        council = make.council(municipality)
        cause = make.cause(council)
        theme = make.theme(make.strategy(municipality))
        meeting = make.meeting(council, date=day("2026-03-03"))
        make.minutes(meeting)
        member = make.membership(council, make.person(municipality))
        for number in range(times):
            item, _ = whole_story(meeting, make.goal(theme), "!" * number)
            make.follow_up(make.goal(theme, parent=theme.goals.first()), FollowUp.Status.REACHED)
            item.causes.add(cause)
            item.agreements.update(member=member)
            item.followed_up.add(
                make.agreement(make.item(make.meeting(council, date=day("2025-01-01") + datetime.timedelta(number))))
            )
        for old in council.meetings.filter(date__year=2025):
            make.minutes(old)
        slug = municipality.slug
        pages.append(
            [
                theme.get_absolute_url(),
                meeting.get_absolute_url(),
                f"/{slug}/hoeringer/",
                f"/{slug}/udsatteraad/maerkesager/",
            ]
        )
    for small, large in zip(*pages, strict=True):
        assert queries(small) == queries(large), large
