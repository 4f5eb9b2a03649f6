"""The secretary's page about an approval: ask, see who has answered, look at the remarks, settle it."""

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from council.meetings.meeting_page import MeetingPage
from council.models import Approval, Meeting, Minutes, Remark
from udsat.admin import may_edit
from udsat.admin.edit_conflict import increment_version
from udsat.admin.form_fields import DayField
from udsat.lib import roles
from udsat.lib.danish import long_date, weekday_date
from udsat.lib.forms import FieldsOnly
from udsat.models import Letter, is_cpr_overridden

from . import rounds
from .member_views import remark_field
from .rounds import Settled, Standing


class AskForm(FieldsOnly, forms.Form):
    due_on = DayField(label="Svar senest", error_messages={"required": "Skriv, hvornår medlemmerne senest skal svare."})
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
            raise ValidationError("Datoen er gået. Vælg en dag, der kommer.")
        return day


class AtMeetingForm(FieldsOnly, forms.Form):
    held = forms.TypedChoiceField(
        label="Hvilket møde?",
        coerce=int,
        error_messages={"invalid_choice": "Vælg et af møderne.", "required": "Vælg et af møderne."},
    )

    def __init__(self, *args, meetings: list[Meeting], own: Meeting | None, **kwargs):
        super().__init__(*args, **kwargs)
        self.meetings = {meeting.pk: meeting for meeting in meetings}
        self.fields["held"].choices = [
            (pk, f"{meeting.long_title}{' (mødet selv)' if meeting == own else ''}")
            for pk, meeting in self.meetings.items()
        ]

    def clean_held(self):
        return self.meetings[self.cleaned_data["held"]]


class RegisterForm(FieldsOnly, forms.Form):
    """What a member said by phone or in person."""

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

    def __init__(self, *args, standing: Standing, items, **kwargs):
        super().__init__(*args, **kwargs)
        self.rows = {row.pk: row for row in standing.rows}
        self.fields["member"].choices = [("", "Vælg …"), *((pk, str(row.member)) for pk, row in self.rows.items())]
        if items:
            self.fields["item"].choices = [
                ("", "Det hele"), *((item.pk, f"{item.number}. {item.title}") for item in items)
            ]  # fmt: skip
        else:
            del self.fields["item"]

    def clean(self):
        super().clean()
        said = self.cleaned_data.get("remark", "").strip()
        if self.cleaned_data.get("answer") == Approval.Answer.REMARKS and not said and "remark" not in self.errors:
            self.add_error("remark", "Skriv, hvad medlemmet vil have rettet.")


