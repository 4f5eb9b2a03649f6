"""What is due now in the municipalities of a user: each row with its reason and one next step.

Plain functions from the time to rows. Together they ask the database a constant number of questions, however many
municipalities, meetings and goals there are. Nothing here stops anybody.
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

# Days. How long before a date it is spoken of, and how far back a forgotten meeting is.
AGENDA_AHEAD = 14
ITEMS_AHEAD = 7
HEARING_AHEAD = 14
TERM_AHEAD = 120
PHOTO_AHEAD = 30
NAMES_AHEAD = 30
# So long may a citizen wait before it is late.
INPUT_DAYS = 7
YEAR = 365


class Severity(IntEnum):
    """In the order in which they are shown. Never colour alone: each has a sign and a word."""

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
class Due:
    what: str
    why: str
    severity: Severity
    municipality: Municipality
    url: str
    label: str
    when: datetime.date | None = None
    # What her role must give: to change what is public at once takes both.
    abilities: tuple[str, ...] = (roles.EDIT,)

    def is_for(self, user: User) -> bool:
        return all(user.may(ability, self.municipality) for ability in self.abilities)


@dataclass
class Desk:
    """What one user's municipalities hold now, read once for all the questions below."""

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
        """From a year ago on, with their steps, by date."""
        waiting = Count("proposals", filter=Q(proposals__state=Proposal.State.NEW), distinct=True)
        found = Meeting.objects.in_reach_of(self.user).filter(date__gte=self.ago(YEAR), is_cancelled=False)
        return list(progress.with_steps(found).annotate(waiting=waiting).order_by("date", "starts_at", "ordinal"))

    @cached_property
    def coming(self) -> list[Meeting]:
        return [meeting for meeting in self.meetings if not progress.is_over(meeting, self.now)]

    @cached_property
    def unfinished(self) -> list[Meeting]:
        """Held, and without public minutes."""
        return [
            meeting
            for meeting in self.meetings
            if progress.is_over(meeting, self.now)
            and not progress.is_finished(meeting)
            and self._leaves_minutes(meeting)
        ]

    def _leaves_minutes(self, meeting):
        minutes = progress.paper(meeting, "minutes")
        return progress.leaves_minutes(meeting) and not (minutes and minutes.status == Status.WITHDRAWN)

    def due(self) -> list[Due]:
        """All of it, the most pressing first."""
        rows = [row for question in QUESTIONS for row in question(self)]
        far = datetime.date.max
        return sorted(rows, key=lambda row: (row.severity, row.when or far, row.municipality.sort_key))

    def next_meetings(self) -> list[Meeting]:
        """The next meeting of each council, the nearest first."""
        first = {}
        for meeting in self.coming:
            first.setdefault(meeting.council_id, meeting)
        return list(first.values())

    def later_meeting(self, meeting: Meeting) -> Meeting | None:
        """The first meeting after it that has been held too."""
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
    """i dag, i morgen, om 5 dage, i går, for 3 dage siden"""
    days = (day - today).days
    if abs(days) <= 1:
        return {-1: "i går", 0: "i dag", 1: "i morgen"}[days]
    return f"om {days} dage" if days > 0 else f"for {-days} dage siden"


def some(count: int, one: str, many: str) -> str:
    """1 mål, 2 mål"""
    return f"{count} {one if count == 1 else many}"


def editing(obj: Publishable) -> tuple[str, ...]:
    """What it takes to write in it."""
    return (roles.EDIT, roles.PUBLISH) if obj.is_live else (roles.EDIT,)


def change(obj) -> str:
    return reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])


# Meetings


