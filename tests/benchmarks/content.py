"""What the benchmark reads and edits in the database of the portal that it measures."""

import json
import urllib.request
import uuid
from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.test import Client
from django.urls import reverse

from council.meetings.desk.fields import EMPTY, fingerprint
from council.models import Meeting
from strategies.models import Section, Strategy
from tests import factories as make
from udsat.lib.publishing import Status
from udsat.models import Municipality, User


class Content:
    """The pages of one municipality, an edit of its strategy, and desks that save."""

    def __init__(self, numbers):
        self.numbers = numbers
        self.strategy = Strategy.objects.published().order_by("municipality__code", "-pk").first()
        self.municipality = self.strategy.municipality

    def pages(self):
        """Return the paths that are measured, by name."""
        meetings = Meeting.objects.published().filter(council__municipality=self.municipality)
        meeting = meetings.exclude(minutes=None).order_by("-date").first()
        strategy = self.strategy.get_absolute_url()
        pages = {"municipality": self.municipality.get_absolute_url(), "strategy": strategy}
        return pages | {"meeting": meeting.get_absolute_url(), "PDF": self.strategy.get_pdf_url()}

    def read(self, path):
        response = Client(headers={"host": "127.0.0.1"}).get(path)
        assert response.status_code == 200, path
        return response.getvalue()

    def rich_text(self):
        """Return the texts of the strategy as HTML, for the page of another system."""
        texts = [section.body for section in self.strategy.sections.all()]
        for theme in self.strategy.themes.all():
            texts += [f"<h2>{theme.title}</h2>{theme.body}", *(f"<p>{goal.text}</p>" for goal in theme.goals.all())]
        return "".join(texts)

    def edit(self):
        """Change a text of the strategy, which is public, and return it."""
        section = Section.objects.filter(strategy=self.strategy).first()
        text = f"Rettet for {next(self.numbers)}. gang"
        section.body = f"<p>{text}</p>"
        section.save()
        return text

    def desks(self, address, number):
        """Return for each of so many municipalities a function that saves a decision at the desk of a meeting."""
        user = User.objects.create_superuser("benchmark", password=make.PASSWORD)
        session = import_module(settings.SESSION_ENGINE).SessionStore()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session.save()
        municipalities = Municipality.objects.exclude(council=None).order_by("code")[:number]
        return [self._desk(address, session.session_key, user, it.council) for it in municipalities]

    def _desk(self, address, session, user, council):
        meeting = make.meeting(council, status=Status.DRAFT)
        make.minutes(meeting, status=Status.DRAFT)
        item = make.item(meeting)
        url = address + reverse("admin:council_meeting_desk_sync", args=[meeting.pk])
        cookies, client, base = f"{settings.SESSION_COOKIE_NAME}={session}", str(uuid.uuid4()), [EMPTY]
        with urllib.request.urlopen(urllib.request.Request(url, headers={"Cookie": cookies})) as response:
            token = json.load(response)["csrf"]
            cookies += "; " + response.headers["Set-Cookie"].partition(";")[0]

        def save():
            value = f"<p>Besluttet {next(self.numbers)}</p>"
            edit = {"id": str(uuid.uuid4()), "field": f"item:{item.pk}:decision", "base": base[0], "value": value}
            body = json.dumps({"user": user.pk, "client": client, "edits": [edit]}).encode()
            headers = {"Cookie": cookies, "X-CSRFToken": token, "Content-Type": "application/json"}
            with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
                outcome = json.load(response)["results"][0]["outcome"]
            assert outcome == "saved", outcome
            base[0] = fingerprint(value)
            return outcome

        return save