class Desk:
    """The page about one paper: what its buttons do, and what it shows."""

    def __init__(self, admin, request, paper, url):
        self.admin, self.request, self.paper, self.url = admin, request, paper, url
        self.is_minutes = isinstance(paper, Minutes)
        self.may_write = request.user.may(roles.EDIT, rounds.council_of(paper).municipality)
        # Approval is read with the paper: once that is public, it takes the right to publish.
        self.may_settle = self.may_write and may_edit(request.user, paper)
        self.forms = {}
        # Looked for when she sends, not on every visit: files are read too.
        self.found = []

    # What it shows

    @property
    def thing(self) -> str:
        return "referatet" if self.is_minutes else "svaret"

    @property
    def obstacle(self) -> str:
        """Why there is nothing to approve yet."""
        if not self.is_minutes:
            return "" if self.paper.answer else "Der er ikke skrevet noget svar endnu. Skriv det først."
        meeting = self.paper.meeting
        if meeting.is_cancelled:
            return "Mødet er aflyst. Der er ikke noget referat at godkende."
        if meeting.date > timezone.localdate():
            return f"Mødet er først {weekday_date(meeting.date)}. Bagefter kan referatet godkendes her."
        return ""

    def suspects(self):
        """What looks like a CPR number in what the members will read, with the address where it is mended."""
        shown = None if self.is_minutes else ("title", "question", "answer")
        return [
            (finding, self.admin.part_url(part, finding.field))
            for part in self.paper.publication_parts()
            if part.pk
            for finding in part.findings(self.paper)
            if (shown is None or finding.field in shown) and not is_cpr_overridden(finding)
        ]

    def context(self) -> dict:
        paper, standing = self.paper, Standing.of(self.paper)
        items = self.numbered_items()
        context = {
            "paper": paper,
            "thing": self.thing,
            "is_minutes": self.is_minutes,
            "council": rounds.council_of(paper),
            "obstacle": self.obstacle,
            "standing": standing,
            "may_write": self.may_write,
            "may_settle": self.may_settle,
            "goes_on": self.may_publish and not paper.is_live,
            "rows": self.rows(standing),
            "remarks": self.remarks(standing, items),
            "in_writing_first": rounds.council_of(paper).approval == "skriftligt" or not self.is_minutes,
        }
        if self.obstacle or paper.approved_on:
            return context
        context["suspects"] = self.found
        context["to_ask"] = rounds.members_to_ask(paper)
        meetings = rounds.meetings_that_may_have_approved(paper)
        own = paper.meeting if self.is_minutes else None
        blank = {
            "ask_form": AskForm(initial={"due_on": rounds.due_day(paper)}),
            "meeting_form": AtMeetingForm(meetings=meetings, own=own) if meetings else None,
            "register_form": RegisterForm(standing=standing, items=items) if standing.is_open else None,
        }
        return context | blank | self.forms

    def numbered_items(self):
        """The items that members see and can have remarks to, with their numbers."""
        if not self.is_minutes:
            return []
        meeting = self.paper.meeting
        items = list(meeting.items.all())
        for number, item in enumerate(items, meeting.first_number):
            item.number = number
        return [item for item in items if not item.is_closed]

    def rows(self, standing):
        letters = {
            letter.key: letter
            for letter in Letter.objects.filter(key__in=[f"approval:{row.pk}:asked" for row in standing.rows])
        }
        for row in standing.rows:
            row.letter = letters.get(f"approval:{row.pk}:asked")
        return standing.rows

    def remarks(self, standing, items):
        """With the number of the item and the address where it is mended; in the order of the items, the whole last."""
        place = {item.pk: item for item in items}
        found = []
        for remark in standing.remarks:
            item = place.get(remark.item_id)
            if item:
                address = self.admin.admin_site.get_model_admin(type(item)).url("change", item)
            else:
                address = self.admin.page_of(self.paper.meeting if self.is_minutes else self.paper)
            found.append({"remark": remark, "item": item, "url": address})
        return sorted(found, key=lambda entry: entry["item"].number if entry["item"] else 10_000)

    # What its buttons do

    def act(self) -> HttpResponse | None:
        """Do what the button says and go back to the page; None where a form has something to mend."""
        if not self.may_write:
            raise PermissionDenied
        action = {
            "send": self.ask, "remind": self.remind, "close": self.close, "approve_at_meeting": self.at_meeting,
            "reopen": self.reopen, "register": self.register, "mark_handled": self.look, "mark_unhandled": self.look,
        }.get(self.request.POST.get("action"))  # fmt: skip
        if action is None:
            self.say("Vi forstod ikke, hvad du ville. Prøv igen.", messages.ERROR)
        elif self.obstacle:
            self.say(self.obstacle, messages.ERROR)
        else:
            try:
                with transaction.atomic():
                    done = action()
            except Settled:
                self.say("En anden har været her imens. Se, hvordan det står nu.", messages.WARNING)
            except ValidationError as error:
                self.say(" ".join(error.messages), messages.ERROR)
            else:
                if not done:
                    return None
        return HttpResponseRedirect(self.url)

    def say(self, message, level=messages.SUCCESS):
        self.admin.message_user(self.request, message, level)

    def changed(self, what):
        """Count it, so that a form opened before shows a conflict and does not put the old state back."""
        increment_version(self.paper)
        if self.is_minutes:
            increment_version(self.paper.meeting)
        self.admin.log_change(self.request, self.paper, what)
        return True

    def standing(self):
        """Under a lock; Settled if the round is not the one on the secretary's screen."""
        rounds.lock(self.paper)
        standing = Standing.of(self.paper)
        if self.request.POST.get("round", "") != str(standing.number):
            raise Settled
        return standing

    def ask(self):
        standing = self.standing()
        self.found = self.suspects()
        form = self.forms["ask_form"] = AskForm(self.request.POST, suspects=self.found)
        if not form.is_valid():
            return False
        rows = rounds.ask(self.paper, due_on=form.cleaned_data["due_on"], after_round=standing.number)
        if not rows:
            self.say("Ingen sidder i rådet nu. Skriv medlemmerne ind først.", messages.ERROR)
            return True
        with_mail = sum(bool(row.member.person.email) for row in rows)
        without = len(rows) - with_mail
        self.say(
            f"Sendt til {with_mail} af {len(rows)} medlemmer. De skal svare senest "
            f"{weekday_date(form.cleaned_data['due_on'])}."
            + (f" {without} har ingen e-mail. Spørg selv, og skriv svaret ind her." if without else "")
        )
        return self.changed("Sendt til godkendelse")

    def remind(self):
        self.standing()
        written = rounds.remind(self.paper)
        people = "medlem" if written == 1 else "medlemmer"
        self.say(f"Vi har mindet {written} {people} om at svare." if written else "De er allerede mindet om det i dag.")
        return True

    def close(self):
        self.must_settle()
        standing = self.standing()
        if not standing.is_open:
            raise Settled
        rounds.close(self.paper, how=rounds.IN_WRITING, on=timezone.localdate())
        self.say(f"Skrevet ind: Rådet har godkendt {self.thing} skriftligt.")
        self.go_on_to_the_gate()
        return self.changed("Godkendt skriftligt")

    def at_meeting(self):
        self.must_settle()
        form = self.forms["meeting_form"] = AtMeetingForm(
            self.request.POST,
            meetings=rounds.meetings_that_may_have_approved(self.paper),
            own=self.paper.meeting if self.is_minutes else None,
        )
        if not form.is_valid():
            return False
        held = form.cleaned_data["held"]
        rounds.close(self.paper, how=rounds.at_meeting(held), on=held.date)
        self.say(f"Skrevet ind: Rådet har godkendt {self.thing} på mødet den {long_date(held.date)}.")
        self.go_on_to_the_gate()
        return self.changed("Godkendt på mødet")

    def go_on_to_the_gate(self):
        """Approved minutes are made public next. She who may do that need not look for the button."""
        if self.may_publish and not self.paper.is_live:
            self.url = self.admin.url("publish", self.paper)

    @property
    def may_publish(self) -> bool:
        return self.is_minutes and self.request.user.may(roles.PUBLISH, rounds.council_of(self.paper).municipality)

    def reopen(self):
        self.must_settle()
        rounds.reopen(self.paper)
        self.say(f"Godkendelsen er taget tilbage. {self.thing.capitalize()} er ikke godkendt.")
        return self.changed("Godkendelse taget tilbage")

    def must_settle(self):
        if not self.may_settle:
            raise PermissionDenied

    def register(self):
        standing = self.standing()
        form = self.forms["register_form"] = RegisterForm(
            self.request.POST, standing=standing, items=self.numbered_items()
        )
        if not form.is_valid():
            return False
        said = form.cleaned_data
        row = form.rows[said["member"]]
        text = said["remark"].strip()
        rounds.answer(
            row, answer=said["answer"], remarks={said.get("item"): text} if text else {}, version=standing.version,
            by=self.request.user,
        )  # fmt: skip
        self.say(f"Svaret fra {row.member} er skrevet ind.")
        return True

    def look(self):
        pk = self.request.POST.get("remark", "")
        owner = {"approval__minutes": self.paper} if self.is_minutes else {"approval__hearing": self.paper}
        is_number = pk.isascii() and pk.isdigit() and len(pk) < 18
        remark = Remark.objects.filter(**owner, pk=int(pk)).first() if is_number else None
        if remark is None:
            raise Settled
        remark.handled_at = timezone.now() if self.request.POST["action"] == "mark_handled" else None
        remark.save()
        return True


