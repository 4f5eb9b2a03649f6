"""Admin of hearings and news."""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponseRedirect
from django.urls import path

from council.hearings import deadline_text, hearing_steps, next_step, pdf_title, send_answer
from council.meetings.approval.admin_views import hearing_page
from council.meetings.approval.rounds import ApprovalConflict, RoundStatus
from council.models import Hearing, News
from council.public.pdf import answer_pdf
from udsat.admin import PublishableAdmin
from udsat.admin.edit_versions import increment_version
from udsat.admin_site import DAILY
from udsat.lib import roles
from udsat.lib.forms import FieldsOnly
from udsat.lib.pdf import PdfTooLarge
from udsat.lib.responses import pdf_response


class SendForm(FieldsOnly, forms.Form):
    """Confirmation that the answer may be sent. `seen` is the version that was shown."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    confirmed = forms.BooleanField(
        label="Jeg har læst svaret. Ingen private personer kan genkendes.",
        error_messages={"required": "Læs svaret, og sæt så et hak her."},
    )


@admin.register(Hearing)
class HearingAdmin(PublishableAdmin):
    index_section = (DAILY, 4)
    index_description = "Det, rådet bliver spurgt om, og hvad der kom ud af det"
    guide = "hoeringer"
    change_form_template = "admin/council/hearing.html"
    list_display = ["title", "received_on", "deadline", "next_text", "outcome", "status_text"]
    list_filter = ["status", "outcome"]
    search_fields = ["title", "sender"]
    search_help_text = "Søg i titel og afsender"
    date_hierarchy = "received_on"
    autocomplete_fields = ["items"]
    fieldsets = [
        (
            "Det blev rådet spurgt om",
            {"fields": ["council", "title", "sender", "sender_email", "received_on", "deadline", "question"]},
        ),
        ("Rådets svar", {"fields": ["assigned_to", "answer", "answered_on"]}),
        (
            "På rådets møder",
            {
                "fields": ["items"],
                "description": "Vælg de punkter, hvor rådet talte om høringen. Så kan alle følge sagen.",
            },
        ),
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
        hearings = super().get_queryset(request).select_related("council__municipality", "assigned_to__person")
        return hearings.prefetch_related("approvals")

    @admin.display(description="status", ordering="status")
    def status_text(self, obj):
        return obj.status_text

    @admin.display(description="næste skridt")
    def next_text(self, obj):
        step = next_step(obj)
        return step.button if step else "Færdig"

    # The pages about one hearing

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("<path:object_id>/godkendelse/", view(self.approval_view), name="council_hearing_approval"),
            path("<path:object_id>/send/", view(self.send_view), name="council_hearing_send"),
            path("<path:object_id>/hoeringssvar.pdf", view(self.pdf_view), name="council_hearing_pdf"),
            *super().get_urls(),
        ]

    def tabs(self, request, hearing) -> list[dict]:
        return [
            {"label": "Høringen", "url": self.edit_url(hearing)},
            {"label": "Godkendelse", "url": self.url("approval", hearing)},
            {"label": "Send svaret", "url": self.url("send", hearing)},
        ]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            steps = hearing_steps(obj)
            for step in steps:
                pages = {"approval", "send", "publish"}
                step.url = self.url(step.target, obj) if step.target in pages else f"#id_{step.target}"
            context |= {"steps": steps, "deadline_text": deadline_text(obj)}
        return super().render_change_form(request, context, add, change, form_url, obj)

    def approval_view(self, request, object_id):
        return hearing_page(self, request, self.get_object(request, unquote(object_id)))

    def pdf_view(self, request, object_id):
        hearing = self.get_object(request, unquote(object_id))
        return pdf_response(request, answer_pdf(hearing), hearing, pdf_title(hearing), is_public=False)

    def send_view(self, request, object_id):
        hearing = self.get_object(request, unquote(object_id))
        may_send = request.user.may(roles.PUBLISH, hearing.municipality)
        form = SendForm(request.POST if request.method == "POST" else None, initial={"seen": hearing.version})
        if request.method == "POST":
            if not may_send:
                raise PermissionDenied
            if form.is_valid():
                if self._send(request, hearing, form.cleaned_data["seen"]):
                    return HttpResponseRedirect(self.url("send", hearing))
                form = SendForm(initial={"seen": hearing.version})
        return self.page(
            request,
            hearing,
            "hearing_send.html",
            title="Send svaret",
            form=form,
            may_send=may_send,
            round=RoundStatus(hearing),
            pdf_url=self.url("pdf", hearing),
            edit_url=f"{self.edit_url(hearing)}#id_answer",
            approval_url=self.url("approval", hearing),
            outcome_url=f"{self.edit_url(hearing)}#id_outcome",
            deadline_text=deadline_text(hearing),
        )

    def _send(self, request, hearing, seen) -> bool:
        by_mail = "mail" in request.POST
        try:
            send_answer(hearing, by_mail=by_mail, seen=seen)
        except ApprovalConflict:
            self.message_user(request, "En anden har sendt svaret imens.", messages.WARNING)
        except (ValidationError, PdfTooLarge) as error:
            message = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            self.message_user(request, message, messages.ERROR)
            hearing.refresh_from_db()
            return False
        else:
            increment_version(hearing)
            self.log_change(request, hearing, "Svaret er sendt")
            message = f"Svaret er på vej til {hearing.sender_email}." if by_mail else "Skrevet ind: Svaret er sendt."
            self.message_user(request, message, messages.SUCCESS)
        return True


@admin.register(News)
class NewsAdmin(PublishableAdmin):
    index_section = (DAILY, 5)
    index_description = "Korte historier om, hvad der sker"
    guide = "offentliggoer"
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