def agendas(desk: Desk) -> Iterator[Due]:
    for meeting in desk.coming:
        here, due_on = progress.current(meeting, desk.now), progress.agenda_due_on(meeting)
        if here == "Dagsorden" and desk.ahead(AGENDA_AHEAD) >= due_on:
            step, is_late = progress.next_step(meeting, desk.now), due_on < desk.today
            verb = "skulle være sendt" if is_late else "skal sendes"
            yield Due(
                f"Dagsordenen til {_named(meeting)} {verb} {in_days(due_on, desk.today)}",
                f"Mødet er {weekday_date(meeting.date)}. {_agenda_rule(meeting)}",
                Severity.LATE if is_late else Severity.SOON,
                meeting.municipality, step.url, step.label, due_on,
            )  # fmt: skip
        elif here == "Indkaldt":
            step = progress.next_step(meeting, desk.now)
            yield Due(
                f"Ingen er indkaldt til {_named(meeting)}",
                f"Dagsordenen er klar, men medlemmerne har ikke fået den. Mødet er {weekday_date(meeting.date)}.",
                Severity.LATE if due_on < desk.today else Severity.READY,
                meeting.municipality, step.url, step.label, due_on, (step.ability,),
            )  # fmt: skip


def _agenda_rule(meeting):
    days = meeting.council.agenda_days
    if days is None:
        return "Rådet har ingen frist for dagsordenen. Mange råd sender den en uge før."
    return f"Jeres regel er {some(days, 'dag', 'dage')} før."


def _named(meeting) -> str:
    return f"mødet den {long_date(meeting.date)}"


def dates(desk: Desk) -> Iterator[Due]:
    """Days that have been planned and that nobody outside can see; soon enough the agenda takes its own along."""
    hidden: dict[tuple[Council, int], list[Meeting]] = defaultdict(list)
    for meeting in desk.coming:
        is_far = progress.agenda_due_on(meeting) > desk.ahead(AGENDA_AHEAD)
        if meeting.is_only_planned and is_far:
            hidden[meeting.council, meeting.date.year].append(meeting)
    page = reverse("admin:council_meeting_year_plan_publish")
    for (council, year), those in hidden.items():
        yield Due(
            f"{some(len(those), 'dato', 'datoer')} i {year} kan borgerne ikke se endnu",
            "Når datoerne er offentlige, kan alle sætte dem i kalenderen. Dagsordenen kan komme senere.",
            Severity.SOMETIME, council.municipality, f"{page}?raad={council.pk}&aar={year}",
            "Offentliggør datoerne", those[0].date, (roles.PUBLISH,),
        )  # fmt: skip


def changes_nobody_was_told(desk: Desk) -> Iterator[Due]:
    """Meetings that were moved or cancelled after people were called to them."""
    rows = (
        Invitation.objects.in_reach_of(desk.user)
        .filter(meeting__date__gte=desk.today)
        .exclude(Q(told="") | Q(member__person=None) | Q(member__person__email=""))
        .select_related("meeting__council__municipality")
    )
    untold = Counter(row.meeting for row in rows if row.told != facts(row.meeting))
    for meeting, count in untold.items():
        happened = "aflyst" if meeting.is_cancelled else "ændret"
        yield Due(
            f"{some(count, 'indkaldt ved', 'indkaldte ved')} ikke, at {_named(meeting)} er {happened}",
            "De har fået en anden dag, tid eller et andet sted at vide.",
            Severity.LATE, meeting.municipality, progress.page_url(meeting, "invitations"), "Giv dem besked",
            meeting.date,
        )  # fmt: skip


def last_day_for_items(desk: Desk) -> Iterator[Due]:
    for meeting in desk.coming:
        due_on = progress.items_due_on(meeting)
        if due_on and desk.today <= due_on <= desk.ahead(ITEMS_AHEAD) and not progress.is_sent(meeting):
            yield Due(
                f"Fristen for punkter til {_named(meeting)} er {in_days(due_on, desk.today)}",
                f"Medlemmerne kan foreslå punkter til og med {weekday_date(due_on)}.",
                Severity.SOON, meeting.municipality, progress.page_url(meeting, "agenda"), "Se dagsordenen", due_on,
            )  # fmt: skip


