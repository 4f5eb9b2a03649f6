"""The pages on which citizens write to the council, and the one where the answer comes.

They set no cookie and need none: nobody's log-in adds to what they may do, so they ask for no CSRF token either.
"""

import datetime

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from council.models import AgendaItem, Council, Input
from council.personal_links import link_view
from strategies.views import find_municipality
from udsat.lib.responses import find_or_404
from udsat.lib.signed_links import LinkBroken
from udsat.lib.spam_protection import network_of
from udsat.models import FormSubmission, Municipality

from . import lifecycle
from .forms import DialogueForm, LetterForm


def _council(kommune: str) -> Council:
    place = find_municipality(kommune)
    return find_or_404(
        Council.objects.published().select_related("municipality"),
        f"{place} har ikke noget udsatteråd her på portalen.",
        municipality=place,
    )


@csrf_exempt  # no cookie of the browser adds to what the form may do; its trap holds machines off
@require_http_methods(["GET", "HEAD", "POST"])
def write(request: HttpRequest, kommune: str) -> HttpResponse:
    return _form_page(request, _council(kommune), LetterForm, Input.Kind.LETTER, "council/write.html")


@csrf_exempt  # no cookie of the browser adds to what the form may do; its trap holds machines off
@require_http_methods(["GET", "HEAD", "POST"])
def book(request: HttpRequest, kommune: str) -> HttpResponse:
    council = _council(kommune)
    if not council.offers_dialogue:
        raise Http404(f"{council.name} tilbyder ikke at holde dialogmøder. Du kan ringe eller skrive til rådet.")
    return _form_page(request, council, DialogueForm, Input.Kind.DIALOGUE, "council/dialogue.html")


def _form_page(request, council, form_class, kind, template):
    form = None
    if council.has_readers:
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
                is_allowed = FormSubmission.objects.record_if_allowed(
                    "henvendelse", network_of(request), at_most=lifecycle.MOST_FROM_NETWORK,
                    within=datetime.timedelta(hours=1),
                )  # fmt: skip
                found = lifecycle.receive(form.instance, from_many=not is_allowed)
                return _kept_nowhere(HttpResponseRedirect(lifecycle.link_path(found)))
    context = {"municipality": council.municipality, "section": "raad", "council": council, "form": form}
    return _kept_nowhere(render(request, template, context))


def _kept_nowhere(response):
    """What was typed is left on no borrowed computer, and the time in the form is the reader's own."""
    patch_cache_control(response, private=True, no_store=True)
    return response


@link_view("henvendelse")
@require_safe
def written(request: HttpRequest, municipality: Municipality, pk: int) -> HttpResponse:
    """The writer's own page: what happens now, and later the answer. It never shows what she wrote."""
    found = Input.objects.filter(pk=pk).select_related("council__municipality").first()
    if found is None or found.council.municipality_id != municipality.pk:
        raise LinkBroken
    item = AgendaItem.objects.published().filter(pk=found.item_id).with_meeting().first()
    context = {
        "municipality": municipality,
        "council": found.council,
        "input": found,
        "forget_on": lifecycle.forget_on(found),
        "item": item,
        "address": settings.SITE_URL + request.path,
    }
    return render(request, "council/written.html", context)
