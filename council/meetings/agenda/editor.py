"""The agenda page: one form with all items, saved by its buttons or automatically by its script."""

import re
from functools import partial

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Prefetch
from django.http import HttpResponseRedirect, JsonResponse
from django.utils import timezone

from council.meetings import progress
from council.meetings.invitations.sending import locked
from council.models import Agenda, AgendaItem, Agreement, Attachment, Cause, Meeting, Minutes, Proposal
from council.rights import item_lock, may_edit_agenda
from strategies.models import Goal, Theme
from udsat.admin.edit_versions import increment_version
from udsat.admin.forms import NOT_SAVED, is_returned
from udsat.admin.history import keep_unused
from udsat.admin.scope import is_live
from udsat.lib import roles
from udsat.lib.cpr import find_cpr
from udsat.lib.danish import clock, join_words
from udsat.lib.forms import parse_pk
from udsat.lib.uploads import UploadField
from udsat.models import checked_transaction

from . import building, proposals
from .forms import TEXT_FIELDS, agenda_form, item_form, item_prefix, posted_order

POSTED_ITEM = re.compile(r"punkt-(\d{1,18})-version")
VERSIONED = ((Meeting, "pk"), (Agenda, "meeting"), (Minutes, "meeting"))
LAST_POSITION = 10_000  # until the items are numbered


class AgendaRow:
    """An item on the page: its saved values and the form that changes it."""

    def __init__(self, item: AgendaItem, number: int, form):
        self.item, self.number, self.form = item, number, form
        self.prefix = item_prefix(item)
        self.attachments = list(item.attachments.all())
        self.is_waiting = item.supplement == AgendaItem.Supplement.WAITING
        # Public items are not saved automatically: half a sentence would be public.
        self.is_live = is_live(item)
        self.file_error = ""

    @property
    def summary(self) -> str:
        """Contents of the folded part, in Danish."""
        labels = {"presentation": "sagsfremstilling", "recommendation": "indstilling"}
        words = [label for name, label in labels.items() if getattr(self.item, name)]
        if self.attachments:
            words.append(f"{len(self.attachments)} bilag")
        return join_words([*words, self.links] if self.links else words)

    @property
    def links(self) -> str:
        """What the item is about, in Danish."""
        words = []
        if links := len(self.item.themes.all()) + len(self.item.goals.all()):
            words.append(f"{links} fra strategien")
        if causes := len(self.item.causes.all()):
            words.append("1 mærkesag" if causes == 1 else f"{causes} mærkesager")
        return join_words(words)

    @property
    def is_open(self) -> bool:
        return bool(self.form.is_bound and self.form.errors) or bool(self.file_error)