def proposals(desk: Desk) -> Iterator[Due]:
    for meeting in desk.coming:
        if meeting.waiting:
            yield Due(
                f"{some(meeting.waiting, 'forslag', 'forslag')} til {_named(meeting)} venter på dig",
                "Et medlem har foreslået et punkt. Du bestemmer, om det kommer på dagsordenen.",
                Severity.READY, meeting.municipality, progress.page_url(meeting, "agenda"), "Se forslagene",
                progress.agenda_due_on(meeting),
            )  # fmt: skip


def minutes(desk: Desk) -> Iterator[Due]:
    """From the meeting that was held to the minutes that anybody can read."""
    asked = _answers(desk, "minutes")
    for meeting in desk.unfinished:
        step, here = progress.next_step(meeting, desk.now), progress.current(meeting, desk.now)
        given = {"municipality": meeting.municipality, "url": step.url, "when": meeting.date}
        given["abilities"] = (step.ability,)
        if here == "Referat":
            days = (desk.today - meeting.date).days
            yield Due(
                f"Referatet af {_named(meeting)} mangler",
                f"Mødet var {in_days(meeting.date, desk.today)}.",
                Severity.LATE if days > 14 else Severity.SOON, label=step.label, **given,
            )  # fmt: skip
        elif here == "Offentliggjort":
            yield Due(
                f"Referatet af {_named(meeting)} kan offentliggøres",
                f"Rådet har godkendt det, {in_days(progress.paper(meeting, 'minutes').approved_on, desk.today)}.",
                Severity.READY, label=step.label, **given,
            )  # fmt: skip
        elif answers := asked.get(progress.paper(meeting, "minutes").pk):
            yield _approvals(desk, answers, f"Referatet af {_named(meeting)}", meeting.municipality, step.url)
        elif meeting.council.approval == Council.ApprovalWay.WRITTEN:
            yield Due(
                f"Referatet af {_named(meeting)} er ikke sendt til godkendelse",
                "Rådet godkender sine referater skriftligt.", Severity.READY, label=step.label, **given,
            )  # fmt: skip
        elif later := desk.later_meeting(meeting):
            yield Due(
                f"Blev referatet af {_named(meeting)} godkendt på mødet den {long_date(later.date)}?",
                "Rådet godkender sine referater på det næste møde.", Severity.READY, label=step.label, **given,
            )  # fmt: skip


def _answers(desk, name) -> dict[int, list[Approval]]:
    """The answers of the latest round to each paper that is waiting for them."""
    waiting = {
        "minutes": Q(minutes__isnull=False, minutes__approved_on=None),
        "hearing": Q(hearing__isnull=False, hearing__approved_on=None, hearing__answered_on=None),
    }[name]
    rows = (
        Approval.objects.in_reach_of(desk.user)
        .filter(waiting, closed_at=None, asked_at__gte=desk.now - datetime.timedelta(YEAR))
        .annotate(remarks_left=Count("remarks", filter=Q(remarks__handled_at=None)))
    )
    found: dict[int, list[Approval]] = defaultdict(list)
    for row in rows:
        found[getattr(row, f"{name}_id")].append(row)
    return {pk: [row for row in rows if row.round == max(r.round for r in rows)] for pk, rows in found.items()}


def _approvals(desk, answers, paper, municipality, url) -> Due:
    missing = sum(not row.answer for row in answers)
    remarks = sum(row.remarks_left for row in answers)
    due_on = max((row.due_on for row in answers if row.due_on), default=None)
    is_late = bool(due_on and due_on < desk.today)
    if remarks:
        return Due(
            f"{paper} har fået {some(remarks, 'bemærkning', 'bemærkninger')}",
            f"{len(answers) - missing} af {len(answers)} har svaret.",
            Severity.READY, municipality, url, "Læs bemærkningerne", due_on,
        )  # fmt: skip
    if not missing:
        return Due(
            f"Alle har svaret: {paper[0].lower()}{paper[1:]}", "Nu kan du skrive, at det er godkendt.",
            Severity.READY, municipality, url, "Skriv, at det er godkendt", due_on,
        )  # fmt: skip
    deadline = f" Fristen {'var' if is_late else 'er'} {in_days(due_on, desk.today)}." if due_on else ""
    return Due(
        f"{paper} venter på svar", f"{missing} af {len(answers)} har ikke svaret.{deadline}",
        Severity.LATE if is_late else Severity.SOMETIME, municipality, url, "Se, hvem der mangler", due_on,
    )  # fmt: skip


