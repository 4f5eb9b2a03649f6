"""The page cache, asked through WSGI in front of the whole portal."""

import datetime
import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.core.handlers import wsgi
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import DatabaseError, close_old_connections, connection
from django.http import QueryDict
from django.urls import get_resolver
from django.utils import timezone

from udsat import page_cache
from udsat.lib import pagecache
from udsat.lib.pagecache import OneReader, chosen_encoding
from udsat.lib.publishing import Status

from . import factories as make
from .production_server import database_url
from .test_public_table import ADDRESSES, build, named_patterns
from .wsgi_client import Answer

ROOT = Path(__file__).resolve().parent.parent


def committed_stamps():
    with connection.cursor() as cursor:
        cursor.execute(page_cache._STAMPS)
        return dict(cursor.fetchall())


class Portal:
    """The portal behind a page cache, and without one."""

    def __init__(self, **options):
        self.django = WSGIHandler()
        self.cache = page_cache.with_page_cache(self.django, **({"read_stamps": committed_stamps} | options))

    def get(self, path, **request):
        return Answer(self.cache, path, **request)

    def uncached(self, path, **request):
        return Answer(self.django, path, **request)

    def hits(self, path, **request):
        """Whether the request is answered from the cache."""
        before = self.cache.hits
        self.get(path, **request)
        return self.cache.hits > before


@pytest.fixture
def portal(db, settings):
    settings.ALLOWED_HOSTS = ["127.0.0.1", "udsat.example"]
    # As the test client does: the connection is in the transaction of the test.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield Portal()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def esbjerg_in_public(esbjerg):
    build(esbjerg, Status.PUBLISHED)
    connection.run_on_commit.clear()
    return esbjerg


def test_every_address_is_cached_or_says_why_not():
    names = set(named_patterns(get_resolver().url_patterns))
    assert set(page_cache.CACHED) | set(page_cache.UNCACHED) == names
    assert not set(page_cache.CACHED) & set(page_cache.UNCACHED)


def test_a_cached_page_is_what_django_answers(portal, esbjerg_in_public):
    for name in page_cache.CACHED:
        path, _, query = ADDRESSES[name][0].partition("?")
        plain = portal.uncached(path, query=query)
        made, again = portal.get(path, query=query), portal.get(path, query=query)
        assert plain.status == made.status == again.status, name
        assert plain.body == made.body == again.body, name
        own = dict(again.headers) if plain.status == 200 else {}
        own.pop("ETag", None) if "ETag" not in plain.headers else None
        assert own in ({}, plain.headers), name
        assert portal.hits(path, query=query) is (plain.status == 200), name
        assert not portal.hits(path, query=query, cookie="sessionid=x"), name


def test_forms_links_and_files_are_never_kept(portal, esbjerg_in_public):
    for name in page_cache.UNCACHED:
        path, _, query = ADDRESSES[name][0].partition("?")
        path = path.format(attachment="/esbjerg/moeder/2025-03-03/bilag/1/notat.txt", person=1)
        portal.get(path, query=query)
        assert not portal.hits(path, query=query), name


def test_a_page_reads_only_the_parameters_that_are_declared(portal, esbjerg_in_public, monkeypatch):
    read = set()

    class Recorded(QueryDict):
        is_parsed = False

        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.is_parsed = True

        def __getitem__(self, name):
            read.add(name)
            return super().__getitem__(name)

        def get(self, name, default=None):
            read.add(name)
            return super().get(name, default)

        def getlist(self, name, default=None):
            read.add(name)
            return super().getlist(name, default)

        def __contains__(self, name):
            if self.is_parsed:
                read.add(name)
            return super().__contains__(name)

    monkeypatch.setattr(wsgi, "QueryDict", Recorded)
    for name, parameters in page_cache.CACHED.items():
        path, _, query = ADDRESSES[name][0].partition("?")
        read.clear()
        answer = portal.uncached(path, query=f"{query}&kort=1&side=1&aar=2025")
        assert read <= parameters or answer.status == 404, name


