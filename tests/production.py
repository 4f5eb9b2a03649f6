"""The site as production serves it: its own web server, files with hashed names, everything compressed."""

import os
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parent.parent
# Public pages ask for none of what these bring, and to compress it takes longer than all the rest.
NOT_ASKED_FOR = ["admin/*", "django_prose_editor/*"]


def _database_url():
    """What a server of its own reads the test's database by; SQLite's lies in memory, so that gets a copy of it."""
    if connection.vendor == "postgresql":
        its = connection.settings_dict
        return f"postgresql://{its['USER']}@{quote(its['HOST'], safe='')}:{its['PORT']}/{its['NAME']}"
    path = settings.VAR_DIR / "copy.sqlite3"
    with sqlite3.connect(path) as copy:
        connection.connection.backup(copy)
    copy.close()
    return f"sqlite:///{path}"


@contextmanager
def served():
    """Yield the address of a server that shows the test's database, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    # The one thing of production that is left out is HTTPS, and with it the way every request is led there.
    own = {
        "UDSAT_MODE": "local",
        "DATABASE_URL": _database_url(),
        "VAR_DIR": str(settings.VAR_DIR),
        "SITE_URL": address,
    }
    environment = {key: value for key, value in os.environ.items() if key != "DEBUG"} | own
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run([*collect, *(f"--ignore={it}" for it in NOT_ASKED_FOR)], cwd=ROOT, env=environment, check=True)
    granian = [str(Path(sys.executable).parent / "granian"), "--interface=wsgi", "--no-ws", "--blocking-threads=4"]
    said = settings.VAR_DIR / "server.log"
    with open(said, "wb") as log:
        server = subprocess.Popen(
            [*granian, f"--port={port}", "udsat.wsgi:application"],
            cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        assert _is_ready(f"{address}/healthz/ready", server), said.read_text()
        yield address
    finally:
        server.terminate()
        server.wait(30)


def _is_ready(address, server):
    """Once it answers; False when it ends instead, or takes a minute and more."""
    for _ in range(600):
        try:
            with urllib.request.urlopen(address, timeout=60):
                return True
        except urllib.error.URLError:
            with suppress(subprocess.TimeoutExpired):
                server.wait(0.1)
                return False
    return False


def fetch(address):
    """The status, the headers and the body as it was sent, compressed."""
    asked = urllib.request.Request(address, headers={"Accept-Encoding": "gzip, br"})
    try:
        answer = urllib.request.urlopen(asked, timeout=60)
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        return answer.status, answer.headers, answer.read()
