"""Production starts only with everything that it needs to be safe."""

import runpy
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

SETTINGS = str(Path(__file__).resolve().parent.parent / "udsat" / "settings.py")
PRODUCTION = {
    "UDSAT_MODE": "production",
    "SECRET_KEY": "s" * 50,
    "FINGERPRINT_KEY": "f" * 50,
    "ALLOWED_HOSTS": "udsat.example",
    "SITE_URL": "https://udsat.example",
}


@pytest.fixture(autouse=True)
def production(monkeypatch, tmp_path):
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))


def test_production_starts_with_its_keys_hosts_and_address(tmp_path):
    assert runpy.run_path(SETTINGS)["FINGERPRINT_KEY"] == "f" * 50
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("FINGERPRINT_KEY", ""),
        ("FINGERPRINT_KEY", "short"),
        ("FINGERPRINT_KEY", PRODUCTION["SECRET_KEY"]),
        ("ALLOWED_HOSTS", ""),
        ("ALLOWED_HOSTS", "*"),
        ("SITE_URL", ""),
        ("SITE_URL", "http://udsat.example"),
    ],
)
def test_production_refuses_to_start_without(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(ImproperlyConfigured, match=f"environment variables: {name}"):
        runpy.run_path(SETTINGS)


def test_local_mode_makes_its_keys_once(monkeypatch, tmp_path):
    for name in PRODUCTION:
        monkeypatch.delenv(name)
    first, second = runpy.run_path(SETTINGS), runpy.run_path(SETTINGS)
    assert first["FINGERPRINT_KEY"] == second["FINGERPRINT_KEY"] != first["SECRET_KEY"] == second["SECRET_KEY"]
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
