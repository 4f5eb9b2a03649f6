"""»Mit bord«, the front page of the back office: due tasks of a user's municipalities with reason and next step."""

import datetime

from . import council_tasks, meeting_tasks, second_looks, strategy_tasks
from .tasks import MyDesk, Task

SOURCES = [
    meeting_tasks.agendas,
    meeting_tasks.unpublished_dates,
    meeting_tasks.unannounced_changes,
    meeting_tasks.uninvited_members,
    meeting_tasks.item_deadlines,
    meeting_tasks.proposals,
    meeting_tasks.minutes,
    meeting_tasks.cpr_numbers,
    second_looks.second_looks,
    council_tasks.hearings,
    council_tasks.inputs,
    council_tasks.agreements,
    council_tasks.stuck_letters,
    strategy_tasks.goals,
    strategy_tasks.expired_periods,
    strategy_tasks.untitled_groups,
    council_tasks.vacant_seats_and_terms,
    council_tasks.photos,
    council_tasks.anonymisations,
]


def due_tasks(desk: MyDesk) -> list[Task]:
    """Return all tasks, most urgent first, in a constant number of queries.

    Among equally severe ones, those that can still be done in time come before those that cannot.
    """

    def urgency(task):
        day = task.due_on or datetime.date.max
        return task.severity, day < desk.today, day, task.municipality.sort_key

    return sorted((task for source in SOURCES for task in source(desk)), key=urgency)
