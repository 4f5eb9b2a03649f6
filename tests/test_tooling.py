"""What is declared in the tool files is explained in the README."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
TABLE_ROW = re.compile(r"^\|(.*)\|\s*$", re.MULTILINE)


def commands():
    """The targets that `make` lists, without the list itself."""
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
