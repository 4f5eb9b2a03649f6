"""Pages to follow by e-mail, confirm, change and unsubscribe, without a log-in or a cookie.

A GET request changes nothing, since mail scanners open every link.
"""

import datetime

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from council.models import Council, Follower, Subscription
from council.models.subscription import UNCONFIRMED_DAYS
from council.personal_links import link_view
from council.public.frame import framed_municipality
from strategies.models import Strategy, Topic
from udsat.lib.cpr import find_cpr
from udsat.lib.forms import FieldsOnly, NormalisedEmailField
from udsat.lib.responses import form_without_login
from udsat.lib.spam_protection import TrapForm, network_of
from udsat.models import FormSubmission

from . import notices

# Per network and hour; a library or a drop-in centre is one network.
MAX_PER_NETWORK = 20

NO_EMAIL = "Det ligner ikke en e-mail. Skriv den som navn@eksempel.dk."


class FollowForm(FieldsOnly, TrapForm):
    what = forms.MultipleChoiceField(
        label="Hvad vil du følge?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Sæt mindst ét hak.",
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
    email = NormalisedEmailField(
        label="Din e-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={"required": "Skriv din e-mail.", "invalid": NO_EMAIL, "max_length": NO_EMAIL},
    )

    def __init__(self, *args, targets, **kwargs):
        super().__init__(*args, **kwargs)
        self.targets = {_key(target): target for target in targets}
        has_council = any(isinstance(target, Council) for target in targets)
        self.fields["what"].choices = [(key, _label(target, has_council)) for key, target in self.targets.items()]

    def clean_email(self):
        if any(find_cpr(self.cleaned_data["email"])):
            raise forms.ValidationError("Her står noget, der ligner et CPR-nummer. Brug en anden adresse.")
        return self.cleaned_data["email"]

    @property
    def chosen_targets(self):
        return [self.targets[key] for key in self.cleaned_data["what"]]


def _key(target):
    return f"{target._meta.model_name}-{target.pk}"


def _label(target, has_council):
    match target:
        case Council():
            return f"{target.name}: møder, referater, høringer og nyt"
        case Strategy():
            return f"{target}: nyt om målene{', og hvad rådet beslutter' if has_council else ''}"
        case _:
            return target.name


@form_without_login
def follow(request: HttpRequest, kommune: str) -> HttpResponse:
    """Follow a council and its municipality's strategies; `?strategi=<slug>` is preselected."""
    municipality = framed_municipality(request.user, kommune)
    council = municipality.public_council
    strategies = list(Strategy.objects.in_force().filter(municipality=municipality).select_related("municipality"))
    selected = [strategy for strategy in strategies if strategy.slug == request.GET.get("strategi")]
    targets = [*([council] if council else []), *strategies]
    context = {
        "municipality": municipality,
        "council": council,
        "calendar_url": f"{settings.SITE_URL}{reverse('meetings-ics', args=[municipality.slug])}",
    }
    return _form_page(request, context, targets, selected or targets[:1])


@form_without_login
def follow_topics(request: HttpRequest) -> HttpResponse:
    """Follow topics in the whole country; `?emne=<slug>` is preselected."""
    topics = list(Topic.objects.all())
    selected = [topic for topic in topics if topic.slug == request.GET.get("emne")]
    return _form_page(request, {"section": "foelg"}, topics, selected)


def _form_page(request, context, targets, selected):
    is_sent = "sendt" in request.GET
    form, status = None, 200
    if targets and (request.method == "POST" or not is_sent):
        initial = {"what": [_key(target) for target in selected]}
        form = FollowForm(request.POST if request.method == "POST" else None, targets=targets, initial=initial)
    if form and request.method == "POST" and form.is_valid():
        hour = datetime.timedelta(hours=1)
        if FormSubmission.objects.record_if_allowed("foelg", network_of(request), at_most=MAX_PER_NETWORK, within=hour):
            notices.subscribe(form.cleaned_data["email"], form.chosen_targets, form.cleaned_data["how_often"])
            # The response must not reveal whether the address is known.
            return HttpResponseRedirect(f"{request.path}?sendt=1")
        form.add_error(None, "Der er skrevet mange adresser fra dit netværk i dag. Prøv igen om en time, eller ring.")
        status = 429
    context |= {"form": form, "is_sent": is_sent, "days": UNCONFIRMED_DAYS, "hours": notices.CONFIRMATION_HOURS}
    return render(request, "council/follow.html", context, status=status)


# Pages opened by a link in an e-mail


@link_view(notices.PAGE_LINK)
@require_http_methods(["GET", "HEAD", "POST"])
def subscriptions(request: HttpRequest, municipality: None, pk: int) -> HttpResponse:
    """The page »Det følger du«: confirm, change the frequency, unsubscribe."""
    follower = Follower.objects.filter(pk=pk).first()
    by_pk = {str(row.pk): row for row in follower.subscriptions.with_target()} if follower else {}
    if follower and request.method == "POST":
        _change_subscriptions(request.POST, follower, by_pk)
        return HttpResponseRedirect(request.path)
    context = {
        "email": follower.email if by_pk else "",
        "pending": [row for row in by_pk.values() if row.confirmed_at is None],
        "confirmed": [row for row in by_pk.values() if row.confirmed_at],
        "choices": Subscription.HowOften.choices,
    }
    return render(request, "links/subscriptions.html", context)


def _change_subscriptions(data, follower, by_pk):
    subscription = by_pk.get(data.get("subscription"))
    match data.get("action"):
        case "confirm":
            notices.confirm(follower, [by_pk[pk].pk for pk in data.getlist("subscription") if pk in by_pk])
        case "change" if subscription and data.get("how_often") in Subscription.HowOften.values:
            notices.change_frequency(subscription, data["how_often"])
        case "stop" if subscription:
            notices.unsubscribe(follower, [subscription.pk])
        case "stop_all":
            notices.unsubscribe(follower)


@link_view(notices.STOP_LINK)
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, municipality: None, pk: int, *subscription_pks: int) -> HttpResponse:
    """Unsubscribe from the subscriptions of one e-mail. Mail programs send the POST request themselves (RFC 8058)."""
    follower = Follower.objects.filter(pk=pk).first()
    if follower and request.method == "POST":
        notices.unsubscribe(follower, subscription_pks)
    remaining = list(Subscription.objects.filter(follower=pk, pk__in=subscription_pks).with_target())
    return render(request, "links/unsubscribe.html", {"remaining": remaining})
