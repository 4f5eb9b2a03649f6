"""Export of a meeting's agenda and minutes: as Word, and as a ZIP with attachments for a municipal case system.

Unlike public pages, the files name people in full. A closed item has only its number and neutral title, unless
`with_closed` is set.
"""

import io
import zipfile

from django.conf import settings
from django.db.models import Prefetch

from council.models import AgendaItem, Agreement, Attachment, Attendance, Meeting, Membership
from udsat.lib.danish import clock, long_date, slugify, weekday_date
from udsat.lib.docx_writer import WordDocument

from . import standard_labels
from .standard_labels import seat_name


def agenda_docx(meeting: Meeting, *, with_closed: bool = False) -> bytes:
    return _write(meeting, with_minutes=False, with_closed=with_closed)


def minutes_docx(meeting: Meeting, *, with_closed: bool = False) -> bytes:
    return _write(meeting, with_minutes=True, with_closed=with_closed)


def full_name(meeting: Meeting, file_name: str) -> str:
    return f"{meeting.municipality.slug}-{meeting.address_part}-{file_name}"


def case_zip(meeting: Meeting, *, with_closed: bool = False) -> bytes:
    """Return a ZIP of the existing agenda and minutes as Word, and the attachments in the order of the items."""
    papers = [("dagsorden", agenda_docx)] if _paper(meeting, "agenda") or not _paper(meeting, "minutes") else []
    if _paper(meeting, "minutes"):
        papers.append(("referat", minutes_docx))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, write in papers:
            archive.writestr(
                zipfile.ZipInfo(full_name(meeting, f"{name}.docx")),
                write(meeting, with_closed=with_closed),
                zipfile.ZIP_DEFLATED,
            )
        missing = []
        for number, attachment in enumerate(case_attachments(meeting, with_closed=with_closed), 1):
            name = _safe_name(attachment, number)
            try:
                with attachment.file.open("rb") as file:
                    archive.writestr(zipfile.ZipInfo(name), file.read(), zipfile.ZIP_DEFLATED)
            except OSError:
                missing.append(f"{name}: {attachment.display_title}")
        if missing:
            text = "Disse bilag findes ikke længere på portalen og er ikke med:\r\n\r\n" + "\r\n".join(missing) + "\r\n"
            archive.writestr(zipfile.ZipInfo("bilag-der-mangler.txt"), text)
    return content.getvalue()


def case_attachments(meeting: Meeting, *, with_closed: bool) -> list[Attachment]:
    """Return the attachments in the order of the items; those of the whole meeting are last."""
    attachments = meeting.attachments.select_related("item", "meeting__council__municipality")
    if not with_closed:
        attachments = attachments.exclude(item__is_closed=True)
    positions = {pk: position for position, pk in enumerate(meeting.items.values_list("pk", flat=True))}
    return sorted(attachments, key=lambda a: (positions.get(a.item_id, len(positions)), a.position, a.pk))


def _safe_name(attachment: Attachment, number: int) -> str:
    """Return a unique file name of ASCII letters, digits and hyphens."""
    stem, _, ending = attachment.filename.rpartition(".")
    name = slugify(attachment.title or stem, 60) or "fil"
    return f"bilag/{number:02}-{name}.{slugify(ending, 8) or 'fil'}"


def _paper(meeting, name):
    return getattr(meeting, name, None) if meeting.pk else None


