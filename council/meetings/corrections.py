"""Corrections of public minutes: published at once with an explanation, after a review of the changes."""

import hashlib
import json

from django import forms
from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.forms.models import construct_instance, inlineformset_factory, modelform_factory
from django.http import HttpResponseRedirect
from django.utils.html import format_html
from django.utils.text import capfirst

from council.meetings.editions import MinutesChange, attendance_line, editions_page
from council.meetings.meeting_page import MeetingPage
from council.models import AgendaItem, Attendance, Meeting, Minutes
from council.models.edition import HEAD
from udsat.admin.edit_versions import increment_version
from udsat.admin.forms import ScopedFormSet, ScopedModelForm
from udsat.admin.privacy_review import CLOSED_TITLE, ReviewFinding
from udsat.admin.review_form import ReviewFields, clear_confirmations
from udsat.lib import roles
from udsat.lib.richtext import RichTextFormField
from udsat.lib.text_diff import rich_difference, word_difference
from udsat.models import EditConflict, checked_transaction

CLOSED_ITEM_FIELDS = ("is_closed", "public_title")
ITEM_FIELDS = (
    *("title", "presentation", "recommendation", "discussion", "answer", "decision", "dissent", "plain_text"),
    *CLOSED_ITEM_FIELDS,
)
MAX_ATTENDANCES = 200  # in a submitted form


class CorrectionRowForm(ScopedModelForm):
    """Validates fields only: CPR numbers are reviewed on the same page, as at the publication gate."""

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


class ConfirmationForm(forms.Form):
    """The explanation of the correction and its confirmation.

    `version` is the version of the minutes that was corrected, `reviewed` the fingerprint of the reviewed texts.
    """

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
    version = forms.CharField(widget=forms.HiddenInput, required=False)
    reviewed = forms.CharField(widget=forms.HiddenInput, required=False)
    review: ReviewFields | None = None  # set once the changes have been reviewed

    def clean(self):
        super().clean()
        if self.review is not None:
            self.review.clean()


