"""Posters for the wall of a drop-in centre: one A4 page, to be read from two metres by one who has no phone.

Nothing is set smaller to make room. What is too long is cut between words, the last facts are left out, and the poster
says where to read the rest.
"""

from textwrap import shorten

from django.template.loader import render_to_string
from django.utils.dates import WEEKDAYS

from council.models import Council, Meeting
from udsat.lib.pdf import frame, stored_pdf

from .come_along import usual_facts

# How many of the facts are shown. Those left out are read on the page.
LAYOUTS = ("f6", "f5 cut", "f4 cut", "f3 cut", "f2 cut", "f1 cut", "f0 cut", "f0 cut bare")
MEETINGS = 3
# Titles that only say what kind of meeting it is tell nobody why to come.
EVERYDAY = {Meeting.Kind.ORDINARY, Meeting.Kind.EXTRAORDINARY, Meeting.Kind.CONSTITUENT}


class Cut:
    """Cuts texts, and remembers whether it had to."""

    def __init__(self):
        self.was_needed = False

    def __call__(self, text: str, length: int) -> str:
        text = " ".join(text.split())
        if len(text) <= length:
            return text
        self.was_needed = True
        return shorten(text, length, placeholder=" …").removeprefix("…").strip() or f"{text[: length - 2]} …"


def meeting_poster(meeting: Meeting, council: Council | None) -> bytes:
    """A meeting to come, or one that is cancelled. `council` is what this reader may see of it."""
    cut = Cut()
    facts = [] if meeting.is_cancelled or not meeting.is_open else usual_facts(meeting, council)
    directions = next((text for word, text in usual_facts(meeting, council) if word == "Sådan finder du derhen"), "")
    return _poster(
        "pdf/wall_meeting.html",
        meeting,
        council,
        cut,
        {
            "meeting": meeting,
            "weekday": WEEKDAYS[meeting.date.weekday()],
            "headline": cut(_headline(meeting, council), 90),
            "place": cut(meeting.place, 70),
            "address": cut(meeting.address, 80),
            "directions": cut(directions, 170),
            "special": cut(meeting.how_to_attend, 170) if meeting.is_open else "",
            "facts": [(word, cut(text, 75)) for word, text in facts if word != "Sådan finder du derhen"],
            "reason": cut(meeting.cancelled_reason, 120),
        },
        "QR-kode med mødets adresse",
    )


def council_poster(council: Council, meetings) -> bytes:
    """`meetings`: those to come that this reader may see."""
    cut = Cut()
    return _poster(
        "pdf/wall_council.html",
        council,
        council,
        cut,
        {
            "headline": cut(council.name, 70),
            "summary": cut(council.summary, 200),
            "meetings": [(meeting, cut(meeting.place, 40)) for meeting in meetings[:MEETINGS]],
            "address": cut(council.address, 80),
        },
        "QR-kode med rådets adresse",
    )


def _headline(meeting, council):
    if meeting.title or meeting.kind not in EVERYDAY or not council:
        return meeting.display_title
    return f"Møde i {council.name}"


def _poster(template, subject, council, cut, context, qr_title):
    page = frame(subject, qr_title=qr_title)
    place = page["municipality"]
    # As in the foot of the pages: the council's number and hours, or else the municipality's.
    whom = council if council and council.phone else place
    mail = (council.email if council else "") or place.email
    html = render_to_string(
        template,
        page
        | {
            "council_name": cut(council.name if council else "", 60),
            "phone": cut(whom.phone, 30),
            "hours": cut(whom.phone_hours, 50),
            "email": mail if len(mail) <= 40 else "",
            "short_url": page["page_url"].partition("//")[2],
            "changed": subject.updated_at,
        }
        | context
        | {"is_cut": cut.was_needed},
    )
    return stored_pdf(html, layouts=LAYOUTS, max_pages=1)
