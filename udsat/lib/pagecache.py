"""Page cache: whole public responses in front of Django's handlers.

An entry is valid while the stamp of its pages is the same (`udsat.models.public_stamps`), and until the next moment at
which they change by themselves. The stamp is read for each request, before the page is made, and raised in the
transaction of each change, so that no entry is served after a change of it is committed.

A request that may be answered from the cache reaches Django without its cookies, unknown parameters and headers: what
is not in the key has no influence on the response.
"""

import gzip
import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import brotli
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.utils.http import parse_etags, quote_etag

from .byte_ranges import ranged

log = logging.getLogger(__name__)

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
# The stamps of all municipalities by slug, and under "" that of the country.
Stamps = Mapping[str, int]

MAX_ENTRY = 2 * 1024 * 1024  # bytes of a response that is kept
MAX_QUERY = 1_000  # characters of a query that is read
MAX_WAIT = 10.0  # seconds for a page that another request is making
MIN_COMPRESSED = 200  # bytes; shorter texts gain nothing

ENCODINGS = ("br", "gzip")  # the best first
TEXT_TYPES = {"text/html", "text/plain", "text/calendar", "application/json", "application/xml", "application/atom+xml"}
CACHED_TYPES = TEXT_TYPES | {"application/pdf"}
# A page with a form that is sent belongs to its reader.
FORM_MARKS = (b"csrfmiddlewaretoken", b'method="post"')
# Headers that an answer without a part of the file does not have.
OF_THE_FILE = {"Content-Disposition", "ETag", "Last-Modified"}
# Conditions that Django judges.
UNCACHED_HEADERS = ("HTTP_AUTHORIZATION", "HTTP_IF_MATCH", "HTTP_IF_UNMODIFIED_SINCE")


class Address(NamedTuple):
    """An address whose responses are cached."""

    municipality: str  # its slug; "" for pages of the country
    parameters: frozenset[str]  # all that the page reads


class Key(NamedTuple):
    path: str
    query: str
    host: str
    scheme: str


@dataclass
class Entry:
    """A response with its bodies by encoding. `stamp` and `until` say how long it is valid."""

    stamp: tuple[int, ...]
    until: float
    headers: Headers
    etag: str
    bodies: dict[str, bytes]
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = sum(map(len, self.bodies.values())) + 2_000

    def answer(self, environ: Environ, start_response: Callable[..., Any]) -> list[bytes]:
        encoding = chosen_encoding(environ.get("HTTP_ACCEPT_ENCODING", "")) if len(self.bodies) > 1 else ""
        etag = f'{self.etag[:-1]}-{encoding}"' if encoding else self.etag
        headers = [*self.headers, ("ETag", etag)]
        if (known := environ.get("HTTP_IF_NONE_MATCH")) and _matches(etag, known):
            start_response("304 Not Modified", [pair for pair in headers if pair[0] != "Content-Type"])
            return []
        body = self.bodies[encoding]
        if environ.get("HTTP_RANGE") and ("Accept-Ranges", "bytes") in headers:
            return _part(environ, headers, body, start_response)
        if encoding:
            headers.append(("Content-Encoding", encoding))
        start_response("200 OK", [*headers, ("Content-Length", str(len(body)))])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]


