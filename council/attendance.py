"""Attendance at a meeting as the public reads it."""

from collections import Counter

from .models import Attendance


def attendance_by_status(attendances) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return the label of each status with its public texts, and the number of persons who share each text."""
    rows = list(
        attendances.select_related(
            "member__person", "member__council", "substitute_for__person", "substitute_for__council"
        )
    )
    return [
        (label, list(Counter(row.public_text for row in rows if row.status == status).items()))
        for status, label in Attendance.Status.choices
        if any(row.status == status for row in rows)
    ]
