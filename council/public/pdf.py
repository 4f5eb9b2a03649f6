"""Agendas, minutes and answers to hearings as PDF. Items come from `public_items`, as on the public page."""

from django.template.loader import render_to_string

from council.models import Attachment, Hearing, Meeting, public_items
from council.models.attendance import attendance_by_status
from udsat.lib.pdf import frame
from udsat.lib.pdf_store import stored_pdf


def agenda_pdf(meeting: Meeting) -> bytes:
    """Render the agenda, without discussions and decisions. The meeting must have an agenda."""
    agenda = meeting.agenda
    context = _context(meeting, agenda, "Dagsorden", with_minutes=False)
    return stored_pdf(render_to_string("pdf/agenda.html", context | {"agenda": agenda}))


def minutes_pdf(meeting: Meeting) -> bytes:
    """Render the minutes in the meeting's style. The meeting must have minutes."""
    minutes = meeting.minutes
    context = _context(meeting, minutes, "Referat", with_minutes=True)
    return stored_pdf(render_to_string("pdf/minutes.html", context | {"minutes": minutes}))


def _context(meeting, paper, name, *, with_minutes):
    attachments = meeting.attachments.filter(item=None).select_related("meeting__council__municipality")
    if not with_minutes:
        attachments = attachments.filter(paper=Attachment.Paper.AGENDA)
    return frame(paper, qr_title="QR-kode med mødets adresse") | {
        "meeting": meeting,
        "council": meeting.council,
        "paper": name,
        "version": paper.version,
        "changed": max(paper.updated_at, meeting.updated_at),
        "head": [(label, texts) for label, texts in _head(meeting, with_minutes) if texts],
        "items": public_items(meeting, with_minutes=with_minutes),
        "attachments": list(attachments),
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
    for label, rows in attendance_by_status(meeting.attendances):
        yield label, [f"{text} ({persons} personer)" if persons > 1 else text for text, persons in rows]
    yield "Gæster", [text for text in [minutes.guests] if text]
    yield "Ordstyrer", [text for text in [minutes.chaired_by] if text]
    yield "Referent", [text for text in [minutes.minutes_by] if text]
    yield "Godkendelse", [minutes.approval_text]


def answer_pdf(hearing: Hearing) -> bytes:
    """Render the council's answer to a hearing as a letter."""
    is_settled = bool(hearing.approved_on or hearing.answered_on)
    context = frame(hearing, qr_title="QR-kode med høringens adresse") | {
        "hearing": hearing,
        "council": hearing.council,
        "is_public": hearing.is_published,
        "draft": "" if is_settled else "Udkast, ikke godkendt af rådet",
    }
    return stored_pdf(render_to_string("pdf/answer.html", context))
