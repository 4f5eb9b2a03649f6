"""What a module says of a page it brings to the back office about one meeting."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse

from udsat.lib import roles


@dataclass(frozen=True)
class MeetingPage:
    """A page of the back office about one meeting, besides the meeting's own."""

    route: str  # below the meeting's address
    name: str  # admin:council_meeting_<name>
    view: Callable[..., HttpResponse]  # called with the admin, the request and the meeting, which is in her reach
    ability: str = roles.EDIT  # what her role must give
    tab: str = ""  # what it is called on the meeting's pages; without, it is reached from one of them
