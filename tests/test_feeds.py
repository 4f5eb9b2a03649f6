"""The Atom feed of a municipality, parsed as by a feed reader."""

import datetime
from xml.etree import ElementTree

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from udsat.lib.publishing import Status

from . import factories as make
from .test_public_table import CLOSED, NEVER, STATES, WORD, build

ATOM = "{http://www.w3.org/2005/Atom}"
FEED = "/esbjerg/nyt.atom"


def read(client, address=FEED):
    response = client.get(address)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content)


def entries(client):
    return read(client).findall(f"{ATOM}entry")


def titles(client):
    return [entry.findtext(f"{ATOM}title") for entry in entries(client)]


def test_a_reader_gets_news_agenda_minutes_hearing_and_answer(esbjerg, client):
    council = make.council(esbjerg)
    make.news(esbjerg, "Nyt værested", lead="Det åbner på mandag.")
    meeting = make.meeting(council)
    make.agenda(meeting, plain_text="<p>Vi taler om boliger.</p>")
    make.minutes(meeting)
    make.hearing(
        council,
        "Ny boligpolitik",
        question="<p>Hvad mener I?</p>",
        answer="<p>Byg mere.</p>",
        answered_on=datetime.date(2025, 3, 1),
    )
    by_title = {entry.findtext(f"{ATOM}title"): entry for entry in entries(client)}
    assert set(by_title) == {
        "Nyt værested",
        "Dagsorden: Ordinært møde mandag den 3. marts 2025",
        "Referat: Ordinært møde mandag den 3. marts 2025",
        "Høring: Ny boligpolitik",
        "Rådet har svaret på høringen: Ny boligpolitik",
    }
    summaries = {title: entry.findtext(f"{ATOM}summary") for title, entry in by_title.items()}
    assert "<p>Det åbner på mandag.</p>" in summaries["Nyt værested"]
    assert "Vi taler om boliger." in summaries["Dagsorden: Ordinært møde mandag den 3. marts 2025"]
    assert "Hvad mener I?" in summaries["Høring: Ny boligpolitik"]
    assert "Byg mere." not in summaries["Høring: Ny boligpolitik"]
    assert "Byg mere." in summaries["Rådet har svaret på høringen: Ny boligpolitik"]


def test_the_feed_conforms_to_rfc_4287(esbjerg, client, settings):
    settings.SITE_URL = "https://udsat.example"
    build(esbjerg, Status.PUBLISHED)
    feed = read(client)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "da"
    assert feed.findtext(f"{ATOM}id") == "tag:udsat.example,2026:kommune/0561"
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {"self": f"https://udsat.example{FEED}", "alternate": "https://udsat.example/esbjerg/nyt/"}
    assert feed.get("{http://www.w3.org/XML/1998/namespace}base") == "https://udsat.example/"
    feed_entries = feed.findall(f"{ATOM}entry")
    identities = [entry.findtext(f"{ATOM}id") for entry in feed_entries]
    assert len(set(identities)) == len(feed_entries) >= 4
    for entry in feed_entries:
        assert entry.findtext(f"{ATOM}id").startswith("tag:udsat.example,2026:")
        assert entry.find(f"{ATOM}link").get("href").startswith("https://udsat.example/esbjerg/")
        updated = datetime.datetime.fromisoformat(entry.findtext(f"{ATOM}updated"))
        assert updated >= datetime.datetime.fromisoformat(entry.findtext(f"{ATOM}published"))


def test_a_story_keeps_its_identity_under_another_title_and_address(esbjerg, client):
    story = make.news(esbjerg)
    [before] = entries(client)
    story.title, story.slug = "Rettet", "rettet"
    story.save()
    [after] = entries(client)
    assert before.findtext(f"{ATOM}id") == after.findtext(f"{ATOM}id")
    assert after.find(f"{ATOM}link").get("href").endswith("/esbjerg/nyt/rettet/")
    assert after.findtext(f"{ATOM}updated") > before.findtext(f"{ATOM}updated")


@pytest.mark.parametrize("status", STATES)
def test_the_feed_contains_only_published_content_also_for_the_secretary(esbjerg, client, anna, status):
    build(esbjerg, status)
    client.force_login(anna)
    text = client.get(FEED).content.decode()
    assert (WORD in text) is (status == Status.PUBLISHED)
    assert CLOSED not in text and NEVER not in text


