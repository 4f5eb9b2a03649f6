"""Readers and a writer at the same time, behind the page cache: `python -m tests.page_race WRITES`.

The writer publishes, edits, withdraws and autosaves in two municipalities. Each change that the public sees has a
number, which its pages show. A reader may see no state from before the last
change that was committed when the request began.
Prints the numbers of reads and hits, and what was outdated, as JSON.
"""

import json
import random
import re
import sys
import threading
from dataclasses import dataclass, field

import django
from django.conf import settings

django.setup()
# Set in the environment so that static files need not be collected, but then there is no cache.
settings.DEBUG = False

from django.db import connections  # noqa: E402

from council.models import AgendaItem, News  # noqa: E402
from udsat.lib.publishing import Status  # noqa: E402
from udsat.models import User  # noqa: E402
from udsat.wsgi import application  # noqa: E402

from .wsgi_client import Answer  # noqa: E402

READS_PER_WRITE = 6


@dataclass
class Track:
    """A text with a number, and the pages that show it. `states` are the numbers, None while it is withdrawn."""

    kind: str
    pk: int
    name: str
    pages: list[str]
    states: list[int | None] = field(default_factory=lambda: [0])
    committed: int = 0  # index of the last state that is committed

    def change(self, writer, number):
        if self.kind == "item":
            item = AgendaItem.objects.get(pk=self.pk)
            return self.commit(number, lambda: self.retitle(item, number))
        story = News.objects.get(pk=self.pk)
        if story.status != Status.PUBLISHED:
            story.title = f"{self.name} {number}"
            story.save()  # a draft
            return self.commit(number, lambda: story.publish(by=writer, confirmed=True))
        if random.random() < 0.4:
            return self.commit(None, lambda: story.withdraw(by=writer))
        return self.commit(number, lambda: self.retitle(story, number))

    def retitle(self, row, number):
        row.title = f"{self.name} {number}"
        row.save()

    def commit(self, state, change):
        self.states.append(state)
        change()
        self.committed = len(self.states) - 1

    def shown_on(self, text):
        found = re.search(rf"{self.name} (\d+)", text)
        return int(found[1]) if found else None


def autosave(track):
    """What a secretary types at the desk, and a draft."""
    item = AgendaItem.objects.filter(meeting__agenda__status=Status.PUBLISHED).first()
    item.discussion = f"<p>{random.random()}</p>"
    item.save(update_fields=["discussion"])


def race(writes):
    tracks = []
    for item in AgendaItem.objects.select_related("meeting__council__municipality"):
        slug = item.municipality.slug
        tracks.append(Track("item", item.pk, f"Punkt {slug}", [item.meeting.get_absolute_url()]))
    for story in News.objects.select_related("municipality"):
        slug = story.municipality.slug
        tracks.append(Track("news", story.pk, f"Nyt {slug}", [f"/{slug}/nyt/", f"/{slug}/", f"/{slug}/nyt.atom", "/"]))
    writer = User.objects.get(is_superuser=True)
    outdated, reads, is_over, failures = [], [0], threading.Event(), []
    progress = threading.Condition()

    def read(seed):
        choice = random.Random(seed)
        try:
            while not is_over.is_set():
                track = choice.choice(tracks)
                page, since = choice.choice(track.pages), track.committed
                answer = Answer(application, page)
                assert answer.status == 200, page
                text = answer.text
                if track.shown_on(text) not in track.states[since:]:
                    outdated.append(f"{page}: {track.shown_on(text)} instead of {track.states[since:]}")
                with progress:
                    reads[0] += 1
                    progress.notify()
        except Exception as error:
            with progress:
                failures.append(repr(error))
                progress.notify()
        finally:
            connections.close_all()

    readers = [threading.Thread(target=read, args=[seed]) for seed in range(4)]
    for reader in readers:
        reader.start()
    for number in range(1, writes + 1):
        track = random.choice(tracks)
        if number % 4:
            track.change(writer, number)
        else:
            autosave(track)
        with progress:
            until = reads[0] + READS_PER_WRITE
            progress.wait_for(lambda until=until: reads[0] >= until or failures)
    is_over.set()
    for reader in readers:
        reader.join()
    result = {"reads": reads[0], "hits": application.hits, "outdated": outdated, "failures": failures}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    random.seed(7)
    race(int(sys.argv[1]))
