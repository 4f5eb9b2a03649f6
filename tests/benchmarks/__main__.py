"""Benchmark of the portal beside its peers: `make bench`, or `python -m tests.benchmarks [NUMBER OF MUNICIPALITIES …]`.

The sizes are 1, 10 and 98 municipalities of twenty years, unless others are given; the middle one is compared with
nginx, a bare Django view and a Wagtail site. All servers run at once and are measured in turns, so that a change of
the machine's speed hits all of them. The results are written to tests/benchmarks/RESULTS.md. It takes half an hour,
most of it to fill the databases.
"""

import datetime
import math
import os
import platform
import random
import shutil
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from statistics import median

from tests.run_all import loop_time, private_postgres

from .load import Browser, median_rate, percentile_95, rate
from .servers import ROOT, bare_django, memory, nginx, portal, wagtail_site

ROUNDS = 5
SINGLE = 30  # requests one after the other
DESKS = 10
WORDS = ["bolig", "rådgivning", "misbrug", "værested", "unge", "behandling", "natcafé", "herberg", "gæld", "tandlæge"]
RESULTS = Path(__file__).with_name("RESULTS.md")
BENCH = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve() / "bench"


class Database:
    """A filled database and the environment of a portal that uses it."""

    def __init__(self, size, url=""):
        self.size, self.engine = size, "PostgreSQL" if url else "SQLite"
        self.var = BENCH / f"{self.engine}-{size}"
        self.environment = {
            "UDSAT_MODE": "local",
            "VAR_DIR": str(self.var),
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "udsat.settings",
        }

    def fill(self):
        self.var.mkdir(parents=True)
        self.manage("migrate", "--verbosity=0")
        self.manage("make_dataset", f"--kommuner={self.size}", "--aar=20", "--seed=1")
        self.manage("rebuild_search")
        self.manage("collectstatic", "--noinput", "--verbosity=0")

    def manage(self, *arguments):
        with open(self.var / "manage.log", "ab") as log:
            command = [sys.executable, "manage.py", *arguments]
            subprocess.run(command, cwd=ROOT, env=os.environ | self.environment, stdout=log, check=True)


class Table:
    """The rows of the result: what was measured, its value, the goal, and whether it is met."""

    def __init__(self):
        self.rows = []

    def add(self, what, value, goal="", is_met=None):
        self.rows.append((what, value, goal, {True: "yes", False: "**no**", None: ""}[is_met]))
        print(*self.rows[-1], sep=" | ", flush=True)

    def as_markdown(self):
        lines = ["| what | measured | goal | met |", "|---|---|---|---|"]
        return "\n".join(lines + [f"| {' | '.join(row)} |" for row in self.rows])


def in_turns(ways, rounds=ROUNDS):
    """Call each of the functions once per round, in a new order each round; return the lists of results by name."""
    results = {name: [] for name in ways}
    for turn in range(rounds):
        for name in random.Random(turn).sample(list(ways), len(ways)):
            results[name].append(ways[name]())
    return results


def cached_pages(table, sqlite, postgres, nginx_address, bare_address, pages):
    for name, path in pages.items():
        found = in_turns(
            {
                "nginx": lambda name=name: rate(f"{nginx_address}/{name}.html"),
                "SQLite": lambda path=path: rate(sqlite + path),
                "PostgreSQL": lambda path=path: rate(postgres + path),
                "bare Django": lambda: rate(bare_address),
            }
        )
        rates = {server: median_rate(values) for server, values in found.items()}
        table.add(
            f"cached {name} page, requests per second",
            ", ".join(f"{server} {it.per_second:,.0f} (p99 {it.p99:.1f} ms)" for server, it in rates.items()),
        )
        for engine, goal in (("SQLite", 0.5), ("PostgreSQL", 0.2)):
            ratio = rates[engine].per_second / rates["nginx"].per_second
            table.add(f"cached {name} page on {engine}, of nginx", f"{ratio:.2f}", f"at least {goal}", ratio >= goal)
        p99 = rates["SQLite"].p99
        table.add(f"cached {name} page on SQLite, p99", f"{p99:.1f} ms", "under 5 ms", p99 < 5)


