"""Corrections of public minutes: never silent, always kept, and told to those who read them."""

import hashlib
import json
import re
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import transaction
from django.forms.models import construct_instance, inlineformset_factory, modelform_factory
from django.http import Http404, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from council.meetings.meeting_page import MeetingPage
from council.models import AgendaItem, Agreement, Attendance, Edition, Meeting, Minutes
from council.models.edition import HEAD, members_of
from udsat.admin.edit_versions import increment_version
from udsat.admin.forms import ScopedFormSet, ScopedModelForm
from udsat.admin.privacy_review import CLOSED_TITLE, ReviewFinding
from udsat.admin.publication import CprReason, add_review_checkboxes, clear_confirmations, reviewed_with_checkboxes
from udsat.lib import roles
from udsat.lib.richtext import RichTextFormField
from udsat.lib.text_diff import rich_difference, word_difference

ITEM_FIELDS = [
    "title", "presentation", "recommendation", "discussion", "answer", "decision", "dissent", "plain_text",
    "is_closed", "public_title",
]  # fmt: skip
CLOSED_FIELDS = ["is_closed", "public_title"]
MOST_ROWS = 200  # of attendance; a form that claims more is broken


class CorrectedRow(ScopedModelForm):
    """Checks the values alone: what looks like a CPR number is asked about on the same page, as at the gate."""

    def _post_clean(self):
        exclude = self._get_validation_exclusions()
        self.instance = construct_instance(self, self.instance, self._meta.fields)
        if getattr(self.instance, "is_closed", False) and not self.instance.public_title:
            self.instance.public_title = "Lukket punkt"
        for check in (self.instance.clean_fields, self.instance.validate_unique, self.instance.validate_constraints):
            try:
                check(exclude=exclude)
            except ValidationError as error:
                self._update_errors(error)


def _row_form(model, fields, user):
    form = modelform_factory(model, form=CorrectedRow, fields=fields)
    form.user = user
    return form


class WordForm(forms.Form):
    """What was corrected, and the person's word for it."""

    what = forms.CharField(
        label="Hvad er rettet?",
        help_text="Alle kan læse det øverst i referatet. For eksempel: »Under punkt 2 stod der 21 boliger. Det rigtige "
        "tal er 12.«",
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=1000,
        error_messages={"required": "Skriv, hvad der er rettet. Alle kan læse det."},
    )
    confirmed = forms.BooleanField(
        label="Jeg har læst rettelsen. Ingen private personer kan genkendes.",
        error_messages={"required": "Læs rettelsen, og sæt så et hak her."},
        required=False,
    )
    opened = forms.CharField(widget=forms.HiddenInput, required=False)
    read = forms.CharField(widget=forms.HiddenInput, required=False)


@dataclass
class Change:
    """One text before and after, as a person reads it."""

    place: str
    label: str
    difference: SafeString


