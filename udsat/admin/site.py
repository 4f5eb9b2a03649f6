"""The back office as one place: its name, its front page in a secretary's order, its login."""

from django.contrib.admin import AdminSite
from django.http import Http404
from django.urls import path

from udsat.lib.publishing import Status
from udsat.models import Publishable

# The shelves of the front page, in order. Each model admin says which it stands on.
DAILY, FOLLOW_UP, MORE, PORTAL = "Det daglige arbejde", "Følg op", "Mere", "Portalen"


class BackOffice(AdminSite):
    site_title = "Udsat · redaktionen"
    site_header = "Udsat · redaktionen"
    index_title = "Hvad vil du arbejde med?"
    empty_value_display = "–"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Things are withdrawn and kept; the few that may be deleted are deleted one at a time.
        self.disable_action("delete_selected")

    def get_urls(self):
        # The stock redirect to an object's public address would tell the address of any municipality's draft.
        gone = path("r/<path:content_type_id>/<path:object_id>/", self.admin_view(_gone), name="view_on_site")
        return [gone, *(pattern for pattern in super().get_urls() if getattr(pattern, "name", "") != "view_on_site")]

    def get_app_list(self, request, app_label=None):
        if app_label:
            return super().get_app_list(request, app_label)
        listed = {model["model"]: model for app in super().get_app_list(request) for model in app["models"]}
        return [
            {"name": shelf, "app_label": f"shelf-{number}", "app_url": "", "has_module_perms": True, "models": models}
            for number, shelf in enumerate((DAILY, FOLLOW_UP, MORE, PORTAL))
            if (models := [listed[model] for model in self._on(shelf) if model in listed])
        ]

    def _on(self, shelf):
        standing = [
            (admin.shelf[1], model)
            for model, admin in self._registry.items()
            if getattr(admin, "shelf", None) and admin.shelf[0] == shelf
        ]
        return [model for _, model in sorted(standing, key=lambda pair: pair[0])]

    def index(self, request, extra_context=None):
        return super().index(request, {"drafts": self._recent_drafts(request), **(extra_context or {})})

    def _recent_drafts(self, request):
        """What the user can go on with: the drafts changed last, with the page each is edited on."""
        drafts = []
        for model, admin in self._registry.items():
            if issubclass(model, Publishable) and admin.has_module_permission(request):
                drafts += admin.get_queryset(request).filter(status=Status.DRAFT).order_by("-updated_at")[:6]
        drafts.sort(key=lambda draft: draft.updated_at, reverse=True)
        return [(draft, self._registry[type(draft)].page_of(draft)) for draft in drafts[:6]]


def _gone(request, content_type_id, object_id):
    raise Http404