def numbers(desk: Desk) -> Iterator[Due]:
    """What looks like a CPR number in an agenda or in minutes that somebody is working on."""
    working = [m for m in desk.coming if m.date <= desk.ahead(60) and not progress.is_sent(m)] + desk.unfinished
    by_pk = {meeting.pk: meeting for meeting in working}
    found = [
        (by_pk[item.meeting_id], finding)
        for item in AgendaItem.objects.filter(meeting__in=by_pk)
        for finding in item.findings()
    ]
    known = set()
    if found:
        overrides = CprOverride.objects.filter(target__in=[finding.target for _, finding in found])
        known = set(overrides.values_list("target", "fingerprint"))
    left = Counter(meeting.pk for meeting, finding in found if (finding.target, finding.fingerprint) not in known)
    for pk, count in left.items():
        meeting = by_pk[pk]
        yield Due(
            f"{some(count, 'sted', 'steder')} til {_named(meeting)} ligner et CPR-nummer",
            "Det kan ikke blive offentligt, før du har set på det.",
            Severity.SOON, meeting.municipality, change(meeting), "Ret teksten", meeting.date,
        )  # fmt: skip


# Between the meetings


def hearings(desk: Desk) -> Iterator[Due]:
    asked = _answers(desk, "hearing")
    found = (
        Hearing.objects.in_reach_of(desk.user)
        .filter(answered_on=None, deadline__isnull=False, deadline__lte=desk.ahead(HEARING_AHEAD))
        .exclude(status=Status.WITHDRAWN)
        .select_related("council__municipality")
    )
    for hearing in found:
        is_late = hearing.deadline < desk.today
        when = in_days(hearing.deadline, desk.today)
        yield Due(
            f"Høringssvar {'skulle være sendt' if is_late else 'skal sendes'} {when}: {hearing.title}",
            f"{hearing.sender or 'Kommunen'} vil have svar senest {weekday_date(hearing.deadline)}.",
            Severity.LATE if is_late else Severity.SOON, hearing.municipality, change(hearing),
            "Skriv svaret", hearing.deadline, editing(hearing),
        )  # fmt: skip
        if answers := asked.get(hearing.pk):
            page = reverse("admin:council_hearing_approval", args=[hearing.pk])
            yield _approvals(desk, answers, f"Svaret på »{hearing.title}«", hearing.municipality, page)


def inputs(desk: Desk) -> Iterator[Due]:
    """Citizens who wait for an answer, and what may be spam. Nothing of what they wrote."""
    State = Input.State
    rows = (
        Input.objects.in_reach_of(desk.user)
        .filter(state__in=[State.NEW, State.UNDER_WAY, State.HELD])
        .select_related("council__municipality", "item__meeting")
        .order_by("created_at")
    )
    found: dict[tuple[Municipality, str], list[Input]] = defaultdict(list)
    for row in rows:
        # What the council is going to talk about waits for that meeting.
        if not (row.state == State.UNDER_WAY and row.item and row.item.meeting.is_to_come):
            found[row.municipality, row.state].append(row)
    for (municipality, state), those in found.items():
        first = those[0]
        since = timezone.localdate(first.created_at)
        when, days = in_days(since, desk.today), (desk.today - since).days
        alone = len(those) == 1
        page = change(first) if alone else f"{reverse('admin:council_input_changelist')}?stand={state}"
        late = Severity.LATE if days > INPUT_DAYS else Severity.READY
        if state == State.HELD:
            yield Due(
                f"{some(len(those), 'henvendelse ligner', 'henvendelser ligner')} spam",
                f"Den {'' if alone else 'første '}kom {when}. Er den fra et menneske, venter han eller hun på dig.",
                Severity.LATE if days > INPUT_DAYS else Severity.SOMETIME,
                municipality, page, "Se på den" if alone else "Se på dem", since,
            )  # fmt: skip
        elif state == State.NEW:
            did = {Input.Kind.DIALOGUE: "bad om at tale med rådet", Input.Kind.SPOKEN: "talte med rådet"}
            what = did.get(first.kind, "skrev til rådet")
            yield Due(
                f"En borger {what} {when}" if alone else f"{len(those)} borgere har henvendt sig til rådet",
                "Borgeren venter på svar." if alone else f"Den første kom {when}. De venter på svar.",
                late, municipality, page, "Læs og svar", since,
            )  # fmt: skip
        else:
            yield Due(
                f"{some(len(those), 'borger venter', 'borgere venter')} stadig på svar",
                f"Henvendelsen kom {when}, og rådet har ikke noget møde foran sig om den." if alone
                else f"Den første kom {when}.",
                late, municipality, page, "Svar borgeren" if alone else "Se henvendelserne", since,
            )  # fmt: skip


