"""The outbox of a municipality: recipients, status and failures.

The text of letters is not shown: links in them carry the rights of their recipient.
"""

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from udsat.admin_site import MORE
from udsat.lib import roles
from udsat.lib.danish import clock, short_date
from udsat.models import Letter

from .model_admins import ReadOnlyAdmin


class LetterStateFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "stand"

    def lookups(self, request, model_admin):
        return [("mangler", "Kom ikke af sted"), ("venter", "Venter"), ("sendt", "Sendt"), ("opgivet", "Opgivet")]

    def queryset(self, request, queryset):
        apply = {
            "mangler": lambda: queryset.filter(pk__in=Letter.objects.stuck().order_by().values("pk")),
            "venter": lambda: queryset.filter(sent_at=None, given_up_at=None),
            "sendt": lambda: queryset.exclude(sent_at=None),
            "opgivet": lambda: queryset.filter(sent_at=None).exclude(given_up_by=""),
        }.get(self.value())
        return apply() if apply else queryset


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    """Read-only, except that editors may retry or give up a letter."""

    index_section = (MORE, 8)
    index_description = "Hvem der har fået hvad, og hvad der ikke kom af sted"
    guide = "galt"
    list_display = ["subject", "recipient", "course"]
    list_filter = [LetterStateFilter]
    search_fields = ["subject", "to", "to_name"]
    search_help_text = "Søg i emne, navn og adresse"
    fieldsets = [
        (None, {"fields": ["subject", "recipient", "course"]}),
        ("Mere", {"fields": ["created_at", "attempts", "tried_at", "given_up_by"]}),
    ]
    readonly_fields = ["recipient", "course"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("calendar").select_related("municipality")

    def get_list_display(self, request):
        @admin.display(description="det kan du gøre")
        def tools(obj):
            return self._tools(request.user, obj)

        columns = super().get_list_display(request)
        return [*columns, tools] if request.user.may(roles.EDIT) else columns

    @admin.display(description="til", ordering="to")
    def recipient(self, obj):
        return format_html("{}<br>{}", obj.to_name, obj.to) if obj.to_name else obj.to

    @admin.display(description="hvordan gik det?", ordering="created_at")
    def course(self, obj):
        moment = obj.sent_at or obj.given_up_at or obj.send_after
        state = format_html("{}, {} kl. {}", obj.state, short_date(moment), clock(moment))
        return format_html("<strong>{}</strong><br>{}", state, obj.last_error) if obj.last_error else state

    def _tools(self, user, obj):
        if not user.may(roles.EDIT, obj.municipality):
            return ""
        buttons = []
        if obj.can_be_retried:
            buttons.append((self.url("retry", obj), "Prøv igen nu", obj))
        if obj.can_be_given_up:
            buttons.append((self.url("give_up", obj), "Opgiv", obj))
        # The list is a form with its CSRF token; each button submits it to its own address.
        button = (
            '<button type="submit" class="button" formaction="{}">{}<span class="visually-hidden">: {}</span></button>'
        )
        return format_html('<span class="buttons">{}</span>', format_html_join("", button, buttons))

    # Retry and give up

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/igen/", view(self.retry_view), name="udsat_letter_retry"),
            path("<path:object_id>/opgiv/", view(self.give_up_view), name="udsat_letter_give_up"),
            *super().get_urls(),
        ]

    def retry_view(self, request, object_id):
        def retry(letter):
            return letter.retry(timezone.now()), "Mailen bliver sendt om et øjeblik."

        return self._decide(request, object_id, retry)

    def give_up_view(self, request, object_id):
        def give_up(letter):
            return letter.give_up(timezone.now(), request.user), "Mailen er opgivet. Den bliver ikke sendt."

        return self._decide(request, object_id, give_up)

    def _decide(self, request, object_id, decide):
        letter = self.get_object(request, unquote(object_id))
        if not request.user.may(roles.EDIT, letter.municipality):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        done, message = decide(letter)
        if done:
            self.message_user(request, message, messages.SUCCESS)
        else:
            self.message_user(
                request,
                "Det kan ikke lade sig gøre: Mailen er sendt, bliver sendt nu, eller er for gammel.",
                messages.ERROR,
            )
        return HttpResponseRedirect(reverse("admin:udsat_letter_changelist"))