def _write(meeting: Meeting, *, with_minutes: bool, with_closed: bool) -> bytes:
    council = meeting.council
    paper = standard_labels.MINUTES if with_minutes else standard_labels.AGENDA
    row = _paper(meeting, "minutes" if with_minutes else "agenda")
    note = "Til sagen, ikke til offentliggørelse" + (" · Med lukkede punkter" if with_closed else "")
    document = WordDocument(
        f"{paper}: {meeting.long_title}",
        author=council.municipality.official_name,
        subject=f"{council.name}, {council.municipality.official_name}",
        footer=f"{council.name} · {paper}, {long_date(meeting.date)} · {note}",
        changed=max(meeting.updated_at, row.updated_at) if row else meeting.updated_at,
    )
    document.heading(0, f"{paper}: {meeting.display_title}")
    _head(document, meeting, row, with_minutes)
    items = meeting.items.select_related("meeting").prefetch_related(
        Prefetch("agreements", Agreement.objects.select_related("member__person", "member__council")),
        Prefetch("followed_up", Agreement.objects.select_related("item__meeting", "member__person")),
        Prefetch("attachments", Attachment.objects.select_related("meeting__council__municipality")),
        "themes__strategy__municipality",
        "themes__strategy__themes",
        "goals__theme__strategy__municipality",
    )
    shown = [item for item in items if with_minutes or item.is_on_agenda]
    for number, item in enumerate(shown, meeting.first_number):
        _item(document, meeting, item, number, with_minutes, with_closed)
    attachments = [a for a in case_attachments(meeting, with_closed=with_closed) if a.item_id is None]
    if not with_minutes:
        attachments = [a for a in attachments if a.paper == Attachment.Paper.AGENDA]
    if attachments:
        document.heading(1, standard_labels.FILES_OF_ALL)
        document.bullets(map(_file_line, attachments))
    return document.to_bytes()


def _head(document, meeting, row, with_minutes):
    council = meeting.council
    document.labelled(standard_labels.COUNCIL, f"{council.name}, {council.municipality.official_name}")
    kind = meeting.get_kind_display() + (f" ({meeting.kind_label})" if meeting.kind_label else "")
    document.labelled(standard_labels.KIND, kind)
    if meeting.title:
        document.labelled(standard_labels.TITLE, meeting.title)
    document.labelled(standard_labels.DATE, weekday_date(meeting.date))
    if meeting.starts_at:
        until = f"–{clock(meeting.ends_at)}" if meeting.ends_at else ""
        document.labelled(standard_labels.TIME, f"kl. {clock(meeting.starts_at)}{until}")
    for label, text in ((standard_labels.PLACE, meeting.place), (standard_labels.ADDRESS, meeting.address)):
        if text:
            document.labelled(label, text)
    if meeting.is_cancelled:
        document.labelled(standard_labels.CANCELLED, meeting.cancelled_reason or "Mødet bliver ikke holdt.")
    if meeting.is_open:
        document.labelled(
            standard_labels.OPEN, " ".join((meeting.how_to_attend or "Alle kan komme og lytte med.").split())
        )
    if with_minutes:
        _attendance(document, meeting)
    if row and with_minutes:
        for label, text in (
            (standard_labels.GUESTS, row.guests),
            (standard_labels.CHAIRED_BY, row.chaired_by),
            (standard_labels.MINUTES_BY, row.minutes_by),
            (standard_labels.APPROVAL, row.approval_text),
        ):
            if text:
                document.labelled(label, text)
        if row.corrected_on:
            document.labelled(
                f"{standard_labels.CORRECTED} den {long_date(row.corrected_on)}", " ".join(row.correction.split())
            )
    if row:
        for label, text in (
            (standard_labels.INTRO, getattr(row, "intro", "")),
            (standard_labels.PLAIN_TEXT, row.plain_text),
        ):
            if text:
                document.heading(2, label)
                document.rich(text)


def _attendance(document, meeting):
    attendances = list(
        meeting.attendances.select_related(
            "member__person", "member__council", "substitute_for__person", "substitute_for__council"
        )
    )
    for status, label in (
        (Attendance.Status.PRESENT, standard_labels.PRESENT),
        (Attendance.Status.EXCUSED, standard_labels.EXCUSED),
        (Attendance.Status.ABSENT, standard_labels.ABSENT),
    ):
        lines = [_attendance_line(a) for a in attendances if a.status == status]
        if lines:
            document.labelled(label, "")
            document.bullets(lines)