def agreements(desk: Desk) -> Iterator[Due]:
    late: dict[Municipality, list[Agreement]] = defaultdict(list)
    rows = (
        Agreement.objects.in_reach_of(desk.user)
        .filter(done_on=None, due_on__lt=desk.today)
        .select_related("item__meeting__council__municipality")
        .order_by("due_on")
    )
    for row in rows:
        late[row.municipality].append(row)
    for municipality, those in late.items():
        yield Due(
            f"{some(len(those), 'aftale er', 'aftaler er')} over tiden",
            f"Den ældste skulle være gjort den {long_date(those[0].due_on)}: {those[0].text}",
            Severity.LATE, municipality, reverse("admin:council_agreement_changelist") + "?stand=over-tiden",
            "Se aftalerne", those[0].due_on,
        )  # fmt: skip


def letters(desk: Desk) -> Iterator[Due]:
    rows = (
        Letter.objects.in_reach_of(desk.user).stuck(desk.now).select_related("municipality").defer("text", "calendar")
    )
    stuck: dict[Municipality, list[Letter]] = defaultdict(list)
    for row in rows:
        stuck[row.municipality].append(row)
    for municipality, those in stuck.items():
        yield Due(
            f"{some(len(those), 'mail er', 'mails er')} ikke kommet af sted",
            f"Den første er til {those[0].to_name or those[0].to}: {those[0].subject}",
            Severity.LATE, municipality, reverse("admin:udsat_letter_changelist") + "?stand=mangler", "Se mailene",
        )  # fmt: skip


# Strategies


def goals(desk: Desk) -> Iterator[Due]:
    """Strategies in force with stale goals, linked to the one without follow-up for longest."""
    stale = Strategy.objects.in_reach_of(desk.user).stale_goals(desk.today).order_by("since", "position", "pk")
    goals_of: dict[int, list[int]] = defaultdict(list)
    for strategy, goal in stale.values_list("theme__strategy", "pk"):
        goals_of[strategy].append(goal)
    for strategy in Strategy.objects.filter(pk__in=goals_of).select_related("municipality"):
        those = goals_of[strategy.pk]
        yield Due(
            f"{some(len(those), 'mål er', 'mål er')} ikke fulgt op i et år: {strategy}",
            "På strategiens side står der åbent, at der intet nyt er.",
            Severity.SOMETIME, strategy.municipality,
            f"{reverse('admin:strategies_followup_add')}?goal={those[0]}", "Skriv en opfølgning",
            abilities=editing(strategy),
        )  # fmt: skip


def periods(desk: Desk) -> Iterator[Due]:
    rows = (
        Strategy.objects.in_reach_of(desk.user)
        .published()
        .filter(ends_on__lt=desk.today)
        .exclude(pk__in=Strategy.objects.replacing().filter(replaces__isnull=False).values("replaces"))
        .select_related("municipality")
    )
    for strategy in rows:
        yield Due(
            f"Perioden for {strategy.title} er udløbet",
            f"Den gjaldt til {long_date(strategy.ends_on)}. Forlæng den, eller vælg den nye, der erstatter den.",
            Severity.SOMETIME, strategy.municipality, change(strategy), "Ret perioden", strategy.ends_on,
            editing(strategy),
        )  # fmt: skip


