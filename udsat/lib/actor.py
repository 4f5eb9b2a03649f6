"""The actor of changes, for the history: the user of the request, a job, or the holder of a personal link."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase


@dataclass(frozen=True)
class Actor:
    """A user (possibly the request's lazy object), or the name of a job or of a member with a personal link."""

    user: Any = None
    name: str = ""


# The default for commands and jobs.
PORTAL = Actor(name="Portalen")
_actor: ContextVar[Actor] = ContextVar("actor", default=PORTAL)


def current_actor() -> Actor:
    return _actor.get()


@contextmanager
def acting_as(user: Any = None, name: str = "") -> Iterator[None]:
    """Attribute changes made in the block to this user or name."""
    token = _actor.set(Actor(user, name))
    try:
        yield
    finally:
        _actor.reset(token)


class ActorMiddleware:
    """Makes the request's user the actor. Placed after authentication; loads the user only on a save."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with acting_as(user=getattr(request, "user", None)):
            return self.get_response(request)
