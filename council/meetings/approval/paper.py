"""The papers that members approve: the minutes of a meeting, or an answer to a hearing."""

import hashlib
import json

from council.models import Hearing, Meeting, Minutes, PublicItem, public_items
from udsat.lib.cpr import hide_cpr
from udsat.lib.danish import long_date

Paper = Minutes | Hearing

# Fields that members read in minutes, besides attendance, attachments and agreements.
MEETING_FIELDS = ("date", "starts_at", "ends_at", "place", "address", "title")
MINUTES_FIELDS = ("chaired_by", "minutes_by", "guests", "plain_text")
ITEM_FIELDS = (
    *("number", "title", "kind", "case_number", "presentation", "recommendation"),
    *("discussion", "answer_code", "decision", "dissent", "plain_text"),
)


def text_version(paper: Paper, items: list[PublicItem] | None = None) -> str:
    """Return a fingerprint of the text that members read. Names and the follow-up of agreements are left out.

    `items` are the public items of the minutes, if they have been read already.
    """
    if isinstance(paper, Hearing):
        return paper.text_version
    text = _minutes_text(paper, public_items(paper.meeting, with_minutes=True) if items is None else items)
    return hashlib.sha256(json.dumps(text, ensure_ascii=False, default=str).encode()).hexdigest()


def _minutes_text(minutes: Minutes, items: list[PublicItem]) -> list:
    meeting = minutes.meeting
    attendances = meeting.attendances.values_list("member_id", "status", "substitute_for_id", "remark")
    files = meeting.attachments.filter(item=None).values_list("pk", "title", "file")
    return [
        *(getattr(meeting, name) for name in MEETING_FIELDS),
        *(getattr(minutes, name) for name in MINUTES_FIELDS),
        sorted(attendances),
        sorted(files),
        [
            [
                *(getattr(item, name) for name in ITEM_FIELDS),
                [(file.pk, file.title, file.file.name) for file in item.attachments],
                [(a.text, a.responsible, a.member_id, a.due_on) for a in item.agreements],
            ]
            for item in items
        ],
    ]


def is_changed_since_approval(paper: Paper) -> bool:
    """Whether the council has approved another text than the present one."""
    return bool(paper.approved_on and paper.approved_version) and paper.approved_version != text_version(paper)


def lock_paper(paper: Paper) -> Paper:
    """Lock the paper until the transaction ends and refresh it. The meeting is locked first, as everywhere."""
    if isinstance(paper, Minutes):
        Meeting.objects.select_for_update(of=("self",)).get(pk=paper.meeting_id)
    paper.refresh_from_db(from_queryset=type(paper)._base_manager.select_for_update(of=("self",)))
    return paper


def name_of(paper: Paper) -> str:
    """Return the name for use in a sentence: »referatet af mødet den 3. marts 2025«."""
    if isinstance(paper, Minutes):
        return f"referatet af mødet den {long_date(paper.meeting.date)}"
    return f"høringssvaret om »{hide_cpr(paper.title)}«"