def test_withdrawn_content_is_gone_on_the_next_request(esbjerg, client, anna):
    council = make.council(esbjerg)
    meeting = make.meeting(council)
    published = [make.news(esbjerg), make.agenda(meeting), make.minutes(meeting), make.hearing(council)]
    for left in range(len(published), 0, -1):
        assert len(entries(client)) == left
        published.pop().withdraw(by=anna)
    assert not entries(client)


def test_papers_leave_with_their_meeting(esbjerg, client, anna):
    meeting = make.meeting(make.council(esbjerg))
    make.agenda(meeting)
    make.minutes(meeting)
    meeting.withdraw(by=anna)
    assert not entries(client)


def test_an_entry_is_dated_by_its_publication(esbjerg, client):
    """An entry written a week ago and published an hour ago must be new to feed readers."""
    make.news(esbjerg, "Den anden")
    shown = timezone.now() - datetime.timedelta(hours=1)
    story = make.news(esbjerg, "Den ventede", "planlagt")
    assert titles(client) == ["Den anden"]
    week_ago = shown - datetime.timedelta(days=7)
    type(story).objects.filter(pk=story.pk).update(publish_at=shown, updated_at=week_ago)
    assert titles(client) == ["Den ventede", "Den anden"]
    assert datetime.datetime.fromisoformat(entries(client)[0].findtext(f"{ATOM}updated")) >= shown.replace(
        microsecond=0
    )


@pytest.mark.parametrize(
    "fields, words",
    [
        ({"is_cancelled": True, "cancelled_reason": "Forpersonen er syg."}, " er aflyst"),
        ({"date": datetime.date(2099, 3, 10)}, "tirsdag den 10. marts 2099 (flyttet fra 3. marts 2099)"),
        ({"place": "Rådhuset"}, ""),
    ],
)
def test_an_entry_is_updated_when_its_meeting_is_cancelled_or_moved(esbjerg, client, fields, words):
    meeting = make.meeting(make.council(esbjerg), datetime.date(2099, 3, 3))
    agenda = make.agenda(meeting)
    long_ago = timezone.now() - datetime.timedelta(days=9)
    type(agenda).objects.update(updated_at=long_ago, publish_at=long_ago)
    type(meeting).objects.update(updated_at=long_ago, publish_at=long_ago)
    before = read(client)
    meeting.refresh_from_db()
    for field, value in fields.items():
        setattr(meeting, field, value)
    changed = timezone.now().replace(microsecond=0)
    meeting.save()
    after = read(client)
    for feed in (after, after.find(f"{ATOM}entry")):
        assert datetime.datetime.fromisoformat(feed.findtext(f"{ATOM}updated")) >= changed
    [entry], [old] = after.findall(f"{ATOM}entry"), before.findall(f"{ATOM}entry")
    assert words in entry.findtext(f"{ATOM}title")
    assert fields.get("cancelled_reason", "") in entry.findtext(f"{ATOM}summary")
    assert ("Mødet er flyttet fra 3. marts 2099." in entry.findtext(f"{ATOM}summary")) is ("date" in fields)
    for name in ("id", "published"):
        assert entry.findtext(f"{ATOM}{name}") == old.findtext(f"{ATOM}{name}")


def test_a_note_to_the_secretary_is_no_update(esbjerg, client):
    meeting = make.agenda(make.meeting(make.council(esbjerg))).meeting
    before = client.get(FEED).content
    meeting.refresh_from_db()
    meeting.internal_note = "Husk kaffe."
    meeting.save()
    assert client.get(FEED).content == before


def test_a_save_that_changes_no_public_word_is_no_update(esbjerg, client):
    council = make.council(esbjerg)
    for paper in (make.minutes(make.meeting(council)), make.news(esbjerg), make.hearing(council)):
        before = client.get(FEED).content
        paper.save()
        assert client.get(FEED).content == before, paper