class Correction:
    """One request to the correction page, where one form holds everything that is typed."""

    def __init__(self, admin, request, meeting, minutes):
        self.admin, self.request, self.meeting, self.minutes = admin, request, meeting, minutes
        self.data = data = request.POST.copy() if request.method == "POST" else None
        self.head = self._form_class(Minutes, HEAD)(data, instance=minutes, prefix="minutes")
        self.items = []
        for item in minutes.items():
            form_class = self._form_class(AgendaItem, CLOSED_ITEM_FIELDS if item.is_closed else ITEM_FIELDS)
            form = form_class(data, instance=item, prefix=f"item-{item.pk}")
            form.heading, form.was_closed = item.object_label(), item.is_closed
            self.items.append(form)
        formset_class = inlineformset_factory(
            Meeting,
            Attendance,
            form=CorrectionRowForm,
            formset=ScopedFormSet,
            fields=["member", "status", "substitute_for", "remark"],
            extra=1,
            can_delete=True,
            max_num=MAX_ATTENDANCES,
            absolute_max=MAX_ATTENDANCES,
        )
        formset_class.form.user = request.user
        rows = Attendance.objects.select_related("member__person", "member__council", "substitute_for__person")
        self.attendance = formset_class(data, instance=meeting, prefix="attendance", queryset=rows)
        self.confirmation = ConfirmationForm(data, initial={"version": self.version})
        self.changes, self.reviewed = [], []
        self.read = (minutes.version, minutes.status, meeting.version)

    def _form_class(self, model, fields):
        form_class = modelform_factory(model, form=CorrectionRowForm, fields=fields)
        form_class.user = self.request.user
        return form_class

    @property
    def version(self) -> str:
        return f"{self.minutes.version}-{self.meeting.version}"

    @property
    def forms(self):
        return [self.head, *self.items, *self.attendance.forms]

    def is_valid(self) -> bool:
        valid = [form.is_valid() for form in (self.head, *self.items, self.attendance, self.confirmation)]
        if self.data.get("version") != self.version:
            for form in self.forms:
                if form.instance.pk:
                    form.show_saved_values()
            self.confirmation.add_error(
                None,
                "En anden har gemt imens. Det, du har skrevet, står her endnu og er ikke gemt. Hvor det er "
                "forskelligt, kan du se, hvad der er gemt nu. Ret til, og prøv igen.",
            )
            self.data["version"] = self.version
            self.confirmation.data = self.data
            return False
        if all(valid) and not any(form.has_changed() for form in self.forms):
            self.confirmation.add_error(None, "Du har ikke rettet noget i referatet endnu.")
            return False
        return all(valid)

    # Changes and their review

    def find_changes(self) -> None:
        """Collect the changes, and add a checkbox for each finding of the privacy review."""
        self.removed = [form.instance for form in self.attendance.deleted_forms if form.instance.pk]
        rows = [f for f in self.attendance.forms if f.has_changed() and f not in self.attendance.deleted_forms]
        edited = [form for form in (self.head, *self.items) if form.has_changed()]
        self.minutes.correction = self.confirmation.cleaned_data["what"].strip()
        self.changed = [form.instance for form in edited if form is not self.head] + [row.instance for row in rows]
        self.opened_items = [form.instance for form in self.items if form.was_closed and not form.instance.is_closed]
        for item in self.opened_items:
            for part in (*item.agreements.all(), *item.attachments.all()):
                part.item = item
                self.changed.append(part)
        self.changes = [change for form in edited for change in self._text_changes(form)]
        self.changes += [self._attendance_change(row.instance) for row in rows]
        self.changes += [self._attendance_change(instance, removed=True) for instance in self.removed]
        self.reviewed = self._review()
        self.confirmation.review = ReviewFields(
            self.confirmation, self.reviewed, self.request.user, self.meeting.municipality
        )

    def _text_changes(self, form):
        heading = capfirst(Minutes._meta.verbose_name) if form is self.head else form.heading
        for name in form.changed_data:
            field, before, after = form.fields[name], form.initial.get(name) or "", form.cleaned_data[name]
            if isinstance(field, RichTextFormField):
                difference = rich_difference(before, after)
            elif isinstance(field, forms.BooleanField):
                difference = word_difference("ja" if before else "nej", "ja" if after else "nej")
            else:
                labels = dict(getattr(field, "choices", []))
                difference = word_difference(*(str(labels.get(v, v) if v else "") for v in (before, after)))
            yield MinutesChange(heading, capfirst(str(field.label)), difference)

    def _attendance_change(self, row, removed=False):
        saved = Attendance.objects.filter(pk=row.pk).first() if row.pk else None
        before, after = (attendance_line(saved) if saved else ""), ("" if removed else attendance_line(row))
        return MinutesChange("Fremmøde", str(row.member), word_difference(before, after))

    def _field_url(self, part, field) -> str:
        """Return the anchor of the field on this page, or of the section with all texts."""
        prefix = {Minutes: "minutes", AgendaItem: f"item-{part.pk}"}.get(type(part))
        if prefix is None:
            return "#texts"
        return "#id_what" if field == "correction" else f"#id_{prefix}-{field}"

    def _review(self):
        """Return the findings in the changed texts, without those in the text that is public already."""
        review = self.admin.admin_site.get_model_admin(Minutes).privacy_review
        reviewed = review(self.minutes, [self.minutes, *self.changed], self._field_url)
        pks = {}
        for part in (self.minutes, *self.changed):
            if part.pk and part not in self.opened_items and not isinstance(getattr(part, "item", None), AgendaItem):
                pks.setdefault(type(part), []).append(part.pk)
        saved = [part for model, numbers in pks.items() for part in model._base_manager.filter(pk__in=numbers)]
        published = Minutes.objects.select_related("meeting__council__municipality").get(pk=self.minutes.pk)
        known = {
            (one.target, finding.label, finding.kind, finding.match)
            for one in review(published, saved)
            for finding in one.questions
        }
        # Items that the correction opens are still closed in the database.
        titles = [item.title for item in self.opened_items]
        for one in reviewed:
            one.findings = [
                finding
                for finding in one.findings
                if finding.finding
                or (one.target, finding.label, finding.kind, finding.match) not in known
                and not (finding.kind == CLOSED_TITLE and finding.match in titles)
            ]
        parts = {part.target: part for part in self.changed}
        for one in reviewed:
            for file in one.unread_files:
                address = parts[one.target].get_absolute_url()
                link = format_html('<a href="{}">{}</a>', address, file.text)
                one.findings.append(ReviewFinding("Fil", "kan ikke læses af en computer. Åbn den", link, address))
        return reviewed

    # Confirmation

    @property
    def fingerprint(self) -> str:
        """Return a fingerprint of the typed texts: a confirmation is valid for these only."""
        typed = {name: values for name, values in self.data.lists() if name.startswith(("minutes-", "item-", "attend"))}
        return hashlib.sha256(json.dumps([self.version, typed, self.data.get("what")]).encode()).hexdigest()[:20]

    def is_confirmed(self) -> bool:
        """Whether these changes were shown, confirmed, and all checkboxes of the review ticked."""
        if self.data.get("reviewed") != self.fingerprint:
            self.data["reviewed"] = self.fingerprint
            clear_confirmations(self.data)
            self.confirmation.data = self.data
            return False
        self.confirmation.fields["confirmed"].required = True
        self.confirmation.full_clean()
        return self.confirmation.is_valid()

    def publish(self) -> bool:
        """Publish, and return whether it is done. Raise EditConflict if somebody has saved meanwhile."""
        data = self.confirmation.cleaned_data
        try:
            with checked_transaction():
                # The meeting is locked before the minutes, as everywhere.
                meeting = Meeting.objects.select_for_update(of=("self",)).get(pk=self.meeting.pk)
                minutes = Minutes.objects.select_for_update(of=("self",)).get(pk=self.minutes.pk)
                if (minutes.version, minutes.status, meeting.version) != self.read:
                    raise EditConflict
                self.minutes.correct(
                    self.changed,
                    self.removed,
                    by=self.request.user,
                    what=data["what"],
                    confirmed=data["confirmed"],
                    reasons=self.confirmation.review.reasons,
                )
                increment_version(self.meeting)
        except ValidationError as error:
            advice = ["Tag det ud, eller træk referatet tilbage, ret det, og offentliggør det igen."]
            is_waiting = self.confirmation.review.reasons and self.confirmation.review.seconders
            self.confirmation.add_error(None, error.messages + (advice if is_waiting else []))
            return False
        return True

    def errors(self) -> list[tuple[str, str, str]]:
        """Return heading, message and anchor of all errors."""
        errors = [("", message, "") for message in self.confirmation.non_field_errors()]
        errors += [("", message, "") for message in self.attendance.non_form_errors()]
        forms = [("Referatet", self.head), *((form.heading, form) for form in self.items)]
        forms += [*(("Fremmøde", form) for form in self.attendance.forms), ("", self.confirmation)]
        for heading, form in forms:
            for name, form_errors in form.errors.items():
                if name != NON_FIELD_ERRORS:
                    errors += [(heading, message, f"#{form[name].id_for_label}") for message in form_errors]
                elif form is not self.confirmation:
                    errors += [(heading, message, "") for message in form_errors]
        return errors


