"""Benchmark of the search: `python -m tests.benchmarks.search [NUMBER]`, by default with 100,000 texts.

Fills the database of DATABASE_URL, which must be empty and migrated, with generated texts whose word frequencies are
those of real texts. Prints for each class of queries the median and the 95th percentile in milliseconds, of elapsed
time and of processor time (which on SQLite includes the database), and the ratio to the bare match of the same words
by the database engine.
"""

import datetime
import os
import random
import statistics
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "udsat.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from udsat.demo import build  # noqa: E402
from udsat.lib.search_tokens import query_words  # noqa: E402
from udsat.management.commands.rebuild_search import MAINTENANCE  # noqa: E402
from udsat.models import Municipality, SearchEntry, SearchKind, SearchText  # noqa: E402
from udsat.portal.search import search  # noqa: E402
from udsat.portal.search_query import (  # noqa: E402
    MAX_RANKED,
    MunicipalityNames,
    SearchFilters,
    SearchQuery,
    match_expression,
    prefer_index,
)

ROUNDS = 20

QUERIES = {
    "sjældent ord": ["vandpost 731", "natcafé 42", "tandlæge 918", "sommerlejr 5"],
    "to ord": ["bolig unge", "misbrug behandling", "gæld rådgivning", "ensomhed ældre"],
    "hyppigt ord": ["rådet", "kommunen", "bolig", "møde"],
    "bøjet og bagfra": ["boligerne", "rådgivning", "hjemløses", "værestedet"],
    "begyndelse": ["bol", "hjeml", "være", "sund"],
    "stavefejl": ["hjemlöse", "boligre", "raadgivnin", "værestd"],
    "i en kommune": ["bolig", "rådet", "misbrug", "unge"],
}


def words_of_demo(rng):
    """Return the words of the demo as often as they occur, and rare compounds made of them."""
    text = " ".join(path.read_text() for path in sorted(build.FOLDER.rglob("*.toml")))
    words = [word for word in text.split() if word.isalpha()]
    long = [word.lower() for word in words if len(word) > 4]
    return words + [rng.choice(long) + rng.choice(long) for _ in range(len(words) // 8)]


def fill(count, rng):
    words = words_of_demo(rng)
    municipalities = list(Municipality.objects.all())
    kinds = list(SearchKind)
    today = timezone.localdate()
    for number in range(0, count, 500):
        municipality = municipalities[(number // 500) % len(municipalities)]
        texts = [
            SearchText(
                kind=rng.choice(kinds),
                url=f"/{municipality.slug}/{number + n}/",
                title=" ".join(rng.choices(words, k=6)),
                body=" ".join(rng.choices(words, k=90)) + f" {rng.choice(words)} {rng.randrange(1000)}",
                date=today - datetime.timedelta(days=rng.randrange(3000)),
                topics=("boliger",),
            )
            for n in range(min(500, count - number))
        ]
        with transaction.atomic():
            # The root only needs a unique primary key; it is not saved.
            root = Municipality(pk=10_000 + number)
            SearchEntry.objects.replace(root, municipality, texts)
    with connection.cursor() as cursor:
        for statement in MAINTENANCE[connection.vendor]:
            cursor.execute(statement)


def bare(query, municipalities, narrow):
    """Run the bare match of the same words by the engine, without ranking, counts and texts."""
    text = match_expression(SearchQuery(query_words(query), MunicipalityNames(municipalities), narrow).groups())
    with prefer_index(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            sql = "SELECT rowid FROM udsat_searchindex WHERE udsat_searchindex MATCH %s ORDER BY rowid DESC LIMIT %s"
        else:
            sql = "SELECT id FROM udsat_searchentry WHERE vector @@ to_tsquery('simple', %s) LIMIT %s"
        cursor.execute(sql, [text, MAX_RANKED])
        cursor.fetchall()


def main():
    count = int(sys.argv[1].replace(".", "")) if len(sys.argv) > 1 else 100_000
    rng = random.Random(1)
    if SearchEntry.objects.count() < count:
        call_command("load_municipalities", verbosity=0)
        fill(count, rng)
    municipalities = list(Municipality.objects.all())
    every = []
    print(
        f"{connection.vendor}, {SearchEntry.objects.count()} texts; median and 95 % in ms: clock, computed, bare clock"
    )
    for name, queries in QUERIES.items():
        narrow = SearchFilters(municipality=municipalities[3].pk) if name == "i en kommune" else SearchFilters()
        took = []
        for query in queries * ROUNDS:
            whole = timed(search, query, municipalities, narrow)
            took.append((*whole, timed(bare, query, municipalities, narrow)[0]))
        every += took
        show(name, took)
    show("alle", every)


def timed(act, *given):
    begun, computed = time.perf_counter(), time.process_time()
    act(*given)
    return (time.perf_counter() - begun) * 1000, (time.process_time() - computed) * 1000


def show(name, took):
    columns = list(zip(*took, strict=True))
    figures = "  ".join(
        f"{statistics.median(column):6.1f} {statistics.quantiles(column, n=20)[-1]:6.1f}" for column in columns
    )
    print(f"{name:16} {figures}   x {statistics.median(columns[0]) / statistics.median(columns[2]):.1f}", flush=True)


if __name__ == "__main__":
    main()
