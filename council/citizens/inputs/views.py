"""Pages where citizens write to the council and read the answer.

They need no log-in, set no cookie and are exempt from CSRF protection: a session gives no further rights on them.
"""

import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from council.models import AgendaItem, Council, Input
from council.personal_links import link_view
from council.public.frame import framed_municipality
from council.public.visible import get_public_council
from udsat.lib.responses import form_without_login
from udsat.lib.signed_links import LinkBroken
from udsat.lib.spam_protection import network_of
from udsat.models import FormSubmission, Municipality

from . import lifecycle
from .forms import DialogueForm, LetterForm


def _council(request: HttpRequest, kommune: str) -> Council:
    return get_public_council(framed_municipality(request.user, kommune))


@form_without_login
def write(request: HttpRequest, kommune: str) -> HttpResponse:
    return _form_page(request, _council(request, kommune), LetterForm, Input.Kind.LETTER, "council/write.html")


@form_without_login
def request_dialogue(request: HttpRequest, kommune: str) -> HttpResponse:
    council = _council(request, kommune)
    if not council.offers_dialogue:
        raise Http404(f"{council.name} tilbyder ikke at holde dialogmøder. Du kan ringe eller skrive til rådet.")
    return _form_page(request, council, DialogueForm, Input.Kind.DIALOGUE, "council/dialogue.html")


def _form_page(request, council, form_class, kind, template):
    form = None
    if council.municipality.has_readers:
        form = form_class(
            request.POST if request.method == "POST" else None, instance=Input(council=council, kind=kind)
        )
        if form.is_valid():
            if lifecycle.is_full(council):
                form.add_error(
                    None,
                    "Rådet har fået usædvanligt mange henvendelser i dag. Ring i stedet, eller send igen i morgen.",
                )
            else:
                hour = datetime.timedelta(hours=1)
                is_within_limit = FormSubmission.objects.record_if_allowed(
                    "henvendelse", network_of(request), at_most=lifecycle.MAX_PER_NETWORK, within=hour
                )
                received = lifecycle.receive(form.instance, from_busy_network=not is_within_limit)
                return HttpResponseRedirect(lifecycle.link_path(received))
    context = {"municipality": council.municipality, "section": "raad", "council": council, "form": form}
    return render(request, template, context)


@link_view("henvendelse")
@require_safe
def written(request: HttpRequest, municipality: Municipality, pk: int) -> HttpResponse:
    """The citizen's page: what happens next, and later the answer. It never shows what the citizen wrote."""
    citizen_input = Input.objects.filter(pk=pk).select_related("council__municipality").first()
    if citizen_input is None or citizen_input.council.municipality_id != municipality.pk:
        raise LinkBroken
    item = AgendaItem.objects.published().filter(pk=citizen_input.item_id).with_meeting().first()
    context = {
        "municipality": municipality,
        "council": citizen_input.council,
        "input": citizen_input,
        "forget_on": lifecycle.forget_on(citizen_input),
        "item": item,
        "address": settings.SITE_URL + request.path,
    }
    return render(request, "council/written.html", context)