class Correction:
    """One request to the page: all that is typed on it is one form, and nothing of it is lost on the way."""

    def __init__(self, admin, request, meeting, minutes):
        self.admin, self.request, self.meeting, self.minutes = admin, request, meeting, minutes
        data = request.POST.copy() if request.method == "POST" else None
        self.data = data
        self.head = _row_form(Minutes, list(HEAD), request.user)(data, instance=minutes, prefix="hoved")
        self.items = []
        for item in minutes.items():
            fields = CLOSED_FIELDS if item.is_closed else ITEM_FIELDS
            form = _row_form(AgendaItem, fields, request.user)(data, instance=item, prefix=f"punkt-{item.pk}")
            form.heading, form.was_closed = item.object_label(), item.is_closed
            self.items.append(form)
        formset = inlineformset_factory(
            Meeting, Attendance, form=CorrectedRow, formset=ScopedFormSet,
            fields=["member", "status", "substitute_for", "remark"], extra=1, can_delete=True,
            max_num=MOST_ROWS, absolute_max=MOST_ROWS,
        )  # fmt: skip
        formset.form.user = request.user
        rows = Attendance.objects.select_related("member__person", "member__council", "substitute_for__person")
        self.attendance = formset(data, instance=meeting, prefix="fremmoede", queryset=rows)
        self.word = WordForm(data, initial={"opened": self.stand})
        self.changes, self.reviewed = [], []

    @property
    def stand(self) -> str:
        return f"{self.minutes.version}-{self.meeting.version}"

    @property
    def forms(self):
        return [self.head, *self.items, *self.attendance.forms]

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in (self.head, *self.items, self.attendance, self.word)]
        if self.data.get("opened") != self.stand:
            for form in self.forms:
                if form.instance.pk:
                    form.show_saved_values()
            self.word.add_error(
                None,
                "En anden har gemt imens. Det, du har skrevet, står her endnu og er ikke gemt. Hvor det er "
                "forskelligt, kan du se, hvad der er gemt nu. Ret til, og prøv igen.",
            )
            self.data["opened"] = self.stand
            self.word.data = self.data
            return False
        if all(valid) and not any(form.has_changed() for form in self.forms):
            self.word.add_error(None, "Du har ikke rettet noget i referatet endnu.")
            return False
        return all(valid)

    # What is changed

    def weigh(self) -> None:
        """Find what differs and what a person has to look at in it."""
        self.removed = [form.instance for form in self.attendance.deleted_forms if form.instance.pk]
        rows = [f for f in self.attendance.forms if f.has_changed() and f not in self.attendance.deleted_forms]
        edited = [form for form in (self.head, *self.items) if form.has_changed()]
        self.minutes.correction = self.word.cleaned_data["what"].strip()
        self.changed = [form.instance for form in edited if form is not self.head] + [row.instance for row in rows]
        self.opened = [form.instance for form in self.items if form.was_closed and not form.instance.is_closed]
        for item in self.opened:
            for part in (*item.agreements.all(), *item.attachments.all()):
                part.item = item
                self.changed.append(part)
        self.changes = [change for form in edited for change in self._changes(form)]
        self.changes += [self._attendance_change(row.instance) for row in rows]
        self.changes += [self._attendance_change(instance, removed=True) for instance in self.removed]
        self.reviewed = self._review()
        add_review_checkboxes(self.word, self.reviewed)
        if any(one.suspects for one in self.reviewed):
            self.word.fields["reason"] = CprReason(required=False)

    def _changes(self, form):
        place = capfirst(Minutes._meta.verbose_name) if form is self.head else form.heading
        for name in form.changed_data:
            field, before, after = form.fields[name], form.initial.get(name) or "", form.cleaned_data[name]
            label = capfirst(str(field.label))
            if isinstance(field, RichTextFormField):
                yield Change(place, label, rich_difference(before, after))
            elif isinstance(field, forms.BooleanField):
                yield Change(place, label, word_difference("ja" if before else "nej", "ja" if after else "nej"))
            else:
                words = dict(getattr(field, "choices", []))
                yield Change(
                    place, label, word_difference(*(str(words.get(v, v) if v else "") for v in (before, after)))
                )

    def _attendance_change(self, row, removed=False):
        saved = Attendance.objects.filter(pk=row.pk).first() if row.pk else None
        before, after = (attendance_line(saved) if saved else ""), ("" if removed else attendance_line(row))
        return Change("Fremmøde", str(row.member), word_difference(before, after))

    def _field_on_page(self, part, field) -> str:
        """Where it is mended: further down on the same page, if it stands there."""
        prefix = {Minutes: "hoved", AgendaItem: f"punkt-{part.pk}"}.get(type(part))
        if prefix is None:
            return "#texts"
        return "#id_what" if field == "correction" else f"#id_{prefix}-{field}"

    def _review(self):
        """Return findings in the changes, without those that were reviewed before."""
        reviewed = self.admin.admin_site.get_model_admin(Minutes).privacy_review(
            self.minutes, [self.minutes, *self.changed], self._field_on_page
        )
        numbers = {}
        for part in (self.minutes, *self.changed):
            if part.pk and part not in self.opened and not isinstance(getattr(part, "item", None), AgendaItem):
                numbers.setdefault(type(part), []).append(part.pk)
        saved = [part for model, pks in numbers.items() for part in model._base_manager.filter(pk__in=pks)]
        published = Minutes.objects.select_related("meeting__council__municipality").get(pk=self.minutes.pk)
        known = {
            (one.target, finding.label, finding.kind, finding.match)
            for one in self.admin.admin_site.get_model_admin(Minutes).privacy_review(published, saved)
            for finding in one.questions
        }
        for one in reviewed:
            one.findings = [
                finding
                for finding in one.findings
                if finding.finding
                or not (
                    (one.target, finding.label, finding.kind, finding.match) in known
                    # It is still closed in the database.
                    or (finding.kind == CLOSED_TITLE and finding.match in [item.title for item in self.opened])
                )
            ]
        for part, name in self.minutes.files_to_review():
            if part.item_id in [item.pk for item in self.opened]:
                link = format_html('<a href="{}">{}</a>', part.get_absolute_url(), name)
                one = next(one for one in reviewed if one.target == f"{part._meta.label_lower}:{part.pk}")
                one.findings.append(
                    ReviewFinding("Fil", "kan ikke læses af en computer. Åbn den", link, part.get_absolute_url())
                )
        return reviewed

    # The person's word

    @property
    def reading(self) -> str:
        """Of what she typed: her word for one text is not taken for another."""
        typed = {
            name: values for name, values in self.data.lists() if name.startswith(("hoved-", "punkt-", "fremmoede-"))
        }
        return hashlib.sha256(json.dumps([self.stand, typed, self.data.get("what")]).encode()).hexdigest()[:20]

    def is_confirmed(self) -> bool:
        """Whether she has seen these very changes and ticked what there is to tick."""
        if self.data.get("read") != self.reading:
            self.data["read"] = self.reading
            clear_confirmations(self.data)
            self.word.data = self.data
            return False
        self.word.fields["confirmed"].required = True
        self.word.full_clean()
        return self.word.is_valid()

    def make_public(self) -> bool:
        answers = self.word.cleaned_data
        try:
            with transaction.atomic():
                self.minutes.correct(
                    self.changed, self.removed, by=self.request.user, what=answers["what"],
                    confirmed=answers["confirmed"], reason=answers.get("reason", ""),
                )  # fmt: skip
                increment_version(self.meeting)
        except ValidationError as error:
            self.word.add_error(None, error.messages)
            return False
        return True

    def errors(self):
        """Where, what and the address on the page of everything that is wrong."""
        found = [("", message, "") for message in self.word.non_field_errors()]
        found += [("", message, "") for message in self.attendance.non_form_errors()]
        named = [("Referatet", self.head), *((form.heading, form) for form in self.items)]
        for place, form in [*named, *(("Fremmøde", form) for form in self.attendance.forms), ("", self.word)]:
            for name, listed in form.errors.items():
                if name == NON_FIELD_ERRORS:
                    found += [(place, message, "") for message in listed if form is not self.word]
                else:
                    found += [(place, message, f"#{form[name].id_for_label}") for message in listed]
        return found


