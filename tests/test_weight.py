"""Size of the first visit to each kind of page: at most 30 kB with all its files, compressed as in production."""

import gzip
import re
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import brotli
import pytest

from .production_server import fetch, production_server
from .test_in_chromium import pages

# Starts a server and is independent of the database, so it runs with the browser tests.
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MOST = 30_000  # bytes of content, without the response headers (some 500 bytes each)


class Loads(HTMLParser):
    """Collects the addresses of files that a browser loads with the page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "link" and set(attrs.get("rel", "").split()) & {"stylesheet", "icon", "preload", "modulepreload"}:
            self.found.append(attrs["href"])
        elif tag in {"script", "img", "iframe", "source", "video", "audio", "embed", "input"} and attrs.get("src"):
            self.found.append(attrs["src"])
        elif tag == "object" and attrs.get("data"):
            self.found.append(attrs["data"])
        elif tag in {"img", "source"} and attrs.get("srcset"):
            self.found += [part.split()[0] for part in attrs["srcset"].split(",")]


class Scales:
    def __init__(self):
        self.known = {}

    def file(self, address):
        """Return the size by address of a file and of the files it refers to: images, fonts, modules."""
        if address not in self.known:
            self.known[address] = {}
            status, headers, body = fetch(address)
            assert status == 200, address
            found = {address: len(body)}
            if headers.get_content_type() in {"text/css", "text/javascript"}:
                assert headers["Content-Encoding"] in {"br", "gzip"}, address
                text = unpacked(headers, body)
                for part in re.findall(r"url\([\"']?([^)\"']+)|@import [\"']([^\"']+)|from ?[\"'](\.[^\"']+)", text):
                    if not (asked := "".join(part)).startswith(("data:", "#")):
                        found |= self.file(urljoin(address, asked))
            self.known[address] = found
        return self.known[address]

    def page(self, address):
        """Return the size by address of all responses of a first visit."""
        _, headers, body = fetch(address)
        assert headers["Content-Encoding"] in {"br", "gzip"}, address
        asked = Loads()
        asked.feed(unpacked(headers, body))
        found = {address: len(body)}
        for part in dict.fromkeys(asked.found):
            whole = urljoin(address, part)
            assert urlsplit(whole).netloc == urlsplit(address).netloc, f"{address} asks another host for {part}"
            found |= self.file(whole)
        return found


def unpacked(headers, body):
    return (brotli if headers["Content-Encoding"] == "br" else gzip).decompress(body).decode()


def test_the_first_visit_to_any_page_is_light(demo):
    heavy, asked = [], 0
    with production_server() as site:
        scales = Scales()
        for kind, addresses in pages().items():
            for address in addresses:
                found = scales.page(site + address)
                asked = max(asked, len(found))
                weight = sum(found.values())
                if weight > MOST:
                    parts = ", ".join(f"{urlsplit(part).path} {size:,}" for part, size in found.items())
                    heavy.append(f"{kind} {address}: {weight:,} bytes ({parts})")
    assert heavy == []
    assert asked >= 3  # at least the page, its stylesheet and its icon
