"""Change forms in several pages of one concern each: an overview at the change address, and pages below it."""

from dataclasses import dataclass

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.http import Http404, HttpResponseRedirect
from django.urls import path

from .autosave import AutosaveMixin


@dataclass(frozen=True)
class FormPage:
    """One page of a change form. The page with an empty slug is the overview, and the form for new objects."""

    slug: str
    label: str
    fieldsets: tuple = ()
    inlines: tuple[type[admin.StackedInline], ...] = ()
    about: str = ""

    @property
    def field_names(self) -> list[str]:
        return flatten_fieldsets(self.fieldsets)


class FormPagesMixin(AutosaveMixin):
    """A model admin whose form is divided into `form_pages`."""

    form_pages: list[FormPage] = []

    def get_urls(self):
        view, opts = self.admin_site.admin_view, self.opts
        return [
            *(
                path(
                    f"<path:object_id>/{page.slug}/",
                    view(self.form_page_view),
                    {"slug": page.slug},
                    name=f"{opts.app_label}_{opts.model_name}_{page.slug}",
                )
                for page in self.form_pages
                if page.slug
            ),
            *super().get_urls(),
        ]

    def form_page_view(self, request, object_id, slug):
        request.form_page = next(page for page in self.form_pages if page.slug == slug)
        return self.change_view(request, object_id)

    def response_post_save_change(self, request, obj):
        """Close a page by returning to the overview."""
        if self.form_page(request).slug:
            return HttpResponseRedirect(self.edit_url(obj))
        return super().response_post_save_change(request, obj)

    def autosave_address(self, request, obj):
        slug = self.form_page(request).slug
        return super().autosave_address(request, obj) + (f"?side={slug}" if slug else "")

    def autosave_view(self, request, object_id):
        slug = request.GET.get("side", "")
        request.form_page = next((page for page in self.form_pages if page.slug == slug), self.form_pages[0])
        return super().autosave_view(request, object_id)

    def form_page(self, request) -> FormPage:
        return getattr(request, "form_page", self.form_pages[0])

    def get_fieldsets(self, request, obj=None):
        return list(self.form_page(request).fieldsets)

    def get_inlines(self, request, obj):
        return self.form_page(request).inlines if obj is not None else ()

    def page_url(self, obj, page: FormPage) -> str:
        return self.url(page.slug or "change", obj)

    def tabs(self, request, obj) -> list[dict]:
        return [{"label": page.label, "url": self.page_url(obj, page), "about": page.about} for page in self.form_pages]

    def field_url(self, obj, field):
        page = next((page for page in self.form_pages if field in page.field_names), self.form_pages[0])
        return f"{self.page_url(obj, page)}#id_{field}"

    def row_url(self, obj, row) -> str:
        """Return the address of the row on the page of the object that lists it."""
        page = next(page for page in self.form_pages if any(inline.model is type(row) for inline in page.inlines))
        return f"{self.page_url(obj, page)}#{row._meta.model_name}-{row.pk}"

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        page = self.form_page(request)
        if obj is not None:
            context |= {"form_page": page, "tabs": self.tabs(request, obj), "show_delete": not page.slug}
            context["show_save_and_add_another"] = False
        elif page.slug:
            raise Http404
        response = super().render_change_form(request, context, add, change, form_url, obj)
        if obj is not None and page.slug:
            response.context_data |= {"crumbs": self.crumbs_to(obj), "return_url": self.edit_url(obj)}
        return response