@transaction.atomic
def correct(admin, request, meeting):
    """Write the correction, look at it, and let it be public: one page, whose second button does the last."""
    if not request.user.may(roles.EDIT, meeting.municipality):
        raise PermissionDenied
    if request.method == "POST":
        # The meeting first and then the paper, as every page that writes here does.
        Meeting.objects.select_for_update(of=("self",)).get(pk=meeting.pk)
        meeting = admin.get_queryset(request).get(pk=meeting.pk)
    minutes = Minutes.objects.filter(meeting=meeting).first()
    if minutes is None or not minutes.is_live or minutes.is_scheduled:
        return admin.page(request, meeting, "correct_closed.html", title="Ret referatet", minutes=minutes)
    minutes.meeting = meeting
    correction = Correction(admin, request, meeting, minutes)
    ready = False
    if request.method == "POST" and correction.is_valid():
        correction.weigh()
        ready = True
        if correction.is_confirmed() and correction.make_public():
            link = format_html('Rettelsen er offentlig nu. <a href="{}">Se siden</a>', meeting.get_absolute_url())
            admin.message_user(request, link, messages.SUCCESS)
            return HttpResponseRedirect(admin.url("editions", meeting))
    return admin.page(
        request, meeting, "correct.html", title="Ret referatet", minutes=minutes, correction=correction, ready=ready,
        reviewed=reviewed_with_checkboxes(correction.word) if ready else [], media=admin.media + correction.head.media,
        errors=correction.errors() if request.method == "POST" else [],
    )  # fmt: skip


