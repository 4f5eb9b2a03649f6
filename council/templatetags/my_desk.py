"""Tags for the front page of the back office, »Mit bord«, and for the progress of a meeting on its pages."""

from django import template
from django.utils import timezone

from council.meetings import progress
from council.models import Meeting
from council.my_desk import due_tasks
from council.my_desk.tasks import MyDesk, Severity

register = template.Library()

# Tasks shown at first; the rest are behind a click.
MAX_SHOWN = 6
MAX_MEETINGS = 4


@register.inclusion_tag("admin/council/_my_desk.html")
def my_desk(user):
    """Show the user's tasks, and the next and latest meetings with their progress."""
    desk = MyDesk(user)
    tasks, next_meetings = due_tasks(desk), desk.next_meetings()
    own, others = ([task for task in tasks if task.is_for(user) is is_own] for is_own in (True, False))
    municipalities = {task.municipality for task in tasks} | {meeting.municipality for meeting in next_meetings}
    past = [meeting for meeting in desk.unfinished if meeting.kind == Meeting.Kind.ORDINARY]
    return {
        "today": desk.today,
        "tasks": own[:MAX_SHOWN],
        "more": own[MAX_SHOWN:],
        "others": others,
        "late": sum(task.severity == Severity.LATE for task in own),
        "shows_municipality": len(municipalities) > 1,
        "coming": [progress_context(meeting, user, desk.now) for meeting in next_meetings[:MAX_MEETINGS]],
        "past": [progress_context(meeting, user, desk.now) for meeting in past[-1:]],
        "may_plan": user.may("edit"),
    }


def progress_context(meeting, user, now) -> dict:
    action = progress.next_action(meeting, now)
    return {
        "meeting": meeting,
        "stages": progress.stages_of(meeting, now),
        "next": action,
        "may": bool(action) and user.may(action.ability, meeting.municipality),
    }


@register.inclusion_tag("admin/council/_progress.html")
def meeting_progress(meeting, user):
    """Show the stages of a meeting, and the button of its next action."""
    with_progress = progress.with_progress(Meeting.objects.filter(pk=meeting.pk)).get()
    return progress_context(with_progress, user, timezone.now())
