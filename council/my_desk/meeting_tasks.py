"""Tasks of meetings, from the planned date to public minutes."""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterator

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from council.meetings import progress
from council.meetings.invitations.sending import current_details
from council.meetings.progress import MeetingStage
from council.models import AgendaItem, Approval, Council, Invitation, Meeting, Membership
from udsat.lib import roles
from udsat.lib.danish import count, long_date, weekday_date
from udsat.models import CprOverride

from .tasks import MyDesk, Severity, Task, change_url, relative_day

# Days before the deadline when a task appears.
AGENDA_AHEAD = 14
ITEMS_AHEAD = 7


def agendas(desk: MyDesk) -> Iterator[Task]:
    for meeting in desk.coming:
        stage, due_on = progress.current_stage(meeting, desk.now), progress.agenda_due_on(meeting)
        is_late, held_on = due_on < desk.today, f"Mødet er {weekday_date(meeting.date)}."
        last_day = meeting.date if is_late else due_on  # a late agenda is still of use until the meeting
        if stage == MeetingStage.AGENDA and due_on <= desk.in_days(AGENDA_AHEAD):
            action, verb = progress.next_action(meeting, desk.now), "skulle være sendt" if is_late else "skal sendes"
            title = f"Dagsordenen til {_name(meeting)} {verb} {relative_day(due_on, desk.today)}"
            reason, severity = f"{held_on} {_agenda_rule(meeting)}", Severity.LATE if is_late else Severity.SOON
            yield Task(title, reason, severity, meeting.municipality, action.url, action.label, last_day)
        elif stage == MeetingStage.INVITATION:
            action, title = progress.next_action(meeting, desk.now), f"Ingen er indkaldt til {_name(meeting)}"
            reason = f"Dagsordenen er klar, men medlemmerne har ikke fået den. {held_on}"
            severity = Severity.LATE if is_late else Severity.READY
            municipality, abilities = meeting.municipality, (action.ability,)
            yield Task(title, reason, severity, municipality, action.url, action.label, last_day, abilities)


def _agenda_rule(meeting):
    days = meeting.council.agenda_days
    if days is None:
        return "Rådet har ingen frist for dagsordenen. Mange råd sender den en uge før."
    return f"Jeres regel er {count(days, 'dag', 'dage')} før."


def _name(meeting) -> str:
    return f"mødet den {long_date(meeting.date)}"


def unpublished_dates(desk: MyDesk) -> Iterator[Task]:
    """Planned dates that are not public. Those with an agenda due soon are left to the agenda's task."""
    unpublished: dict[tuple[Council, int], list[Meeting]] = defaultdict(list)
    for meeting in desk.coming:
        if meeting.is_only_planned and progress.agenda_due_on(meeting) > desk.in_days(AGENDA_AHEAD):
            unpublished[meeting.council, meeting.date.year].append(meeting)
    for (council, year), meetings in unpublished.items():
        title = f"{count(len(meetings), 'dato', 'datoer')} i {year} kan borgerne ikke se endnu"
        reason = "Når datoerne er offentlige, kan alle sætte dem i kalenderen. Dagsordenen kan komme senere."
        url = f"{reverse('admin:council_meeting_year_plan_publish')}?raad={council.pk}&aar={year}"
        municipality, button, first_date = council.municipality, "Offentliggør datoerne", meetings[0].date
        yield Task(title, reason, Severity.SOMETIME, municipality, url, button, first_date, (roles.PUBLISH,))


def unannounced_changes(desk: MyDesk) -> Iterator[Task]:
    """Meetings that were changed or cancelled after the invitations were sent."""
    invitations = (
        Invitation.objects.in_reach_of(desk.user)
        .called()
        .filter(meeting__date__gte=desk.today)
        .exclude(Q(announced="") | Q(member__person__email=""))
        .select_related("meeting__council__municipality")
    )
    uninformed = Counter(row.meeting for row in invitations if row.announced != current_details(row.meeting))
    for meeting, members in uninformed.items():
        change = "aflyst" if meeting.is_cancelled else "ændret"
        title = f"{count(members, 'indkaldt ved', 'indkaldte ved')} ikke, at {_name(meeting)} er {change}"
        reason = "De har fået en anden dag, tid eller et andet sted at vide."
        url = progress.page_url(meeting, "invitations")
        yield Task(title, reason, Severity.LATE, meeting.municipality, url, "Giv dem besked", meeting.date)