# What was public before


def attendance_line(row: Attendance) -> str:
    return f"{row.get_status_display()}: {row.public_text}"


def sections(content: dict, members: dict) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """An edition as a person reads it: key, heading, and label, text and whether it is rich, of each text."""
    head = [
        (capfirst(Minutes._meta.get_field(name).verbose_name), content["head"][name], name == "plain_text")
        for name in HEAD
    ]
    lines = []
    for row in content["attendance"]:
        member, instead = members.get(row["member"]), members.get(row["for"])
        if member:
            kept = Attendance(member=member, status=row["status"], substitute_for=instead, remark=row["remark"])
            lines.append(attendance_line(kept))
    told = [("", "Referatet", [*head, ("Fremmøde", "\n".join(lines), False)])]
    for item in content["items"]:
        texts = [("Titel", item["title"], False)]
        for name in ("presentation", "recommendation", "discussion", "answer", "decision", "dissent", "plain_text"):
            label = capfirst(AgendaItem._meta.get_field(name).verbose_name)
            texts.append((label, item[name], name != "answer"))
        agreed = []
        for row in item["agreements"]:
            agreement = Agreement(text=row["text"], responsible=row["responsible"])
            agreement.member = members.get(row["member"])
            agreed.append(", ".join(filter(None, [agreement.text, agreement.public_responsible, row["due_on"]])))
        texts += [("Aftaler", "\n".join(agreed), False), ("Bilag", "\n".join(item["attachments"]), False)]
        told.append((str(item["id"]), f"Punkt {item['number']}. {item['title']}", texts))
    return told


def changes_between(old: dict, new: dict, members: dict) -> list[Change]:
    before = {(key, label): text for key, _, texts in sections(old, members) for label, text, _ in texts}
    changes = []
    for key, heading, texts in sections(new, members):
        for label, text, is_rich in texts:
            if (was := before.pop((key, label), "")) != text:
                difference = rich_difference if is_rich else word_difference
                changes.append(Change(heading, label, difference(was, text)))
    gone = {str(item["id"]): f"Punkt {item['number']}. {item['title']}" for item in old["items"]}
    changes += [
        Change(gone.get(key, ""), label, rich_difference(was, "")) for (key, label), was in before.items() if was
    ]
    return changes


def editions(admin, request, meeting):
    """All editions; one of them, with what was changed in it, by `?udgave=2`."""
    if (number := request.GET.get("udgave")) is not None:
        return _edition(admin, request, meeting, int(number) if re.fullmatch("[0-9]{1,9}", number) else 0)
    minutes = Minutes.objects.filter(meeting=meeting).first()
    kept = list(minutes.editions.all()) if minutes else []
    may_correct = all(request.user.may(ability, meeting.municipality) for ability in (roles.EDIT, roles.PUBLISH))
    return admin.page(
        request, meeting, "editions.html", title="Rettelser", minutes=minutes, editions=kept[::-1],
        may_correct=may_correct and minutes is not None and minutes.is_live and not minutes.is_scheduled,
    )  # fmt: skip


def _edition(admin, request, meeting, number):
    around = Edition.objects.filter(minutes__meeting=meeting, number__in=[number - 1, number])
    kept = {edition.number: edition for edition in around}
    if number not in kept:
        raise Http404("Referatet har ingen udgave med det nummer.")
    shown, before = kept[number], kept.get(number - 1)
    members = members_of(*(one.content for one in kept.values()))
    return admin.page(
        request, meeting, "edition.html", title=f"Udgave {number}", edition=shown, before=before,
        changes=changes_between(before.content, shown.content, members) if before else [],
        sections=[
            (heading, [(label, text, is_rich) for label, text, is_rich in some if text])
            for _, heading, some in sections(shown.content, members)
        ],
        crumbs=[*admin.crumbs_to(meeting), (admin.url("editions", meeting), "Rettelser")],
    )  # fmt: skip


PAGES = [
    MeetingPage("rettelser/", "editions", editions, roles.VIEW, "Rettelser"),
    MeetingPage("ret/", "correct", correct, roles.PUBLISH),
]
