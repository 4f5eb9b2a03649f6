"""The page on which a member approves or comments, by her personal link."""

from functools import partial

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from council.attendance import attendance_by_status
from council.file_responses import attachment_response
from council.models import Approval, Attachment, Minutes, PublicItem, public_items
from council.personal_links import link_view
from udsat.lib.cpr import find_cpr
from udsat.lib.signed_links import LinkBroken, LinkExpired
from udsat.models import Municipality

from . import rounds

MAX_LENGTH = 4000
WHOLE = "hele"


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


class AnswerForm(forms.Form):
    """Her answer to the text with that fingerprint. The item fields are named by item."""

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
        return f"punkt-{item}" if item else WHOLE

    @property
    def remarks(self) -> dict[int | None, str]:
        names = {item.pk: self.field_of(item.pk) for item in self.items} | {None: WHOLE}
        return {item: self.cleaned_data[name].strip() for item, name in names.items()}

    def clean(self):
        super().clean()
        if self.errors:
            return
        if self.cleaned_data["version"] != self.text_version:
            # Her word is not taken for another text; what she has written stays in the fields.
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


@link_view(rounds.KIND)
@require_http_methods(["GET", "HEAD", "POST"])
def approve(request: HttpRequest, municipality: Municipality, pk: int, person: int) -> HttpResponse:
    row = _approval(municipality, pk, person)
    paper = row.paper
    is_minutes = isinstance(paper, Minutes)
    if is_minutes and "bilag" in request.GET:
        return _attachment(paper.meeting, request.GET["bilag"])
    items = public_items(paper.meeting, with_minutes=True) if is_minutes else []
    version = rounds.text_version(paper)
    said = list(row.remarks.all())
    numbers = {item.pk: item.number for item in items}
    waiting = {remark.item_id: remark.text for remark in said if not remark.handled_at}
    name = "referatet" if is_minutes else "svaret"
    form_of = partial(AnswerForm, version=version, items=items, name=f"hele {name}")
    if request.method == "POST":
        form = form_of(request.POST)
        if form.is_valid():
            answers = form.cleaned_data
            try:
                rounds.answer(row, answer=answers["answer"], remarks=form.remarks, version=version)
            except rounds.Settled:
                raise LinkExpired from None
            return HttpResponseRedirect(request.path)
    else:
        form = form_of(
            initial={"version": version} | {AnswerForm.field_of(item): text for item, text in waiting.items()}
        )
    context = {
        "municipality": municipality,
        "approval": row,
        "paper": paper,
        "name": name,
        "council": rounds.council_of(paper),
        "is_of_earlier_text": bool(row.answer) and row.text_version != version,
        "form": form,
        "seen_to": [(numbers.get(remark.item_id), remark.text) for remark in said if remark.handled_at],
        "rows": [(item, None if item.is_closed else form[AnswerForm.field_of(item.pk)]) for item in items],
        "whole": form[WHOLE],
    }
    if is_minutes:
        context |= _minutes_context(paper, items)
    return render(request, f"links/approve_{'minutes' if is_minutes else 'answer'}.html", context)


def _approval(municipality, pk, person) -> Approval:
    """What the link leads to, while the round is open and the person sits in the council."""
    row = (
        Approval.objects.filter(pk=pk)
        .select_related(
            "member__person", "member__council__municipality", "minutes__meeting__council__municipality",
            "hearing__council__municipality",
        )
        .first()
    )  # fmt: skip
    if row is not None and row.member.council.municipality_id != municipality.pk:
        raise LinkBroken
    if row is None or rounds.is_settled(row) or row.member.person_id != person or not rounds.still_sits(row.member):
        raise LinkExpired
    return row


def _minutes_context(minutes, items):
    """As the page of the meeting will be. What is not public yet is fetched through the link itself."""
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
        "attendance": attendance_by_status(meeting.attendances.all()),
    }


def _attachment(meeting, pk: str) -> HttpResponse:
    """A file of the meeting; never one of a closed item."""
    is_open = Attachment.objects.filter(meeting=meeting).exclude(item__is_closed=True)
    found = is_open.filter(pk=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 18 else None
    if found is None:
        raise Http404("Vi kan ikke finde bilaget.")
    return attachment_response(found)
