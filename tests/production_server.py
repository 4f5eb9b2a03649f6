"""A server as in production: granian, static files with hashed names, compression."""

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
# Not used by public pages, and slow to compress.
UNUSED_STATIC_FILES = ["admin/*", "django_prose_editor/*"]


def database_url():
    """Return the URL of the test database, for another process. SQLite's is in memory, so it is copied to a file."""
    if connection.vendor == "postgresql":
        database = connection.settings_dict
        return (
            f"postgresql://{database['USER']}@{quote(database['HOST'], safe='')}:{database['PORT']}/{database['NAME']}"
        )
    path = settings.VAR_DIR / "copy.sqlite3"
    with sqlite3.connect(path) as copy:
        connection.connection.backup(copy)
    copy.close()
    return f"sqlite:///{path}"


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


@contextmanager
def production_server():
    """Run a server with the test's database, and yield its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    # UDSAT_MODE "production" would require HTTPS.
    own = {"UDSAT_MODE": "local", "DATABASE_URL": database_url(), "VAR_DIR": str(settings.VAR_DIR), "SITE_URL": address}
    environment = {key: value for key, value in os.environ.items() if key != "DEBUG"} | own
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    subprocess.run(
        [*collect, *(f"--ignore={pattern}" for pattern in UNUSED_STATIC_FILES)], cwd=ROOT, env=environment, check=True
    )
    granian = [str(Path(sys.executable).parent / "granian"), "--interface=wsgi", "--no-ws", "--blocking-threads=4"]
    log_file = settings.VAR_DIR / "server.log"
    with open(log_file, "wb") as log:
        server = subprocess.Popen(
            [*granian, f"--port={port}", "udsat.wsgi:application"],
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        assert is_ready(f"{address}/healthz/ready", server), log_file.read_text()
        yield address
    finally:
        server.terminate()
        server.wait(30)


def is_ready(address, server):
    """Wait until the server responds. Return False if it exits or does not respond within a minute."""
    for _ in range(3000):
        try:
            with urllib.request.urlopen(address, timeout=60):
                return True
        except urllib.error.URLError:
            with suppress(subprocess.TimeoutExpired):
                server.wait(0.02)
                return False
    return False


def fetch(address):
    """Return status, headers and compressed body of a response."""
    request = urllib.request.Request(address, headers={"Accept-Encoding": "gzip, br"})
    try:
        response = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        response = error
    with response:
        return response.status, response.headers, response.read()