class PageCache:
    """WSGI application in front of another.

    `read_stamps` returns all stamps as they are at the call; `next_change` the moment, in seconds, at which pages of a
    municipality, or of the country, change by themselves; `find` the address of a path, None if it is not cached.
    Requests with one of the cookies are not cached.
    """

    def __init__(
        self,
        application: Application,
        *,
        read_stamps: Callable[[], Stamps],
        next_change: Callable[[str], float],
        find: Callable[[str], Address | None],
        is_own_host: Callable[[str], bool],
        cookies: Iterable[str],
        https_header: str = "",
        max_size: int = 64 * 1024 * 1024,
    ) -> None:
        self.application = application
        self.read_stamps = read_stamps
        self.next_change = next_change
        self.find = lru_cache(4_096)(find)
        self.is_own_host = lru_cache(256)(is_own_host)
        self.cookies = tuple(cookies)
        self.https_header = https_header
        self.max_size = max_size
        self.hits = self.misses = 0
        self._lock = threading.Lock()
        self._entries: OrderedDict[Key, Entry] = OrderedDict()
        self._size = 0
        self._changes: dict[str, tuple[tuple[int, ...], float]] = {}
        self._being_made: dict[tuple[Key, tuple[int, ...]], threading.Event] = {}

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        address = self._address(environ)
        key = self._key(environ, address) if address else None
        if address is None or key is None:
            return self.application(environ, start_response)
        now = time.time()
        try:
            stamps = self.read_stamps()
        except Exception:
            log.exception("The stamps of the pages cannot be read.")
            return self.application(environ, start_response)
        if address.municipality not in stamps:
            return self.application(environ, start_response)
        stamp = stamp_of(stamps, address.municipality)
        entry = self._valid(key, stamp, now)
        if entry is None and not self._wait_for_another(key, stamp):
            try:
                return self._make(environ, start_response, address, key, stamp, now)
            finally:
                self._made(key, stamp)
        entry = entry or self._valid(key, stamp, now)
        if entry is None:
            return self.application(environ, start_response)
        self.hits += 1
        return entry.answer(environ, start_response)

    # Keys

    def _address(self, environ: Environ) -> Address | None:
        """Return the address if the request may be answered from the cache."""
        cookie = environ.get("HTTP_COOKIE", "")
        if (
            environ["REQUEST_METHOD"] not in ("GET", "HEAD")
            or environ.get("SCRIPT_NAME")
            or (cookie and any(name in cookie for name in self.cookies))
            or any(name in environ for name in UNCACHED_HEADERS)
            or not self.is_own_host(environ.get("HTTP_HOST", ""))
        ):
            return None
        return self.find(environ["PATH_INFO"])

    def _key(self, environ: Environ, address: Address) -> Key | None:
        query = environ.get("QUERY_STRING", "")
        if len(query) > MAX_QUERY:
            return None
        if query:
            # As Django decodes it.
            pairs = parse_qsl(query.encode("latin-1").decode("utf-8", "replace"), keep_blank_values=True)
            query = urlencode(sorted((p for p in pairs if p[0] in address.parameters), key=lambda pair: pair[0]))
        scheme = f"{environ['wsgi.url_scheme']} {environ.get(self.https_header, '') if self.https_header else ''}"
        return Key(environ["PATH_INFO"], query, environ["HTTP_HOST"].lower(), scheme)

    # Entries

    def _valid(self, key: Key, stamp: tuple[int, ...], now: float) -> Entry | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.stamp != stamp or now >= entry.until:
                return None
            self._entries.move_to_end(key)
            return entry

    def _keep(self, key: Key, entry: Entry) -> None:
        if entry.size > MAX_ENTRY:
            return
        with self._lock:
            if old := self._entries.pop(key, None):
                self._size -= old.size
            self._entries[key] = entry
            self._size += entry.size
            while self._size > self.max_size:
                self._size -= self._entries.popitem(last=False)[1].size

    def _wait_for_another(self, key: Key, stamp: tuple[int, ...]) -> bool:
        """Wait while another request makes the same page. False, at once, if none does and this one has to."""
        with self._lock:
            made = self._being_made.get((key, stamp))
            if made is None:
                self._being_made[key, stamp] = threading.Event()
                return False
        made.wait(MAX_WAIT)
        return True

    def _made(self, key: Key, stamp: tuple[int, ...]) -> None:
        with self._lock:
            self._being_made.pop((key, stamp)).set()

    def _make(
        self,
        environ: Environ,
        start_response: Callable[..., Any],
        address: Address,
        key: Key,
        stamp: tuple[int, ...],
        now: float,
    ) -> Iterable[bytes]:
        """Answer with Django's response, and keep it if it is the same for everybody."""
        self.misses += 1
        until = self._until(address.municipality, stamp, now)
        status, headers, chunks = _respond(self.application, self._without_reader(environ, key))
        body, rest = _read(chunks, MAX_ENTRY)
        if rest is None and until > now and _is_for_everybody(status, headers, body):
            entry = _entry(headers, body, stamp, until)
            self._keep(key, entry)
            return entry.answer(environ, start_response)
        if "HTTP_RANGE" in environ or "HTTP_IF_NONE_MATCH" in environ:
            # Django has not seen these headers.
            _close(chunks)
            return self.application(environ, start_response)
        encoding = chosen_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
        if encoding and rest is None and _is_compressible(headers, body):
            body = _compressed(body, encoding)
            headers = [pair for pair in headers if pair[0] != "Content-Length"]
            headers += [("Content-Encoding", encoding), ("Content-Length", str(len(body)))]
        start_response(status, headers)
        if environ["REQUEST_METHOD"] == "HEAD":
            _close(chunks)
            return []
        return [body] if rest is None else _Rest(body, rest, chunks)

    def _without_reader(self, environ: Environ, key: Key) -> Environ:
        """Return the request without what is not in the key."""
        kept = {"HTTP_HOST", self.https_header}
        shared = {name: value for name, value in environ.items() if not name.startswith("HTTP_") or name in kept}
        return shared | {"REQUEST_METHOD": "GET", "QUERY_STRING": key.query}

    def _until(self, municipality: str, stamp: tuple[int, ...], now: float) -> float:
        """Return the next change by time, which stays the same while the stamp does."""
        known = self._changes.get(municipality)
        if known is None or known[0] != stamp or known[1] <= now:
            known = self._changes[municipality] = (stamp, self.next_change(municipality))
        return known[1]


def stamp_of(stamps: Stamps, municipality: str) -> tuple[int, ...]:
    """Return the stamp of a municipality's pages; those of the country depend on all stamps."""
    if municipality:
        return stamps[""], stamps[municipality]
    return (sum(stamps.values()),)


