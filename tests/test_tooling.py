"""The README documents every make target and dependency; `make audit`."""

import datetime
import json
import re
import tomllib
from pathlib import Path

import pytest

from . import audit

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TABLE_ROW = re.compile(r"^\|(.*)\|\s*$", re.MULTILINE)


def commands():
    """Return the make targets with a help text, except `help`."""
    targets = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    return [target for target in targets if target != "help"]


def dependencies():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    return [re.match(r"[\w.-]+", requirement).group() for requirement in declared]


def in_a_table(word):
    whole_word = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])", re.IGNORECASE)
    return any(whole_word.search(row) for row in TABLE_ROW.findall(README.read_text()))


@pytest.mark.parametrize("command", commands())
def test_a_reader_of_the_readme_finds_every_command(command):
    assert in_a_table(f"make {command}"), f"`make {command}` is missing from the README's table of commands"


@pytest.mark.parametrize("name", dependencies())
def test_a_reader_of_the_readme_finds_every_dependency_and_its_reason(name):
    assert in_a_table(name), f"{name} is missing from the README's table of dependencies"


@pytest.fixture
def uv(monkeypatch, tmp_path):
    monkeypatch.setattr(audit, "SBOM", tmp_path / "sbom.cdx.json")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    return str(max((ROOT / ".uv").glob("*/bin/uv")))


def test_an_audit_without_its_service_says_that_nothing_was_checked(uv, capfd):
    assert audit.main(uv, "--service-url=http://127.0.0.1:1") == audit.UNREACHABLE
    assert "NOT CHECKED" in capfd.readouterr().out


def test_an_audit_writes_a_list_of_all_packages_and_their_versions(uv):
    audit.main(uv, "--service-url=http://127.0.0.1:1")
    sbom = json.loads(audit.SBOM.read_text())
    assert sbom["bomFormat"] == "CycloneDX"
    assert audit.declared_packages() <= {component["name"] for component in sbom["components"]}


def test_an_audit_lists_packages_without_a_release_for_a_year():
    long_ago, now = datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC), datetime.datetime.now(datetime.UTC)
    assert audit.packages_without_release(since=long_ago) == []
    assert {name for name, *_ in audit.packages_without_release(since=now)} == audit.declared_packages()