def test_the_code_of_public_pages_names_no_other_parameter():
    declared = set().union(*page_cache.CACHED.values())
    # Of addresses that are not cached.
    others = {"sendt", "strategi", "emne", "bilag", "udgave", "lukkede", "fra", "next"}
    for folder in ("udsat/portal", "council/public", "strategies", "udsat/templatetags", "council/templatetags"):
        for file in (ROOT / folder).rglob("*.py"):
            if file.name in ("admin.py", "import_views.py"):
                continue
            for read in re.findall(r"GET(?:\.get(?:list)?\(|\[)([^,)\]]+)|(\"\w+\") in request\.GET", file.read_text()):
                name = "".join(read)
                assert name == "one.name" or name.strip("\"'") in declared | others, f"{file}: {name}"


def test_other_parameters_change_neither_the_entry_nor_the_page(portal, esbjerg_in_public):
    page = portal.get("/esbjerg/")
    assert portal.hits("/esbjerg/", query="utm_source=avis&fbclid=1")
    assert portal.get("/esbjerg/", query="utm_source=avis").body == page.body
    assert not portal.hits("/esbjerg/", query="kort=1&utm_source=avis")
    assert portal.hits("/esbjerg/", query="fbclid=1&kort=1")
    assert not portal.hits("/soeg/", query="q=" + "x" * 2000)


def test_parameters_keep_the_order_in_which_they_are_asked_for(portal, esbjerg_in_public, vejle):
    first = portal.get("/sammenlign/", query="kommune=esbjerg&kommune=vejle")
    second = portal.get("/sammenlign/", query="kommune=vejle&kommune=esbjerg")
    assert first.body == portal.uncached("/sammenlign/", query="kommune=esbjerg&kommune=vejle").body != second.body
    assert portal.get("/soeg/", query="q=b%C3%A6nk").body == portal.uncached("/soeg/", query="q=b%C3%A6nk").body


def test_a_publication_reaches_its_own_municipality_and_the_country_only(portal, esbjerg_in_public, vejle, anna):
    for path in ("/esbjerg/nyt/", "/vejle/nyt/", "/"):
        portal.get(path)
    draft = make.news(esbjerg_in_public, "Varmestuen flytter", Status.DRAFT)
    assert all(portal.hits(path) for path in ("/esbjerg/nyt/", "/vejle/nyt/", "/"))
    connection.run_on_commit.clear()
    draft.publish(by=anna, confirmed=True)
    assert portal.hits("/vejle/nyt/") and not portal.hits("/esbjerg/nyt/") and not portal.hits("/")
    assert "Varmestuen flytter" in portal.get("/esbjerg/nyt/").text
    connection.run_on_commit.clear()
    draft.withdraw(by=anna)
    assert "Varmestuen flytter" not in portal.get("/esbjerg/nyt/").text


def test_an_entry_ends_when_its_pages_change_by_themselves(portal, esbjerg, anna, monkeypatch):
    start = timezone.make_aware(datetime.datetime(2026, 6, 1, 12))
    clock = [start]
    monkeypatch.setattr(timezone, "now", lambda: clock[0])
    monkeypatch.setattr(pagecache.time, "time", lambda: clock[0].timestamp())
    at = {hour: timezone.make_aware(datetime.datetime(2026, 6, 1, hour)) for hour in range(13, 20)}
    council = make.council(esbjerg)
    make.news(esbjerg, "Til klokken 14", publish_at=start, expires_at=at[14])
    make.news(esbjerg, "Fra klokken 15", publish_at=at[15])
    make.meeting(council, datetime.date(2026, 6, 1), starts_at=datetime.time(16), ends_at=datetime.time(17))
    edges = []
    for _ in range(6):
        edge = page_cache.next_change("esbjerg")
        assert page_cache.next_change("") == edge
        portal.get("/esbjerg/nyt/")
        clock[0] = datetime.datetime.fromtimestamp(edge - 0.001, datetime.UTC)
        assert portal.hits("/esbjerg/nyt/")
        clock[0] = datetime.datetime.fromtimestamp(edge, datetime.UTC)
        assert not portal.hits("/esbjerg/nyt/")
        edges.append(timezone.localtime(clock[0]).strftime("%d. %H.%M"))
    assert edges == ["01. 14.00", "01. 15.00", "01. 16.00", "01. 17.00", "02. 00.00", "03. 00.00"]
    assert page_cache.next_change("vejle") == edge + 24 * 3600