def _attendance_line(attendance):
    member = attendance.member
    line = seat_name(member)
    if member.role != Membership.Role.MEMBER and member.role_label != line:
        line += f" ({member.role_label.lower()})"
    if attendance.substitute_for:
        line += f", {standard_labels.INSTEAD_OF} {seat_name(attendance.substitute_for)}"
    return f"{line} – {attendance.remark}" if attendance.remark else line


def _item(document, meeting, item, number, with_minutes, with_closed):
    lead = f"Punkt {number}: " if meeting.style == Meeting.Style.POINT else f"{number}. "
    hidden = item.is_closed and not with_closed
    document.heading(1, lead + ((item.public_title or standard_labels.CLOSED) if hidden else item.heading))
    if hidden:
        document.paragraph(standard_labels.CLOSED_NOTE, "Note")
        return
    if item.is_closed:
        document.paragraph(standard_labels.CLOSED, "Note")
        document.labelled(standard_labels.PUBLIC_TITLE, item.public_title or standard_labels.CLOSED)
    if item.raised_at_meeting:
        document.paragraph(standard_labels.RAISED, "Note")
    if item.kind:
        document.labelled(standard_labels.KIND, item.get_kind_display())
    if item.case_number:
        document.labelled(standard_labels.CASE_NUMBER, item.case_number)
    shown = {name: getattr(item, name) for name in standard_labels.FIELDS if with_minutes or not _is_of_minutes(name)}
    if with_minutes and item.plain_text:
        document.heading(2, standard_labels.PLAIN_TEXT)
        document.rich(item.plain_text)
    if with_minutes and (followed_up := list(item.followed_up.all())):
        document.heading(2, standard_labels.SINCE)
        document.bullets(
            f"{agreement.text} (aftalt {long_date(agreement.item.meeting.date)})" for agreement in followed_up
        )
    answer = item.get_answer_display() if with_minutes else ""
    is_plain = meeting.style == Meeting.Style.NARRATIVE and with_minutes and not item.plain_text
    only = [name for name, text in shown.items() if text] == ["discussion"] and not answer
    for name, label in standard_labels.FIELDS.items():
        text = shown.get(name, "")
        lead_in = answer if name == "decision" else ""
        if not text and not lead_in:
            continue
        if not (is_plain and only):
            document.heading(2, label)
        if lead_in:
            document.rich(f"<p><strong>{lead_in}</strong></p>")
        document.rich(text)
    if with_minutes:
        _agreements(document, list(item.agreements.all()))
    subjects = [
        *((theme.display_title, theme) for theme in item.themes.all()),
        *((goal.full_text, goal) for goal in item.goals.all()),
    ]
    if subjects:
        document.heading(2, standard_labels.STRATEGY)
        document.linked_bullets((text, settings.SITE_URL + subject.get_absolute_url()) for text, subject in subjects)
    attachments = [a for a in item.attachments.all() if with_minutes or a.paper == Attachment.Paper.AGENDA]
    if attachments:
        document.heading(2, standard_labels.FILES)
        document.bullets(map(_file_line, attachments))


def _is_of_minutes(name):
    return name in AgendaItem.MINUTES_FIELDS


def _agreements(document, agreements):
    if not agreements:
        return
    document.heading(2, standard_labels.AGREEMENTS)
    followed = any(agreement.done_on or agreement.outcome for agreement in agreements)
    head = [
        standard_labels.WHAT,
        standard_labels.WHO,
        standard_labels.WHEN,
        *([standard_labels.DONE, standard_labels.OUTCOME] if followed else []),
    ]
    rows = []
    for agreement in agreements:
        who = " – ".join(filter(None, [agreement.member and seat_name(agreement.member), agreement.responsible]))
        row = [agreement.text, who, agreement.due_on and long_date(agreement.due_on)]
        if followed:
            row += [agreement.done_on and long_date(agreement.done_on), " ".join(agreement.outcome.split())]
        rows.append([text or "" for text in row])
    document.table(head, rows)


def _file_line(attachment):
    title = attachment.display_title
    return title if title == attachment.filename else f"{title} ({attachment.filename})"
