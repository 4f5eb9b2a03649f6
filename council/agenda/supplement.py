"""The gate for what comes to an agenda after it is public."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect

from council.admin.items import paper
from council.invitations.calling import locked
from council.models import Agenda
from council.pages import MeetingPage
from udsat.admin.gate import PublishForm
from udsat.lib import roles
from udsat.models import is_overridden


class SupplementForm(PublishForm):
    """The same word as at the gate, about the items that wait; they become public at once or not yet."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields.pop("at", None)
        self.helper = FormHelper()
        self.helper.attrs = {"novalidate": True}
        self.helper.add_input(Submit("publish", "Send tillægsdagsordenen"))


@transaction.atomic
def supplement_page(admin, request, meeting):
    back = admin.url("dagsorden", meeting)
    if request.method == "POST":
        meeting = locked(meeting)
    agenda: Agenda | None = paper(meeting, "agenda")
    items = agenda.supplement_items() if agenda and agenda.is_published else []
    if not items:
        messages.warning(request, "Ingen punkter venter på en tillægsdagsorden.")
        return HttpResponseRedirect(back)
    suspects = [finding for finding in agenda.supplement_findings() if not is_overridden(finding)]
    files = unreadable_files(agenda)
    form = SupplementForm(
        request.POST if request.method == "POST" else None,
        publishable=agenda, suspects=suspects, files=files, seen=f"{agenda.version}-{meeting.version}",
    )  # fmt: skip
    if form.is_valid():
        try:
            agenda.publish_supplement(
                by=request.user, confirmed=form.cleaned_data["confirmed"], reason=form.cleaned_data.get("reason", "")
            )
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            admin.log_change(request, meeting, "Tillægsdagsorden sendt")
            messages.success(request, "Tillægsdagsordenen er offentlig. De indkaldte får en mail.")
            return HttpResponseRedirect(back)
    by_label = {model._meta.label_lower: page for model, page in admin.admin_site._registry.items()}
    links = []
    for finding in suspects:
        label, pk, field = finding.target.split(":")
        page = by_label[label]
        links.append((finding, page.field_url(page.model(pk=pk), field)))
    numbers = {item.pk: n for n, item in enumerate(meeting.items.all(), meeting.first_number)}
    return admin.page(
        request,
        meeting,
        "supplement.html",
        title="Send tillægsdagsorden",
        form=form,
        suspects=links,
        files=files,
        numbered=[(numbers[item.pk], item) for item in items],
        back_url=back,
    )


def unreadable_files(agenda: Agenda) -> list[tuple[str, str]]:
    """Name and address of the waiting files that no machine can search. Those of a closed item are never public."""
    return [
        (read.text, part.get_absolute_url())
        for part in agenda.supplement_parts()
        if not part.is_closed
        for read in part.read_texts(agenda)
        if read.inside and not read.inside.complete
    ]


PAGES = [MeetingPage("punkter/tillaeg/", "supplement", supplement_page, ability=roles.PUBLISH)]
