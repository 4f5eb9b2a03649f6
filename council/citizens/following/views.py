"""The pages by which one follows by e-mail, confirms, changes and stops. They set no cookie and ask for no log-in.

Opening a page changes nothing: programs that read mail open every link.
"""

import datetime

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from council.models import Council, Follower, Subscription
from council.models.subscription import UNCONFIRMED_DAYS
from council.personal_links import link_view
from strategies.models import Strategy, Topic
from strategies.views import find_municipality
from udsat.lib.cpr import find_cpr
from udsat.lib.forms import AddressField, FieldsOnly
from udsat.lib.spam_protection import TrapForm, network_of
from udsat.models import FormSubmission

from . import notices

# From one network in an hour. A library or a værested is one network.
MOST_FROM_NETWORK = 20

NO_EMAIL = "Det ligner ikke en e-mail. Skriv den som navn@eksempel.dk."


class FollowForm(FieldsOnly, TrapForm):
    what = forms.MultipleChoiceField(
        label="Hvad vil du følge?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Sæt mindst ét kryds.",
            "invalid_choice": "Det kan man ikke følge længere. Vælg igen.",
        },
    )
    how_often = forms.ChoiceField(
        label="Hvor tit vil du have mail?",
        choices=Subscription.HowOften.choices,
        initial=Subscription.HowOften.AT_ONCE,
        widget=forms.RadioSelect,
        error_messages={"required": "Vælg, hvor tit.", "invalid_choice": "Vælg en af de to."},
    )
    email = AddressField(
        label="Din e-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "Skriv din e-mail.", "invalid": NO_EMAIL, "max_length": NO_EMAIL},
    )

    def __init__(self, *args, targets, **kwargs):
        super().__init__(*args, **kwargs)
        self.targets = {f"{target._meta.model_name}-{target.pk}": target for target in targets}
        has_council = any(isinstance(target, Council) for target in targets)
        self.fields["what"].choices = [(key, _label(target, has_council)) for key, target in self.targets.items()]

    def clean_email(self):
        if any(find_cpr(self.cleaned_data["email"])):
            raise forms.ValidationError("Her står noget, der ligner et CPR-nummer. Brug en anden adresse.")
        return self.cleaned_data["email"]

    @property
    def chosen(self):
        return [self.targets[key] for key in self.cleaned_data["what"]]


def _label(target, has_council):
    match target:
        case Council():
            return f"{target.name}: møder, referater, høringer og nyt"
        case Strategy():
            return f"{target}: nyt om målene{', og hvad rådet beslutter' if has_council else ''}"
        case _:
            return target.name


@csrf_exempt  # no cookie of the browser adds to what the form may do; its trap holds machines off
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest, kommune: str) -> HttpResponse:
    """A council and its municipality's strategies."""
    place = find_municipality(kommune)
    council = Council.objects.published().filter(municipality=place).select_related("municipality").first()
    strategies = list(Strategy.objects.in_force().filter(municipality=place).select_related("municipality"))
    wanted = [one for one in strategies if one.slug == request.GET.get("strategi")]
    targets = [*([council] if council else []), *strategies]
    context = {
        "municipality": place,
        "council": council,
        "calendar_url": f"{settings.SITE_URL}{reverse('meetings-ics', args=[place.slug])}",
    }
    return _form_page(request, context, targets, wanted or targets[:1])


@csrf_exempt  # no cookie of the browser adds to what the form may do; its trap holds machines off
@require_http_methods(["GET", "HEAD", "POST"])
def follow_topics(request: HttpRequest) -> HttpResponse:
    """Topics of the whole country; `?emne=bolig` is ticked."""
    topics = list(Topic.objects.all())
    wanted = [one for one in topics if one.slug == request.GET.get("emne")]
    return _form_page(request, {"section": "foelg"}, topics, wanted)


def _form_page(request, context, targets, wanted):
    is_sent = "sendt" in request.GET
    form, status = None, 200
    if targets and (request.method == "POST" or not is_sent):
        initial = {"what": [f"{one._meta.model_name}-{one.pk}" for one in wanted]}
        form = FollowForm(request.POST if request.method == "POST" else None, targets=targets, initial=initial)
    if form and request.method == "POST" and form.is_valid():
        hour = datetime.timedelta(hours=1)
        if FormSubmission.objects.record_if_allowed(
            "foelg", network_of(request), at_most=MOST_FROM_NETWORK, within=hour
        ):
            notices.ask(form.cleaned_data["email"], form.chosen, form.cleaned_data["how_often"])
            # The same answer whether the address is known here or not.
            return _kept_nowhere(HttpResponseRedirect(f"{request.path}?sendt=1"))
        form.add_error(None, "Der er skrevet mange adresser fra dit netværk i dag. Prøv igen om en time, eller ring.")
        status = 429
    context |= {
        "form": form,
        "is_sent": is_sent,
        "days": UNCONFIRMED_DAYS,
        "hours": notices.ASK_AGAIN_AFTER.seconds // 3600,
    }
    return _kept_nowhere(render(request, "council/follow.html", context, status=status))


def _kept_nowhere(response):
    """What was typed is left on no borrowed computer, and the time in the form is the reader's own."""
    patch_cache_control(response, private=True, no_store=True)
    return response


# By the links in the mails


@link_view(notices.PAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def subscriptions(request: HttpRequest, municipality: None, pk: int) -> HttpResponse:
    """»Det følger du« of one address: confirm what was asked for, change how often, stop one or all."""
    follower = Follower.objects.filter(pk=pk).first()
    own = {str(one.pk): one for one in follower.subscriptions.with_target()} if follower else {}
    if follower and request.method == "POST":
        _do(request.POST, follower, own)
        return HttpResponseRedirect(request.path)
    context = {
        "email": follower.email if own else "",
        "pending": [one for one in own.values() if one.confirmed_at is None],
        "confirmed": [one for one in own.values() if one.confirmed_at],
        "choices": Subscription.HowOften.choices,
    }
    return render(request, "links/subscriptions.html", context)


def _do(said, follower, own):
    """What her button asks for; nothing for anything else."""
    one = own.get(said.get("subscription"))
    match said.get("action"):
        case "confirm":
            notices.confirm(follower, [own[pk].pk for pk in said.getlist("subscription") if pk in own])
        case "change" if one and said.get("how_often") in Subscription.HowOften.values:
            notices.change(one, said["how_often"])
        case "stop" if one:
            notices.stop(follower, [one.pk])
        case "stop_all":
            notices.stop(follower)


@link_view(notices.STOP)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, municipality: None, pk: int, *those: int) -> HttpResponse:
    """Stop what one letter came from. A mail program does it by a POST of its own (RFC 8058)."""
    follower = Follower.objects.filter(pk=pk).first()
    if follower and request.method == "POST":
        notices.stop(follower, those)
    own = list(Subscription.objects.filter(follower=pk, pk__in=those).with_target())
    return render(request, "links/unsubscribe.html", {"own": own})