def test_what_is_sent_is_compressed_once_and_has_a_strong_etag_of_its_own(portal, esbjerg_in_public):
    plain = portal.uncached("/esbjerg/").body
    answers = {name: portal.get("/esbjerg/", accept_encoding=name) for name in ("br", "gzip", "identity")}
    assert brotli.decompress(answers["br"].body) == gzip.decompress(answers["gzip"].body) == plain
    assert answers["identity"].body == plain and "Content-Encoding" not in answers["identity"].headers
    etags = {answer.headers["ETag"] for answer in answers.values()}
    assert len(etags) == 3 and not any(etag.startswith("W/") for etag in etags)
    for answer in answers.values():
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert int(answer.headers["Content-Length"]) == len(answer.body)
    again = portal.get("/esbjerg/", accept_encoding="br", if_none_match=f'"x", W/{answers["br"].headers["ETag"]}')
    assert (again.status, again.body) == (304, b"") and again.headers["ETag"] == answers["br"].headers["ETag"]
    assert portal.get("/esbjerg/", accept_encoding="gzip", if_none_match=answers["br"].headers["ETag"]).status == 200


def test_a_page_that_is_not_kept_is_compressed_too(portal, esbjerg_in_public):
    missing = portal.get("/esbjerg/nyt/findes-ikke/", accept_encoding="br")
    assert (missing.status, missing.headers["Content-Encoding"]) == (404, "br")
    assert brotli.decompress(missing.body) == portal.uncached("/esbjerg/nyt/findes-ikke/").body
    assert int(missing.headers["Content-Length"]) == len(missing.body)


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [("", ""), ("gzip, deflate, br", "br"), ("gzip;q=1.0, br;q=0", "gzip"), ("BR;q=0.5", "br"), ("identity", "")],
)
def test_the_best_encoding_is_chosen(accepted, chosen):
    assert chosen_encoding(accepted) == chosen


def test_head_has_the_headers_of_get(portal, esbjerg_in_public):
    for path in ("/esbjerg/", "/esbjerg/nyt/findes-ikke/", "/esbjerg/udsatteraad/plakat.pdf"):
        for _ in range(2):
            get = portal.get(path, accept_encoding="br")
            head = portal.get(path, method="HEAD", accept_encoding="br")
            assert (head.status, head.body) == (get.status, b"")
            assert head.headers == get.headers


def test_a_part_of_a_pdf_is_answered_as_before(portal, esbjerg_in_public):
    path = "/esbjerg/udsatteraad/plakat.pdf"
    whole = portal.get(path)
    for ranges in ("bytes=0-99", "bytes=-50", f"bytes={len(whole.body)}-", "bytes=0-1,5-6", "linjer=1"):
        part, before = portal.get(path, range=ranges), portal.uncached(path, range=ranges)
        assert part.status == before.status, ranges
        if "," not in ranges:
            assert (part.body, part.headers) == (before.body, before.headers), ranges
    assert portal.get(path, range="bytes=0-99", if_range='"en anden"').status == 200
    assert portal.get(path, if_none_match=whole.headers["ETag"]).status == 304


def test_a_part_of_a_file_too_large_to_keep_is_answered_by_django(portal, esbjerg_in_public, monkeypatch):
    monkeypatch.setattr(pagecache, "MAX_ENTRY", 5_000)
    path = "/esbjerg/udsatteraad/plakat.pdf"
    assert not portal.hits(path) and not portal.hits(path)
    part, before = portal.get(path, range="bytes=0-99"), portal.uncached(path, range="bytes=0-99")
    assert (part.status, part.body, part.headers) == (206, before.body, before.headers)
    assert portal.get(path, if_none_match=part.headers["ETag"]).status == 304


def test_what_belongs_to_a_reader_is_neither_kept_nor_read_from_the_cache(portal, esbjerg_in_public):
    portal.get("/esbjerg/")
    for header in ({"cookie": "a=1; sessionid=abc"}, {"cookie": "messages=x"}, {"authorization": "Basic x"}):
        assert not portal.hits("/esbjerg/", **header)
    assert portal.hits("/esbjerg/", cookie="csrftoken=abc")
    assert portal.get("/esbjerg/", host="evil.example").status == 400
    assert not portal.hits("/esbjerg/", host="udsat.example")
    assert not portal.hits("/esbjerg/", method="POST")