def correct_page(admin, request, meeting):
    """GET shows the minutes as a form. POST shows the changes with their review, and publishes once confirmed."""
    if not request.user.may(roles.EDIT, meeting.municipality):
        raise PermissionDenied
    minutes = Minutes.objects.filter(meeting=meeting).first()
    if minutes is None or not minutes.is_live or minutes.is_scheduled:
        return admin.page(request, meeting, "correct_closed.html", title="Ret referatet", minutes=minutes)
    minutes.meeting = meeting
    correction = Correction(admin, request, meeting, minutes)
    is_valid = request.method == "POST" and correction.is_valid()
    if is_valid:
        correction.find_changes()
        try:
            is_published = correction.is_confirmed() and correction.publish()
        except EditConflict:
            return correct_page(admin, request, admin.get_queryset(request).get(pk=meeting.pk))
        if is_published:
            link = format_html('Rettelsen er offentlig nu. <a href="{}">Se siden</a>', meeting.get_absolute_url())
            admin.message_user(request, link, messages.SUCCESS)
            return HttpResponseRedirect(admin.url("editions", meeting))
    return admin.page(
        request,
        meeting,
        "correct.html",
        title="Ret referatet",
        minutes=minutes,
        correction=correction,
        has_changes=is_valid,
        reviewed=correction.confirmation.review.rows() if is_valid else [],
        media=admin.media + correction.head.media,
        errors=correction.errors() if request.method == "POST" else [],
    )


PAGES = [
    MeetingPage("rettelser/", "editions", editions_page, roles.VIEW, "Rettelser"),
    MeetingPage("ret/", "correct", correct_page, roles.PUBLISH),
]