def uncached_pages(table, edit, portal_address, bare_address, wagtail_address, paths):
    """Measure the first request after a change of the municipality, which no cache can answer."""
    reader, bare, wagtail = (Browser(address) for address in (portal_address, bare_address, wagtail_address))

    def after_an_edit(path):
        edit()
        return reader.get(path).milliseconds

    ways = {name: lambda path=path: after_an_edit(path) for name, path in paths.items()}
    ways |= {
        "bare Django": lambda: bare.get("/").milliseconds,
        "Wagtail": lambda: wagtail.get("/strategi/").milliseconds,
    }
    medians = {name: median(values[1:]) for name, values in in_turns(ways, SINGLE).items()}
    table.add("uncached, one request", ", ".join(f"{name} {value:.1f} ms" for name, value in medians.items()))
    for name in ("strategy", "meeting"):
        ratio = medians[name] / medians["Wagtail"]
        table.add(f"uncached {name} page, of the Wagtail page", f"{ratio:.2f}", "under 1", ratio < 1)


def publish_to_visible(table, edit, address, path):
    reader, times, stale = Browser(address), [], 0
    for _ in range(SINGLE):
        text, committed = edit(), time.perf_counter()
        while text.encode() not in reader.get(path).body:
            stale += 1
        times.append((time.perf_counter() - committed) * 1000)
    table.add("commit of a change to its first answer", f"{median(times):.0f} ms")
    table.add("old answers after a commit", f"{stale} of {SINGLE}", "0", stale == 0)


def pdfs(table, address, path, var):
    """`static/bench.pdf` is a copy of the PDF, which the same server sends as a static file."""
    reader = Browser(address)
    reader.get(path)
    found = in_turns({"stored": lambda: rate(address + path), "static": lambda: rate(f"{address}/static/bench.pdf")})
    stored, static = (median_rate(found[name]) for name in ("stored", "static"))
    ratio = stored.per_second / static.per_second
    table.add("stored PDF, requests per second", f"{stored.per_second:,.0f}, as a file {static.per_second:,.0f}")
    table.add("stored PDF, of a static file", f"{ratio:.2f}", "at least 0.8", ratio >= 0.8)
    cold = []
    for number in range(3):
        for stored in (var / "pdf").glob("*.pdf"):
            stored.unlink()
        cold.append(reader.get(f"{path}?ny={number}").milliseconds)
    table.add("PDF that is not stored, one request", f"{median(cold):.0f} ms")


def growth(table, addresses, paths):
    """Compare the sizes, and give the exponent e of time ~ size^e between the smallest and the largest."""
    # No cache answers a request with the cookie of a session, even of one that has ended.
    readers = {size: Browser(address, "sessionid=ended") for size, address in addresses.items()}
    smallest, largest = min(addresses), max(addresses)
    for name, (path, limit) in paths.items():
        ways = {
            size: lambda reader=reader, path=path: reader.get(path.format(word=random.choice(WORDS)))
            for size, reader in readers.items()
        }
        times = {size: [it.milliseconds for it in answers[1:]] for size, answers in in_turns(ways, SINGLE).items()}
        medians = {size: median(values) for size, values in times.items()}
        ratio = medians[largest] / medians[smallest]
        exponent = math.log(ratio) / math.log(largest / smallest) if largest > smallest else 0
        shown = ", ".join(f"{size}: {value:.1f} ms" for size, value in medians.items())
        table.add(f"{name} by number of municipalities", f"{shown}; exponent {exponent:.2f}")
        table.add(f"{name}, largest to smallest", f"{ratio:.2f}", f"at most {limit}", ratio <= limit)
        if name == "search":
            p95 = percentile_95(times[largest])
            table.add(f"search with {largest} municipalities, p95", f"{p95:.1f} ms", "under 20 ms", p95 < 20)


