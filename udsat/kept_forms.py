"""A form of the back office that is sent after the log-in has run out: kept, and shown again after logging in.

Each form carries a signed field that names the user it was shown to. Only a form with this signature is kept, for
that user alone; others, and everything sent without it, are refused as before.
"""

import copy
import datetime
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect, QueryDict
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.csrf import csrf_failure as show_csrf_failure

from udsat.lib.form_filling import fill_form
from udsat.lib.richtext import plain_text
from udsat.lib.signed_links import LinkBroken, LinkExpired, make_token, read_token
from udsat.lib.spam_protection import network_of
from udsat.models import FormSubmission, KeptForm, User

# Hidden fields of forms: the signature of the user, and the key of the kept form that is shown. The key is also the
# parameter in the address of a page that shows one.
WRITER_FIELD, KEY_FIELD = "skrevet_af", "ulagret"
# A form can stay open over a holiday.
WRITER_TIME = datetime.timedelta(days=14)
MOST_PER_HOUR = 60  # kept from one network
LOGGED_OUT = "Du var logget ud, da du trykkede på knappen. Her er det, du havde skrevet. Det er ikke gemt endnu."


def writer_token(user) -> str:
    """Return the signature that a form carries for its user. It changes once a day."""
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return make_token("form", user.pk, until=today + WRITER_TIME)


def keep(request) -> str:
    """Keep the form that was sent, and return the address where its writer finds it; "" if it is not kept."""
    try:
        [pk] = read_token("form", request.POST.get(WRITER_FIELD, ""))
    except (LinkBroken, LinkExpired, ValueError):
        return ""
    user = User.objects.filter(pk=pk, is_active=True, is_staff=True).first()
    network = network_of(request)
    if user is None or not FormSubmission.objects.record_if_allowed(
        "kept-form", network, at_most=MOST_PER_HOUR, within=datetime.timedelta(hours=1)
    ):
        return ""
    left_out = {"csrfmiddlewaretoken", WRITER_FIELD, KEY_FIELD}
    action = _without_key(request.get_full_path())
    form = KeptForm.keep(
        user,
        action=action,
        page=_page_of(request) or action,
        # Passwords are typed again.
        values=[
            (name, value)
            for name, values in request.POST.lists()
            for value in values
            if name not in left_out and "password" not in name
        ],
        files=[(field, file) for field, files in request.FILES.lists() for file in files],
        previous=request.POST.get(KEY_FIELD, ""),
    )
    return address_of(form) if form else ""


def address_of(form: KeptForm) -> str:
    """Return the address of the page that shows the kept form to its writer."""
    return f"{form.page}{'&' if '?' in form.page else '?'}{urlencode({KEY_FIELD: form.key})}"


def kept_form_of(address: str) -> KeptForm | None:
    """Return the kept form that an address of `address_of()` shows, whoever asks."""
    key = _parameters(address).get(KEY_FIELD, "")
    return KeptForm.objects.current().filter(key=key).first() if key else None


def _parameters(address: str) -> dict[str, str]:
    return QueryDict(urlsplit(address).query).dict()


def _without_key(address: str) -> str:
    parameters = _parameters(address)
    parameters.pop(KEY_FIELD, None)
    path = urlsplit(address).path
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _page_of(request) -> str:
    """Return the address of the page with the form, if the browser has sent it and it is in the back office."""
    page = urlsplit(request.META.get("HTTP_REFERER", ""))
    inside = page.path.startswith(reverse("admin:index")) and page.path != reverse("admin:login")
    if page.netloc != request.get_host() or not inside:
        return ""
    return _without_key(page._replace(scheme="", netloc="", fragment="").geturl())


def csrf_failure(request, reason=""):
    """Keep a form whose page is older than the log-in, and show it again instead of carrying it out."""
    is_page = request.accepts("text/html")  # a script reads a new token and sends again
    if is_page and request.path.startswith(reverse("admin:index")) and (address := keep(request)):
        return HttpResponseRedirect(address if request.user.is_staff else log_in_address(address))
    return show_csrf_failure(request, reason)


def log_in_address(address: str) -> str:
    return f"{reverse('admin:login')}?{urlencode({'next': address})}"


def respond(request, view, *args, **kwargs):
    """Call a view of the back office for a user who is logged in; show the kept form that the request names."""
    request.writer_token = writer_token(request.user)
    key = request.POST.get(KEY_FIELD) or request.GET.get(KEY_FIELD)
    form = KeptForm.objects.current().filter(key=key, user=request.user).first() if key else None
    if form is None:
        if key and request.method == "GET":
            messages.warning(request, "Det, der ikke blev gemt, hører til en anden bruger, eller det er her ikke mere.")
        return view(request, *args, **kwargs)
    request.kept_key = form.key
    if request.method == "POST":
        _add_files(request, form)
        response = view(request, *args, **kwargs)
        if response.status_code == HTTPStatus.FOUND:
            form.delete()
        return response
    request.kept_form = form
    files = ", ".join(f"»{file.name}«" for file in form.files.all())
    messages.warning(request, f"{LOGGED_OUT} Du skal ikke vælge {files} igen." if files else LOGGED_OUT)
    try:
        response = view(request, *args, **kwargs)
    except (Http404, PermissionDenied):
        return _text_page(request, form)  # deleted or published meanwhile
    # A change form has taken the kept form and shows it itself.
    return _filled(request, form, response) if hasattr(request, "kept_form") else response


def take_kept_form(request):
    """Return the request as the kept form was sent, for a view that shows it with its errors; None without one.

    The request has a `refusal`, with which a form is never saved.
    """
    form = getattr(request, "kept_form", None)
    if form is None or urlsplit(form.action).path != request.path:
        return None
    del request.kept_form
    sent = copy.copy(request)
    sent.method, sent.POST, sent._files = "POST", form.post, form.uploads()
    sent.refusal = ["Se det igennem, og tryk på »Gem«."]
    return sent


def _add_files(request, form):
    """Add the files of the kept form to the request, except where another was chosen."""
    if urlsplit(form.action).path == request.path:
        for field, files in form.uploads().lists():
            if field not in request.FILES:
                request.FILES.setlist(field, files)


def _filled(request, form, response):
    """Return the page with what was typed in its fields, or else a page on which it can be sent again."""
    is_page = response.status_code == HTTPStatus.OK and response.headers.get("Content-Type", "").startswith("text/html")
    if is_page:
        if hasattr(response, "render"):
            response.render()
        left_out = ("csrfmiddlewaretoken", WRITER_FIELD, KEY_FIELD)
        if page := fill_form(response.content.decode(), request.path, form.action, form.values, left_out):
            response.content = page
            return response
    return _text_page(request, form)


def _text_page(request, form):
    texts = [plain_text(value) for _, value in form.values if len(value.split()) > 1]
    context = {**admin.site.each_context(request), "title": "Det blev ikke sendt", "kept": form, "texts": texts}
    context["crumbs"] = [(reverse("admin:index"), "Mit bord")]
    return TemplateResponse(request, "admin/kept_form.html", context)
