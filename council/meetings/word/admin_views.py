"""Back-office pages that export a meeting as files, and import a file as agenda or minutes."""

from functools import partial

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path

from council.meetings.meeting_page import MeetingPage
from council.models import Council, Meeting
from udsat.admin import document_imports
from udsat.admin.form_fields import DateInputField, DocumentField, TimeInputField
from udsat.admin.scope import municipalities_where
from udsat.lib import roles
from udsat.lib.docx_writer import MEDIA_TYPE
from udsat.lib.forms import FieldsOnly

from .document_parser import READER
from .export import agenda_docx, case_attachments, case_zip, full_name, minutes_docx
from .import_plan import ImportPlan
from .parsed_meeting import ParsedMeeting

# Export


def files_page(admin, request, meeting):
    has_closed = meeting.items.filter(is_closed=True).exists()
    return admin.page(
        request,
        meeting,
        "files.html",
        title="Filer",
        has_closed=has_closed,
        attachments=len(case_attachments(meeting, with_closed=False)),
        closed_attachments=meeting.attachments.filter(item__is_closed=True).count(),
        has_minutes=getattr(meeting, "minutes", None) is not None,
        minutes_url=admin.url("docx", meeting),
        agenda_url=admin.url("agenda_docx", meeting),
        zip_url=admin.url("case_zip", meeting),
        import_url=admin.url("import", meeting) if request.user.may(roles.EDIT, meeting.municipality) else "",
    )


def _download(admin, request, meeting, *, write, file_name, media_type):
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    response = HttpResponse(write(meeting, with_closed=request.GET.get("lukkede") == "1"), content_type=media_type)
    response["Content-Disposition"] = f'attachment; filename="{full_name(meeting, file_name)}"'
    return response


# Import


