"""200 simulated meetings with two people, lost connections and crashes of pages and servers: no word is lost.

The page's own DeskSync runs against the real server and the browser's IndexedDB. The test controls the clock, the
connection, and the moment of each crash. `make test` plays 40 of the meetings, chosen by the commit.
"""

import random
import uuid
from pathlib import Path

import pytest
from django.db import connection
from django.urls import reverse

from council.models import AgendaItem, Agreement, DeskClash, DeskEdit, Minutes
from udsat.lib.publishing import Status

from . import factories as make
from .crashing_server import crashes, crashing_server
from .selection import COMMIT, dealt

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WORLD = (Path(__file__).parent / "desk_world.js").read_text()
SEEDS = dealt(range(200), 10)


def script(chance, fields):
    """Return a random sequence of steps: (action, person, …)."""
    steps = []
    rows = [f"agreement:{uuid.UUID(int=chance.getrandbits(128), version=4)}:text" for _ in range(2)]
    item = fields[0].rsplit(":", 1)[0]
    raised = f"item:{uuid.UUID(int=chance.getrandbits(128), version=4)}"
    for _ in range(chance.randint(9, 15)):
        who = chance.randrange(2)
        # Mostly the same field for both, so that edits conflict.
        field, parent = chance.choice([(fields[0], "")] * 4 + [(f, "") for f in fields] + [(r, item) for r in rows])
        if chance.random() < 0.08:
            field, parent = f"{raised}:{chance.choice(['title', 'decision'])}", ""
        what = chance.choices(
            ["type", "pass", "connection", "kill", "open", "crash", "form", "choose", "flush", "lid"],
            [40, 26, 12, 5, 6, 5, 4, 6, 3, 7],
        )[0]
        steps += {
            "type": [["type", who, field, parent]],
            "pass": [["pass", who, chance.choice([100, 400, 900, 1100, 2500, 5100, 9000])]],
            "connection": [["connection", who, chance.choice(["whole", "whole", "cut", "responses lost"])]],
            "kill": [["kill", who]],
            # Text that is typed offline before the page crashes exists in IndexedDB only.
            "lid": [["connection", who, "cut"], ["type", who, field, parent], ["pass", who, 5100], ["kill", who]],
            "open": [["open", who]],
            "crash": [["crash", who, chance.randint(1, 45)], ["flush", who]],
            "form": [["form", who, fields[0], chance.choice([0, 0, 2000])]],
            "choose": [["choose", who, chance.choice(["both", "text", "field"])]],
            "flush": [["flush", who]],
        }[what]
    return steps


def saved_texts(meeting):
    """Return all texts of the meeting in the database, clashes included."""
    texts = [text for clash in DeskClash.objects.filter(meeting=meeting) for text in (clash.text, clash.field_text)]
    for item in AgendaItem.objects.filter(meeting=meeting):
        texts += [item.title, item.discussion, item.decision, item.dissent, item.internal_note]
    texts += Agreement.objects.filter(item__meeting=meeting).values_list("text", flat=True)
    texts += Minutes.objects.filter(meeting=meeting).values_list("guests", flat=True)
    return " ".join(texts)


@pytest.fixture
def window(chromium, transactional_db, settings, client, esbjerg, anna):
    with crashing_server(settings) as server:
        context = chromium.new_context(base_url=server.url)
        client.force_login(anna)
        cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server.url}
        context.add_cookies([cookie])
        page = context.new_page()
        page.route("**/desk_world.js", lambda route: route.fulfill(body=WORLD, content_type="text/javascript"))
        page.goto("/admin/login/")
        yield page
        context.close()


def play(window, council, anna, seed, steps_of=script):
    meeting = make.meeting(council, date=f"2025-{seed // 28 + 1:02}-{seed % 28 + 1:02}", status=Status.DRAFT)
    item = make.item(meeting)
    fields = [f"item:{item.pk}:decision", f"item:{item.pk}:discussion", "minutes:head:guests"]
    steps = steps_of(random.Random(seed), fields)
    result = window.evaluate(
        "async (world) => (await import('/desk_world.js')).play(world)",
        {
            "meeting": meeting.pk,
            "user": anna.pk,
            "seed": seed,
            "steps": steps,
            "page": reverse("admin:council_meeting_desk", args=[meeting.pk]),
            "sync": reverse("admin:council_meeting_desk_sync", args=[meeting.pk]),
            # Threads of a test on SQLite in memory share one connection.
            "oneAtATime": connection.vendor == "sqlite",
        },
    )
    return meeting, steps, result


def problems_of(meeting, result):
    kept = saved_texts(meeting)
    lost = [word for word in result["words"] if word["safe"] and f"{word['word']}" not in kept]
    problems = [f"lost: {word['word']} in {word['key']}" for word in lost]
    if result["stored"] or result["unsent"]:
        problems.append(f"still in IndexedDB: {result['stored']} {result['unsent']}")
    return problems + result["problems"]


@pytest.mark.parametrize("hand", [0, 1, *(pytest.param(hand, marks=pytest.mark.soak) for hand in range(2, 10))])
def test_no_interleaving_of_two_people_and_their_accidents_loses_a_word(window, esbjerg, anna, hand):
    council = make.council(esbjerg)
    failures = []
    for seed in SEEDS[hand]:
        meeting, steps, result = play(window, council, anna, seed)
        if problems := problems_of(meeting, result):
            failures.append((seed, problems, steps))
    assert failures == [], f"TEST_COMMIT={COMMIT} plays these meetings again"
    assert crashes


def test_a_single_user_causes_no_clash(window, esbjerg, anna):
    """Lost responses and crashes alone never cause a clash."""

    def alone(chance, fields):
        steps = [step for step in script(chance, fields) if step[0] not in ("form", "choose")]
        return [["kill", 1], *([what, 0, *rest] for what, _, *rest in steps)]

    council = make.council(esbjerg)
    for seed in range(10):
        meeting, steps, result = play(window, council, anna, seed, alone)
        assert problems_of(meeting, result) == []
        assert not DeskClash.objects.filter(meeting=meeting).exists(), (seed, steps)
    assert DeskEdit.objects.exists()
