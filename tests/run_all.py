"""Run the tests on SQLite, on PostgreSQL and in Chromium, three processes at a time; `make test` calls this.

Browser tests are the slowest and do not depend on the database, so they run once, on PostgreSQL. Tests of PDFs, of
permissions and without a database are marked `once` and run on SQLite only. With the argument `soak`, as `make soak`
passes it, every test runs; otherwise tests/selection.py defines the selection.

PostgreSQL is a temporary private server: its cluster and its only socket are in a temporary folder, and it is stopped
and removed at the end, also after a failure or Ctrl-C. Skipped tests and expected failures count as failures.
"""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve() / "tests"

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# No durability, since the data is temporary. No TCP port, which another program might use.
POSTGRES_CONF = """
listen_addresses = ''
unix_socket_directories = '{folder}'
port = 5432
jit = off
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@contextmanager
def private_postgres():
    """Yield the DATABASE_URL of a server that lives as long as the block."""
    # Directly under /tmp: the path of a socket may be 107 bytes at most.
    folder = tempfile.mkdtemp(prefix="udsat-postgres-", dir="/tmp")
    data, log = f"{folder}/data", f"{folder}/log"
    # PostgreSQL refuses to run as root; Debian's package brings the user.
    as_user = {}
    if os.geteuid() == 0:
        as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
        shutil.chown(folder, "postgres", "postgres")

    def run(program, *arguments):
        command = [f"{postgres_programs()}/{program}", "--pgdata", data, *arguments]
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True, **as_user)
        if result.returncode:
            written = Path(log).read_text() if Path(log).exists() else ""
            sys.exit(f"PostgreSQL: {program} failed.\n{result.stdout}{result.stderr}{written}")

    try:
        run("initdb", "--username=udsat", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        with open(f"{data}/postgresql.conf", "a") as conf:
            conf.write(POSTGRES_CONF.format(folder=folder))
        # Output goes to a file: this process would wait for the server to close a pipe.
        run("pg_ctl", "start", "--wait", "--silent", f"--log={log}")
        yield f"postgresql://udsat@{folder.replace('/', '%2F')}:5432/postgres"
    finally:
        if Path(data, "postmaster.pid").exists():
            run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")
        shutil.rmtree(folder)


def postgres_programs():
    """Return the folder of the newest server that is installed; Debian keeps it off PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    if not folders:
        sys.exit("PostgreSQL is not installed: apt-get install postgresql")
    return folders[-1]


class Suite:
    """One pytest process, with its own log, report and var folder."""

    def __init__(self, name, database_url, marker, files=()):
        self.name = name
        self.folder = OUTPUT / name.lower()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.log = self.folder / "log.txt"
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        environment |= {"DATABASE_URL": database_url, "VAR_DIR": str(self.folder), "PYTHONUNBUFFERED": "1"}
        # No cache, which two processes would write. A new session, so that Ctrl-C arrives through `interrupt()` only.
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--durations=10", "-m", marker]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*command, f"--junitxml={self.folder}/report.xml", *files],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_running(self):
        return self.process.poll() is None

    def finish(self):
        """Wait, print the end of the log (all of it after a failure), return the number passed, failed and skipped."""
        code = self.process.wait()
        passed, failed, skipped = self.counts()
        if code and not failed:
            failed = 1
        text = self.log.read_text(errors="replace")
        if failed or skipped:
            print(text)
        summary = re.findall(r"^=+ (.* in .*) =+$", text, re.MULTILINE)
        print(f"{self.name}: {summary[-1] if summary else f'pytest ended with code {code}'}", flush=True)
        return passed, failed, skipped

    def counts(self):
        """Return the counts in the report; all zero if pytest ended before writing one."""
        try:
            suite = ElementTree.parse(self.folder / "report.xml").getroot().find("testsuite")
        except FileNotFoundError:
            return 0, 0, 0
        total, failures, errors, skipped = (int(suite.get(key)) for key in ("tests", "failures", "errors", "skipped"))
        return total - failures - errors - skipped, failures + errors, skipped

    def interrupt(self):
        """Interrupt an unfinished run, upon which pytest closes its databases and browsers."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)

    def end(self):
        """Wait half a minute for the process to end, then kill it."""
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)


def interrupted(number, frame):
    """Raise KeyboardInterrupt for the first signal, and ignore further ones during clean-up."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def loop_time():
    """Return the milliseconds of 100,000 additions, a mean of twenty: the speed of the machine at the moment."""
    start = time.perf_counter()
    for _ in range(20):
        total = 0
        for number in range(100_000):
            total += number
    return (time.perf_counter() - start) * 1000 / 20


def planned(postgres_url, is_soak):
    """Return the arguments of each suite, the longest first."""
    left_out, left_to_sqlite = ("", "") if is_soak else (" and not soak", " and not left_to_sqlite")
    on_sqlite, on_postgres = f"not browser{left_out}", f"not browser and not once{left_out}{left_to_sqlite}"
    paths = sorted((ROOT / "tests").glob("test_*.py"))
    files = [str(path) for path in paths]
    with_browser = [str(path) for path in paths if "mark.browser" in path.read_text()]
    return [
        # Another database name, so that two suites can use the same server.
        ("Browser", f"{postgres_url.removesuffix('postgres')}browser", f"browser{left_out}", with_browser),
        ("PostgreSQL", postgres_url, on_postgres),
        # In parts, so that both processors are busy to the end.
        *((f"SQLite-{part + 1}", "", on_sqlite, files[part::4]) for part in range(4)),
    ]


def run_suites(waiting):
    """Run three suites at a time and return the counts of each; end all of them when interrupted."""
    suites = []
    try:
        while waiting or any(suite.is_running for suite in suites):
            if waiting and sum(suite.is_running for suite in suites) < 3:
                suites.append(Suite(*waiting.pop(0)))
            else:
                time.sleep(0.5)
        return [suite.finish() for suite in suites]
    finally:
        for suite in suites:
            suite.interrupt()
        for suite in suites:
            suite.end()


def main():
    for number in SIGNALS:
        signal.signal(number, interrupted)
    begun, loop_before = time.monotonic(), loop_time()
    print(f"To follow the tests: tail -f {OUTPUT}/*/log.txt", flush=True)
    with private_postgres() as postgres_url:
        results = run_suites(planned(postgres_url, is_soak="soak" in sys.argv[1:]))
    passed, failed, skipped = (sum(column) for column in zip(*results, strict=True))
    if skipped:
        print(f"{skipped} skipped or expected to fail: every test must run.")
        failed += skipped
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    minutes, processor = (time.monotonic() - begun) / 60, (spent.ru_utime + spent.ru_stime) / 60
    print(f"{minutes:.1f} minutes, {processor:.1f} minutes of processor time besides PostgreSQL's own.")
    print(f"100,000 additions: {loop_before:.0f} ms before, {loop_time():.0f} ms after, 2 ms on an idle machine.")
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