class FileForm(forms.Form):
    file = DocumentField()

    def __init__(self, *args, page, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_action = page
        # The server shows its messages in Danish beside the field, unlike the browser's own.
        self.helper.attrs = {"novalidate": True}
        self.helper.add_input(Submit("import", "Læs filen"))


class NewMeetingForm(FieldsOnly, forms.Form):
    """The fields of a new meeting that are needed before the rest of the file can be saved."""

    council = forms.ModelChoiceField(
        Council.objects.none(),
        label="Råd",
        empty_label="Vælg råd",
        error_messages={"required": "Vælg det råd, mødet er i.", "invalid_choice": "Vælg et af dine egne råd."},
    )
    kind = forms.ChoiceField(label="Slags", choices=Meeting.Kind.choices)
    date = DateInputField(label="Dato", error_messages={"required": "Skriv mødets dato."})
    starts_at = TimeInputField(label="Begynder kl.", required=False)
    ends_at = TimeInputField(label="Slutter kl.", required=False)
    place = forms.CharField(label="Sted", max_length=160, required=False)
    style = forms.ChoiceField(label="Referatets form", choices=Meeting.Style.choices)

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["council"].queryset = councils = Council.objects.filter(
            municipality__in=municipalities_where(user, roles.EDIT)
        )
        if len(only := councils[:2]) == 1:
            self.initial["council"] = only[0].pk
            self.fields["council"].widget = forms.HiddenInput()

    def clean(self):
        data = super().clean()
        if data.get("starts_at") and data.get("ends_at") and data["ends_at"] <= data["starts_at"]:
            self.add_error("ends_at", "Mødet slutter, før det begynder.")
        return data


def _import(request, render, municipality, show, confirm):
    """Show the upload of a document, then its progress, and last its result by `show` (GET) or `confirm` (POST).

    `render` makes the page of the upload.
    """
    make_form = partial(FileForm, page=request.path)
    if document_imports.is_result(request):
        document = document_imports.find(request)
        if document is None:
            return render("import.html", form=make_form(), too_old=True, status=404)
        if document.is_unread:
            return document_imports.show_progress(render("import.html", document=document), document)
        if document.error:
            return render("import.html", form=document_imports.refused_form(make_form, document))
        answer = confirm if request.method == "POST" else show
        return answer(document, ParsedMeeting.from_json(document.result))
    form = make_form(*((request.POST, request.FILES) if request.method == "POST" else ()))
    if form.is_valid():
        return document_imports.receive(request, form.cleaned_data["file"], READER, municipality)
    return render("import.html", form=form)


def import_page(admin, request, meeting):
    if _is_public(meeting):
        return _already_public(admin, request, meeting)
    return _import(
        request,
        partial(admin.page, request, meeting, title="Indlæs fra fil"),
        meeting.municipality,
        lambda document, parsed: _report(admin, request, meeting, ImportPlan(parsed, meeting, request.user), document),
        partial(_confirm, admin, request, meeting),
    )


def _is_public(meeting) -> bool:
    minutes = getattr(meeting, "minutes", None)
    return minutes is not None and minutes.is_live


def _already_public(admin, request, meeting):
    return admin.page(request, meeting, "import.html", title="Indlæs fra fil", is_public=True)


def _report(admin, request, meeting, plan, document, **context):
    context |= {"plan": plan, "document": document}
    return admin.page(request, meeting, "import_report.html", title="Indlæs fra fil", **context)


def _confirm(admin, request, meeting, document, parsed):
    with transaction.atomic():
        # Locked, so that the compared values are those that are overwritten.
        meeting.refresh_from_db(from_queryset=Meeting._base_manager.select_for_update(of=("self",)))
        # The minutes may have been published since the file was parsed. Publishing waits for this lock.
        if _is_public(meeting):
            return _already_public(admin, request, meeting)
        plan = ImportPlan(parsed, meeting, request.user)
        if plan.fingerprint != request.POST.get("fingerprint"):
            return _report(admin, request, meeting, plan, document, changed=True)
        errors = _apply(admin, request, plan)
    if errors:
        # Computed from the database again: the objects of the plan hold the values that could not be saved.
        plan = ImportPlan(parsed, admin.get_queryset(request).get(pk=meeting.pk), request.user)
        return _report(admin, request, meeting, plan, document, errors=errors)
    messages.success(request, f"Filen er indlæst. {_summary(plan)}")
    return HttpResponseRedirect(admin.edit_url(meeting))


def _apply(admin, request, plan) -> list[str]:
    """Save the plan, or nothing if a value is invalid; return the error messages."""
    try:
        with transaction.atomic():
            saved = plan.apply(request.POST.dict())
            (admin.log_addition if plan.is_new else admin.log_change)(request, plan.meeting, "Indlæst fra fil")
    except ValidationError as error:
        return error.messages
    admin.warn_of_cpr(request, saved)
    return []


def _summary(plan) -> str:
    new = sum(item.is_new for item in plan.items)
    known = len(plan.items) - new
    labels = ((new, "nyt punkt", "nye punkter"), (known, "punkt fandtes i forvejen", "punkter fandtes i forvejen"))
    return f"{' og '.join(f'{n} {singular if n == 1 else plural}' for n, singular, plural in labels if n)}."


# A new meeting


def import_new_page(admin, request):
    if not request.user.may(roles.EDIT):
        raise PermissionDenied
    return _import(
        request,
        partial(_new_page, admin, request),
        None,
        partial(_first_report, admin, request),
        partial(_create_meeting, admin, request),
    )


def _new_page(admin, request, template, status=200, **context):
    context |= admin.admin_site.each_context(request) | {
        "opts": admin.opts,
        "crumbs": admin.crumbs(),
        "title": "Nyt møde fra fil",
    }
    return TemplateResponse(request, f"admin/council/{template}", context, status=status)


def _first_report(admin, request, document, parsed):
    first = {name: getattr(parsed, name) for name in ("date", "starts_at", "ends_at", "place", "style")}
    first["kind"] = parsed.kind or Meeting.Kind.ORDINARY
    return _new_report(admin, request, document, parsed, NewMeetingForm(initial=first, user=request.user))


def _new_report(admin, request, document, parsed, form, **context):
    """Show the form of a new meeting, and the plan once the council is chosen: names are matched to its members."""
    council = _council_of(form)
    plan = None
    if council:
        plan = ImportPlan(parsed, _draft(council, form, parsed), request.user)
        context["same_day"] = [
            (meeting, admin.url("import", meeting)) for meeting in council.meetings.filter(date=plan.meeting.date)
        ]
    return _new_page(
        admin, request, "import_report.html", plan=plan, new_form=form, document=document, parsed=parsed, **context
    )


def _council_of(form):
    if form.is_bound:
        form.full_clean()
        return form.cleaned_data.get("council")
    pk = form.initial.get("council")
    return form.fields["council"].queryset.filter(pk=pk).first() if pk else None


def _draft(council, form, parsed) -> Meeting:
    data = form.cleaned_data if form.is_bound else {}
    day = data.get("date") or None
    if not form.is_bound and parsed.date:
        day = DateInputField().to_python(parsed.date)
    meeting = Meeting(council=council, date=day)
    for name in ("kind", "starts_at", "ends_at", "place", "style"):
        if value := data.get(name):
            setattr(meeting, name, value)
    return meeting


def _create_meeting(admin, request, document, parsed):
    form = NewMeetingForm(request.POST, user=request.user)
    if not form.is_valid():
        return _new_report(admin, request, document, parsed, form)
    council = form.cleaned_data["council"]
    with transaction.atomic():
        type(council)._base_manager.select_for_update(of=("self",)).get(pk=council.pk)
        meeting = _draft(council, form, parsed)
        # The form overrides the file, also where a field was emptied.
        for name in ("starts_at", "ends_at", "place"):
            setattr(parsed, name, "")
        taken = set(council.meetings.filter(date=meeting.date).values_list("ordinal", flat=True))
        if taken and request.POST.get("second") != "1":
            return _new_report(admin, request, document, parsed, form, asks_second=True)
        meeting.ordinal = next((n for n in range(1, 10) if n not in taken), 9)
        plan = ImportPlan(parsed, meeting, request.user)
        if plan.fingerprint != request.POST.get("fingerprint"):
            # Members differ by council and day.
            return _new_report(admin, request, document, parsed, form, changed=True)
        errors = _apply(admin, request, plan)
    if errors:
        return _new_report(admin, request, document, parsed, form, errors=errors)
    messages.success(request, f"Mødet er lavet som kladde. {_summary(plan)}")
    return HttpResponseRedirect(admin.edit_url(plan.meeting))


def list_urls(admin):
    """Return the addresses that belong to the list of meetings."""
    view = admin.admin_site.admin_view(partial(import_new_page, admin))
    return [path("importer/", view, name="council_meeting_import_new")]


def _download_page(file_name, name, **options):
    return MeetingPage(file_name, name, partial(_download, file_name=file_name, **options), roles.VIEW)


PAGES = [
    MeetingPage("filer/", "files", files_page, roles.VIEW, "Filer"),
    MeetingPage("importer/", "import", import_page, roles.EDIT),
    _download_page("referat.docx", "docx", write=minutes_docx, media_type=MEDIA_TYPE),
    _download_page("dagsorden.docx", "agenda_docx", write=agenda_docx, media_type=MEDIA_TYPE),
    _download_page("esdh.zip", "case_zip", write=case_zip, media_type="application/zip"),
]
