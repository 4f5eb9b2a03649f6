"""The page of a personal link, where a member approves a paper or comments on it."""

from functools import partial

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from council.file_responses import attachment_response
from council.models import Approval, Attachment, Minutes, PublicItem, public_items
from council.models.attendance import attendance_by_status
from council.personal_links import link_view
from udsat.lib.cpr import find_cpr
from udsat.lib.forms import parse_pk
from udsat.lib.signed_links import LinkBroken, LinkExpired
from udsat.models import Municipality

from . import rounds
from .paper import text_version

MAX_LENGTH = 4000
WHOLE = "whole"


def check_no_cpr(text: str) -> None:
    if any(find_cpr(text)):
        raise forms.ValidationError(
            "Her står noget, der ligner et CPR-nummer. Tag det ud, og send igen. "
            "Vi har ikke gemt noget. Handler det om en bestemt person, så ring til rådet i stedet."
        )


def remark_field(label: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=MAX_LENGTH,
        validators=[check_no_cpr],
        widget=forms.Textarea({"rows": 4}),
        error_messages={
            "max_length": "Skriv højst 4.000 tegn her. Nu er der %(show_value)d. Har du mere, så ring til rådet.",
            "null_characters_not_allowed": "Teksten indeholder et tegn, vi ikke kan gemme. Skriv den igen.",
        },
    )


class ApprovalForm(forms.Form):
    """A member's answer to one version of the text, with a remark field per item."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    answer = forms.ChoiceField(
        choices=Approval.Answer.choices,
        required=True,
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid_choice"), "Tryk på en af de to knapper."),
    )

    def __init__(self, *args, version: str, items: list[PublicItem], name: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.text_version = version
        self.items = [item for item in items if not item.is_closed]
        for item in self.items:
            self.fields[self.field_of(item.pk)] = remark_field(f"Din bemærkning til punkt {item.number}")
        self.fields[WHOLE] = remark_field(f"Din bemærkning til {name}")

    @staticmethod
    def field_of(item: int | None) -> str:
        return f"item-{item}" if item else WHOLE

    @property
    def remarks(self) -> dict[int | None, str]:
        names = {item.pk: self.field_of(item.pk) for item in self.items} | {None: WHOLE}
        return {item: self.cleaned_data[name].strip() for item, name in names.items()}

    def clean(self):
        super().clean()
        if self.errors:
            return
        if self.cleaned_data["version"] != self.text_version:
            # The answer is not valid for the new text; the remarks stay in the fields.
            self.data = self.data.copy()
            self.data["version"] = self.text_version
            raise forms.ValidationError(
                "Teksten er blevet ændret, mens du læste. Læs den igen, og send så dit svar. "
                "Det, du har skrevet, står her endnu."
            )
        if self.cleaned_data["answer"] == Approval.Answer.REMARKS and not any(self.remarks.values()):
            raise forms.ValidationError(
                "Du har ikke skrevet nogen bemærkning. Skriv den ved det punkt, den handler om."
            )


@link_view(rounds.LINK_KIND)
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, municipality: Municipality, pk: int, person: int) -> HttpResponse:
    row = _approval(municipality, pk, person)
    paper = row.paper
    is_minutes = isinstance(paper, Minutes)
    if is_minutes and "bilag" in request.GET:
        return _attachment(request, paper.meeting, request.GET["bilag"])
    items = public_items(paper.meeting, with_minutes=True) if is_minutes else []
    version = text_version(paper, items)
    remarks = list(row.remarks.all())
    numbers = {item.pk: item.number for item in items}
    unhandled = {remark.item_id: remark.text for remark in remarks if not remark.handled_at}
    name = "referatet" if is_minutes else "svaret"
    make_form = partial(ApprovalForm, version=version, items=items, name=f"hele {name}")
    if request.method == "POST":
        form = make_form(request.POST)
        if form.is_valid():
            answers = form.cleaned_data
            try:
                rounds.record_answer(row, answer=answers["answer"], remarks=form.remarks, version=version)
            except rounds.ApprovalConflict:
                raise LinkExpired from None
            return HttpResponseRedirect(request.path)
    else:
        form = make_form(
            initial={"version": version} | {ApprovalForm.field_of(item): text for item, text in unhandled.items()}
        )
    context = {
        "municipality": municipality,
        "approval": row,
        "paper": paper,
        "name": name,
        "council": paper.council,
        "is_of_earlier_text": bool(row.answer) and row.text_version != version,
        "form": form,
        "handled_remarks": [(numbers.get(remark.item_id), remark.text) for remark in remarks if remark.handled_at],
        "rows": [(item, None if item.is_closed else form[ApprovalForm.field_of(item.pk)]) for item in items],
        "whole": form[WHOLE],
    }
    if is_minutes:
        context |= _minutes_context(paper, items)
    return render(request, f"links/approve_{'minutes' if is_minutes else 'answer'}.html", context)


def _approval(municipality, pk, person) -> Approval:
    """Return the row of the link. Raise LinkExpired after the round, or if the person has left the council."""
    row = (
        Approval.objects.filter(pk=pk)
        .select_related("member__person", "member__council__municipality")
        .select_related("minutes__meeting__council__municipality", "hearing__council__municipality")
        .first()
    )
    if row is not None and row.member.council.municipality_id != municipality.pk:
        raise LinkBroken
    if row is None or rounds.is_settled(row) or row.person_id != person or not rounds.may_answer(row):
        raise LinkExpired
    return row


def _minutes_context(minutes, items):
    """Return the context of the meeting's public page. Attachments that are not public use the personal link."""
    meeting = minutes.meeting
    files = list(meeting.attachments.filter(item=None).select_related("meeting__council__municipality"))
    public = set(Attachment.objects.published().filter(meeting=meeting).values_list("pk", flat=True))
    for file in [*files, *(file for item in items for file in item.attachments)]:
        if file.pk not in public:
            file.get_absolute_url = partial("?bilag={}".format, file.pk)
    return {
        "meeting": meeting,
        "minutes": minutes,
        "items": items,
        "attachments": files,
        "attendance": attendance_by_status(meeting),
    }


def _attachment(request, meeting, pk: str) -> HttpResponse:
    """Return an attachment of the meeting that belongs to no closed item."""
    attachments = Attachment.objects.filter(meeting=meeting).exclude(item__is_closed=True)
    attachment = attachments.filter(pk=parse_pk(pk)).first()
    if attachment is None:
        raise Http404("Vi kan ikke finde bilaget.")
    return attachment_response(request, attachment)
