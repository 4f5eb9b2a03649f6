"""Who is at work: the person of the request, or what a command or a link says of itself. History asks here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase


@dataclass(frozen=True)
class Actor:
    """A person with a log-in (perhaps one not asked for yet), or a name: of a job, or of a member with a link."""

    user: Any = None
    name: str = ""


# Commands and jobs that say nothing are the portal itself.
PORTAL = Actor(name="Portalen")
_actor: ContextVar[Actor] = ContextVar("actor", default=PORTAL)


def current_actor() -> Actor:
    return _actor.get()


@contextmanager
def acting(user: Any = None, name: str = "") -> Iterator[None]:
    """What is saved inside is saved by that person, or under that name."""
    token = _actor.set(Actor(user, name))
    try:
        yield
    finally:
        _actor.reset(token)


class ActorMiddleware:
    """Stands after the authentication. Nobody's log-in is read before something is saved."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with acting(user=getattr(request, "user", None)):
            return self.get_response(request)
