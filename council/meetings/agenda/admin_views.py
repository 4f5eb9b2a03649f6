"""»Dagsorden« in the back office: the page where an agenda is built, and the two that belong to it."""

import re

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.utils import timezone
from django.utils.functional import cached_property

from council.admin.items import ItemRules, paper
from council.meetings.invitations.sending import locked
from council.meetings.meeting_page import MeetingPage
from council.models import Agenda, AgendaItem, Agreement, Attachment, Cause, Meeting, Proposal
from strategies.models import Goal, Theme
from udsat.admin.access import is_live
from udsat.admin.edit_conflict import increment_version
from udsat.lib import roles
from udsat.lib.cpr import find_cpr
from udsat.lib.danish import clock, join_words, short_date
from udsat.lib.uploads import UploadField

from . import building, proposals
from .forms import agenda_form, item_form, order_of, prefix_of

POSTED_ITEM = re.compile(r"punkt-(\d{1,18})-version")


class Row:
    """An item on the page: what is saved, and the form to change it by."""

    def __init__(self, item: AgendaItem, number: int, form):
        self.item, self.number, self.form = item, number, form
        self.prefix = prefix_of(item)
        self.attachments = list(item.attachments.all())
        self.is_waiting = item.supplement == AgendaItem.Supplement.WAITING
        # A half sentence of what is public is public, so it is not saved by itself.
        self.is_live = is_live(item)
        self.file_error = ""

    @property
    def holds(self) -> str:
        """What lies in the folded part, in few words."""
        words = []
        for name, word in (("presentation", "sagsfremstilling"), ("recommendation", "indstilling")):
            if getattr(self.item, name):
                words.append(word)
        if self.attachments:
            words.append(f"{len(self.attachments)} bilag")
        links = len(self.item.themes.all()) + len(self.item.goals.all())
        if links:
            words.append(f"{links} fra strategien")
        if causes := len(self.item.causes.all()):
            words.append("1 mærkesag" if causes == 1 else f"{causes} mærkesager")
        return join_words(words)

    @property
    def is_open(self) -> bool:
        return bool(self.form.is_bound and self.form.errors) or bool(self.file_error)


