"""The back office as one place: its name, its front page in a secretary's order, its login."""

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import Http404, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from udsat.models import Publishable

# The shelves of the front page, in order. Each model admin says which it stands on.
DAILY, FOLLOW_UP, MORE, PORTAL = "Det daglige arbejde", "Følg op", "Mere", "Portalen"


class LogInForm(AdminAuthenticationForm):
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "Brugernavn eller adgangskode er forkert. Prøv igen. Store og små bogstaver gør en forskel.",
    }


class SearchInChoices(AutocompleteJsonView):
    def serialize_result(self, obj, to_field_name):
        return super().serialize_result(obj, to_field_name) | {"text": self.model_admin.choice_name(obj)}


class BackOffice(AdminSite):
    site_title = "Udsatteportalen, redaktionen"
    site_header = "Udsatteportalen · redaktionen"
    index_title = "Mit bord"
    empty_value_display = "–"
    login_form = LogInForm
    enable_nav_sidebar = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Things are withdrawn and kept; the few that may be deleted are deleted one at a time.
        self.disable_action("delete_selected")

    def register(self, model_or_iterable, admin_class=None, **options):
        """Only pages with a word on their shelf: what other packages bring (groups of the auth app) has none."""
        if hasattr(admin_class, "shelf"):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self):
        # The stock redirect to an object's public address would tell the address of any municipality's draft.
        gone = path("r/<path:content_type_id>/<path:object_id>/", self.admin_view(_gone), name="view_on_site")
        guide = path("vejledning/", self.admin_view(self.guide), name="guide")
        stock = (pattern for pattern in super().get_urls() if getattr(pattern, "name", "") != "view_on_site")
        return [gone, guide, *stock]

    def guide(self, request):
        """How everything here is done, with pictures; one click from every page."""
        return TemplateResponse(request, "admin/guide.html", {**self.each_context(request), "title": "Vejledning"})

    def get_app_list(self, request, app_label=None):
        """The shelves with what stands on them; nothing before log-in."""
        if not self.has_permission(request):
            return []
        listed = {model["model"]: model for app in super().get_app_list(request) for model in app["models"]}
        shelves = []
        for shelf in (DAILY, FOLLOW_UP, MORE, PORTAL):
            models = [model for _, model in sorted(self._on(shelf), key=lambda pair: pair[0]) if model in listed]
            for model in models:
                listed[model] |= {
                    "model_name": model._meta.model_name,
                    "label": model._meta.verbose_name,
                    "about": self._registry[model].about,
                }
            if models:
                shelves.append({"name": shelf, "app_label": "", "app_url": "", "models": [listed[m] for m in models]})
        return shelves

    def autocomplete_view(self, request):
        return SearchInChoices.as_view(admin_site=self)(request)

    def _on(self, shelf):
        return [(a.shelf[1], model) for model, a in self._registry.items() if a.shelf and a.shelf[0] == shelf]

    def app_index(self, request, app_label, extra_context=None):
        """The front page says it better, and in one place."""
        return HttpResponseRedirect(reverse("admin:index"))

    def each_context(self, request):
        return {**super().each_context(request), "index_path": reverse("admin:index")}

    def index(self, request, extra_context=None):
        return super().index(request, {"edited": self._last_edited(request), **(extra_context or {})})

    def _last_edited(self, request):
        """What was changed last in the user's municipalities, with the page each is edited on."""
        found = []
        for model, admin in self._registry.items():
            if issubclass(model, Publishable) and admin.is_written_here and admin.has_module_permission(request):
                found += admin.get_queryset(request).order_by("-updated_at")[:6]
        found.sort(key=lambda obj: obj.updated_at, reverse=True)
        # A meeting and its papers are edited on one page.
        pages = {}
        for obj in found:
            pages.setdefault(self._registry[type(obj)].page_of(obj), obj)
        return [(obj, url) for url, obj in list(pages.items())[:6]]


def _gone(request, content_type_id, object_id):
    raise Http404