class AgendaEditor:
    """One request to the agenda page. Every button submits the whole form, so no typed text is lost."""

    def __init__(self, admin, request, meeting):
        self.admin, self.request, self.meeting = admin, request, meeting
        self.form_class = item_form(admin, request)
        self.agenda = meeting.paper("agenda")
        self.is_autosave = request.headers.get("Accept") == "application/json"
        name, _, pk = request.POST.get("action", "").partition(":")
        self.action = name, pk  # the pressed button, and the primary key it concerns

    @property
    def may_write(self) -> bool:
        return may_edit_agenda(self.request.user, self.meeting)

    def rows(self, data=None) -> list[AgendaRow]:
        items = self.meeting.items.select_related(
            "meeting__council__municipality", "meeting__agenda", "meeting__minutes"
        ).prefetch_related(
            "attachments",
            Prefetch("themes", Theme.objects.select_related("strategy__municipality")),
            Prefetch("goals", Goal.objects.select_related("theme__strategy__municipality")),
            Prefetch("causes", Cause.objects.select_related("council__municipality")),
        )
        return [
            AgendaRow(item, number, self.form_class(data, instance=item, prefix=item_prefix(item)))
            for number, item in enumerate(items, self.meeting.first_number)
        ]

    def intro_form(self, data=None):
        form = agenda_form(self.admin, self.request)
        # By number: an unsaved agenda must not be cached on the meeting that the items are saved with.
        return form(data, instance=self.agenda or Agenda(meeting_id=self.meeting.pk), prefix="dagsorden")

    # Rendering

    def render(self, rows=None, intro=None, proposal_errors=None, **context):
        rows = self.rows() if rows is None else rows
        intro = intro or self.intro_form()
        supplement_rows = [row for row in rows if row.is_waiting]
        member_proposals = list(self.meeting.proposals.select_related("member__person", "member__council", "item"))
        for proposal in member_proposals:
            proposal.error = (proposal_errors or {}).get(proposal.pk, "")
            proposal.typed = self.request.POST.get(f"answer-{proposal.pk}", "") if proposal.error else ""
        return self.admin.page(
            self.request,
            self.meeting,
            "agenda.html",
            title="Dagsorden",
            rows=rows,
            agenda_rows=[row for row in rows if not row.is_waiting],
            supplement_rows=supplement_rows,
            supplement_number=supplement_rows[0].number if supplement_rows else 0,
            order=",".join(str(row.item.pk) for row in rows),
            intro=intro,
            agenda=self.agenda,
            may_write=self.may_write,
            locked_by=item_lock(self.request.user, self.meeting),
            may_publish=self.request.user.may(roles.PUBLISH, self.meeting.municipality),
            takes_supplement=bool(self.agenda and self.agenda.takes_supplement),
            standard_items=list(self.meeting.council.standard_items.all()),
            new_proposals=[it for it in member_proposals if it.state == Proposal.State.NEW],
            answered_proposals=[it for it in member_proposals if it.state != Proposal.State.NEW],
            proposal_requests=proposals.sent_requests(self.meeting),
            deadline=progress.items_due_on(self.meeting),
            accepts_proposals=not self.meeting.is_past and not self.meeting.is_cancelled,
            media=intro.media + self.form_class().media if self.may_write else "",
            publish_url=self.publish_url(),
            **{"new_title": "", "new_error": "", **context},
        )

    def publish_url(self):
        if self.agenda is None or (self.agenda.is_live and not self.agenda.is_scheduled):
            return ""
        return self.admin.url("publish", self.agenda)

    def render_errors(self, rows, intro, invalid_forms, errors):
        """Show invalid forms as typed, with the reason, and everything else as saved."""
        invalid = {row.item.pk: row.form for row in rows if row.form in invalid_forms}
        fresh_rows = self.rows()
        file_errors = errors.pop("file_errors", {})
        for row in fresh_rows:
            row.form = invalid.get(row.item.pk, row.form)
            row.file_error = file_errors.get(row.item.pk, "")
        return self.render(fresh_rows, intro if intro in invalid_forms else None, **errors)

    # Saving

    def save(self):
        """Save under the lock of the meeting what has been validated without it.

        If somebody has saved meanwhile, it is validated again; the third time under the lock.
        """
        if not self.may_write:
            raise PermissionDenied
        for _ in range(2):
            state = self.saved_state()
            rows, intro = self.validated()
            if is_returned(self.request):
                touched = [form for form in (intro, *(row.form for row in rows)) if form.is_touched]
                errors = {"returned": NOT_SAVED, "new_title": self.request.POST.get("new_title", "")}
                return self.render_errors(rows, intro, touched, errors)
            with checked_transaction():
                self.lock()
                if self.saved_state() == state:
                    outcome = self.save_validated(rows, intro)
                    break
        else:
            with checked_transaction():
                self.lock()
                outcome = self.save_validated(*self.validated())
        return outcome()

    def saved_state(self):
        """Return what the validation of the forms depends on."""
        versions = (
            model.objects.filter(**{lookup: self.meeting.pk}).values_list("version", "status")
            for model, lookup in VERSIONED
        )
        items = self.meeting.items.values_list("pk", "position", "supplement", *TEXT_FIELDS)
        return [list(rows) for rows in (*versions, items)]

    def validated(self):
        """Return the rows and the form of the introduction, validated as far as they are saved."""
        data = self.request.POST
        rows, intro = self.rows(data), self.intro_form(data)
        for form in (intro, *(row.form for row in rows)):
            if self.is_saved(form):
                form.is_valid()
        self.refused_files = {}
        for name, files in self.request.FILES.lists():
            for file in files:
                try:
                    UploadField(max_length=200).clean(file)
                except ValidationError as error:
                    self.refused_files[name, file.name] = " ".join(error.messages)
        return rows, intro

    def save_validated(self, rows, intro):
        """Save, and return the function that makes the response, to call without the lock."""
        data = self.request.POST
        self.changed = []
        items = [row.item for row in rows]
        invalid_forms = [form for form in (intro, *(row.form for row in rows)) if not self.save_form(form)]
        restored = [] if self.is_autosave else self.restore_deleted(items)
        if (ordered := posted_order(data, items)) is not None:
            building.put_in_order(ordered)
            self.changed.append(self.meeting)
        if self.is_autosave:
            self.increment_versions()
            return partial(self.autosave_response, rows, intro, invalid_forms)
        errors = self.add_new_item() | self.add_files(rows)
        if not invalid_forms and not errors:
            errors = self.perform_action(items)
        self.increment_versions()
        return partial(self.response, rows, intro, invalid_forms, errors, restored)

    def response(self, rows, intro, invalid_forms, errors, restored):
        self.admin.warn_of_cpr(self.request, [it for it in self.changed if isinstance(it, AgendaItem | Agenda)])
        if restored:
            messages.warning(
                self.request, f"{join_words(restored)} er slettet imens. Det, du havde skrevet, står nu i et nyt punkt."
            )
        if invalid_forms or errors:
            return self.render_errors(rows, intro, invalid_forms, errors)
        if self.changed:
            messages.success(self.request, "Dagsordenen er gemt.")
        return HttpResponseRedirect(self.request.path + self.redirect_anchor())

    def lock(self):
        """Lock the meeting until the transaction ends and read it again."""
        self.meeting = locked(self.meeting)
        self.agenda = self.meeting.paper("agenda")
        if not self.may_write:
            raise PermissionDenied

    def is_saved(self, form) -> bool:
        return form.is_touched and not (self.is_autosave and is_live(form.instance))

    def save_form(self, form) -> bool:
        """Save the form if the user changed it. Return False if it is invalid."""
        if not self.is_saved(form):
            return True
        if not form.is_valid():
            if self.is_autosave and form.has_conflict:
                keep_unused(self.request.user, form.instance, form.typed_values())
            return False
        try:
            # A text is never saved without its themes.
            with transaction.atomic():
                form.save()
        except ValidationError as error:
            form.add_error(None, error.messages)
            return False
        self.changed.append(form.instance)
        return True

    def restore_deleted(self, items) -> list[str]:
        """Recreate items that were deleted by another user while this one edited them. Return their titles."""
        existing, titles = {item.pk for item in items}, []
        for key in self.request.POST:
            match = POSTED_ITEM.fullmatch(key)
            if match and int(match[1]) not in existing:
                item = AgendaItem(meeting=self.meeting, position=LAST_POSITION)
                form = self.form_class(self.request.POST, instance=item, prefix=f"punkt-{match[1]}")
                if form.is_touched and form.is_valid():
                    item.supplement = building.supplement_of(self.meeting)
                    form.save()
                    self.changed.append(item)
                    titles.append(f"»{item.title}«")
        return titles

    def add_new_item(self) -> dict:
        title = " ".join(self.request.POST.get("new_title", "").replace("\x00", "").split())
        if not title:
            return {}
        try:
            with transaction.atomic():
                self.changed.append(building.add_item(self.meeting, title=title))
        except ValidationError as error:
            return {"new_title": title, "new_error": " ".join(error.messages)}
        return {}

    def add_files(self, rows) -> dict:
        errors = {}
        for row in rows:
            for file in self.request.FILES.getlist(f"{row.prefix}-file"):
                refusal = self.refused_files.get((f"{row.prefix}-file", file.name))
                try:
                    if refusal:
                        raise ValidationError(refusal)
                    self.changed.append(add_file(row.item, file))
                except ValidationError as error:
                    errors[row.item.pk] = f"{file.name}: {' '.join(error.messages)}"
        return {"file_errors": errors} if errors else {}

    def increment_versions(self):
        if self.changed:
            increment_version(self.meeting)
            for agenda in dict.fromkeys(it for it in self.changed if isinstance(it, Agenda)):
                increment_version(agenda)

    def autosave_response(self, rows, intro, invalid_forms):
        """Return as JSON, by form prefix: saved versions, values that saving has changed, errors and CPR warnings."""
        versions, values, errors = {}, {}, {}
        for prefix, form in [("dagsorden", intro), *((row.prefix, row.form) for row in rows)]:
            if form in invalid_forms:
                errors[prefix] = (
                    f"{form.saved_by} har gemt det samme imens. Det, du har skrevet, ligger i historikken. "
                    "Tryk på »Gem«, så kan du se begge tekster."
                    if form.has_conflict
                    else " ".join(text for texts in form.errors.values() for text in texts)
                )
            elif form.instance in self.changed:
                saved = type(form)(instance=form.instance, prefix=form.prefix)
                versions[prefix] = saved.saved_fingerprint
                values[prefix] = saved.values_other_than(form)
        cpr_warnings = {
            item_prefix(it): [finding.masked for finding in it.findings()]
            for it in self.changed
            if isinstance(it, AgendaItem) and any(it.findings())
        }
        return JsonResponse(
            {
                "versions": versions,
                "values": values,
                "errors": errors,
                "cpr_warnings": cpr_warnings,
                "order": ",".join(str(pk) for pk in self.meeting.items.values_list("pk", flat=True)),
                "message": f"Gemt kl. {clock(timezone.now())}" if self.changed else "",
            }
        )

    # Actions of the buttons

    def perform_action(self, items) -> dict:
        """Perform the action of the pressed button after saving. Return its errors."""
        match self.action:
            case "add_standard_items", _:
                self.add_standard_items()
            case "invite_proposals", _:
                count = proposals.invite_proposals(self.meeting)
                sent = f"{count} medlemmer får en mail nu." if count != 1 else "1 medlem får en mail nu."
                messages.success(self.request, sent if count else "Alle, der har en e-mail, er spurgt.")
            case "move_up" | "move_down" as name, pk:
                item = next((item for item in items if str(item.pk) == pk), None)
                if item is not None:
                    building.move(self.meeting, item, -1 if name == "move_up" else 1)
                    self.changed.append(self.meeting)
            case "remove_file", pk:
                self.item_with_removed_file = remove_file(self.admin, self.request, self.meeting, pk)
            case "accept" | "decline" as name, pk:
                unanswered = {str(it.pk): it for it in self.meeting.proposals.filter(state=Proposal.State.NEW)}
                if pk in unanswered:
                    return getattr(self, name)(unanswered[pk])
                messages.warning(self.request, "Det forslag er der svaret på.")
        return {}

    def add_standard_items(self):
        items = building.add_standard_items(self.meeting)
        self.changed += items
        if not items:
            messages.info(self.request, "De faste punkter er her allerede.")
        if Agreement.objects.filter(followed_up_at__in=items).exclude(pk__in=Agreement.objects.published()).exists():
            messages.warning(
                self.request,
                "Nogle af aftalerne står i et referat, der ikke er offentligt endnu. "
                "Læs punktet, og tag dem ud, hvis de ikke må komme frem.",
            )

    def accept(self, proposal) -> dict:
        try:
            with transaction.atomic():
                self.changed.append(building.accept_proposal(proposal))
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
            else "Svaret er gemt. Medlemmet har ingen e-mail, så ring og sig det.",
        )
        return {}

    def redirect_anchor(self) -> str:
        match self.action:
            case "move_up" | "move_down", pk if pk.isdigit():
                return f"#punkt-{pk}"
            case "remove_file", _ if self.item_with_removed_file:
                return f"#punkt-{self.item_with_removed_file}"
            case "accept" | "decline" | "invite_proposals", _:
                return "#forslag"
        return "?nyt" if self.request.POST.get("new_title", "").strip() else ""


def remove_file(admin, request, meeting, pk: str) -> int | None:
    """Delete an attachment of the meeting, if the user may. Return the item it belonged to."""
    attachment = meeting.attachments.filter(pk=parse_pk(pk)).first()
    if attachment is None:
        messages.warning(request, "Filen er her ikke mere.")
        return None
    page = admin.admin_site.get_model_admin(Attachment)
    if not page.has_delete_permission(request, attachment):
        raise PermissionDenied
    attachment.delete()
    increment_version(meeting)
    messages.success(request, f"»{attachment.display_title}« er fjernet.")
    return attachment.item_id


def add_file(item: AgendaItem, file) -> Attachment:
    """Attach an uploaded file to the item. Raise ValidationError, in Danish, if it is not accepted."""
    file = UploadField(max_length=200).clean(file)
    attachment = Attachment(meeting=item.meeting, item=item, file=file, position=item.attachments.count() + 1)
    attachment.full_clean()
    attachment.save()
    return attachment
