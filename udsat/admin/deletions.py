"""»Slettet«: what has been deleted, until when it can be brought back, and its removal for good."""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst

from udsat.admin_site import MORE
from udsat.lib import roles
from udsat.lib.danish import long_date, short_date
from udsat.lib.transactions import atomic_post
from udsat.models import Deletion

from .model_admins import ReadOnlyAdmin


@admin.register(Deletion)
class DeletionAdmin(ReadOnlyAdmin):
    """A list of deletions. Editors bring objects back, administrators remove them for good."""

    index_section = (MORE, 10)
    index_description = "Hent noget tilbage, eller fjern det for altid"
    guide = "slettet"
    list_display = ["label", "kept", "kind", "deleted"]
    search_fields = ["label"]
    fieldsets = [(None, {"fields": ["label", "kind", "deleted", "kept"]})]
    readonly_fields = ["kind", "deleted", "kept"]
    ordering = ["-at", "-pk"]

    def get_queryset(self, request):
        return super().get_queryset(request).current().select_related("by", "municipality")

    def get_list_display(self, request):
        @admin.display(description="det kan du gøre")
        def tools(obj):
            return self._tools(request.user, obj)

        label, *others = super().get_list_display(request)
        return [label, tools, *others]

    @admin.display(description="slags", ordering="content_type")
    def kind(self, obj):
        return capfirst(obj.model._meta.verbose_name)

    @admin.display(description="slettet", ordering="at")
    def deleted(self, obj):
        return f"{short_date(obj.at)} af {obj.by or obj.by_name or 'ukendt'}"

    @admin.display(description="kan hentes tilbage til og med")
    def kept(self, obj):
        return long_date(obj.kept_until)

    def _tools(self, user, obj):
        tools = []
        if user.may(roles.EDIT, obj.municipality):
            button = (
                '<button type="submit" class="button" formaction="{}">Hent tilbage'
                '<span class="visually-hidden">: {}</span></button>'
            )
            tools.append(format_html(button, self.url("bring_back", obj), obj))
        if user.may(roles.MANAGE, obj.municipality):
            link = '<a class="button" href="{}">Fjern for altid …<span class="visually-hidden">: {}</span></a>'
            tools.append(format_html(link, self.url("remove", obj), obj))
        return format_html('<span class="buttons">{}</span>', format_html_join("", "{}", ((tool,) for tool in tools)))

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/tilbage/", view(self.bring_back_view), name="udsat_deletion_bring_back"),
            path("<path:object_id>/fjern/", view(self.remove_view), name="udsat_deletion_remove"),
            *super().get_urls(),
        ]

    def bring_back_view(self, request, object_id):
        deletion = self.get_object(request, unquote(object_id))
        if not request.user.may(roles.EDIT, deletion.municipality):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            with transaction.atomic():
                self.admin_site.get_model_admin(deletion.model).bring_back(request, deletion)
        except ValidationError as error:
            message = f"Det kunne ikke hentes tilbage. {' '.join(error.messages)}"
            self.message_user(request, message, messages.ERROR)
        except (IntegrityError, ObjectDoesNotExist):
            message = "Det kunne ikke hentes tilbage. Noget af det, det hører sammen med, er slettet eller ændret."
            self.message_user(request, message, messages.ERROR)
        return HttpResponseRedirect(reverse("admin:udsat_deletion_changelist"))

    @atomic_post
    def remove_view(self, request, object_id):
        deletion = self.get_object(request, unquote(object_id))
        if not request.user.may(roles.MANAGE, deletion.municipality):
            raise PermissionDenied
        list_url = reverse("admin:udsat_deletion_changelist")
        if request.method == "POST":
            deletion.remove()
            self.message_user(request, f"»{deletion.label}« er fjernet for altid.", messages.SUCCESS)
            return HttpResponseRedirect(list_url)
        return TemplateResponse(
            request,
            "admin/remove_confirmation.html",
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": deletion,
                "title": "Fjern for altid",
                "crumbs": [(list_url, "Slettet")],
                "parts": [part.label for part in deletion.cascaded_deletions.order_by("pk")],
                "list_url": list_url,
            },
        )