def while_desks_save(table, address, path, desks):
    """Compare the rate of a cached page while ten secretaries save every two seconds with the rate without them."""
    stop = threading.Event()
    saved = []

    def write(desk):
        while not stop.wait(2):
            saved.append(desk())

    quiet, busy = [], []
    for _ in range(ROUNDS):
        quiet.append(rate(address + path, 4))
        stop.clear()
        threads = [threading.Thread(target=write, args=[desk]) for desk in desks]
        for thread in threads:
            thread.start()
        busy.append(rate(address + path, 4))
        stop.set()
        for thread in threads:
            thread.join()
    ratio = median_rate(busy).per_second / median_rate(quiet).per_second
    table.add(
        f"cached page while {len(desks)} desks save, {len(saved)} times", f"{ratio:.2f}", "at least 0.9", ratio >= 0.9
    )


def start_and_memory(table, database, path):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        with portal(database.var, database.environment) as (address, server):
            Browser(address).get(path)
            times.append(time.perf_counter() - start)
            rate(address + path)
            megabytes = memory(server)
    table.add("start to first page", f"{median(times):.2f} s", "under 1.5 s", median(times) < 1.5)
    table.add("memory of a worker", f"{megabytes:.0f} MB", "under 150 MB", megabytes < 150)


def main(sizes):
    shutil.rmtree(BENCH, ignore_errors=True)
    before, table = loop_time(), Table()
    main_size = sorted(sizes)[len(sizes) // 2]
    with ExitStack() as stack:
        postgres = Database(main_size, stack.enter_context(private_postgres()))
        databases = {size: Database(size) for size in sizes}
        for database in [*databases.values(), postgres]:
            print(f"Filling {database.engine} with {database.size} municipalities", flush=True)
            database.fill()
        measured = databases[main_size]
        os.environ.update(measured.environment)
        # The settings and the models are of the database that has just been filled.
        import django

        django.setup()
        from .content import Content

        content = Content(count())
        pages, rich_text = content.pages(), content.rich_text()
        (measured.var / "static/bench.pdf").write_bytes(content.read(pages["PDF"]))
        bodies = {f"{name}.html": content.read(path) for name, path in pages.items() if name != "PDF"}
        nginx_address = stack.enter_context(nginx(BENCH / "nginx", {"index.html": b"", **bodies}))
        bare = stack.enter_context(bare_django(BENCH / "bare", bodies["strategy.html"]))
        wagtail = stack.enter_context(wagtail_site(BENCH / "wagtail", rich_text))
        on_postgres, _ = stack.enter_context(portal(postgres.var, postgres.environment))
        running = {size: stack.enter_context(portal(it.var, it.environment))[0] for size, it in databases.items()}
        address = running[main_size]
        html = {name: path for name, path in pages.items() if name != "PDF"}
        cached_pages(table, address, on_postgres, nginx_address, bare, html)
        while_desks_save(table, address, pages["strategy"], content.desks(address, DESKS))
        uncached_pages(table, content.edit, address, bare, wagtail, html)
        publish_to_visible(table, content.edit, address, pages["strategy"])
        pdfs(table, address, pages["PDF"], measured.var)
        growing = {"search": ("/soeg/?q={word}", 2.0)}
        growing |= {name: (path, 1.3) for name, path in html.items()}
        growth(table, running, growing)
        start_and_memory(table, measured, pages["strategy"])
    write(table, sizes, before)


def write(table, sizes, before):
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    RESULTS.write_text(
        "# Results of `make bench`\n\n"
        f"{datetime.date.today():%d.%m.%Y}, commit {commit.stdout.strip() or 'unknown'}; {os.cpu_count()} processors, "
        f"{platform.machine()}, Python {platform.python_version()}; 100,000 additions in {before:.0f} ms before and "
        f"{loop_time():.0f} ms after, 2 ms on an idle machine. Sizes: {', '.join(map(str, sizes))} municipalities of "
        "twenty years. Servers and clients share the processors.\n\n"
        f"{table.as_markdown()}\n"
    )


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [1, 10, 98])
