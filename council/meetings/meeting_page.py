"""Registration of back-office pages about one meeting."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse

from udsat.lib import roles


@dataclass(frozen=True)
class MeetingPage:
    """A back-office page about one meeting, besides its change form."""

    route: str  # below the meeting's address
    name: str  # admin:council_meeting_<name>
    view: Callable[..., HttpResponse]  # called with the admin, the request and a meeting that the user can reach
    ability: str = roles.EDIT  # that the user needs
    tab: str = ""  # label of its tab; without one, the page is linked from another
