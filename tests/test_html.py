"""HTML validity of every kind of page, by the Nu HTML checker."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from udsat.models import User

from . import test_back_office_in_chromium as back_office
from . import test_in_chromium as public
from .selection import dealt
from .statement_facts import check_fact

# Slow and independent of the database, so it runs with the browser tests.
pytestmark = [pytest.mark.browser]

CHECKER = Path(__file__).parent / "browser/node_modules/vnu-jar/build/dist/vnu.jar"


# Invalid, to prove that the checker reports errors.
FAULTY = "<!doctype html><html lang=da><title>T</title><p><a href='/'><a href='/'>"


def complaints(folder):
    """Return the errors in the HTML files of the folder, as `file:line message: HTML`."""
    assert CHECKER.exists(), "The HTML checker is not installed: make test installs it."
    files = sorted(str(path) for path in folder.glob("*.html"))
    command = ["java", "-jar", str(CHECKER), "--format", "json", "--stdout", "--exit-zero-always", *files]
    checked = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return [
        f"{Path(m['url']).name}:{m.get('lastLine')} {m['type']}: {m['message']} {m.get('extract', '').strip()}"
        for m in json.loads(checked.stdout)["messages"]
    ]


def keep(folder, client, address, status=200):
    response = client.get(address, follow=True)
    assert response.status_code == status, address
    name = re.sub(r"[^\w-]+", "_", address.strip("/")) or "front"
    (folder / f"{name}.html").write_bytes(response.content)


@pytest.mark.parametrize("hand", [0, pytest.param(1, marks=pytest.mark.soak)])
def test_every_page_is_html_as_the_standard_has_it(demo, client, tmp_path, hand):
    folder = tmp_path / "html"
    folder.mkdir()
    public_pages = [(kind, address) for kind, addresses in public.pages().items() for address in addresses]
    for kind, address in dealt(public_pages, 2)[hand]:
        keep(folder, client, address, 404 if kind == "not found" else 200)
    keep(folder, client, "/admin/login/")
    client.force_login(User.objects.get(username="administrator"))
    for address in dealt(back_office.pages(), 2)[hand]:
        keep(folder, client, address)
    (folder / "faulty.html").write_text(FAULTY)
    found = complaints(folder)
    assert any(complaint.startswith("faulty.html") for complaint in found)
    assert [complaint for complaint in found if not complaint.startswith("faulty.html")] == []
    version = json.loads((CHECKER.parents[2] / "package.json").read_text())["version"]
    check_fact("html", {"version": version})