class Board:
    """One request to the page. All that is typed on it is one form: whatever button is pressed, nothing is lost."""

    def __init__(self, admin, request, meeting):
        self.admin, self.request, self.meeting = admin, request, meeting
        self.form_class = item_form(admin, request)
        self.agenda = paper(meeting, "agenda")

    @property
    def closed_by(self) -> str:
        return ItemRules.closed_by(self.request.user, self.meeting)

    @property
    def may_write(self) -> bool:
        return ItemRules.may_write(self.request.user, self.meeting) and not self.closed_by

    def items(self):
        return list(
            self.meeting.items.select_related(
                "meeting__council__municipality", "meeting__agenda", "meeting__minutes"
            ).prefetch_related(
                "attachments",
                Prefetch("themes", Theme.objects.select_related("strategy__municipality")),
                Prefetch("goals", Goal.objects.select_related("theme__strategy__municipality")),
                Prefetch("causes", Cause.objects.select_related("council__municipality")),
            )
        )

    def row(self, item, number, data=None):
        return Row(item, number, self.form_class(data, instance=item, prefix=prefix_of(item)))

    def intro_form(self, data=None):
        form = agenda_form(self.admin, self.request)
        # By number: an agenda that is not saved must not hang on the meeting that its items are saved with.
        return form(data, instance=self.agenda or Agenda(meeting_id=self.meeting.pk), prefix="dagsorden")

    # Showing

    def show(self, rows=None, intro=None, proposal_errors=None, **context):
        rows = self.fresh_rows() if rows is None else rows
        intro = intro or self.intro_form()
        agenda_rows = [row for row in rows if not row.is_waiting]
        waiting = [row for row in rows if row.is_waiting]
        standing = list(self.meeting.proposals.select_related("member__person", "member__council", "item"))
        for one in standing:
            one.error = (proposal_errors or {}).get(one.pk, "")
            one.typed = self.request.POST.get(f"answer-{one.pk}", "") if one.error else ""
        asked = proposals.asked(self.meeting)
        council = self.meeting.council
        return self.admin.page(
            self.request,
            self.meeting,
            "agenda.html",
            title="Dagsorden",
            rows=rows,
            agenda_rows=agenda_rows,
            waiting=waiting,
            waiting_number=waiting[0].number if waiting else 0,
            order=",".join(str(row.item.pk) for row in rows),
            intro=intro,
            agenda=self.agenda,
            may_write=self.may_write,
            closed_by=self.closed_by,
            may_publish=self.request.user.may(roles.PUBLISH, self.meeting.municipality),
            takes_supplement=bool(self.agenda and self.agenda.takes_supplement),
            has_started=bool(rows),
            standard_items=list(council.standard_items.all()),
            proposals=[one for one in standing if one.state == Proposal.State.NEW],
            settled=[one for one in standing if one.state != Proposal.State.NEW],
            asked=asked,
            deadline=proposals.deadline(self.meeting),
            may_ask=not self.meeting.is_past and not self.meeting.is_cancelled,
            media=self.media(rows, intro),
            publish_url=self.publish_url(),
            **{"new_title": "", "new_error": "", **context},
        )

    def media(self, rows, intro):
        return intro.media + self.form_class().media if self.may_write else ""

    def publish_url(self):
        if self.agenda is None or (self.agenda.is_live and not self.agenda.is_scheduled):
            return ""
        return self.admin.url("publish", self.agenda)

    def fresh_rows(self):
        return [self.row(item, n) for n, item in enumerate(self.items(), self.meeting.first_number)]

    # Saving

    @cached_property
    def is_autosave(self):
        return self.request.headers.get("Accept") == "application/json"

    @transaction.atomic
    def save(self):
        self.lock()
        data = self.request.POST
        items, self.changed = self.items(), []
        rows = [self.row(item, n, data) for n, item in enumerate(items, self.meeting.first_number)]
        intro = self.intro_form(data)
        refused = [form for form in (intro, *(row.form for row in rows)) if not self.save_form(form)]
        lost = [] if self.is_autosave else self.bring_back(items)
        if (ordered := order_of(data, items)) is not None:
            building.put_in_order(ordered)
            self.changed.append(self.meeting)
        if self.is_autosave:
            self.count_change()
            return self.answer(rows, intro, refused)
        trouble = self.add_new() | self.take_files(rows)
        if not refused and not trouble:
            trouble = self.do(data.get("action", ""), items)
        self.count_change()
        self.admin.warn_of_cpr(self.request, [it for it in self.changed if isinstance(it, AgendaItem | Agenda)])
        if lost:
            said = f"{join_words(lost)} er slettet imens. Det, du havde skrevet, står nu i et nyt punkt."
            messages.warning(self.request, said)
        if not refused and not trouble:
            if self.changed:
                messages.success(self.request, "Dagsordenen er gemt.")
            return HttpResponseRedirect(self.request.path + self.anchor(data))
        return self.show_again(rows, intro, refused, trouble)

    def lock(self):
        """One saver at a time on this meeting; what is read from here on is what is saved."""
        self.meeting = locked(self.meeting)
        self.agenda = paper(self.meeting, "agenda")
        if not self.may_write:
            raise PermissionDenied

    def save_form(self, form) -> bool:
        """Save what she has changed in it. False if it cannot be saved as it is."""
        if not form.is_touched or (self.is_autosave and is_live(form.instance)):
            return True
        if not form.is_valid():
            return False
        try:
            # Half of a text with its themes is no text.
            with transaction.atomic():
                form.save()
        except ValidationError as error:
            form.add_error(None, error.messages)
            return False
        self.changed.append(form.instance)
        return True

    def bring_back(self, items) -> list[str]:
        """Make an item again that another has deleted while she wrote in it. Returns the titles."""
        here, titles = {item.pk for item in items}, []
        for key in self.request.POST:
            found = POSTED_ITEM.fullmatch(key)
            if found and int(found[1]) not in here:
                prefix = f"punkt-{found[1]}"
                new = AgendaItem(meeting=self.meeting, position=10_000)
                form = self.form_class(self.request.POST, instance=new, prefix=prefix)
                if form.is_touched and form.is_valid():
                    new.supplement = building.supplement_of(self.meeting)
                    form.save()
                    self.changed.append(new)
                    titles.append(f"»{new.title}«")
        return titles

    def add_new(self) -> dict:
        title = " ".join(self.request.POST.get("new_title", "").replace("\x00", "").split())
        if not title:
            return {}
        try:
            with transaction.atomic():
                self.changed.append(building.add_item(self.meeting, title=title))
        except ValidationError as error:
            return {"new_title": title, "new_error": " ".join(error.messages)}
        return {}

    def take_files(self, rows) -> dict:
        wrong = {}
        for row in rows:
            file = self.request.FILES.get(f"{row.prefix}-file")
            if file is not None:
                try:
                    self.changed.append(add_file(row.item, file))
                except ValidationError as error:
                    wrong[row.item.pk] = " ".join(error.messages)
        return {"file_errors": wrong} if wrong else {}

    def count_change(self):
        if self.changed:
            increment_version(self.meeting)
            if any(isinstance(it, Agenda) for it in self.changed):
                increment_version(self.meeting.agenda)

    # The buttons

    def do(self, what: str, items) -> dict:
        """What the pressed button asks for, besides saving. Returns what stands in its way."""
        verb, _, number = what.partition(":")
        if verb == "add_standard_items":
            self.start()
        elif verb == "invite_proposals":
            count = proposals.ask_for_items(self.meeting)
            said = f"{count} medlemmer får en mail nu." if count != 1 else "1 medlem får en mail nu."
            messages.success(self.request, said if count else "Alle, der har en mail, er spurgt.")
        elif verb in ("move_up", "move_down"):
            item = next((item for item in items if str(item.pk) == number), None)
            if item is not None:
                building.move(self.meeting, item, -1 if verb == "move_up" else 1)
                self.changed.append(self.meeting)
        elif verb in ("accept", "decline"):
            standing = {str(one.pk): one for one in self.meeting.proposals.filter(state=Proposal.State.NEW)}
            proposal = standing.get(number)
            if proposal is None:
                messages.warning(self.request, "Det forslag er der svaret på.")
                return {}
            return self.take(proposal) if verb == "accept" else self.decline(proposal)
        return {}

    def start(self):
        made = building.start_agenda(self.meeting)
        self.changed += made
        if not made:
            messages.info(self.request, "De faste punkter er her allerede.")
        if Agreement.objects.filter(followed_up_at__in=made).exclude(pk__in=Agreement.objects.published()).exists():
            messages.warning(
                self.request,
                "Nogle af aftalerne står i et referat, der ikke er offentligt endnu. "
                "Læs punktet, og tag dem ud, hvis de ikke må komme frem.",
            )

    def take(self, proposal) -> dict:
        try:
            with transaction.atomic():
                self.changed.append(building.take_in(proposal))
        except ValidationError as error:
            return {"proposal_errors": {proposal.pk: " ".join(error.messages)}}
        messages.success(self.request, f"»{proposal.title}« er på dagsordenen.")
        return {}

    def decline(self, proposal) -> dict:
        answer = self.request.POST.get(f"answer-{proposal.pk}", "").replace("\x00", "").strip()
        error = ""
        if not answer:
            error = "Skriv, hvorfor punktet ikke kommer med. Medlemmet får din tekst."
        elif len(answer) > 1000:
            error = f"Skriv det kortere. Der er plads til 1000 tegn, og du har skrevet {len(answer)}."
        elif any(find_cpr(answer)):
            error = "Her står noget, der ligner et CPR-nummer. Slet det."
        if error:
            return {"proposal_errors": {proposal.pk: error}}
        proposals.decline(proposal, answer)
        person = proposal.member.person
        messages.success(
            self.request,
            f"{person} får dit svar i en mail."
            if person and person.email
            else "Svaret er gemt. Medlemmet har ingen mail, så ring og sig det.",
        )
        return {}

    def anchor(self, data) -> str:
        verb, _, number = data.get("action", "").partition(":")
        if verb in ("move_up", "move_down") and number.isdigit():
            return f"#punkt-{number}"
        if verb in ("accept", "decline", "invite_proposals"):
            return "#forslag"
        return "?nyt" if data.get("new_title", "").strip() else ""

    # Answers

    def show_again(self, rows, intro, refused, trouble):
        """What could not be saved stands as it was typed, with the reason; the rest as it is saved."""
        kept = {row.item.pk: row.form for row in rows if row.form in refused}
        fresh = self.fresh_rows()
        for row in fresh:
            row.form = kept.get(row.item.pk, row.form)
            row.file_error = trouble.get("file_errors", {}).get(row.item.pk, "")
        return self.show(
            fresh,
            intro if intro in refused else None,
            new_title=trouble.get("new_title", ""),
            new_error=trouble.get("new_error", ""),
            proposal_errors=trouble.get("proposal_errors"),
        )

    def answer(self, rows, intro, refused):
        """To the script: the new versions of what is saved, and what a person must look at."""
        versions, problems = {}, {}
        for prefix, form in [("dagsorden", intro), *((row.prefix, row.form) for row in rows)]:
            if form in refused:
                problems[prefix] = (
                    "En anden har gemt det samme imens. Tryk på »Gem«, så kan du se begge tekster."
                    if form.has_conflict
                    else " ".join(text for texts in form.errors.values() for text in texts)
                )
            elif form.instance in self.changed:
                versions[prefix] = form.posted_print
        warnings = {
            prefix_of(it): [finding.masked for finding in it.findings()]
            for it in self.changed
            if isinstance(it, AgendaItem) and any(it.findings())
        }
        order = ",".join(str(pk) for pk in self.meeting.items.values_list("pk", flat=True))
        said = f"Gemt kl. {clock(timezone.now())}" if self.changed else ""
        return JsonResponse(
            {"versions": versions, "problems": problems, "numbers": warnings, "order": order, "said": said}
        )


