"""Withdrawal in one process takes effect at the next request to another: page, PDF and attachment."""

import os
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from . import factories as make

ROOT = Path(__file__).resolve().parent.parent
SERVE = """
import django
from wsgiref.simple_server import make_server
from django.conf import settings
django.setup()
settings.DEBUG = False  # with the page cache
from udsat.wsgi import application
server = make_server("127.0.0.1", 0, application)
print(server.server_port, flush=True)
server.serve_forever()
"""
WITHDRAW = """
import django
django.setup()
from council.models import Minutes
from udsat.models import User
Minutes.objects.get().withdraw(by=User.objects.get(username="anna"))
"""


@pytest.fixture
def environment(transactional_db, tmp_path):
    """Run another process on the same database and files; an in-memory database is first written to disk."""

    def with_data():
        values = connection.settings_dict
        if connection.vendor == "sqlite":
            path = tmp_path / "kopi.sqlite3"
            with sqlite3.connect(path) as copy:
                connection.connection.backup(copy)
            copy.close()
            address = f"sqlite:///{path}"
        else:
            user, host = (quote(values[name], safe="") for name in ("USER", "HOST"))
            address = f"postgres://{user}:{quote(values['PASSWORD'])}@{host}:{values['PORT']}/{values['NAME']}"
        return {
            **os.environ, "DATABASE_URL": address, "VAR_DIR": str(tmp_path), "UDSAT_MODE": "local", "DEBUG": "1",
            "DJANGO_SETTINGS_MODULE": "udsat.settings", "PDF_PROCESSES": "0",
        }  # fmt: skip

    return with_data


def status(address):
    try:
        with urllib.request.urlopen(address, timeout=60) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_withdrawn_in_one_process_it_is_gone_from_the_other(environment, esbjerg, anna):
    meeting = make.meeting(make.council(esbjerg))
    make.item(meeting, decision="<p>Byg flere.</p>")
    make.minutes(meeting)
    file = make.attachment(meeting, paper="referat")
    within = environment()
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE],
        cwd=ROOT,
        env=within,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        site = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        doors = [site + address for address in (meeting.get_minutes_pdf_url(), file.get_absolute_url())]
        page = site + meeting.get_absolute_url()
        # Twice, to fill caches.
        for _ in range(2):
            assert [status(door) for door in doors] == [200, 200]
            assert b"Byg flere." in urllib.request.urlopen(page, timeout=60).read()
        subprocess.run([sys.executable, "-c", WITHDRAW], cwd=ROOT, env=within, check=True)
        assert [status(door) for door in doors] == [404, 404]
        assert b"Byg flere." not in urllib.request.urlopen(page, timeout=60).read()
    finally:
        server.kill()
        server.wait()
        server.stdout.close()
