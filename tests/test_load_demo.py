"""`manage.py load_demo`: idempotent, atomic and refused where content exists."""

import re
import stat

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction

from strategies.models import Topic
from udsat.lib.roles import Role
from udsat.models import Municipality, User

from . import factories

pytestmark = pytest.mark.once


def passwords(folder):
    """Return passwords by username from the file."""
    text = (folder / "logins.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^(\w+) +([a-z0-9]{20}) +\w+$", text, re.MULTILINE))


def number_of_rows():
    return {model: model._base_manager.count() for model in apps.get_models()}


def refused():
    """Run the command and expect a message and exit code 2."""
    with pytest.raises(CommandError) as refusal:
        call_command("load_demo")
    assert refusal.value.returncode == 2
    return str(refusal.value)


def test_a_first_load_gives_every_role_a_log_in_that_works_and_a_second_changes_nothing(db, settings, client, capsys):
    path = settings.VAR_DIR / "logins.txt"
    with transaction.atomic():
        call_command("load_demo")
        elsewhere = passwords(settings.VAR_DIR)
        transaction.set_rollback(True)
    path.write_text("gammel")
    path.chmod(0o644)
    capsys.readouterr()
    call_command("load_demo")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600, "only the owner can read it, even over an older file"
    found = passwords(settings.VAR_DIR)
    assert len({*elsewhere.values(), *found.values()}) == 8, "another machine has other passwords"
    shown = capsys.readouterr().out
    fictional = Municipality.objects.get(code="0000")
    assert {User.objects.get(username=name).role_of[fictional.pk] for name in found} == set(Role.values)
    for name, password in found.items():
        assert f"{name} " in shown and password in shown
        assert client.login(username=name, password=password)
    assert [user.username for user in User.objects.all() if user.is_superuser] == ["administrator"]
    assert Municipality.objects.count() == 99
    assert Topic.objects.exists()

    before = number_of_rows()
    call_command("load_demo")
    assert "Intet er ændret" in capsys.readouterr().out
    assert (number_of_rows(), passwords(settings.VAR_DIR)) == (before, found)


def test_in_production_it_refuses(db, settings):
    settings.PRODUCTION = True
    assert "drift" in refused()
    assert not Municipality.objects.exists()


def test_it_does_not_mix_with_what_somebody_has_written(esbjerg, settings):
    factories.strategy(esbjerg)
    assert "Esbjerg Kommune har allerede indhold" in refused()
    assert not User.objects.exists()


def test_it_does_not_take_over_somebodys_user(db):
    factories.user("administrator")
    assert "administrator" in refused()
    assert not User.objects.get().is_superuser


def test_nothing_is_left_when_it_cannot_finish(db, settings):
    (settings.VAR_DIR / "logins.txt").mkdir()
    assert "Der er ikke indlæst noget" in refused()
    assert not User.objects.exists()
    assert not Municipality.objects.exists()
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []
