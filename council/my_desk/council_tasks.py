"""Tasks of a council between its meetings: hearings, inputs, agreements, letters, seats and people."""

from collections import defaultdict
from collections.abc import Iterator

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from council.members.consent import due_to_anonymise
from council.models import Agreement, Council, Hearing, Input, Membership, Person
from udsat.lib import roles
from udsat.lib.danish import count, long_date, weekday_date
from udsat.lib.publishing import Status
from udsat.models import Letter, Municipality

from .meeting_tasks import approval_task, latest_approvals
from .tasks import MyDesk, Severity, Task, by_municipality, change_url, edit_abilities, relative_day

# Days before a date when a task appears.
HEARING_AHEAD = 14
TERM_AHEAD = 120
PHOTO_AHEAD = 30
NAMES_AHEAD = 30
# Days without an answer after which an input is late.
INPUT_DAYS = 7


def hearings(desk: MyDesk) -> Iterator[Task]:
    open_approvals = latest_approvals(desk, "hearing")
    hearings = (
        Hearing.objects.in_reach_of(desk.user)
        .filter(answered_on=None, deadline__isnull=False, deadline__lte=desk.in_days(HEARING_AHEAD))
        .exclude(status=Status.WITHDRAWN)
        .select_related("council__municipality")
    )
    for hearing in hearings:
        is_late = hearing.deadline < desk.today
        verb = "skulle være sendt" if is_late else "skal sendes"
        title = f"Høringssvar {verb} {relative_day(hearing.deadline, desk.today)}: {hearing.title}"
        reason = f"{hearing.sender or 'Kommunen'} vil have svar senest {weekday_date(hearing.deadline)}."
        severity, municipality = Severity.LATE if is_late else Severity.SOON, hearing.municipality
        url, abilities = change_url(hearing), edit_abilities(hearing)
        yield Task(title, reason, severity, municipality, url, "Skriv svaret", hearing.deadline, abilities)
        if approvals := open_approvals.get(hearing.pk):
            url = reverse("admin:council_hearing_approval", args=[hearing.pk])
            yield approval_task(desk, approvals, f"Svaret på »{hearing.title}«", municipality, url)


def inputs(desk: MyDesk) -> Iterator[Task]:
    """Unanswered inputs and possible spam, without anything that citizens wrote."""
    State = Input.State
    rows = (
        Input.objects.in_reach_of(desk.user)
        .filter(state__in=[State.NEW, State.UNDER_WAY, State.HELD])
        .select_related("council__municipality", "item__meeting")
        .order_by("created_at")
    )
    grouped: dict[tuple[Municipality, str], list[Input]] = defaultdict(list)
    for row in rows:
        # Inputs on the agenda of a coming meeting are not due until then.
        if not (row.state == State.UNDER_WAY and row.item and row.item.meeting.is_to_come):
            grouped[row.municipality, row.state].append(row)
    for (municipality, state), group in grouped.items():
        first, number, is_single = group[0], len(group), len(group) == 1
        received_on = timezone.localdate(first.created_at)
        received = relative_day(received_on, desk.today)
        url = change_url(first) if is_single else f"{reverse('admin:council_input_changelist')}?stand={state}"
        severity = Severity.LATE if received_on < desk.in_days(-INPUT_DAYS) else Severity.READY
        reason = f"Den første kom {received}."
        if state == State.HELD:
            title = f"{count(number, 'henvendelse ligner', 'henvendelser ligner')} spam"
            if is_single:
                reason = f"Den kom {received}."
            reason += " Er den fra et menneske, venter han eller hun på dig."
            severity = severity if severity == Severity.LATE else Severity.SOMETIME
            button = "Se på den" if is_single else "Se på dem"
        elif state == State.NEW:
            verbs = {Input.Kind.DIALOGUE: "bad om at tale med rådet", Input.Kind.SPOKEN: "talte med rådet"}
            title = f"{number} borgere har henvendt sig til rådet"
            if is_single:
                title = f"En borger {verbs.get(first.kind, 'skrev til rådet')} {received}"
            reason = "Borgeren venter på svar." if is_single else f"{reason} De venter på svar."
            button = "Læs og svar"
        else:
            title = f"{count(number, 'borger venter', 'borgere venter')} stadig på svar"
            if is_single:
                reason = f"Henvendelsen kom {received}, og rådet har ikke noget møde foran sig om den."
            button = "Svar borgeren" if is_single else "Se henvendelserne"
        yield Task(title, reason, severity, municipality, url, button, received_on)