def uninvited_members(desk: MyDesk) -> Iterator[Task]:
    """Members with an e-mail address who got their seat after the invitations to a coming meeting were sent."""
    meetings = [meeting for meeting in desk.coming if meeting.called]
    if not meetings:
        return
    invitations = Invitation.objects.called().filter(meeting__in=meetings).exclude(sent_at=None)
    invited = set(invitations.values_list("meeting", "member"))
    seats = Membership.objects.filter(council__in={meeting.council_id for meeting in meetings}).exclude(
        Q(person=None) | Q(person__email="") | Q(role=Membership.Role.SUBSTITUTE) | Q(substitute_for__isnull=False)
    )
    for meeting in meetings:
        missing = [
            seat
            for seat in seats
            if seat.council_id == meeting.council_id
            and seat.covers(meeting.date)
            and (meeting.pk, seat.pk) not in invited
        ]
        if missing:
            title = f"{count(len(missing), 'medlem', 'medlemmer')} er ikke indkaldt til {_name(meeting)}"
            reason = f"De andre har fået indkaldelsen. Mødet er {weekday_date(meeting.date)}."
            url = progress.page_url(meeting, "invitations")
            yield Task(title, reason, Severity.READY, meeting.municipality, url, "Send indkaldelsen", meeting.date)


def item_deadlines(desk: MyDesk) -> Iterator[Task]:
    for meeting in desk.coming:
        due_on = progress.items_due_on(meeting)
        if due_on and desk.today <= due_on <= desk.in_days(ITEMS_AHEAD) and not progress.is_sent(meeting):
            title = f"Fristen for punkter til {_name(meeting)} er {relative_day(due_on, desk.today)}"
            reason = f"Medlemmerne kan foreslå punkter til og med {weekday_date(due_on)}."
            url = progress.page_url(meeting, "agenda")
            yield Task(title, reason, Severity.SOON, meeting.municipality, url, "Se dagsordenen", due_on)


def proposals(desk: MyDesk) -> Iterator[Task]:
    for meeting in desk.coming:
        if meeting.unanswered_proposals:
            title = f"{count(meeting.unanswered_proposals, 'forslag', 'forslag')} til {_name(meeting)} venter på dig"
            reason = "Et medlem har foreslået et punkt. Du bestemmer, om det kommer på dagsordenen."
            url, due_on = progress.page_url(meeting, "agenda"), progress.agenda_due_on(meeting)
            yield Task(title, reason, Severity.READY, meeting.municipality, url, "Se forslagene", due_on)


def minutes(desk: MyDesk) -> Iterator[Task]:
    open_approvals = latest_approvals(desk, "minutes")
    for meeting in desk.unfinished:
        action, stage = progress.next_action(meeting, desk.now), progress.current_stage(meeting, desk.now)
        paper, subject = meeting.paper("minutes"), f"Referatet af {_name(meeting)}"
        severity = Severity.READY
        if stage == MeetingStage.MINUTES:
            title, reason = f"{subject} mangler", f"Mødet var {relative_day(meeting.date, desk.today)}."
            severity = Severity.LATE if meeting.date < desk.in_days(-14) else Severity.SOON
        elif stage == MeetingStage.PUBLICATION:
            title = f"{subject} kan offentliggøres"
            verb = "Den skriftlige godkendelse sluttede" if paper.is_partly_approved else "Rådet har godkendt det,"
            reason = f"{verb} {relative_day(paper.approved_on, desk.today)}."
        elif approvals := open_approvals.get(paper.pk):
            yield approval_task(desk, approvals, subject, meeting.municipality, action.url)
            continue
        elif meeting.council.approval == Council.ApprovalWay.WRITTEN:
            title, reason = f"{subject} er ikke sendt til godkendelse", "Rådet godkender sine referater skriftligt."
        elif later := desk.later_meeting(meeting):
            title = f"Blev referatet af {_name(meeting)} godkendt på {_name(later)}?"
            reason = "Rådet godkender sine referater på det næste møde."
        else:
            continue
        municipality, abilities = meeting.municipality, (action.ability,)
        yield Task(title, reason, severity, municipality, action.url, action.label, meeting.date, abilities)


