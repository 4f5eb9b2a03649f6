"""Admin of agreements, across meetings."""

from django.contrib import admin, messages
from django.contrib.admin.utils import quote, unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F, Q
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme

from council.models import Agreement, Membership
from udsat.admin import ScopedAdmin, may_edit
from udsat.admin_site import FOLLOW_UP
from udsat.lib import roles
from udsat.lib.danish import short_date
from udsat.lib.transactions import atomic_post


def mine(user) -> Q:
    """Condition for the user's own agreements: those with their name or e-mail, or with a secretary's role."""
    own = Q(pk__in=[])
    if user.email:
        own |= Q(member__person__email__iexact=user.email)
    if name := user.get_full_name():
        own |= Q(responsible__icontains=name)
        own |= Q(member__person__first_name=user.first_name, member__person__last_name=user.last_name)
    municipalities = [pk for pk, role in user.role_of.items() if role == roles.Role.SECRETARY]
    as_secretary = Q(member__role=Membership.Role.SECRETARY) | Q(responsible__icontains="sekretær")
    return own | as_secretary & Q(item__meeting__council__municipality__in=municipalities)


class StateFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "stand"

    def lookups(self, request, model_admin):
        return [("aaben", "Mangler"), ("over-tiden", "Over tiden"), ("gjort", "Gjort"), ("mine", "Mine, der mangler")]

    def queryset(self, request, queryset):
        match self.value():
            case "aaben":
                return queryset.filter(done_on=None)
            case "over-tiden":
                return queryset.filter(done_on=None, due_on__lt=timezone.localdate())
            case "gjort":
                return queryset.exclude(done_on=None)
            case "mine":
                return queryset.filter(mine(request.user), done_on=None)
        return queryset


@admin.register(Agreement)
class AgreementAdmin(ScopedAdmin):
    index_section = (FOLLOW_UP, 1)
    index_description = "Hvem der gør hvad, og hvornår"
    guide = "aftaler"
    list_display = ["text", "who", "when", "meeting"]
    list_filter = [StateFilter]
    search_fields = ["text", "responsible", "member__person__first_name", "member__person__last_name"]
    search_help_text = "Søg i aftaler og ansvarlige"
    date_hierarchy = "due_on"
    # Open agreements first, by due date; then those done, the latest first.
    ordering = [F("done_on").desc(nulls_first=True), F("due_on").asc(nulls_last=True), "-item__meeting__date", "pk"]
    autocomplete_fields = ["item", "followed_up_at"]
    fieldsets = [
        ("Aftalen", {"fields": ["item", "text", "responsible", "member", "due_on"]}),
        ("Hvad kom der ud af det?", {"fields": ["done_on", "outcome", "followed_up_at"]}),
        ("Rækkefølge under punktet", {"fields": ["position"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related(
                "item__meeting__council__municipality",
                "item__meeting__agenda",
                "item__meeting__minutes",
                "member__person",
                "member__council",
            )
        )

    def get_list_display(self, request):
        @admin.display(description="gjort")
        def done(obj):
            return self._done_button(request.user, obj)

        return [*super().get_list_display(request), done]

    @admin.display(description="hvem")
    def who(self, obj):
        return obj.member or obj.responsible

    @admin.display(description="hvornår", ordering="due_on")
    def when(self, obj):
        if not obj.due_on:
            return "ingen frist"
        return short_date(obj.due_on) + (", over\u00a0tiden" if obj.is_overdue else "")

    @admin.display(description="møde", ordering="item__meeting__date")
    def meeting(self, obj):
        return obj.item.meeting

    def _done_button(self, user, obj):
        if obj.done_on:
            return f"✓\u00a0{short_date(obj.done_on)}"
        if not may_edit(user, obj):
            return "mangler"
        # The change list is a form with a CSRF token; the button submits it to this address.
        return format_html(
            '<button type="submit" class="button" formaction="{}">Gjort'
            '<span class="visually-hidden">: {}</span></button>',
            self.url("done", obj),
            obj.text,
        )

    # Done by one click

    def get_urls(self):
        view = self.admin_site.admin_view
        done = path("<path:object_id>/gjort/", view(self.done_view), name="council_agreement_done")
        return [done, *super().get_urls()]

    @atomic_post
    def done_view(self, request, object_id):
        agreement = self.get_object(request, unquote(object_id))
        if not may_edit(request.user, agreement):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if agreement.done_on is None:
            agreement.done_on = timezone.localdate()
            try:
                agreement.full_clean()
            except ValidationError as error:
                self.message_user(request, " ".join(error.messages), messages.ERROR)
                return HttpResponseRedirect(self.edit_url(agreement))
            agreement.save()
            self._count_change(agreement)
            self.log_change(request, agreement, "Gjort")
        page = reverse("admin:council_agreement_change", args=[quote(agreement.pk)])
        self.message_user(
            request,
            format_html(
                '»{}« er gjort. <a href="{}#id_outcome">Skriv, hvad der kom ud af det</a>, eller '
                '<a href="{}#id_done_on">fortryd</a>.',
                agreement.text,
                page,
                page,
            ),
            messages.SUCCESS,
        )
        back = request.META.get("HTTP_REFERER", "")
        here = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        return HttpResponseRedirect(back if here else reverse("admin:council_agreement_changelist"))