RESPONSES = {
    "a cookie": [("Set-Cookie", "a=1")],
    "no-store": [("Cache-Control", "no-store")],
    "private": [("Cache-Control", "private, max-age=5")],
    "another type": [("Content-Type", "image/jpeg")],
}


@pytest.mark.parametrize("status", ["200 OK", "404 Not Found", "302 Found", "206 Partial Content", "500 Error"])
@pytest.mark.parametrize("case", [None, *RESPONSES])
@pytest.mark.parametrize("body", [b"<p>Hej.</p>", b'<form method="post">', b'<input name="csrfmiddlewaretoken">'])
def test_only_a_page_that_is_the_same_for_everybody_is_kept(status, case, body):
    def application(environ, start_response):
        start_response(status, [*RESPONSES.get(case, []), ("Content-Type", "text/html")][:1])
        return [body]

    cache = in_front_of(application)
    answers = [Answer(cache, "/esbjerg/") for _ in range(2)]
    assert {(answer.status, answer.body) for answer in answers} == {(int(status[:3]), body)}
    assert cache.hits == (1 if status == "200 OK" and case is None and body == b"<p>Hej.</p>" else 0)


def in_front_of(application, read_stamps=lambda: {"": 1, "esbjerg": 1}, **options):
    """Return a cache in front of an application that is not Django."""
    return pagecache.PageCache(
        application,
        read_stamps=read_stamps,
        next_change=lambda municipality: time.time() + 60,
        find=lambda path: pagecache.Address(path.split("/")[1], frozenset({"q"})),
        is_own_host=lambda host: True,
        cookies=["sessionid"],
        **options,
    )


def page_of(body=b"<p>Hej.</p>"):
    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/html")])
        return [body]

    return application


def test_the_memory_is_bounded_and_what_was_not_asked_for_gives_way():
    cache = in_front_of(page_of(b"x" * 100), max_size=5 * 2_100)
    for number in range(8):
        Answer(cache, "/esbjerg/", query=f"q={number}")
        Answer(cache, "/esbjerg/", query="q=0")
    assert cache._size == sum(entry.size for entry in cache._entries.values()) <= cache.max_size
    assert [key.query for key in cache._entries] == ["q=5", "q=6", "q=7", "q=0"] or len(cache._entries) == 5
    large = in_front_of(page_of(b"x" * (pagecache.MAX_ENTRY + 1)))
    assert len(Answer(large, "/esbjerg/").body) == pagecache.MAX_ENTRY + 1
    Answer(large, "/esbjerg/")
    assert (large.hits, large._size) == (0, 0)


def test_a_page_that_many_ask_for_at_once_is_made_once():
    begun, may_end, made = threading.Event(), threading.Event(), []

    def application(environ, start_response):
        made.append(environ["PATH_INFO"])
        begun.set()
        may_end.wait(30)
        return page_of()(environ, start_response)

    cache = in_front_of(application)
    answers = []
    readers = [threading.Thread(target=lambda: answers.append(Answer(cache, "/esbjerg/"))) for _ in range(5)]
    readers[0].start()
    begun.wait(30)
    for reader in readers[1:]:
        reader.start()
    may_end.set()
    for reader in readers:
        reader.join(30)
    assert (len(answers), {answer.body for answer in answers}, made) == (5, {b"<p>Hej.</p>"}, ["/esbjerg/"])


def test_a_page_that_fails_keeps_nobody_waiting():
    def application(environ, start_response):
        raise RuntimeError

    cache = in_front_of(application)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            Answer(cache, "/esbjerg/")
    assert not cache._being_made


def test_without_stamps_the_pages_are_made_each_time(caplog):
    def fail():
        raise OSError("no database")

    cache = in_front_of(page_of(), read_stamps=fail)
    assert [Answer(cache, "/esbjerg/").body for _ in range(2)] == [b"<p>Hej.</p>"] * 2
    assert cache.hits == 0 and "stamps" in caplog.text


def test_an_unknown_municipality_leaves_nothing_behind():
    cache = in_front_of(page_of())
    Answer(cache, "/ukendt/")
    assert not cache._changes and not cache._entries


