"""Fixtures: the municipalities Esbjerg and Vejle, their users, servers and the demo content."""

import gc
import os
import shutil
import threading

import pytest
from django.core.management import call_command
from django.db import transaction
from django.forms import BaseForm
from django.test import client as test_client
from django.test import override_settings

from udsat.lib.roles import Role

from . import demo_copy, factories, selection
from .smtp_server import Mailbox

# Playwright runs an event loop in the test's thread, where Django otherwise refuses database access.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

# Garbage is collected seldom: with Python's own threshold it takes a tenth of the time.
gc.set_threshold(50_000, 20, 100)


def keep_context_of_page(store, signal, sender, template, context, **kwargs):
    """Keep the context of the page, not of the hundreds of fields and fragments on it, which take longer to copy."""
    if context.template is template and not (template.name or "").startswith(("django/forms/", "udsat/")):
        keep_context(store, signal, sender, template, context, **kwargs)


keep_context = test_client.store_rendered_templates
test_client.store_rendered_templates = keep_context_of_page


def pytest_report_header():
    return f"tests chosen by TEST_COMMIT={selection.COMMIT}"


def pytest_collection_modifyitems(items):
    """Mark what one database answers for both, always or at this commit."""
    for item in items:
        uses_database = {"django_db_setup", "db", "transactional_db"} & set(item.fixturenames)
        if not uses_database and not item.get_closest_marker("django_db"):
            item.add_marker("once")
        elif not item.get_closest_marker("engine") and selection.is_left_to_sqlite(item.path.name, item.nodeid):
            item.add_marker("left_to_sqlite")


def pytest_collection_finish():
    """Leave what has been imported out of all later garbage collections."""
    gc.freeze()


@pytest.fixture
def meanwhile(monkeypatch):
    """Return a function that sets what another person does once, just after the next form has been validated."""
    validate = BaseForm.full_clean

    def plan(act):
        def validate_and_meet_another(form):
            validate(form)
            if BaseForm.full_clean is validate_and_meet_another:
                monkeypatch.setattr(BaseForm, "full_clean", validate)
                act()

        monkeypatch.setattr(BaseForm, "full_clean", validate_and_meet_another)

    return plan


@pytest.fixture(autouse=True)
def own_folders(settings, tmp_path):
    """Store uploads and PDFs in the test's own folder, and serve static files from the source tree."""
    settings.VAR_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "uploads"
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.PASSWORD_HASHERS = [factories.CHEAP_HASHER]
    settings.PDF_PROCESSES = 0  # of the tests that are about them, more


@pytest.fixture(autouse=True)
def no_request_outlives_its_test(request):
    """Wait for the live server's requests, which would block the flush of the database after the test."""
    if not {"transactional_db", "live_server"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(30)
            assert not thread.is_alive(), "A request of the live server has not ended."


@pytest.fixture
def esbjerg(db):
    return factories.municipality("Esbjerg", code="0561")


@pytest.fixture
def vejle(db):
    return factories.municipality("Vejle", code="0630")


@pytest.fixture
def anna(esbjerg):
    """Secretary in Esbjerg."""
    return factories.user("anna", role=Role.SECRETARY, of=esbjerg, first_name="Anna")


@pytest.fixture
def bo(vejle):
    """Secretary in Vejle."""
    return factories.user("bo", role=Role.SECRETARY, of=vejle, first_name="Bo")


@pytest.fixture
def carla(esbjerg):
    """Editor in Esbjerg, who may write but not publish."""
    return factories.user("carla", role=Role.EDITOR, of=esbjerg, first_name="Carla")


@pytest.fixture
def dan(esbjerg):
    """Approver in Esbjerg, who may publish but not write."""
    return factories.user("dan", role=Role.APPROVER, of=esbjerg, first_name="Dan")


@pytest.fixture
def eva(esbjerg):
    """Administrator in Esbjerg."""
    return factories.user("eva", role=Role.ADMINISTRATOR, of=esbjerg, first_name="Eva")


@pytest.fixture
def operator(db):
    """The superuser who runs the portal."""
    return factories.user("operator", is_superuser=True, first_name="Drift")


@pytest.fixture
def mailbox(settings):
    """A mail server that the portal sends through, with the mails it has received."""
    box = Mailbox()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.DEFAULT_FROM_EMAIL = "udsat@portalen.example"
    yield box
    box.stop()


@pytest.fixture
def demo(transactional_db, own_folders, settings, tmp_path_factory):
    """The content of `manage.py load_demo`, committed for tests with a live server."""
    demo_copy.load(settings.VAR_DIR, tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def module_transaction(django_db_setup, django_db_blocker, tmp_path_factory):
    """A transaction in which the tests of a module run, each in its own; yields the folder of its files.

    Module fixtures create in it what is expensive to create for each test. It is rolled back after the last test.
    """
    folder = tmp_path_factory.mktemp("module")
    own = {
        "VAR_DIR": folder,
        "MEDIA_ROOT": folder / "uploads",
        "PASSWORD_HASHERS": [factories.CHEAP_HASHER],
        "PDF_PROCESSES": 0,
    }
    with django_db_blocker.unblock(), override_settings(**own), transaction.atomic():
        yield folder
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def demo_to_read(module_transaction):
    """The demo content for tests of one module that only read it; returns the folder of its files."""
    call_command("load_demo", verbosity=0)
    return module_transaction


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import expect, sync_playwright

    # Three suites at a time share the processors.
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=[
                "--no-sandbox",
                "--disable-gpu",
                # One origin and no graphics card need neither isolated sites nor a GPU process that composes pages.
                "--disable-site-isolation-trials",
                "--disable-gpu-compositing",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
            ],
        )
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, live_server):
    """A page in a new browser context, with the live server as base URL."""
    context = chromium.new_context(base_url=live_server.url, locale="da-DK", timezone_id="Europe/Copenhagen")
    yield context.new_page()
    context.close()


@pytest.fixture
def page_without_javascript(chromium, live_server):
    context = chromium.new_context(base_url=live_server.url, locale="da-DK", java_script_enabled=False)
    yield context.new_page()
    context.close()