def agreements(desk: MyDesk) -> Iterator[Task]:
    overdue = (
        Agreement.objects.in_reach_of(desk.user)
        .filter(done_on=None, due_on__lt=desk.today)
        .select_related("item__meeting__council__municipality")
        .order_by("due_on")
    )
    url = reverse("admin:council_agreement_changelist") + "?stand=over-tiden"
    for municipality, group in by_municipality(overdue).items():
        first = group[0]
        title = f"{count(len(group), 'aftale er', 'aftaler er')} over tiden"
        reason = f"Den ældste skulle være gjort den {long_date(first.due_on)}: {first.text}"
        yield Task(title, reason, Severity.LATE, municipality, url, "Se aftalerne", first.due_on)


def stuck_letters(desk: MyDesk) -> Iterator[Task]:
    letters = Letter.objects.in_reach_of(desk.user).stuck(desk.now)
    letters = letters.select_related("municipality").defer("text", "calendar")
    url = reverse("admin:udsat_letter_changelist") + "?stand=mangler"
    for municipality, group in by_municipality(letters).items():
        first = group[0]
        title = f"{count(len(group), 'mail er', 'mails er')} ikke kommet af sted"
        reason = f"Den første er til {first.to_name or first.to}: {first.subject}"
        yield Task(title, reason, Severity.LATE, municipality, url, "Se mailene")


def vacant_seats_and_terms(desk: MyDesk) -> Iterator[Task]:
    is_vacant = Q(memberships__in=Membership.objects.on(desk.today), memberships__is_vacant=True)
    councils = Council.objects.in_reach_of(desk.user).select_related("municipality")
    for council in councils.annotate(vacant=Count("memberships", filter=is_vacant)):
        municipality, url, abilities = council.municipality, change_url(council), edit_abilities(council)
        if council.vacant:
            title = f"{count(council.vacant, 'plads', 'pladser')} i rådet står tom{'' if council.vacant == 1 else 'me'}"
            reason = "Når en ny er udpeget, skriver du personen på pladsen."
            button = "Se medlemmerne"
            yield Task(title, reason, Severity.SOMETIME, municipality, url, button, abilities=abilities)
        ends_on = council.term_ends_on
        if ends_on and ends_on <= desk.in_days(TERM_AHEAD):
            is_over = ends_on < desk.today
            title = f"Rådets periode {'sluttede' if is_over else 'slutter'} den {long_date(ends_on)}"
            reason = "Skriv den nye periode og de nye medlemmer. De gamle bliver stående, til du gør det."
            severity = Severity.LATE if is_over else Severity.SOON
            yield Task(title, reason, severity, municipality, url, "Ret perioden", ends_on, abilities)


def photos(desk: MyDesk) -> Iterator[Task]:
    people = (
        Person.objects.in_reach_of(desk.user)
        .filter(photo_until__lte=desk.in_days(PHOTO_AHEAD), memberships__in=Membership.objects.on(desk.today))
        .exclude(photo="")
        .select_related("municipality")
        .distinct()
    )
    for person in people:
        is_over = person.photo_until < desk.today
        title = f"Fotoet af {person} {'vises ikke mere' if is_over else 'vises kun lidt endnu'}"
        reason = f"Personen har sagt ja til den {long_date(person.photo_until)}. Spørg igen."
        url, due_on = change_url(person), person.photo_until
        yield Task(title, reason, Severity.SOMETIME, person.municipality, url, "Ret datoen", due_on)


def anonymisations(desk: MyDesk) -> Iterator[Task]:
    """People whom the council's rule will soon anonymise."""
    for person in due_to_anonymise(desk.in_days(NAMES_AHEAD), Person.objects.in_reach_of(desk.user)):
        title = f"Navnet {person} bliver slettet den {long_date(person.forget_on)}"
        years = f"{person.keep_years} år efter udtræden"
        reason = f"Det er jeres regel: {years}. Ret først de tekster, hvor navnet står."
        url, abilities = reverse("admin:council_person_forget", args=[person.pk]), (roles.EDIT, roles.PUBLISH)
        municipality, button = person.municipality, "Se, hvad der sker"
        yield Task(title, reason, Severity.SOMETIME, municipality, url, button, person.forget_on, abilities)