def agenda_page(admin, request, meeting):
    board = Board(admin, request, meeting)
    return board.save() if request.method == "POST" else board.show()


# Files


def add_file(item: AgendaItem, file) -> Attachment:
    """Keep a file with the item. ValidationError, in Danish, for one that may not be there."""
    file = UploadField(max_length=200).clean(file)
    attachment = Attachment(meeting=item.meeting, item=item, file=file, position=item.attachments.count() + 1)
    attachment.full_clean()
    attachment.save()
    return attachment


def files_page(admin, request, meeting):
    """Takes the files that are dropped on an item, one a request."""
    board = Board(admin, request, meeting)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    number, file = request.POST.get("item", ""), request.FILES.get("file")
    with transaction.atomic():
        board.lock()
        is_number = number.isascii() and number.isdigit() and len(number) < 18
        item = board.meeting.items.filter(pk=number).first() if is_number else None
        try:
            if item is None:
                raise ValidationError("Punktet er her ikke mere. Hent siden igen.")
            if file is None:
                raise ValidationError("Vælg en fil.")
            attachment = add_file(item, file)
        except ValidationError as error:
            return JsonResponse({"error": " ".join(error.messages)}, status=400)
        increment_version(board.meeting)
    return JsonResponse({"title": attachment.display_title, "url": admin.url("change", attachment)})