def test_a_paper_is_dated_by_its_meeting_and_an_answer_by_the_day_it_was_sent(esbjerg, client):
    """What a reader could not read before is new to feed readers."""
    council = make.council(esbjerg)
    now = timezone.now().replace(microsecond=0)
    long_ago, lately = now - datetime.timedelta(days=9), now - datetime.timedelta(days=2)
    meeting = make.meeting(council, publish_at=lately)
    make.agenda(meeting, publish_at=long_ago)
    fields = {"answer": "<p>Byg.</p>", "answered_on": lately.date(), "sent_at": lately, "publish_at": long_ago}
    make.hearing(council, **fields)
    shown = [
        (
            entry.findtext(f"{ATOM}title").split(":")[0],
            entry.findtext(f"{ATOM}published"),
            entry.findtext(f"{ATOM}updated"),
        )
        for entry in entries(client)
    ]
    assert [(title, *map(datetime.datetime.fromisoformat, dates)) for title, *dates in shown] == [
        ("Rådet har svaret på høringen", lately, lately),
        ("Dagsorden", lately, lately),
        ("Høring", long_ago, long_ago),
    ]


def test_a_feed_has_nothing_of_another_municipality(esbjerg, vejle, client):
    make.council(esbjerg)
    make.news(esbjerg, "Nyt fra Esbjerg")
    build(vejle, Status.PUBLISHED)
    assert titles(client) == ["Nyt fra Esbjerg"]


def test_an_answer_that_is_still_written_is_not_in_it(esbjerg, client):
    make.hearing(make.council(esbjerg), answer="<p>Et udkast</p>")
    assert "udkast" not in client.get(FEED).content.decode()
    assert len(entries(client)) == 1


def test_the_newest_fifty_are_in_it(esbjerg, client):
    now = timezone.now()
    for number in range(52):
        make.news(esbjerg, f"Nyhed {number}", publish_at=now - datetime.timedelta(hours=number))
    make.hearing(make.council(esbjerg), publish_at=now - datetime.timedelta(hours=100))
    assert titles(client) == [f"Nyhed {number}" for number in range(50)]


def test_whatever_people_write_the_feed_can_be_read(esbjerg, client):
    make.council(esbjerg, name="Råd & dåd")
    nasty = 'A & B <script>alert("1")</script> ]]> \x0b\x1f \ufffe slut'
    make.news(esbjerg, nasty, slug="slem", lead=nasty)
    [entry] = entries(client)
    assert entry.findtext(f"{ATOM}title").startswith("A & B <script>")
    assert "<script>" not in entry.findtext(f"{ATOM}summary")
    assert "&lt;script&gt;" in entry.findtext(f"{ATOM}summary")


def test_an_empty_feed_is_valid_and_never_new(esbjerg, client):
    first, again = client.get(FEED), client.get(FEED)
    assert read(client).findtext(f"{ATOM}updated") and first.content == again.content
    assert client.get("/andeby/nyt.atom").status_code == 404


def test_a_client_with_the_current_version_gets_304(esbjerg, client):
    make.news(esbjerg)
    first = client.get(FEED)
    assert client.get(FEED, headers={"if-none-match": first["ETag"]}).status_code == 304
    make.news(esbjerg, "Endnu en")
    assert client.get(FEED, headers={"if-none-match": first["ETag"]}).status_code == 200
    assert not first.cookies and "Cookie" not in first.get("Vary", "")


def test_much_news_costs_no_more_queries(esbjerg, client):
    council = make.council(esbjerg)

    def more(day):
        make.news(esbjerg, f"Nyhed {day}")
        meeting = make.meeting(council, datetime.date(2025, 3, day))
        make.agenda(meeting)
        make.minutes(meeting)
        make.hearing(council, f"Høring {day}", answered_on=datetime.date(2025, 3, day))

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(FEED)
        return len(captured)

    more(1)
    before = queries()
    for day in range(2, 7):
        more(day)
    assert queries() == before <= 6


def test_every_page_of_the_municipality_links_to_the_feed(esbjerg, client):
    make.news(esbjerg)
    link = f'<link rel="alternate" type="application/atom+xml" title="Nyt fra Esbjerg Kommune" href="{FEED}">'
    for address in ("/esbjerg/", "/esbjerg/nyt/", "/esbjerg/moeder/"):
        assert link in client.get(address).content.decode()
    assert f'<a href="{FEED}"' in client.get("/esbjerg/nyt/").content.decode()
    assert "atom" not in client.get("/").content.decode()
