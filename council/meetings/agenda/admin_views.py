"""»Dagsorden« in the back office: the agenda page, its file upload, copying of items, and the supplementary agenda."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse

from council.meetings.invitations.sending import locked, send_supplement
from council.meetings.meeting_page import MeetingPage
from council.models import Agenda, Meeting
from udsat.admin.edit_versions import increment_version
from udsat.admin.gate_return import leave_gate
from udsat.admin.publication import PublishForm
from udsat.lib import roles
from udsat.lib.danish import short_date
from udsat.lib.forms import parse_pk
from udsat.lib.uploads import UploadField
from udsat.models import EditConflict, checked_transaction

from . import building
from .editor import AgendaEditor, add_file, remove_file


def agenda_page(admin, request, meeting):
    editor = AgendaEditor(admin, request, meeting)
    return editor.save() if request.method == "POST" else editor.render()


def upload_page(admin, request, meeting):
    """Attach one file that was dropped on an item; returns JSON."""
    editor = AgendaEditor(admin, request, meeting)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    if not editor.may_write:
        raise PermissionDenied
    pk, file = parse_pk(request.POST.get("item", "")), request.FILES.get("file")
    try:
        if file is None:
            raise ValidationError("Vælg en fil.")
        UploadField(max_length=200).clean(file)  # reads the file, before the meeting is locked
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages)}, status=400)
    with checked_transaction():
        editor.lock()
        item = editor.meeting.items.filter(pk=pk).first()
        try:
            if item is None:
                raise ValidationError("Punktet er her ikke mere. Hent siden igen.")
            attachment = add_file(item, file)
        except ValidationError as error:
            return JsonResponse({"error": " ".join(error.messages)}, status=400)
        increment_version(editor.meeting)
    url = admin.url("change", attachment)
    return JsonResponse({"pk": attachment.pk, "title": attachment.display_title, "url": url})


def remove_file_page(admin, request, meeting):
    """Remove an attachment from the list on the meeting's page."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    with checked_transaction():
        remove_file(admin, request, locked(meeting), request.POST.get("attachment", ""))
    return HttpResponseRedirect(f"{admin.url('change', meeting)}#bilag")


def copy_page(admin, request, meeting):
    """Copy chosen items from another meeting of the council."""
    editor = AgendaEditor(admin, request, meeting)
    if not editor.may_write:
        raise PermissionDenied
    others = (
        Meeting.objects.filter(council=meeting.council_id).exclude(pk=meeting.pk).exclude(items=None).distinct()
    ).order_by("-date", "-ordinal")
    source = others.filter(pk=parse_pk(request.POST.get("source") or request.GET.get("fra", ""))).first()
    items = list(source.items.prefetch_related("themes", "goals", "causes")) if source else []
    error = ""
    if request.method == "POST":
        chosen = [item for item in items if str(item.pk) in request.POST.getlist("items")]
        try:
            if not chosen:
                raise ValidationError("Vælg mindst ét punkt.")
            with checked_transaction():
                editor.lock()
                copies = building.copy_items(editor.meeting, chosen)
                increment_version(editor.meeting)
        except ValidationError as wrong:
            error = " ".join(wrong.messages)
        else:
            words = "punkt er hentet" if len(copies) == 1 else "punkter er hentet"
            messages.success(request, f"{len(copies)} {words} fra mødet {short_date(source.date)}.")
            admin.warn_of_cpr(request, copies)
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


class SupplementForm(PublishForm):
    """The gate's form without a later time: a supplement is published at once."""

    at = None


def supplement_page(admin, request, meeting):
    back = admin.url("agenda", meeting)
    agenda: Agenda | None = meeting.paper("agenda")
    parts = agenda.supplement_parts() if agenda and agenda.is_published else []
    if not parts:
        messages.warning(request, "Ingen punkter venter på en tillægsdagsorden.")
        return HttpResponseRedirect(back)
    gate = admin.admin_site.get_model_admin(Agenda)
    form = gate.gate_form(request, agenda, parts, SupplementForm)
    if departure := leave_gate(request, gate.gate_addresses(form)):
        return departure
    if form.is_valid():
        try:
            with checked_transaction():
                locked(meeting)
                gate.lock_as_read(request, agenda)
                if gate.asks_second_person(request, agenda, form):
                    return HttpResponseRedirect(request.path)
                items = agenda.publish_supplement(
                    by=request.user, confirmed=form.cleaned_data["confirmed"], reasons=form.review.reasons
                )
                send_supplement(agenda, items)
                admin.log_change(request, meeting, "Tillægsdagsorden sendt")
        except EditConflict:
            return supplement_page(admin, request, admin.get_queryset(request).get(pk=meeting.pk))
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, "Tillægsdagsordenen er offentlig. De indkaldte får en mail.")
            return HttpResponseRedirect(back)
    numbers = {item.pk: number for number, item in enumerate(meeting.items.all(), meeting.first_number)}
    return admin.page(
        request,
        meeting,
        "supplement.html",
        title="Send tillægsdagsorden",
        numbered=[(numbers[part.pk], part) for part in agenda.supplement_items()],
        back_url=back,
        **gate.gate_context(form),
    )


PAGES = [
    MeetingPage("punkter/", "agenda", agenda_page, ability=roles.VIEW, tab="Dagsorden"),
    MeetingPage("punkter/bilag/", "item_file", upload_page),
    MeetingPage("bilag/fjern/", "remove_file", remove_file_page),
    MeetingPage("punkter/hent/", "item_copy", copy_page),
    MeetingPage("punkter/tillaeg/", "supplement", supplement_page, ability=roles.PUBLISH),
]
