"""Hearings and news."""

from django.contrib import admin

from council.models import (
    Hearing,
    News,
)
from udsat.admin import (
    PublishableAdmin,
)
from udsat.backoffice import DAILY


@admin.register(Hearing)
class HearingAdmin(PublishableAdmin):
    shelf = (DAILY, 4)
    about = "Det, rådet bliver spurgt om, og hvad der kom ud af det"
    list_display = ["title", "received_on", "deadline", "outcome", "status_text"]
    list_filter = ["status", "outcome"]
    search_fields = ["title", "sender"]
    search_help_text = "Søg i titel og afsender"
    date_hierarchy = "received_on"
    fieldsets = [
        (
            "Det blev rådet spurgt om",
            {"fields": ["council", "title", "sender", "received_on", "deadline", "question"]},
        ),
        ("Rådets svar", {"fields": ["answer", "answered_on"]}),
        (
            "Hvad skete der?",
            {
                "fields": ["outcome", "outcome_text", "outcome_on"],
                "description": "Det vigtigste for dem, der læser med: Blev rådet hørt?",
            },
        ),
        ("Visning", {"fields": ["expires_at"], "classes": ["collapse"]}),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("council__municipality")

    @admin.display(description="status", ordering="status")
    def status_text(self, obj):
        return obj.status_text


@admin.register(News)
class NewsAdmin(PublishableAdmin):
    shelf = (DAILY, 5)
    about = "Korte historier om, hvad der sker"
    list_display = ["title", "date", "status_text"]
    list_filter = ["status"]
    search_fields = ["title", "lead", "body"]
    search_help_text = "Søg i titel og tekst"
    date_hierarchy = "date"
    fieldsets = [
        ("Nyheden", {"fields": ["municipality", "title", "lead", "body", "date", "date_is_month"]}),
        ("Handler om", {"fields": ["strategy", "meeting"]}),
        (
            "Kilde, adresse og visning",
            {"fields": ["is_restatement", "source_url", "slug", "expires_at"], "classes": ["collapse"]},
        ),
    ]

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("municipality")

    @admin.display(description="status", ordering="status")
    def status_text(self, obj):
        return obj.status_text
