"""The admin site: name, front page by section, login."""

import io
from functools import partial, wraps

from django.contrib.admin import AdminSite
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import FileResponse, Http404, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst

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
        """Return the sections with their models, which are looked up when a template shows them."""
        return SimpleLazyObject(partial(self._sections, request, (DAILY, FOLLOW_UP, MORE, PORTAL)))

    def _sections(self, request, names):
        """Return the sections of these names; nothing before log-in."""
        if not self.has_permission(request):
            return []
        sections = []
        for name in names:
            entries = [self._entry(request, model) for model in self._models_in(name)]
            if models := [entry for entry in entries if entry]:
                sections.append({"name": name, "app_label": "", "app_url": "", "models": models})
        return sections

    def _entry(self, request, model):
        """Return the addresses and names of a model, or None if the user sees nothing of it."""
        model_admin, meta = self._registry[model], model._meta
        perms = model_admin.get_model_perms(request)
        if not model_admin.has_module_permission(request) or not any(perms.values()):
            return None
        address = f"admin:{meta.app_label}_{meta.model_name}"
        return {
            "name": capfirst(meta.verbose_name_plural),
            "model_name": meta.model_name,
            "label": meta.verbose_name,
            "about": model_admin.index_description,
            "admin_url": reverse(f"{address}_changelist") if perms["view"] or perms["change"] else None,
            "add_url": reverse(f"{address}_add") if perms["add"] else None,
        }

    def autocomplete_view(self, request):
        return LabelledAutocompleteView.as_view(admin_site=self)(request)

    def _models_in(self, section):
        """Return the models of a section in their order."""
        placed = [(a.index_section, model) for model, a in self._registry.items() if a.index_section]
        found = [(position, model) for (name, position), model in placed if name == section]
        return [model for _, model in sorted(found, key=lambda pair: pair[0])]

    def app_index(self, request, app_label, extra_context=None):
        """Redirect to the front page."""
        return HttpResponseRedirect(reverse("admin:index"))

    def each_context(self, request):
        """Return what every page shows: its navigation lists the models of the daily work."""
        daily = SimpleLazyObject(partial(self._sections, request, (DAILY,)))
        return {**super().each_context(request), "available_apps": daily, "index_path": reverse("admin:index")}

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
