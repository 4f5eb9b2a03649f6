"""Agreements, across meetings."""

from django.contrib import admin

from council.models import (
    Agreement,
)
from udsat.admin import (
    ScopedAdmin,
)
from udsat.backoffice import FOLLOW_UP


class OpenFilter(admin.SimpleListFilter):
    title = "stand"
    parameter_name = "stand"

    def lookups(self, request, model_admin):
        return [("aaben", "Mangler"), ("gjort", "Gjort")]

    def queryset(self, request, queryset):
        return queryset.filter(done_on__isnull=self.value() == "aaben") if self.value() else queryset


@admin.register(Agreement)
class AgreementAdmin(ScopedAdmin):
    """Who promised what, across meetings."""

    shelf = (FOLLOW_UP, 1)
    about = "Hvem der gør hvad, og hvornår"
    list_display = ["text", "who", "due_on", "done_on", "meeting"]
    list_filter = [OpenFilter]
    search_fields = ["text", "responsible"]
    search_help_text = "Søg i aftaler og ansvarlige"
    date_hierarchy = "due_on"
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
            .select_related("item__meeting__council__municipality", "member__person", "member__council")
        )

    @admin.display(description="hvem")
    def who(self, obj):
        return obj.member or obj.responsible

    @admin.display(description="møde", ordering="item__meeting__date")
    def meeting(self, obj):
        return obj.item.meeting
