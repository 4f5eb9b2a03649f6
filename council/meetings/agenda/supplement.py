"""Publication gate for items that are added after the agenda is public."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect

from council.meetings.invitations.sending import locked, send_supplement
from council.meetings.meeting_page import MeetingPage
from council.models import Agenda
from udsat.admin.publication import PublishForm, reviewed_with_checkboxes
from udsat.lib import roles


class SupplementForm(PublishForm):
    """The gate's form without a later time: a supplement is published at once."""

    at = None


@transaction.atomic
def supplement_page(admin, request, meeting):
    back = admin.url("agenda", meeting)
    if request.method == "POST":
        meeting = locked(meeting)
    agenda: Agenda | None = meeting.paper("agenda")
    parts = agenda.supplement_parts() if agenda and agenda.is_published else []
    if not parts:
        messages.warning(request, "Ingen punkter venter på en tillægsdagsorden.")
        return HttpResponseRedirect(back)
    gate = admin.admin_site.get_model_admin(Agenda)
    reviewed = gate.privacy_review(agenda, parts)
    files = [
        (read.text, part.get_absolute_url())
        for part in parts
        for read in part.public_texts(agenda)
        if read.file_text and not read.file_text.complete
    ]
    form = SupplementForm(
        request.POST if request.method == "POST" else None,
        publishable=agenda,
        reviewed=reviewed,
        files=files,
        seen=gate.seen_version(agenda),
    )
    if form.is_valid():
        try:
            items = agenda.publish_supplement(
                by=request.user, confirmed=form.cleaned_data["confirmed"], reason=form.cleaned_data.get("reason", "")
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            send_supplement(agenda, items)
            admin.log_change(request, meeting, "Tillægsdagsorden sendt")
            messages.success(request, "Tillægsdagsordenen er offentlig. De indkaldte får en mail.")
            return HttpResponseRedirect(back)
    numbers = {item.pk: number for number, item in enumerate(meeting.items.all(), meeting.first_number)}
    return admin.page(
        request,
        meeting,
        "supplement.html",
        title="Send tillægsdagsorden",
        form=form,
        numbered=[(numbers[part.pk], part) for part in agenda.supplement_items()],
        reviewed=reviewed_with_checkboxes(form),
        suspects=[finding for one in reviewed for finding in one.suspects],
        blockers=[(one.message, gate.part_url(one.part, one.field)) for one in agenda.publication_blockers()],
        files=files,
        reasons=[form[name] for name in ("reason", "files_seen") if name in form.fields],
        back_url=back,
    )


PAGES = [MeetingPage("punkter/tillaeg/", "supplement", supplement_page, ability=roles.PUBLISH)]
