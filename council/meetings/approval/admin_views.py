"""The secretary's page about the approval of a paper: rounds, answers, remarks and the final approval."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from council.meetings.meeting_page import MeetingPage
from council.models import IN_WRITING, Approval, Meeting, Minutes, Remark
from udsat.admin import may_edit
from udsat.admin.edit_versions import increment_version
from udsat.admin.form_fields import DateInputField
from udsat.lib import roles
from udsat.lib.danish import weekday_date
from udsat.lib.forms import FieldsOnly, parse_pk
from udsat.models import Letter, checked_transaction, is_cpr_overridden

from . import rounds
from .member_views import remark_field
from .paper import is_changed_since_approval, lock_paper, text_version
from .rounds import ApprovalConflict, RoundStatus


class StartRoundForm(FieldsOnly, forms.Form):
    due_on = DateInputField(
        label="Svar senest", error_messages={"required": "Skriv, hvornår medlemmerne senest skal svare."}
    )
    checked = forms.BooleanField(
        label="Jeg har set efter. Det er ikke CPR-numre.",
        error_messages={"required": "Ret teksten, eller sæt et hak her, hvis det ikke er CPR-numre."},
    )

    def __init__(self, *args, suspects=(), **kwargs):
        super().__init__(*args, **kwargs)
        if not suspects:
            del self.fields["checked"]

    def clean_due_on(self):
        day = self.cleaned_data["due_on"]
        if day < timezone.localdate():
            raise ValidationError("Datoen er passeret. Vælg en senere.")
        return day


class ApprovedAtMeetingForm(FieldsOnly, forms.Form):
    meeting = forms.TypedChoiceField(
        label="Hvilket møde?",
        coerce=int,
        error_messages={"invalid_choice": "Vælg et af møderne.", "required": "Vælg et af møderne."},
    )

    def __init__(self, *args, meetings: list[Meeting], own: Meeting | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.meetings = {meeting.pk: meeting for meeting in meetings}
        self.fields["meeting"].choices = [
            (pk, f"{meeting.long_title}{' (mødet selv)' if meeting == own else ''}")
            for pk, meeting in self.meetings.items()
        ]

    def clean_meeting(self):
        return self.meetings[self.cleaned_data["meeting"]]


class RegisterAnswerForm(FieldsOnly, forms.Form):
    """An answer given by phone or in person."""

    member = forms.TypedChoiceField(
        label="Hvem har svaret?",
        coerce=int,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Vælg et af medlemmerne."),
    )
    answer = forms.ChoiceField(
        label="Hvad var svaret?",
        choices=Approval.Answer.choices,
        widget=forms.RadioSelect,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Vælg et af de to svar."),
    )
    item = forms.TypedChoiceField(
        label="Bemærkningen handler om",
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": "Vælg et af punkterne."},
    )
    remark = remark_field("Bemærkning")

    def __init__(self, *args, status: RoundStatus, items, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = {row.pk: row for row in status.rows if not row.has_left}
        self.fields["member"].choices = [("", "Vælg …"), *((pk, row.name) for pk, row in self.rows.items())]
        if items:
            choices = [(item.pk, f"{item.number}. {item.heading}") for item in items]
            self.fields["item"].choices = [("", "Det hele"), *choices]
        else:
            del self.fields["item"]

    def clean(self):
        super().clean()
        remark = self.cleaned_data.get("remark", "").strip()
        if self.cleaned_data.get("answer") == Approval.Answer.REMARKS and not remark and "remark" not in self.errors:
            self.add_error("remark", "Skriv, hvad medlemmet vil have rettet.")


class ApprovalPage:
    def __init__(self, admin, request, paper):
        self.admin, self.request, self.paper = admin, request, paper
        self.is_minutes = isinstance(paper, Minutes)
        self.noun = "referatet" if self.is_minutes else "svaret"
        self.council = paper.council
        self.redirect_url = admin.url("approval", paper.meeting if self.is_minutes else paper)
        self.may_write = request.user.may(roles.EDIT, self.council.municipality)
        self.may_publish = request.user.may(roles.PUBLISH, self.council.municipality)
        # The approval is shown with the paper: once that is public, changing it requires the right to publish.
        self.may_approve = self.may_write and may_edit(request.user, paper)
        self.leads_to_gate = self.is_minutes and self.may_publish and not paper.is_live
        self.forms = {}
        # Searched for only when a round is started: that reads the attached files too.
        self.suspects = []

    # Rendering

    @property
    def obstacle(self) -> str:
        """Why there is nothing to approve yet, in Danish."""
        if not self.is_minutes:
            return "" if self.paper.answer else "Der er ikke skrevet noget svar endnu. Skriv det først."
        meeting = self.paper.meeting
        if meeting.is_cancelled:
            return "Mødet er aflyst. Der er ikke noget referat at godkende."
        if meeting.date > timezone.localdate():
            return f"Mødet er først {weekday_date(meeting.date)}. Bagefter kan referatet godkendes her."
        return ""

    def find_suspects(self):
        """Return CPR findings in the text that members will read, each with the address of its field."""
        names = None if self.is_minutes else ("title", "question", "answer")
        return [
            (finding, self.admin.part_url(part, finding.field))
            for part in self.paper.publication_parts()
            if part.pk
            for finding in part.findings(self.paper)
            if (names is None or finding.field in names) and not is_cpr_overridden(finding)
        ]

    def context(self) -> dict:
        paper, status = self.paper, RoundStatus(self.paper)
        items = self.numbered_items()
        context = {
            "paper": paper,
            "noun": self.noun,
            "is_minutes": self.is_minutes,
            "council": self.council,
            "obstacle": self.obstacle,
            "round": status,
            "closed_text": rounds.closed_text(paper, status),
            "not_approved_help": rounds.NOT_APPROVED_HELP,
            "is_changed": is_changed_since_approval(paper),
            "may_write": self.may_write,
            "may_approve": self.may_approve,
            "leads_to_gate": self.leads_to_gate,
            "rows": self.rows_with_letters(status),
            "remarks": self.remarks(status, items),
            "in_writing_first": self.council.approval == self.council.ApprovalWay.WRITTEN or not self.is_minutes,
        }
        if self.obstacle or paper.approved_on:
            return context
        context |= {
            "suspects": self.suspects,
            "members_to_ask": rounds.members_to_ask(paper),
            "start_form": StartRoundForm(initial={"due_on": rounds.default_due_date(paper)}),
            "meeting_form": self.meeting_form(),
            "register_form": RegisterAnswerForm(status=status, items=items) if status.is_open else None,
        }
        return context | self.forms

    def meeting_form(self, data=None):
        meetings = rounds.candidate_meetings(self.paper)
        own = self.paper.meeting if self.is_minutes else None
        return ApprovedAtMeetingForm(data, meetings=meetings, own=own) if meetings or data else None

    def numbered_items(self):
        """Return the items that members can comment on, with their numbers."""
        if not self.is_minutes:
            return []
        meeting = self.paper.meeting
        items = list(meeting.items.all())
        for number, item in enumerate(items, meeting.first_number):
            item.number = number
        return [item for item in items if not item.is_closed]

    def rows_with_letters(self, status):
        keys = {row.pk: f"approval:{row.pk}:asked" for row in status.rows}
        letters = {letter.key: letter for letter in Letter.objects.filter(key__in=keys.values())}
        for row in status.rows:
            row.letter = letters.get(keys[row.pk])
        return status.rows

    def remarks(self, status, items):
        """Return remarks with their item and its address, in the order of the items; the whole paper last."""
        items = {item.pk: item for item in items}
        entries = []
        for remark in status.remarks:
            item = items.get(remark.item_id)
            if item:
                url = self.admin.admin_site.get_model_admin(type(item)).url("change", item)
            else:
                url = self.admin.edit_url(self.paper.meeting if self.is_minutes else self.paper)
            entries.append({"remark": remark, "item": item, "url": url})
        return sorted(entries, key=lambda entry: entry["item"].number if entry["item"] else 10_000)

    # Actions. Their forms are validated without the lock.

    ACTIONS = (
        *("send", "remind", "close", "approve_at_meeting", "reopen", "register"),
        *("mark_handled", "mark_unhandled"),
    )
    FORMS = {"send": "start_form", "approve_at_meeting": "meeting_form", "register": "register_form"}

    def perform_action(self) -> HttpResponse | None:
        """Perform the action of the pressed button and redirect; None if its form is shown again."""
        if not self.may_write:
            raise PermissionDenied
        action = self.request.POST.get("action")
        if action not in self.ACTIONS:
            self.message("Vi forstod ikke, hvad du ville. Prøv igen.", messages.ERROR)
        elif self.obstacle:
            self.message(self.obstacle, messages.ERROR)
        else:
            self.seen_text = text_version(self.paper)
            if action in self.FORMS and not self.validated(action):
                return None
            try:
                with checked_transaction():
                    getattr(self, action)()
            except ApprovalConflict:
                self.message("En anden har været her imens. Se, hvordan det står nu.", messages.WARNING)
            except ValidationError as error:
                self.message(" ".join(error.messages), messages.ERROR)
        return HttpResponseRedirect(self.redirect_url)

    def validated(self, action) -> bool:
        """Validate the form of the action, and keep it to be shown again if it has errors."""
        posted = self.request.POST
        if action == "send":
            self.suspects = self.find_suspects()
            self.form = StartRoundForm(posted, suspects=self.suspects)
        elif action == "approve_at_meeting":
            self.require_may_approve()
            self.form = self.meeting_form(posted)
        else:
            self.form = RegisterAnswerForm(posted, status=RoundStatus(self.paper), items=self.numbered_items())
        self.forms[self.FORMS[action]] = self.form
        return self.form.is_valid()

    def message(self, text, level=messages.SUCCESS):
        self.admin.message_user(self.request, text, level)

    def log(self, change):
        """Log the change and increment the version, so that open forms cannot restore the earlier state."""
        increment_version(self.paper)
        if self.is_minutes:
            increment_version(self.paper.meeting)
        self.admin.log_change(self.request, self.paper, change)

    def locked_status(self):
        """Lock the paper. Raise ApprovalConflict if its text has changed, or its last round since the user's page."""
        lock_paper(self.paper)
        status = RoundStatus(self.paper)
        if self.request.POST.get("round", "") != str(status.number) or status.version != self.seen_text:
            raise ApprovalConflict
        return status

    def require_may_approve(self):
        if not self.may_approve:
            raise PermissionDenied

    def send(self):
        status = self.locked_status()
        due_on = self.form.cleaned_data["due_on"]
        rows = rounds.start_round(self.paper, due_on=due_on, after_round=status.number)
        if not rows:
            self.message("Ingen sidder i rådet nu. Skriv medlemmerne ind først.", messages.ERROR)
            return
        with_mail = sum(bool(row.person.email) for row in rows)
        without = len(rows) - with_mail
        self.message(
            f"Sendt til {with_mail} af {len(rows)} medlemmer. De skal svare senest {weekday_date(due_on)}."
            + (f" {without} har ingen e-mail. Spørg selv, og skriv svaret ind her." if without else "")
        )
        self.log("Sendt til godkendelse")

    def remind(self):
        self.locked_status()
        count = rounds.send_reminders(self.paper)
        people = "medlem" if count == 1 else "medlemmer"
        self.message(f"Vi har mindet {count} {people} om at svare." if count else "De er allerede mindet om det i dag.")

    def close(self):
        self.require_may_approve()
        status = self.locked_status()
        # Another answer, or another text, than the user has seen on the page.
        if not status.is_open or self.request.POST.get("answers") != status.stamp:
            raise ApprovalConflict
        if not status.can_be_closed:
            raise ValidationError(f"Ingen har godkendt teksten. {rounds.NOT_APPROVED_HELP}")
        self.approve(IN_WRITING, timezone.localdate(), status.answers_text)

    def approve_at_meeting(self):
        meeting = self.form.cleaned_data["meeting"]
        self.approve(rounds.approved_at(meeting), meeting.date)

    def approve(self, how, on, answers=""):
        rounds.mark_approved(self.paper, how=how, on=on, answers=answers)
        self.message(f"Skrevet ind: {self.paper.approval_text}")
        if self.leads_to_gate:
            self.redirect_url = self.admin.url("publish", self.paper)
        if answers:
            self.log("Skriftlig godkendelse afsluttet")
        else:
            self.log("Godkendt skriftligt" if how == IN_WRITING else "Godkendt på mødet")

    def reopen(self):
        self.require_may_approve()
        rounds.withdraw_approval(self.paper)
        self.message(f"Godkendelsen er taget tilbage. {self.noun.capitalize()} er ikke godkendt.")
        self.log("Godkendelse taget tilbage")

    def register(self):
        status = self.locked_status()
        data = self.form.cleaned_data
        row, text = self.form.rows[data["member"]], data["remark"].strip()
        remarks = {data.get("item"): text} if text else {}
        rounds.record_answer(row, answer=data["answer"], remarks=remarks, version=status.version, by=self.request.user)
        self.message(f"Svaret fra {row.name} er skrevet ind.")

    def mark_handled(self):
        remarks = Remark.objects.filter(approval__in=self.paper.approvals.all())
        remark = remarks.filter(pk=parse_pk(self.request.POST.get("remark", ""))).first()
        if remark is None:
            raise ApprovalConflict
        remark.handled_at = timezone.now() if self.request.POST["action"] == "mark_handled" else None
        remark.save()

    mark_unhandled = mark_handled


