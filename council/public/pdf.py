"""Agenda, minutes and answers on paper. What meetings may show comes from `public_items`, as on the page."""

from collections import Counter

from django.template.loader import render_to_string

from council.models import Attachment, Attendance, Hearing, Meeting, public_items
from udsat.lib.pdf import frame, stored_pdf


def agenda_pdf(meeting: Meeting) -> bytes:
    """The agenda, without anything that was said or decided. The meeting must have one."""
    agenda = meeting.agenda
    context = _context(meeting, agenda, "Dagsorden", with_minutes=False)
    return stored_pdf(render_to_string("pdf/agenda.html", context | {"agenda": agenda}))


def minutes_pdf(meeting: Meeting) -> bytes:
    """The minutes in the meeting's own style. The meeting must have some."""
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
    """Label and lines of what stands above the items."""
    yield "Sted", [text for text in (meeting.place, meeting.address) if text]
    if meeting.is_cancelled:
        yield "Aflyst", [meeting.cancelled_reason or "Mødet bliver ikke holdt."]
    if not with_minutes:
        if meeting.is_open:
            yield "Åbent møde", [meeting.how_to_attend or "Alle kan komme og lytte med."]
        return
    minutes = meeting.minutes
    attendances = list(
        meeting.attendances.select_related(
            "member__person", "member__council", "substitute_for__person", "substitute_for__council"
        )
    )
    for status, label in [
        (Attendance.Status.PRESENT, "Til stede"),
        (Attendance.Status.EXCUSED, "Afbud"),
        (Attendance.Status.ABSENT, "Fraværende"),
    ]:
        yield label, _names([attendance for attendance in attendances if attendance.status == status])
    yield "Gæster", [text for text in [minutes.guests] if text]
    yield "Ordstyrer", [text for text in [minutes.chaired_by] if text]
    yield "Referent", [text for text in [minutes.minutes_by] if text]
    yield "Godkendelse", [minutes.approval_text]


def _names(attendances):
    """One line for each person; those the public knows by the same words share one, with their number."""
    lines = Counter(attendance.public_text for attendance in attendances)
    return [f"{line} ({number} personer)" if number > 1 else line for line, number in lines.items()]


def answer_pdf(hearing: Hearing) -> bytes:
    """The council's answer to a hearing, as a letter in the house style."""
    page = frame(hearing, qr_title="QR-kode med høringens adresse")
    is_settled = bool(hearing.approved_on or hearing.answered_on)
    context = page | {
        "hearing": hearing,
        "council": hearing.council,
        "is_public": hearing.is_published,
        "draft": "" if is_settled else "Udkast, ikke godkendt af rådet",
    }
    return stored_pdf(render_to_string("pdf/answer.html", context))
