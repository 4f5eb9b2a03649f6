"""Agendas, minutes, answers to hearings and posters as PDF. Items come from `public_items`, as on the public page."""

from textwrap import shorten

from django.template.loader import render_to_string
from django.utils.dates import WEEKDAYS

from council.models import Attachment, Council, Hearing, Meeting, public_items
from council.models.attendance import attendance_by_status
from council.models.meeting import next_and_next_open
from council.models.public_items import read_items
from udsat.lib.pdf import frame
from udsat.lib.pdf_store import Pdf, long_pdf

from .come_along import usual_facts

# Layouts of a poster, tried in order until it fits one page: `f<n>` shows n facts.
LAYOUTS = ("f6", "f5 cut", "f4 cut", "f3 cut", "f2 cut", "f1 cut", "f0 cut", "f0 cut bare")
MAX_POSTER_MEETINGS = 3
# Kinds whose default title is replaced by the council's name.
ORDINARY_KINDS = {Meeting.Kind.ORDINARY, Meeting.Kind.EXTRAORDINARY, Meeting.Kind.CONSTITUENT}


def agenda_pdf(meeting: Meeting) -> Pdf:
    """Render the agenda, without discussions and decisions. The meeting must have an agenda."""
    agenda = meeting.agenda
    context = _context(meeting, agenda, "Dagsorden", with_minutes=False)
    return long_pdf(render_to_string("pdf/agenda.html", context | {"agenda": agenda}))


def minutes_pdf(meeting: Meeting) -> Pdf:
    """Render the minutes in the meeting's style. The meeting must have minutes."""
    minutes = meeting.minutes
    context = _context(meeting, minutes, "Referat", with_minutes=True)
    return long_pdf(render_to_string("pdf/minutes.html", context | {"minutes": minutes}))


def _context(meeting, paper, name, *, with_minutes):
    items, attachments = read_items(meeting)
    return frame(paper, qr_title="QR-kode med mødets adresse") | {
        "meeting": meeting,
        "council": meeting.council,
        "paper": name,
        "version_text": paper.version_text,
        "head": [(label, texts) for label, texts in _head(meeting, with_minutes) if texts],
        "items": public_items(meeting, with_minutes=with_minutes, items=items),
        "attachments": [a for a in attachments if with_minutes or a.paper == Attachment.Paper.AGENDA],
    }


def _head(meeting, with_minutes):
    """Yield label and lines of each fact above the items."""
    yield "Sted", [text for text in (meeting.place, meeting.address) if text]
    if meeting.is_cancelled:
        yield "Aflyst", [meeting.cancelled_reason or "Mødet bliver ikke holdt."]
    if not with_minutes:
        if meeting.is_open:
            yield "Åbent møde", [meeting.how_to_attend or "Alle kan komme og lytte med."]
        return
    minutes = meeting.minutes
    for label, rows in attendance_by_status(meeting):
        yield label, [f"{text} ({persons} personer)" if persons > 1 else text for text, persons in rows]
    yield "Gæster", [text for text in [minutes.guests] if text]
    yield "Ordstyrer", [text for text in [minutes.chaired_by] if text]
    yield "Referent", [text for text in [minutes.minutes_by] if text]
    yield "Godkendelse", [minutes.approval_text]


def answer_pdf(hearing: Hearing) -> Pdf:
    """Render the council's answer to a hearing as a letter."""
    is_settled = bool(hearing.approved_on or hearing.answered_on)
    context = frame(hearing, qr_title="QR-kode med høringens adresse") | {
        "hearing": hearing,
        "council": hearing.council,
        "is_public": hearing.is_published,
        "draft": "" if is_settled else "Udkast, ikke godkendt af rådet",
    }
    return Pdf(render_to_string("pdf/answer.html", context))


# Posters for the wall of a drop-in centre: one A4 page, legible from two metres. Text is never set smaller to fit. Long
# texts are shortened between words, the last facts are left out, and the poster refers to the page for the rest.


class TextShortener:
    def __init__(self):
        self.has_shortened = False

    def __call__(self, text: str, length: int) -> str:
        text = " ".join(text.split())
        if len(text) <= length:
            return text
        self.has_shortened = True
        return shorten(text, length, placeholder=" …").removeprefix("…").strip() or f"{text[: length - 2]} …"


def meeting_poster(meeting: Meeting, council: Council | None) -> Pdf:
    """`meeting` is coming or cancelled; `council` is None where the reader may not see it."""
    shortened = TextShortener()
    facts = dict(usual_facts(meeting, council))
    directions = facts.pop("Sådan finder du derhen", "")
    if meeting.is_cancelled or not meeting.is_open:
        facts = {}
    return _poster(
        "pdf/wall_meeting.html",
        meeting,
        council,
        shortened,
        {
            "meeting": meeting,
            "weekday": WEEKDAYS[meeting.date.weekday()],
            "headline": shortened(_headline(meeting, council), 90),
            "place": shortened(meeting.place, 70),
            "address": shortened(meeting.address, 80),
            "directions": shortened(directions, 170),
            "special": shortened(meeting.how_to_attend, 170) if meeting.is_open else "",
            "facts": [(label, shortened(text, 75)) for label, text in facts.items()],
            "reason": shortened(meeting.cancelled_reason, 120),
        },
        "QR-kode med mødets adresse",
    )


def council_poster(council: Council, meetings) -> Pdf:
    """`meetings` are the coming ones that the reader may see. The next open one is always among those shown."""
    shortened = TextShortener()
    coming = list(meetings)
    shown, next_open = coming[:MAX_POSTER_MEETINGS], next_and_next_open(coming)[1]
    if next_open and next_open not in shown:
        shown[-1] = next_open
    return _poster(
        "pdf/wall_council.html",
        council,
        council,
        shortened,
        {
            "headline": shortened(council.name, 70),
            "summary": shortened(council.summary, 200),
            "meetings": [(meeting, shortened(meeting.place, 40)) for meeting in shown],
            "address": shortened(council.address, 80),
        },
        "QR-kode med rådets adresse",
    )


def _headline(meeting, council):
    if meeting.title or meeting.kind not in ORDINARY_KINDS or not council:
        return meeting.display_title
    return f"Møde i {council.name}"


def _poster(template, subject, council, shortened, context, qr_title):
    page = frame(subject, qr_title=qr_title)
    municipality = page["municipality"]
    # As in the footer of the pages: the council's phone and hours, or else the municipality's.
    contact = council if council and council.phone else municipality
    email = (council.email if council else "") or municipality.email
    html = render_to_string(
        template,
        page
        | {
            "council_name": shortened(council.name if council else "", 60),
            "phone": shortened(contact.phone, 30),
            "hours": shortened(contact.phone_hours, 50),
            "email": email if len(email) <= 40 else "",
            "short_url": page["page_url"].partition("//")[2],
        }
        | context
        | {"is_cut": shortened.has_shortened},
    )
    return Pdf(html, layouts=LAYOUTS, max_pages=1)
