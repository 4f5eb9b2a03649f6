"""Status of the approval of a paper: answers of the last round and the next step."""

import datetime
from dataclasses import dataclass, field

from django.db.models import Max
from django.utils import timezone

from council.models import Approval, Remark
from udsat.lib.danish import join_words

from .paper import Paper, text_version


def last_round(paper: Paper) -> int:
    if paper.pk is None:
        return 0
    return paper.approvals.aggregate(last=Max("round"))["last"] or 0


def approvals_of_last_round(paper: Paper) -> list[Approval]:
    """Return the rows of the last round in the order of the seats, with members and remarks."""
    if paper.pk is None:
        return []
    return list(
        paper.approvals.filter(round=last_round(paper))
        .select_related("member__person", "member__council", "registered_by")
        .prefetch_related("remarks__item")
    )


@dataclass
class RoundStatus:
    """The last round of a paper: who has answered what, and the next step."""

    paper: Paper
    rows: list[Approval]
    version: str
    today: datetime.date = field(default_factory=timezone.localdate)

    @classmethod
    def of(cls, paper: Paper) -> "RoundStatus":
        status = cls(paper, approvals_of_last_round(paper), text_version(paper))
        for row in status.rows:
            row.is_of_earlier_text = bool(row.answer) and row.text_version != status.version
            row.is_late = bool(row.answered_at and row.due_on and timezone.localdate(row.answered_at) > row.due_on)
        return status

    @property
    def number(self) -> int:
        return self.rows[0].round if self.rows else 0

    @property
    def is_open(self) -> bool:
        return any(row.closed_at is None for row in self.rows)

    @property
    def due_on(self) -> datetime.date | None:
        return self.rows[0].due_on if self.rows else None

    @property
    def asked_at(self) -> datetime.datetime | None:
        return self.rows[0].asked_at if self.rows else None

    @property
    def is_overdue(self) -> bool:
        return bool(self.is_open and self.due_on and self.due_on < self.today)

    @property
    def approved(self) -> list[Approval]:
        return [row for row in self.rows if row.answer == Approval.Answer.APPROVED and not row.is_of_earlier_text]

    @property
    def approved_earlier(self) -> list[Approval]:
        return [row for row in self.rows if row.answer == Approval.Answer.APPROVED and row.is_of_earlier_text]

    @property
    def wanting_changes(self) -> list[Approval]:
        return [row for row in self.rows if row.answer == Approval.Answer.REMARKS]

    @property
    def missing(self) -> list[Approval]:
        return [row for row in self.rows if not row.answer]

    @property
    def reachable(self) -> list[Approval]:
        """Return the members who have not answered and have an e-mail address."""
        return [row for row in self.missing if row.member.person and row.member.person.email]

    @property
    def summary(self) -> str:
        """Return the number of each answer, in Danish. No answer never counts as approval."""
        earlier = len(self.approved_earlier)
        parts = [
            f"{len(self.approved)} har godkendt",
            f"{earlier} godkendte en tidligere udgave" if earlier else "",
            f"{len(self.wanting_changes)} har bemærkninger" if self.wanting_changes else "",
            f"{len(self.missing)} har ikke svaret" if self.missing else "",
        ]
        return f"{len(self.rows)} er spurgt: {join_words([part for part in parts if part])}."

    @property
    def next_step(self) -> str:
        """Return "review_remarks", "wait", "decide" (after the deadline) or "close"; "" outside a round."""
        if not self.is_open:
            return ""
        if self.open_remarks:
            return "review_remarks"
        if self.missing:
            return "decide" if self.is_overdue else "wait"
        return "close"

    @property
    def remarks(self) -> list[Remark]:
        """Return all remarks, each with its prefetched row as `approval`."""
        remarks = []
        for row in self.rows:
            for remark in row.remarks.all():
                remark.approval = row
                remarks.append(remark)
        return remarks

    @property
    def open_remarks(self) -> list[Remark]:
        return [remark for remark in self.remarks if not remark.handled_at]