def minutes_page(admin, request, meeting):
    minutes = Minutes.objects.filter(meeting=meeting).first() or Minutes(meeting=meeting)
    minutes.meeting = meeting
    page = ApprovalPage(admin, request, minutes)
    if request.method == "POST":
        if minutes.pk is None and page.may_write and not page.obstacle:
            page.paper = minutes = Minutes.objects.get_or_create(meeting=meeting)[0]
        if response := page.perform_action():
            return response
    context = page.context()
    if minutes.pk:
        context |= {
            "is_public": minutes.is_published,
            "publish_url": admin.url("publish", minutes) if page.leads_to_gate else "",
            "public_url": minutes.get_absolute_url(),
            "edit_url": admin.edit_url(meeting),
        }
    return admin.page(request, meeting, "approval.html", title="Godkendelse", **context)


def hearing_page(admin, request, hearing):
    page = ApprovalPage(admin, request, hearing)
    if request.method == "POST" and (response := page.perform_action()):
        return response
    context = page.context() | {
        "edit_url": f"{admin.edit_url(hearing)}#id_answer",
        "send_url": admin.url("send", hearing) if page.may_publish else "",
    }
    return admin.page(request, hearing, "approval.html", title="Godkendelse", **context)


PAGES = [MeetingPage("godkendelse/", "approval", minutes_page, roles.VIEW, "Godkendelse")]
