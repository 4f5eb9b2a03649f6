"""The admin site: name, front page by section, login."""

import io
from functools import wraps

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import FileResponse, Http404, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse

from udsat import kept_forms, password_reset
from udsat.models import HeldFile, Publishable

# Sections of the front page, in order. `index_section` of a model admin names one of them.
DAILY, FOLLOW_UP, MORE, PORTAL = "Det daglige arbejde", "Følg op", "Mere", "Portalen"


class LogInForm(AdminAuthenticationForm):
    error_messages = {
        **AdminAuthenticationForm.error_messages,
        "invalid_login": "Brugernavn eller adgangskode er forkert. Prøv igen. Store og små bogstaver gør en forskel.",
    }


class LabelledAutocompleteView(AutocompleteJsonView):
    def serialize_result(self, obj, to_field_name):
        return super().serialize_result(obj, to_field_name) | {"text": self.model_admin.choice_label(obj)}


class BackOffice(AdminSite):
    site_title = "Udsatteportalen, redaktionen"
    site_header = "Udsatteportalen · redaktionen"
    index_title = "Mit bord"
    empty_value_display = "–"
    login_form = LogInForm
    enable_nav_sidebar = False

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Objects are deleted one at a time, if at all.
        self.disable_action("delete_selected")

    def admin_view(self, view, cacheable=False):
        """Keep a form that is sent without log-in, and show it after logging in. See `udsat.kept_forms`."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def wrapped(request, *args, **kwargs):
            if self.has_permission(request):
                return kept_forms.respond(request, inner, *args, **kwargs)
            if request.method == "POST":
                if request.accepts("application/json") and not request.accepts("text/html"):
                    return JsonResponse({"error": "Du er logget ud."}, status=401)
                if address := kept_forms.keep(request):
                    return HttpResponseRedirect(kept_forms.log_in_address(address))
            return inner(request, *args, **kwargs)

        return wrapped

    def login(self, request, extra_context=None):
        """Say what happened to a form that was sent without log-in."""
        address = request.POST.get("next") or request.GET.get("next", "")
        return super().login(request, {"kept": kept_forms.kept_form_of(address), **(extra_context or {})})

    def register(self, model_or_iterable, admin_class=None, **options):
        """Register this project's admins only, not those of packages (such as auth groups)."""
        if hasattr(admin_class, "index_section"):
            super().register(model_or_iterable, admin_class, **options)

    def get_urls(self):
        # Django's redirect to an object would disclose addresses of other municipalities' drafts.
        disabled = path("r/<path:content_type_id>/<path:object_id>/", self.admin_view(_not_found), name="view_on_site")
        guide = path("vejledning/", self.admin_view(self.guide), name="guide")
        held_file = path("venter/<uuid:key>/", self.admin_view(self.held_file), name="held_file")
        django_urls = (pattern for pattern in super().get_urls() if getattr(pattern, "name", "") != "view_on_site")
        return [
            disabled,
            guide,
            *password_reset.urls({"site_title": self.site_title, "site_header": self.site_header}),
            held_file,
            *django_urls,
        ]

    def held_file(self, request, key):
        """Return a file that the same person has sent and not confirmed yet."""
        held = HeldFile.objects.filter(user=request.user, key=key).first()
        if held is None:
            raise Http404("Filen er her ikke mere.")
        headers = {"Cache-Control": "no-store, private"}
        return FileResponse(io.BytesIO(held.content), as_attachment=True, filename=held.name, headers=headers)

    def guide(self, request):
        """User guide of the back office."""
        return TemplateResponse(request, "admin/guide.html", {**self.each_context(request), "title": "Vejledning"})

    def get_app_list(self, request, app_label=None):
        """Return the sections with their models; nothing before log-in."""
        if not self.has_permission(request):
            return []
        listed = {model["model"]: model for app in super().get_app_list(request) for model in app["models"]}
        sections = []
        for section in (DAILY, FOLLOW_UP, MORE, PORTAL):
            models = [
                model for _, model in sorted(self._models_in(section), key=lambda pair: pair[0]) if model in listed
            ]
            for model in models:
                listed[model] |= {
                    "model_name": model._meta.model_name,
                    "label": model._meta.verbose_name,
                    "about": self._registry[model].index_description,
                }
            if models:
                sections.append(
                    {"name": section, "app_label": "", "app_url": "", "models": [listed[m] for m in models]}
                )
        return sections

    def autocomplete_view(self, request):
        return LabelledAutocompleteView.as_view(admin_site=self)(request)

    def _models_in(self, section):
        return [
            (a.index_section[1], model)
            for model, a in self._registry.items()
            if a.index_section and a.index_section[0] == section
        ]

    def app_index(self, request, app_label, extra_context=None):
        """Redirect to the front page."""
        return HttpResponseRedirect(reverse("admin:index"))

    def each_context(self, request):
        return {**super().each_context(request), "index_path": reverse("admin:index")}

    def index(self, request, extra_context=None):
        kept = [(form, kept_forms.address_of(form)) for form in request.user.kept_forms.current()]
        return super().index(request, {"kept": kept, "edited": self._last_edited(request), **(extra_context or {})})

    def _last_edited(self, request):
        """Return (object, edit URL) of the latest changes in the user's municipalities."""
        objects = []
        for model, admin in self._registry.items():
            if issubclass(model, Publishable) and admin.shows_in_last_edited and admin.has_module_permission(request):
                objects += admin.get_queryset(request).order_by("-updated_at")[:6]
        objects.sort(key=lambda obj: obj.updated_at, reverse=True)
        # A meeting and its papers are edited on one page.
        pages = {}
        for obj in objects:
            pages.setdefault(self._registry[type(obj)].edit_url(obj), obj)
        return [(obj, url) for url, obj in list(pages.items())[:6]]


def _not_found(request, content_type_id, object_id):
    raise Http404