def untitled(desk: Desk) -> Iterator[Due]:
    rows = (
        Strategy.objects.in_reach_of(desk.user)
        .exclude(status=Status.WITHDRAWN)
        .annotate(nameless=Count("themes", filter=Q(themes__title="")))
        .filter(nameless__gt=0)
        .select_related("municipality")
    )
    for strategy in rows:
        yield Due(
            f"{some(strategy.nameless, 'gruppe', 'grupper')} i {strategy.title} har ingen overskrift",
            "Med en overskrift kan man finde og linke til gruppen. Giv den en, hvis kommunen har et ord for den.",
            Severity.SOMETIME, strategy.municipality, change(strategy), "Skriv overskrifter",
            abilities=editing(strategy),
        )  # fmt: skip


# People


def seats(desk: Desk) -> Iterator[Due]:
    empty = Q(memberships__in=Membership.objects.on(desk.today), memberships__is_vacant=True)
    councils = Council.objects.in_reach_of(desk.user).select_related("municipality")
    for council in councils.annotate(vacant=Count("memberships", filter=empty)):
        if council.vacant:
            yield Due(
                f"{some(council.vacant, 'plads', 'pladser')} i rådet står tom{'' if council.vacant == 1 else 'me'}",
                "Når en ny er udpeget, skriver du personen på pladsen.",
                Severity.SOMETIME, council.municipality, change(council), "Se medlemmerne",
                abilities=editing(council),
            )  # fmt: skip
        ends = council.term_ends_on
        if ends and ends <= desk.ahead(TERM_AHEAD):
            is_over = ends < desk.today
            yield Due(
                f"Rådets periode {'sluttede' if is_over else 'slutter'} den {long_date(ends)}",
                "Skriv den nye periode og de nye medlemmer. De gamle bliver stående, til du gør det.",
                Severity.LATE if is_over else Severity.SOON, council.municipality, change(council),
                "Ret perioden", ends, editing(council),
            )  # fmt: skip


def photos(desk: Desk) -> Iterator[Due]:
    rows = (
        Person.objects.in_reach_of(desk.user)
        .filter(photo_until__lte=desk.ahead(PHOTO_AHEAD), memberships__in=Membership.objects.on(desk.today))
        .exclude(photo="")
        .select_related("municipality")
        .distinct()
    )
    for person in rows:
        is_over = person.photo_until < desk.today
        yield Due(
            f"Fotoet af {person} {'vises ikke mere' if is_over else 'vises kun lidt endnu'}",
            f"Personen har sagt ja til den {long_date(person.photo_until)}. Spørg igen.",
            Severity.SOMETIME, person.municipality, change(person), "Ret datoen", person.photo_until,
        )  # fmt: skip


def names_to_go(desk: Desk) -> Iterator[Due]:
    """What the council's own rule is about to take out for good."""
    for person in due_to_anonymise(desk.ahead(NAMES_AHEAD), Person.objects.in_reach_of(desk.user)):
        yield Due(
            f"Navnet {person} bliver slettet den {long_date(person.forget_on)}",
            f"Det er jeres regel: {person.keep_years} år efter udtræden. Ret først de tekster, hvor navnet står.",
            Severity.SOMETIME, person.municipality, reverse("admin:council_person_forget", args=[person.pk]),
            "Se, hvad der sker", person.forget_on, (roles.EDIT, roles.PUBLISH),
        )  # fmt: skip


QUESTIONS = [
    agendas, dates, changes_nobody_was_told, last_day_for_items, proposals, minutes, numbers, hearings, inputs,
    agreements, letters, goals, periods, untitled, seats, photos, names_to_go,
]  # fmt: skip