@lru_cache(256)
def chosen_encoding(accepted: str) -> str:
    """Return the best encoding that the client accepts; "" for none."""
    offers = {}
    for offer in accepted.lower().split(","):
        name, _, weight = offer.partition(";")
        offers[name.strip()] = weight.replace(" ", "").removeprefix("q=").strip("0.") != "" or not weight
    return next((name for name in ENCODINGS if offers.get(name)), "")


def _matches(etag: str, known: str) -> bool:
    known_etags = [one.removeprefix("W/") for one in parse_etags(known)]
    return known_etags == ["*"] or etag in known_etags


def _respond(application: Application, environ: Environ) -> tuple[str, Headers, Iterable[bytes]]:
    started: list[Any] = []
    chunks = application(environ, lambda status, headers, exc_info=None: started.extend((status, headers)))
    return started[0], started[1], chunks


def _read(chunks: Iterable[bytes], at_most: int) -> tuple[bytes, Any]:
    """Return the body and None; of a longer one, its beginning and an iterator of the rest."""
    rest, read, size = iter(chunks), [], 0
    for chunk in rest:
        read.append(chunk)
        size += len(chunk)
        if size > at_most:
            return b"".join(read), rest
    _close(chunks)
    return b"".join(read), None


def _close(chunks: Any) -> None:
    if hasattr(chunks, "close"):
        chunks.close()


class _Rest:
    """A body whose beginning is read already."""

    def __init__(self, beginning: bytes, rest: Any, chunks: Any) -> None:
        self.beginning, self.rest, self.chunks = beginning, rest, chunks

    def __iter__(self) -> Any:
        yield self.beginning
        yield from self.rest

    def close(self) -> None:
        _close(self.chunks)


def _is_for_everybody(status: str, headers: Headers, body: bytes) -> bool:
    names = {name.lower(): value for name, value in headers}
    control = names.get("cache-control", "")
    return (
        status.startswith("200 ")
        and _media_type(names) in CACHED_TYPES
        and "set-cookie" not in names
        and "content-encoding" not in names
        and not any(word in control for word in ("no-store", "private"))
        and not any(mark in body for mark in FORM_MARKS)
    )


def _media_type(names: Mapping[str, str]) -> str:
    return names.get("content-type", "").partition(";")[0].strip()


def _is_compressible(headers: Headers, body: bytes) -> bool:
    names = {name.lower(): value for name, value in headers}
    return _media_type(names) in TEXT_TYPES and len(body) >= MIN_COMPRESSED and "content-encoding" not in names


def _compressed(body: bytes, encoding: str) -> bytes:
    return brotli.compress(body, quality=5) if encoding == "br" else gzip.compress(body, 6, mtime=0)


def _entry(headers: Headers, body: bytes, stamp: tuple[int, ...], until: float) -> Entry:
    names = {name.lower(): value for name, value in headers}
    bodies = {"": body}
    if _is_compressible(headers, body):
        bodies |= {encoding: _compressed(body, encoding) for encoding in ENCODINGS}
    etag = names.get("etag") or quote_etag(hashlib.sha256(body).hexdigest()[:32])
    return Entry(stamp, until, [p for p in headers if p[0].lower() not in ("etag", "content-length")], etag, bodies)


def _part(environ: Environ, headers: Headers, body: bytes, start_response: Callable[..., Any]) -> list[bytes]:
    """Answer with the ranges of a file that are asked for."""
    whole = HttpResponse(body, headers=dict(headers))
    answer = ranged(WSGIRequest(environ), whole, len(body), lambda start, end: body[start:end])
    content = b"".join(answer)
    answer.headers["Content-Length"] = str(len(content))
    for name, value in headers:
        if answer.status_code != 416 or name not in OF_THE_FILE:
            answer.headers.setdefault(name, value)
    start_response(f"{answer.status_code} {answer.reason_phrase}", list(answer.headers.items()))
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [content]


class OneReader:
    """Calls of `read` by many threads, joined: one call answers all that came before it began."""

    def __init__(self, read: Callable[[], Stamps]) -> None:
        self.read = read
        self._turn = threading.Condition()
        self._begun = self._done = 0
        self._is_reading = False
        self._result: Stamps | Exception = {}

    def __call__(self) -> Stamps:
        with self._turn:
            needed = self._begun + 1  # only a read that begins from here on is fresh
            while self._is_reading and self._done < needed:
                self._turn.wait()
            if self._done < needed:
                self._is_reading, self._begun = True, self._begun + 1
                mine = self._begun
            else:
                return self._given()
        result: Stamps | Exception
        try:
            result = self.read()
        except Exception as error:
            result = error
        with self._turn:
            self._result, self._done, self._is_reading = result, mine, False
            self._turn.notify_all()
            return self._given()

    def _given(self) -> Stamps:
        if isinstance(self._result, Exception):
            raise self._result
        return self._result