class CountedTurn(threading.Condition):
    """Releases a semaphore for each thread that waits."""

    def __init__(self, waiting):
        super().__init__()
        self.waiting = waiting

    def wait(self, timeout=None):
        self.waiting.release()
        return super().wait(timeout)


def test_one_read_answers_those_who_came_before_it_began():
    begun, may_end, waiting = (threading.Semaphore(0) for _ in range(3))
    reads = []

    def read():
        reads.append(len(reads) + 1)
        number = len(reads)
        begun.release()
        may_end.acquire()
        return {"": number}

    reader, results = OneReader(read), []
    reader._turn = CountedTurn(waiting)
    threads = [threading.Thread(target=lambda: results.append(reader()[""])) for _ in range(6)]
    threads[0].start()
    begun.acquire()
    # The others come while the first read runs, which may have begun before a change that they have to see.
    for thread in threads[1:]:
        thread.start()
    for _ in threads[1:]:
        waiting.acquire()
    may_end.release()
    begun.acquire()
    may_end.release()
    for thread in threads:
        thread.join(30)
    assert sorted(results) == [1, 2, 2, 2, 2, 2]


def test_a_failed_read_fails_for_those_who_waited_for_it_only():
    answers = iter([OSError("gone"), {"": 7}])

    def read():
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    reader = OneReader(read)
    with pytest.raises(OSError):
        reader()
    assert reader() == {"": 7}


def test_stamps_of_a_file_are_read_when_another_process_has_written(tmp_path):
    """SQLite: also in a folder whose name means something in an address."""
    path = tmp_path / "100% Åse?" / "udsat.sqlite3"
    path.parent.mkdir()
    with sqlite3.connect(path) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("CREATE TABLE udsat_municipality (id INTEGER PRIMARY KEY, slug TEXT)")
        writer.execute("CREATE TABLE udsat_publicstamp (scope INTEGER, value INTEGER)")
        writer.execute("INSERT INTO udsat_municipality VALUES (1, 'esbjerg'), (2, 'vejle')")
        writer.commit()
        read = page_cache.SqliteStamps(path)
        assert read() == {"": 0, "esbjerg": 0, "vejle": 0}
        writer.execute("INSERT INTO udsat_publicstamp VALUES (1, 3), (1, 1), (0, 2), (9, 5)")
        assert read() == {"": 0, "esbjerg": 0, "vejle": 0}
        writer.commit()
        assert read() == {"": 7, "esbjerg": 4, "vejle": 0}
    writer.close()


@pytest.mark.engine
def test_stamps_are_read_again_after_the_database_has_gone_away(transactional_db, esbjerg):
    if connection.vendor != "postgresql":
        return
    read = page_cache.stamp_reader()
    assert read()["esbjerg"] == committed_stamps()["esbjerg"]
    [pid] = read.read._own.cursor().execute("SELECT pg_backend_pid()").fetchone()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    with pytest.raises(DatabaseError):
        read()
    assert read()["esbjerg"] == committed_stamps()["esbjerg"]
    read.read._own.close()


def test_templates_that_are_being_edited_are_not_cached(settings):
    settings.DEBUG = True
    handler = WSGIHandler()
    assert page_cache.with_page_cache(handler) is handler


@pytest.mark.engine
@pytest.mark.parametrize("writes", [50, pytest.param(500, marks=pytest.mark.soak)])
def test_no_reader_sees_what_was_before_a_change_that_is_committed(transactional_db, esbjerg, vejle, operator, writes):
    for municipality in (esbjerg, vejle):
        meeting = make.meeting(make.council(municipality))
        make.agenda(meeting)
        make.minutes(meeting, Status.DRAFT)
        make.item(meeting, f"Punkt {municipality.slug} 0")
        make.news(municipality, f"Nyt {municipality.slug} 0")
    own = {"DATABASE_URL": database_url(), "VAR_DIR": str(settings.VAR_DIR), "UDSAT_MODE": "local", "DEBUG": "1"}
    command = [sys.executable, "-m", "tests.page_race", str(writes)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **own}, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout)
    assert (result["outdated"], result["failures"]) == ([], [])
    assert result["hits"] > writes and result["reads"] > result["hits"] + writes / 2
