"""The tasks due in a user's municipalities, each with a reason and one next step, shown in the back office.

Each function yields the tasks of one kind. Together they use a constant number of queries. No task blocks anything.
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cached_property

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from strategies.models import Strategy
from udsat.lib import roles
from udsat.lib.danish import long_date, weekday_date
from udsat.lib.publishing import Status
from udsat.models import CprOverride, Letter, Municipality, Publishable, User

from .meetings import progress
from .meetings.invitations.sending import facts
from .meetings.progress import MeetingStage
from .members.consent import due_to_anonymise
from .models import (
    AgendaItem,
    Agreement,
    Approval,
    Council,
    Hearing,
    Input,
    Invitation,
    Meeting,
    Membership,
    Person,
    Proposal,
)

# Number of days before a date that its task appears.
AGENDA_AHEAD = 14
ITEMS_AHEAD = 7
HEARING_AHEAD = 14
TERM_AHEAD = 120
PHOTO_AHEAD = 30
NAMES_AHEAD = 30
# Days after which an unanswered input is late.
INPUT_DAYS = 7
# Days for which past meetings and approvals are considered.
YEAR = 365


class Severity(IntEnum):
    """Groups of tasks in the order shown. Each has a sign and a word, as colour alone is not accessible."""

    LATE = 1
    SOON = 2
    READY = 3
    SOMETIME = 4

    @property
    def sign(self) -> str:
        return {1: "!", 2: "◔", 3: "→", 4: "○"}[self]

    @property
    def word(self) -> str:
        return {1: "Over tiden", 2: "Snart", 3: "Klar til dig", 4: "Når du har tid"}[self]

    @property
    def code(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class DueTask:
    title: str
    reason: str
    severity: Severity
    municipality: Municipality
    url: str
    label: str
    date: datetime.date | None = None
    # The abilities required. Changing public content takes both.
    abilities: tuple[str, ...] = (roles.EDIT,)

    def is_for(self, user: User) -> bool:
        return all(user.may(ability, self.municipality) for ability in self.abilities)


@dataclass
class UserTasks:
    """The tasks of one user. Meetings are read once for all the functions below."""

    user: User
    now: datetime.datetime = field(default_factory=timezone.now)

    @property
    def today(self) -> datetime.date:
        return timezone.localdate(self.now)

    def ago(self, days: int) -> datetime.date:
        return self.today - datetime.timedelta(days)

    def ahead(self, days: int) -> datetime.date:
        return self.today + datetime.timedelta(days)

    @cached_property
    def meetings(self) -> list[Meeting]:
        """Meetings from a year ago onwards by date, with what their progress depends on."""
        waiting = Count("proposals", filter=Q(proposals__state=Proposal.State.NEW), distinct=True)
        meetings = Meeting.objects.in_reach_of(self.user).filter(date__gte=self.ago(YEAR), is_cancelled=False)
        return list(progress.with_progress(meetings).annotate(waiting=waiting).order_by("date", "starts_at", "ordinal"))

    @cached_property
    def coming(self) -> list[Meeting]:
        return [meeting for meeting in self.meetings if not progress.is_over(meeting, self.now)]

    @cached_property
    def unfinished(self) -> list[Meeting]:
        """Meetings that have been held and lack public minutes."""
        return [
            meeting
            for meeting in self.meetings
            if progress.is_over(meeting, self.now)
            and not progress.is_finished(meeting)
            and self._leaves_minutes(meeting)
        ]

    def _leaves_minutes(self, meeting):
        minutes = meeting.paper("minutes")
        return progress.has_minutes_stages(meeting) and not (minutes and minutes.status == Status.WITHDRAWN)

    def due(self) -> list[DueTask]:
        """Return all tasks, the most urgent first."""
        due = [task for source in TASK_SOURCES for task in source(self)]
        return sorted(due, key=lambda t: (t.severity, t.date or datetime.date.max, t.municipality.sort_key))

    def next_meetings(self) -> list[Meeting]:
        """Return the next meeting of each council, the earliest first."""
        first = {}
        for meeting in self.coming:
            first.setdefault(meeting.council_id, meeting)
        return list(first.values())

    def later_meeting(self, meeting: Meeting) -> Meeting | None:
        """Return the first ordinary meeting after this one that has been held."""
        return next(
            (
                other
                for other in self.meetings
                if other.council_id == meeting.council_id
                and other.date > meeting.date
                and other.kind == Meeting.Kind.ORDINARY
                and progress.is_over(other, self.now)
            ),
            None,
        )


def in_days(day: datetime.date, today: datetime.date) -> str:
    """Return »i dag«, »i morgen«, »om 5 dage«, »i går« or »for 3 dage siden«."""
    days = (day - today).days
    if abs(days) <= 1:
        return {-1: "i går", 0: "i dag", 1: "i morgen"}[days]
    return f"om {days} dage" if days > 0 else f"for {-days} dage siden"


def counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def editing_abilities(obj: Publishable) -> tuple[str, ...]:
    """Return the abilities required to edit the object."""
    return (roles.EDIT, roles.PUBLISH) if obj.is_live else (roles.EDIT,)


def change_url(obj) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


# Meetings


def agendas(tasks: UserTasks) -> Iterator[DueTask]:
    for meeting in tasks.coming:
        stage, due_on = progress.current_stage(meeting, tasks.now), progress.agenda_due_on(meeting)
        if stage == MeetingStage.AGENDA and tasks.ahead(AGENDA_AHEAD) >= due_on:
            action, is_late = progress.next_action(meeting, tasks.now), due_on < tasks.today
            verb = "skulle være sendt" if is_late else "skal sendes"
            yield DueTask(
                f"Dagsordenen til {_meeting_name(meeting)} {verb} {in_days(due_on, tasks.today)}",
                f"Mødet er {weekday_date(meeting.date)}. {_agenda_rule(meeting)}",
                Severity.LATE if is_late else Severity.SOON,
                meeting.municipality,
                action.url,
                action.label,
                due_on,
            )
        elif stage == MeetingStage.INVITATION:
            action = progress.next_action(meeting, tasks.now)
            yield DueTask(
                f"Ingen er indkaldt til {_meeting_name(meeting)}",
                f"Dagsordenen er klar, men medlemmerne har ikke fået den. Mødet er {weekday_date(meeting.date)}.",
                Severity.LATE if due_on < tasks.today else Severity.READY,
                meeting.municipality,
                action.url,
                action.label,
                due_on,
                (action.ability,),
            )


def _agenda_rule(meeting):
    days = meeting.council.agenda_days
    if days is None:
        return "Rådet har ingen frist for dagsordenen. Mange råd sender den en uge før."
    return f"Jeres regel er {counted(days, 'dag', 'dage')} før."


def _meeting_name(meeting) -> str:
    return f"mødet den {long_date(meeting.date)}"


def dates(tasks: UserTasks) -> Iterator[DueTask]:
    """Planned dates that are not public, except those that will soon be published with their agenda."""
    hidden: dict[tuple[Council, int], list[Meeting]] = defaultdict(list)
    for meeting in tasks.coming:
        is_far = progress.agenda_due_on(meeting) > tasks.ahead(AGENDA_AHEAD)
        if meeting.is_only_planned and is_far:
            hidden[meeting.council, meeting.date.year].append(meeting)
    page = reverse("admin:council_meeting_year_plan_publish")
    for (council, year), planned in hidden.items():
        yield DueTask(
            f"{counted(len(planned), 'dato', 'datoer')} i {year} kan borgerne ikke se endnu",
            "Når datoerne er offentlige, kan alle sætte dem i kalenderen. Dagsordenen kan komme senere.",
            Severity.SOMETIME,
            council.municipality,
            f"{page}?raad={council.pk}&aar={year}",
            "Offentliggør datoerne",
            planned[0].date,
            (roles.PUBLISH,),
        )


def untold_changes(tasks: UserTasks) -> Iterator[DueTask]:
    """Meetings moved or cancelled after the invitations, where members have not been notified."""
    rows = (
        Invitation.objects.in_reach_of(tasks.user)
        .filter(meeting__date__gte=tasks.today)
        .exclude(Q(told="") | Q(member__person=None) | Q(member__person__email=""))
        .select_related("meeting__council__municipality")
    )
    untold = Counter(row.meeting for row in rows if row.told != facts(row.meeting))
    for meeting, count in untold.items():
        happened = "aflyst" if meeting.is_cancelled else "ændret"
        yield DueTask(
            f"{counted(count, 'indkaldt ved', 'indkaldte ved')} ikke, at {_meeting_name(meeting)} er {happened}",
            "De har fået en anden dag, tid eller et andet sted at vide.",
            Severity.LATE,
            meeting.municipality,
            progress.page_url(meeting, "invitations"),
            "Giv dem besked",
            meeting.date,
        )


def last_day_for_items(tasks: UserTasks) -> Iterator[DueTask]:
    for meeting in tasks.coming:
        due_on = progress.items_due_on(meeting)
        if due_on and tasks.today <= due_on <= tasks.ahead(ITEMS_AHEAD) and not progress.is_sent(meeting):
            yield DueTask(
                f"Fristen for punkter til {_meeting_name(meeting)} er {in_days(due_on, tasks.today)}",
                f"Medlemmerne kan foreslå punkter til og med {weekday_date(due_on)}.",
                Severity.SOON,
                meeting.municipality,
                progress.page_url(meeting, "agenda"),
                "Se dagsordenen",
                due_on,
            )


def proposals(tasks: UserTasks) -> Iterator[DueTask]:
    for meeting in tasks.coming:
        if meeting.waiting:
            yield DueTask(
                f"{counted(meeting.waiting, 'forslag', 'forslag')} til {_meeting_name(meeting)} venter på dig",
                "Et medlem har foreslået et punkt. Du bestemmer, om det kommer på dagsordenen.",
                Severity.READY,
                meeting.municipality,
                progress.page_url(meeting, "agenda"),
                "Se forslagene",
                progress.agenda_due_on(meeting),
            )


def minutes(tasks: UserTasks) -> Iterator[DueTask]:
    """Minutes to write, send for approval, approve or publish."""
    asked = _answers(tasks, "minutes")
    for meeting in tasks.unfinished:
        action, stage = progress.next_action(meeting, tasks.now), progress.current_stage(meeting, tasks.now)
        given = {"municipality": meeting.municipality, "url": action.url, "date": meeting.date}
        given["abilities"] = (action.ability,)
        if stage == MeetingStage.MINUTES:
            days = (tasks.today - meeting.date).days
            yield DueTask(
                f"Referatet af {_meeting_name(meeting)} mangler",
                f"Mødet var {in_days(meeting.date, tasks.today)}.",
                Severity.LATE if days > 14 else Severity.SOON,
                label=action.label,
                **given,
            )
        elif stage == MeetingStage.PUBLICATION:
            yield DueTask(
                f"Referatet af {_meeting_name(meeting)} kan offentliggøres",
                f"Rådet har godkendt det, {in_days(meeting.minutes.approved_on, tasks.today)}.",
                Severity.READY,
                label=action.label,
                **given,
            )
        elif answers := asked.get(meeting.minutes.pk):
            yield _approvals(tasks, answers, f"Referatet af {_meeting_name(meeting)}", meeting.municipality, action.url)
        elif meeting.council.approval == Council.ApprovalWay.WRITTEN:
            yield DueTask(
                f"Referatet af {_meeting_name(meeting)} er ikke sendt til godkendelse",
                "Rådet godkender sine referater skriftligt.",
                Severity.READY,
                label=action.label,
                **given,
            )
        elif later := tasks.later_meeting(meeting):
            yield DueTask(
                f"Blev referatet af {_meeting_name(meeting)} godkendt på mødet den {long_date(later.date)}?",
                "Rådet godkender sine referater på det næste møde.",
                Severity.READY,
                label=action.label,
                **given,
            )


def _answers(tasks, name) -> dict[int, list[Approval]]:
    """Return the answers of the latest approval round by pk of the minutes or hearing that await approval."""
    waiting = {
        "minutes": Q(minutes__isnull=False, minutes__approved_on=None),
        "hearing": Q(hearing__isnull=False, hearing__approved_on=None, hearing__answered_on=None),
    }[name]
    rows = (
        Approval.objects.in_reach_of(tasks.user)
        .filter(waiting, closed_at=None, asked_at__gte=tasks.now - datetime.timedelta(YEAR))
        .annotate(remarks_left=Count("remarks", filter=Q(remarks__handled_at=None)))
    )
    approvals: dict[int, list[Approval]] = defaultdict(list)
    for row in rows:
        approvals[getattr(row, f"{name}_id")].append(row)
    return {pk: [row for row in rows if row.round == max(r.round for r in rows)] for pk, rows in approvals.items()}


def _approvals(tasks, answers, paper, municipality, url) -> DueTask:
    missing = sum(not row.answer for row in answers)
    remarks = sum(row.remarks_left for row in answers)
    due_on = max((row.due_on for row in answers if row.due_on), default=None)
    is_late = bool(due_on and due_on < tasks.today)
    if remarks:
        return DueTask(
            f"{paper} har fået {counted(remarks, 'bemærkning', 'bemærkninger')}",
            f"{len(answers) - missing} af {len(answers)} har svaret.",
            Severity.READY,
            municipality,
            url,
            "Læs bemærkningerne",
            due_on,
        )
    if not missing:
        return DueTask(
            f"Alle har svaret: {paper[0].lower()}{paper[1:]}",
            "Nu kan du skrive, at det er godkendt.",
            Severity.READY,
            municipality,
            url,
            "Skriv, at det er godkendt",
            due_on,
        )
    deadline = f" Fristen {'var' if is_late else 'er'} {in_days(due_on, tasks.today)}." if due_on else ""
    return DueTask(
        f"{paper} venter på svar",
        f"{missing} af {len(answers)} har ikke svaret.{deadline}",
        Severity.LATE if is_late else Severity.SOMETIME,
        municipality,
        url,
        "Se, hvem der mangler",
        due_on,
    )


def cpr_numbers(tasks: UserTasks) -> Iterator[DueTask]:
    """Possible CPR numbers in agendas and minutes in progress."""
    working = [m for m in tasks.coming if m.date <= tasks.ahead(60) and not progress.is_sent(m)] + tasks.unfinished
    by_pk = {meeting.pk: meeting for meeting in working}
    findings = [
        (by_pk[item.meeting_id], finding)
        for item in AgendaItem.objects.filter(meeting__in=by_pk)
        for finding in item.findings()
    ]
    known = set()
    if findings:
        overrides = CprOverride.objects.filter(target__in=[finding.target for _, finding in findings])
        known = set(overrides.values_list("target", "fingerprint"))
    left = Counter(meeting.pk for meeting, finding in findings if (finding.target, finding.fingerprint) not in known)
    for pk, count in left.items():
        meeting = by_pk[pk]
        yield DueTask(
            f"{counted(count, 'sted', 'steder')} til {_meeting_name(meeting)} ligner et CPR-nummer",
            "Det kan ikke blive offentligt, før du har set på det.",
            Severity.SOON,
            meeting.municipality,
            change_url(meeting),
            "Ret teksten",
            meeting.date,
        )


# Between the meetings


def hearings(tasks: UserTasks) -> Iterator[DueTask]:
    asked = _answers(tasks, "hearing")
    open_hearings = (
        Hearing.objects.in_reach_of(tasks.user)
        .filter(answered_on=None, deadline__isnull=False, deadline__lte=tasks.ahead(HEARING_AHEAD))
        .exclude(status=Status.WITHDRAWN)
        .select_related("council__municipality")
    )
    for hearing in open_hearings:
        is_late = hearing.deadline < tasks.today
        when = in_days(hearing.deadline, tasks.today)
        yield DueTask(
            f"Høringssvar {'skulle være sendt' if is_late else 'skal sendes'} {when}: {hearing.title}",
            f"{hearing.sender or 'Kommunen'} vil have svar senest {weekday_date(hearing.deadline)}.",
            Severity.LATE if is_late else Severity.SOON,
            hearing.municipality,
            change_url(hearing),
            "Skriv svaret",
            hearing.deadline,
            editing_abilities(hearing),
        )
        if answers := asked.get(hearing.pk):
            page = reverse("admin:council_hearing_approval", args=[hearing.pk])
            yield _approvals(tasks, answers, f"Svaret på »{hearing.title}«", hearing.municipality, page)


def inputs(tasks: UserTasks) -> Iterator[DueTask]:
    """Citizens waiting for an answer, and possible spam. The texts of inputs are not shown."""
    State = Input.State
    rows = (
        Input.objects.in_reach_of(tasks.user)
        .filter(state__in=[State.NEW, State.UNDER_WAY, State.HELD])
        .select_related("council__municipality", "item__meeting")
        .order_by("created_at")
    )
    groups: dict[tuple[Municipality, str], list[Input]] = defaultdict(list)
    for row in rows:
        # Inputs on the agenda of a coming meeting await that meeting.
        if not (row.state == State.UNDER_WAY and row.item and row.item.meeting.is_to_come):
            groups[row.municipality, row.state].append(row)
    for (municipality, state), waiting in groups.items():
        first = waiting[0]
        since = timezone.localdate(first.created_at)
        when, days = in_days(since, tasks.today), (tasks.today - since).days
        alone = len(waiting) == 1
        page = change_url(first) if alone else f"{reverse('admin:council_input_changelist')}?stand={state}"
        late = Severity.LATE if days > INPUT_DAYS else Severity.READY
        if state == State.HELD:
            yield DueTask(
                f"{counted(len(waiting), 'henvendelse ligner', 'henvendelser ligner')} spam",
                f"Den {'' if alone else 'første '}kom {when}. Er den fra et menneske, venter han eller hun på dig.",
                Severity.LATE if days > INPUT_DAYS else Severity.SOMETIME,
                municipality,
                page,
                "Se på den" if alone else "Se på dem",
                since,
            )
        elif state == State.NEW:
            did = {Input.Kind.DIALOGUE: "bad om at tale med rådet", Input.Kind.SPOKEN: "talte med rådet"}
            what = did.get(first.kind, "skrev til rådet")
            yield DueTask(
                f"En borger {what} {when}" if alone else f"{len(waiting)} borgere har henvendt sig til rådet",
                "Borgeren venter på svar." if alone else f"Den første kom {when}. De venter på svar.",
                late,
                municipality,
                page,
                "Læs og svar",
                since,
            )
        else:
            yield DueTask(
                f"{counted(len(waiting), 'borger venter', 'borgere venter')} stadig på svar",
                f"Henvendelsen kom {when}, og rådet har ikke noget møde foran sig om den."
                if alone
                else f"Den første kom {when}.",
                late,
                municipality,
                page,
                "Svar borgeren" if alone else "Se henvendelserne",
                since,
            )


def agreements(tasks: UserTasks) -> Iterator[DueTask]:
    late: dict[Municipality, list[Agreement]] = defaultdict(list)
    rows = (
        Agreement.objects.in_reach_of(tasks.user)
        .filter(done_on=None, due_on__lt=tasks.today)
        .select_related("item__meeting__council__municipality")
        .order_by("due_on")
    )
    for row in rows:
        late[row.municipality].append(row)
    for municipality, overdue in late.items():
        yield DueTask(
            f"{counted(len(overdue), 'aftale er', 'aftaler er')} over tiden",
            f"Den ældste skulle være gjort den {long_date(overdue[0].due_on)}: {overdue[0].text}",
            Severity.LATE,
            municipality,
            reverse("admin:council_agreement_changelist") + "?stand=over-tiden",
            "Se aftalerne",
            overdue[0].due_on,
        )


def letters(tasks: UserTasks) -> Iterator[DueTask]:
    rows = (
        Letter.objects.in_reach_of(tasks.user).stuck(tasks.now).select_related("municipality").defer("text", "calendar")
    )
    stuck: dict[Municipality, list[Letter]] = defaultdict(list)
    for row in rows:
        stuck[row.municipality].append(row)
    for municipality, unsent in stuck.items():
        yield DueTask(
            f"{counted(len(unsent), 'mail er', 'mails er')} ikke kommet af sted",
            f"Den første er til {unsent[0].to_name or unsent[0].to}: {unsent[0].subject}",
            Severity.LATE,
            municipality,
            reverse("admin:udsat_letter_changelist") + "?stand=mangler",
            "Se mailene",
        )


# Strategies


def goals(tasks: UserTasks) -> Iterator[DueTask]:
    """Strategies in force with stale goals, linked to the one without follow-up for longest."""
    stale = Strategy.objects.in_reach_of(tasks.user).stale_goals(tasks.today).order_by("since", "position", "pk")
    goals_of: dict[int, list[int]] = defaultdict(list)
    for strategy, goal in stale.values_list("theme__strategy", "pk"):
        goals_of[strategy].append(goal)
    for strategy in Strategy.objects.filter(pk__in=goals_of).select_related("municipality"):
        stale_goals = goals_of[strategy.pk]
        yield DueTask(
            f"{counted(len(stale_goals), 'mål er', 'mål er')} ikke fulgt op i et år: {strategy}",
            "På strategiens side står der åbent, at der intet nyt er.",
            Severity.SOMETIME,
            strategy.municipality,
            f"{reverse('admin:strategies_followup_add')}?goal={stale_goals[0]}",
            "Skriv en opfølgning",
            abilities=editing_abilities(strategy),
        )


def periods(tasks: UserTasks) -> Iterator[DueTask]:
    rows = (
        Strategy.objects.in_reach_of(tasks.user)
        .published()
        .filter(ends_on__lt=tasks.today)
        .exclude(pk__in=Strategy.objects.replacing().filter(replaces__isnull=False).values("replaces"))
        .select_related("municipality")
    )
    for strategy in rows:
        yield DueTask(
            f"Perioden for {strategy.title} er udløbet",
            f"Den gjaldt til {long_date(strategy.ends_on)}. Forlæng den, eller vælg den nye, der erstatter den.",
            Severity.SOMETIME,
            strategy.municipality,
            change_url(strategy),
            "Ret perioden",
            strategy.ends_on,
            editing_abilities(strategy),
        )


def untitled(tasks: UserTasks) -> Iterator[DueTask]:
    rows = (
        Strategy.objects.in_reach_of(tasks.user)
        .exclude(status=Status.WITHDRAWN)
        .annotate(nameless=Count("themes", filter=Q(themes__title="")))
        .filter(nameless__gt=0)
        .select_related("municipality")
    )
    for strategy in rows:
        yield DueTask(
            f"{counted(strategy.nameless, 'gruppe', 'grupper')} i {strategy.title} har ingen overskrift",
            "Med en overskrift kan man finde og linke til gruppen. Giv den en, hvis kommunen har et ord for den.",
            Severity.SOMETIME,
            strategy.municipality,
            change_url(strategy),
            "Skriv overskrifter",
            abilities=editing_abilities(strategy),
        )


# People


def seats(tasks: UserTasks) -> Iterator[DueTask]:
    empty = Q(memberships__in=Membership.objects.on(tasks.today), memberships__is_vacant=True)
    councils = Council.objects.in_reach_of(tasks.user).select_related("municipality")
    for council in councils.annotate(vacant=Count("memberships", filter=empty)):
        if council.vacant:
            yield DueTask(
                f"{counted(council.vacant, 'plads', 'pladser')} i rådet står tom{'' if council.vacant == 1 else 'me'}",
                "Når en ny er udpeget, skriver du personen på pladsen.",
                Severity.SOMETIME,
                council.municipality,
                change_url(council),
                "Se medlemmerne",
                abilities=editing_abilities(council),
            )
        ends = council.term_ends_on
        if ends and ends <= tasks.ahead(TERM_AHEAD):
            is_over = ends < tasks.today
            yield DueTask(
                f"Rådets periode {'sluttede' if is_over else 'slutter'} den {long_date(ends)}",
                "Skriv den nye periode og de nye medlemmer. De gamle bliver stående, til du gør det.",
                Severity.LATE if is_over else Severity.SOON,
                council.municipality,
                change_url(council),
                "Ret perioden",
                ends,
                editing_abilities(council),
            )


def photos(tasks: UserTasks) -> Iterator[DueTask]:
    rows = (
        Person.objects.in_reach_of(tasks.user)
        .filter(photo_until__lte=tasks.ahead(PHOTO_AHEAD), memberships__in=Membership.objects.on(tasks.today))
        .exclude(photo="")
        .select_related("municipality")
        .distinct()
    )
    for person in rows:
        is_over = person.photo_until < tasks.today
        yield DueTask(
            f"Fotoet af {person} {'vises ikke mere' if is_over else 'vises kun lidt endnu'}",
            f"Personen har sagt ja til den {long_date(person.photo_until)}. Spørg igen.",
            Severity.SOMETIME,
            person.municipality,
            change_url(person),
            "Ret datoen",
            person.photo_until,
        )


def names_to_delete(tasks: UserTasks) -> Iterator[DueTask]:
    """Names that the council's retention rule will soon delete."""
    for person in due_to_anonymise(tasks.ahead(NAMES_AHEAD), Person.objects.in_reach_of(tasks.user)):
        yield DueTask(
            f"Navnet {person} bliver slettet den {long_date(person.forget_on)}",
            f"Det er jeres regel: {person.keep_years} år efter udtræden. Ret først de tekster, hvor navnet står.",
            Severity.SOMETIME,
            person.municipality,
            reverse("admin:council_person_forget", args=[person.pk]),
            "Se, hvad der sker",
            person.forget_on,
            (roles.EDIT, roles.PUBLISH),
        )


TASK_SOURCES = [
    agendas,
    dates,
    untold_changes,
    last_day_for_items,
    proposals,
    minutes,
    cpr_numbers,
    hearings,
    inputs,
    agreements,
    letters,
    goals,
    periods,
    untitled,
    seats,
    photos,
    names_to_delete,
]