def minutes_page(admin, request, meeting):
    minutes = Minutes.objects.filter(meeting=meeting).first() or Minutes(meeting=meeting)
    minutes.meeting = meeting
    desk = Desk(admin, request, minutes, admin.url("approval", meeting))
    if request.method == "POST":
        if minutes.pk is None and desk.may_write and not desk.obstacle:
            minutes, _ = Minutes.objects.get_or_create(meeting=meeting)
            desk.paper = minutes
        if response := desk.act():
            return response
    context = desk.context()
    if minutes.pk:
        may_publish = request.user.may(roles.PUBLISH, meeting.municipality)
        context |= {
            "is_public": minutes.is_published,
            "publish_url": admin.url("publish", minutes) if may_publish and not minutes.is_live else "",
            "public_url": minutes.get_absolute_url(),
            "edit_url": admin.page_of(meeting),
        }
    return admin.page(request, meeting, "approval.html", title="Godkendelse", **context)


def hearing_page(admin, request, hearing):
    desk = Desk(admin, request, hearing, admin.url("approval", hearing))
    if request.method == "POST" and (response := desk.act()):
        return response
    may_publish = request.user.may(roles.PUBLISH, hearing.municipality)
    context = desk.context() | {
        "edit_url": f"{admin.page_of(hearing)}#id_answer",
        "send_url": admin.url("send", hearing) if may_publish else "",
    }
    return admin.page(request, hearing, "approval.html", title="Godkendelse", **context)


PAGES = [MeetingPage("godkendelse/", "approval", minutes_page, roles.VIEW, "Godkendelse")]
