"""What the council puts on the front page of the back office, and on the pages of a meeting there."""

from django import template
from django.utils import timezone

from council import due_tasks
from council.meetings import progress
from council.models import Meeting

register = template.Library()

# So many are shown at once; the rest open with a click.
ROOM = 6


@register.inclusion_tag("admin/council/_due_tasks.html")
def my_desk(user):
    """The user's due tasks, and their current meetings, each with its next step."""
    tasks = due_tasks.UserTasks(user)
    due = tasks.due()
    mine, others = ([row for row in due if row.is_for(user) is is_mine] for is_mine in (True, False))
    places = {row.municipality for row in due} | {meeting.municipality for meeting in tasks.next_meetings()}
    held = [meeting for meeting in tasks.unfinished if meeting.kind == Meeting.Kind.ORDINARY]
    return {
        "today": tasks.today,
        "due": mine[:ROOM],
        "more": mine[ROOM:],
        "others": others,
        "late": sum(row.severity == due_tasks.Severity.LATE for row in mine),
        "shows_municipality": len(places) > 1,
        "coming": [course(meeting, user, tasks.now) for meeting in tasks.next_meetings()[:4]],
        "held": [course(meeting, user, tasks.now) for meeting in held[-1:]],
        "may_plan": user.may("edit"),
    }


def course(meeting, user, now) -> dict:
    action = progress.next_action(meeting, now)
    return {
        "meeting": meeting,
        "stages": progress.stages_of(meeting, now),
        "next": action,
        "may": bool(action) and user.may(action.ability, meeting.municipality),
    }


@register.inclusion_tag("admin/council/_course.html")
def meeting_course(meeting, user):
    """Render the stages of a meeting and the button of its next action."""
    found = progress.with_progress(Meeting.objects.filter(pk=meeting.pk)).get()
    return course(found, user, timezone.now())