# From an earlier meeting


def copy_page(admin, request, meeting):
    board = Board(admin, request, meeting)
    if not board.may_write:
        raise PermissionDenied
    others = (
        Meeting.objects.filter(council=meeting.council_id).exclude(pk=meeting.pk).exclude(items=None).distinct()
    ).order_by("-date", "-ordinal")
    asked = request.POST.get("source") or request.GET.get("fra", "")
    source = others.filter(pk=asked).first() if asked.isascii() and asked.isdigit() and len(asked) < 18 else None
    items = list(source.items.prefetch_related("themes", "goals", "causes")) if source else []
    error = ""
    if request.method == "POST":
        chosen = set(request.POST.getlist("items"))
        wanted = [item for item in items if str(item.pk) in chosen]
        if not wanted:
            error = "Vælg mindst ét punkt."
        else:
            try:
                with transaction.atomic():
                    board.lock()
                    made = building.copy_items(board.meeting, wanted)
                    increment_version(board.meeting)
            except ValidationError as wrong:
                error = " ".join(wrong.messages)
            else:
                words = "punkt er hentet" if len(made) == 1 else "punkter er hentet"
                messages.success(request, f"{len(made)} {words} fra mødet {short_date(source.date)}.")
                admin.warn_of_cpr(request, made)
                return HttpResponseRedirect(admin.url("agenda", meeting))
    return admin.page(
        request,
        meeting,
        "agenda_copy.html",
        title="Hent punkter fra et tidligere møde",
        others=others[:60],
        source=source,
        items=items,
        error=error,
        back_url=admin.url("agenda", meeting),
    )


PAGES = [
    MeetingPage("punkter/", "agenda", agenda_page, ability=roles.VIEW, tab="Dagsorden"),
    MeetingPage("punkter/bilag/", "item_file", files_page),
    MeetingPage("punkter/hent/", "item_copy", copy_page),
]