def latest_approvals(desk: MyDesk, name: str) -> dict[int, list[Approval]]:
    """Return the latest round of open approvals of all minutes or hearings (`name`), by id."""
    unapproved = {
        "minutes": Q(minutes__isnull=False, minutes__approved_on=None),
        "hearing": Q(hearing__isnull=False, hearing__approved_on=None, hearing__answered_on=None),
    }[name]
    seats = Membership.objects.on(desk.today).filter(council=OuterRef("member__council"), person=OuterRef("person"))
    approvals = (
        Approval.objects.in_reach_of(desk.user)
        .filter(unapproved, closed_at=None, asked_at__gte=desk.now - datetime.timedelta(365))
        # People who have left without an answer are not awaited.
        .filter(~Q(answer="") | Exists(seats))
        .annotate(open_remarks=Count("remarks", filter=Q(remarks__handled_at=None)))
    )
    by_paper: dict[int, list[Approval]] = defaultdict(list)
    for approval in approvals:
        by_paper[getattr(approval, f"{name}_id")].append(approval)
    return {pk: [row for row in rows if row.round == max(r.round for r in rows)] for pk, rows in by_paper.items()}


def approval_task(desk: MyDesk, approvals: list[Approval], subject: str, municipality, url: str) -> Task:
    total, missing = len(approvals), sum(not approval.answer for approval in approvals)
    due_on = max((approval.due_on for approval in approvals if approval.due_on), default=None)
    if remarks := sum(approval.open_remarks for approval in approvals):
        title = f"{subject} har fået {count(remarks, 'bemærkning', 'bemærkninger')}"
        reason = f"{total - missing} af {total} har svaret."
        return Task(title, reason, Severity.READY, municipality, url, "Læs bemærkningerne", due_on)
    if not missing:
        title, reason = f"Alle har svaret: {subject[0].lower()}{subject[1:]}", "Nu kan du skrive, at det er godkendt."
        return Task(title, reason, Severity.READY, municipality, url, "Skriv, at det er godkendt", due_on)
    is_late = bool(due_on and due_on < desk.today)
    deadline = f" Fristen {'var' if is_late else 'er'} {relative_day(due_on, desk.today)}." if due_on else ""
    title, reason = f"{subject} venter på svar", f"{missing} af {total} har ikke svaret.{deadline}"
    severity = Severity.LATE if is_late else Severity.SOMETIME
    return Task(title, reason, severity, municipality, url, "Se, hvem der mangler", due_on)


def cpr_numbers(desk: MyDesk) -> Iterator[Task]:
    """Possible CPR numbers in agendas and minutes that are being written."""
    coming = [m for m in desk.coming if m.date <= desk.in_days(60) and not progress.is_sent(m)]
    by_pk = {meeting.pk: meeting for meeting in coming + desk.unfinished}
    findings = [
        (by_pk[item.meeting_id], finding)
        for item in AgendaItem.objects.filter(meeting__in=by_pk)
        for finding in item.findings()
    ]
    overridden = set()
    if findings:
        overrides = CprOverride.objects.filter(target__in=[finding.target for _, finding in findings])
        overridden = set(overrides.values_list("target", "fingerprint"))
    remaining = Counter(
        meeting for meeting, finding in findings if (finding.target, finding.fingerprint) not in overridden
    )
    for meeting, matches in remaining.items():
        title = f"{count(matches, 'sted', 'steder')} til {_name(meeting)} ligner et CPR-nummer"
        reason = "Det kan ikke blive offentligt, før du har set på det."
        municipality, url = meeting.municipality, change_url(meeting)
        yield Task(title, reason, Severity.SOON, municipality, url, "Ret teksten", meeting.date)
