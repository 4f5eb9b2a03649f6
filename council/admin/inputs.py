"""Admin of citizens' inputs: answer, put on an agenda, publish, and delete personal data."""

from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from council.citizens.inputs import lifecycle
from council.citizens.inputs.forms import NotedForm, refuse_cpr
from council.models import Council, Input, Meeting
from udsat.admin import PublishableAdmin, ScopedChangeForm, may_edit
from udsat.admin.edit_versions import increment_version
from udsat.admin.scope import municipalities_where
from udsat.admin_site import DAILY
from udsat.lib import roles
from udsat.lib.danish import long_date, short_date
from udsat.lib.forms import FieldsOnly
from udsat.lib.transactions import atomic_post

State = Input.State
# Abilities that answering requires.
ANSWER = (roles.EDIT, roles.PUBLISH)


class AnswerForm(FieldsOnly, forms.Form):
    """Answer to an input. `seen` is the version that was shown, so that an input is not answered twice."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    text = forms.CharField(
        label="Dit svar",
        max_length=6000,
        widget=forms.Textarea({"rows": 10}),
        error_messages={"required": "Skriv et svar."},
    )


class InputForm(ScopedChangeForm):
    def clean(self):
        """Refuse CPR numbers in the noted text, although it is never public."""
        cleaned = super().clean()
        refuse_cpr(self, Input.own_words)
        return cleaned


class OpenFilter(admin.SimpleListFilter):
    title = "status"
    parameter_name = "stand"

    def lookups(self, request, model_admin):
        return [("venter", "Venter på svar"), *State.choices]

    def queryset(self, request, queryset):
        if self.value() == "venter":
            return queryset.waiting()
        return queryset.filter(state=self.value()) if self.value() in State.values else queryset


@admin.register(Input)
class InputAdmin(PublishableAdmin):
    shows_in_last_edited = False
    index_section = (DAILY, 6)
    index_description = "Det, borgerne skriver til rådet, og dine svar"
    guide = "henvendelser"
    change_form_template = "admin/council/input.html"
    form = InputForm
    list_display = ["what", "received", "kind", "state", "status_text"]
    list_filter = [OpenFilter, "kind"]
    search_fields = ["reference", "title", "text", "name"]
    search_help_text = "Søg i kendeord, navn og tekst"
    date_hierarchy = "created_at"

    def get_queryset(self, request):
        return (
            super()
            .get_queryset(request)
            .select_related("council__municipality", "topic", "item__meeting__council__municipality")
        )

    def get_fieldsets(self, request, obj=None):
        public = ["title", "question", *(["answer"] if obj is None or obj.answered_at else [])]
        # What citizens typed themselves cannot be changed.
        is_noted = obj is None or (obj.is_spoken and not obj.forgotten_at)
        noted = {"fields": ["text", "name", "phone", "email", "for_other"], "classes": ["collapse"]}
        return [
            *([("Ret det, du har skrevet ned", noted)] if is_noted else []),
            (
                "Til alle andre",
                {
                    "fields": public,
                    "description": "Overskrift og spørgsmål med dine egne ord. De kommer på dagsordenen, og de vises "
                    "sammen med svaret, hvis borgeren har sagt ja.",
                },
            ),
            ("Emne og visning", {"fields": ["topic", "may_publish", "expires_at"], "classes": ["collapse"]}),
        ]

    def get_form(self, request, obj=None, change=False, **kwargs):
        form = super().get_form(request, obj, change=change, **kwargs)
        if "answer" in form.base_fields:
            form.base_fields["answer"].help_text = "Retter du svaret her, får borgeren ikke en ny mail."
        return form

    # Inputs come from forms. Their personal data is deleted by a job, or at the citizen's request.

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(
            request, {"may_note": _councils_of(request.user).exists(), **(extra_context or {})}
        )

    @admin.display(description="henvendelse")
    def what(self, obj):
        return obj.title or Truncator(obj.text).chars(70) or f"Henvendelse {obj.reference}"

    @admin.display(description="modtaget", ordering="created_at")
    def received(self, obj):
        return short_date(obj.created_at)

    @admin.display(description="vises", ordering="status")
    def status_text(self, obj):
        return obj.status_text if obj.may_publish else "–"

    # Pages about one input

    def get_urls(self):
        view = self.admin_site.admin_view
        return [
            path("skriv-ind/", view(self.note_view), name="council_input_note"),
            path("<path:object_id>/svar/", view(self.answer_view), name="council_input_answer"),
            path("<path:object_id>/goer/", view(self.action_view), name="council_input_action"),
            path("<path:object_id>/slet/", view(self.forget_view), name="council_input_forget"),
            *super().get_urls(),
        ]

    def tabs(self, request, obj) -> list[dict]:
        return [{"label": "Henvendelsen", "url": self.edit_url(obj)}, {"label": "Svar", "url": self.url("answer", obj)}]

    def may_answer(self, user, obj) -> bool:
        return all(user.may(ability, obj.municipality) for ability in ANSWER)

    def coming_meetings(self, obj):
        """Return the next meetings, except those of working groups."""
        coming = Meeting.objects.filter(council=obj.council).coming().exclude(kind=Meeting.Kind.GROUP)
        return coming.select_related("council__municipality")[:8]

    def render_change_form(self, request, context, add=False, change=False, form_url="", obj=None):
        if obj is not None:
            meetings = list(self.coming_meetings(obj)) if not obj.item_id else []
            context |= {
                "input": obj,
                "meetings": meetings,
                # Selected by default.
                "usual": next((meeting for meeting in meetings if meeting.kind == Meeting.Kind.ORDINARY), None),
                "forget_on": lifecycle.forget_on(obj),
                "answer_url": self.url("answer", obj),
                "action_url": self.url("action", obj),
                "forget_url": self.url("forget", obj),
                "may_act": may_edit(request.user, obj),
                "may_answer": self.may_answer(request.user, obj),
                "dialogue_url": self._dialogue_url(obj),
            }
        return super().render_change_form(request, context, add, change, form_url, obj)

    def _dialogue_url(self, obj) -> str:
        """Return the address that creates a dialogue meeting, with the council's own word for it."""
        if not (obj.is_dialogue and obj.is_open):
            return ""
        address = reverse("admin:council_meeting_add")
        query = {"kind": Meeting.Kind.DIALOGUE, "kind_label": obj.council.dialogue_label}
        return f"{address}?{urlencode(query)}"

    def note_view(self, request):
        """Record an input that was spoken, by phone or in person."""
        councils = _councils_of(request.user)
        if not councils:
            raise PermissionDenied
        form = NotedForm(request.POST if request.method == "POST" else None, councils=councils)
        if form.is_valid():
            obj = lifecycle.record_spoken(form.instance)
            message = "Henvendelsen er skrevet ind."
            if obj.email:
                message += f" Borgeren får en kvittering på {obj.email}."
            self.message_user(request, message, messages.SUCCESS)
            return HttpResponseRedirect(self.edit_url(obj))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Skriv en henvendelse ind",
            "crumbs": self.crumbs(),
            "form": form,
        }
        status = 400 if form.errors else 200
        return TemplateResponse(request, "admin/council/input_note.html", context, status=status)

    def answer_view(self, request, object_id):
        obj = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, obj):
            raise PermissionDenied
        may_answer = self.may_answer(request.user, obj)
        if request.method == "POST" and not may_answer:
            raise PermissionDenied
        start = {"seen": obj.version, "text": obj.answer}
        form = AnswerForm(request.POST if request.method == "POST" else None, initial=start)
        if request.method == "POST" and form.is_valid() and self._answer(request, obj, form):
            return HttpResponseRedirect(self.edit_url(obj))
        return self.page(
            request,
            obj,
            "input_answer.html",
            title="Svar",
            form=form,
            forget_on=lifecycle.forget_on(obj),
            may_answer=may_answer and not obj.forgotten_at,
        )

    def _answer(self, request, obj, form) -> bool:
        try:
            done = lifecycle.answer(obj, form.cleaned_data["text"], seen=form.cleaned_data["seen"])
        except lifecycle.AlreadyHandled:
            obj.refresh_from_db()
            form.data = form.data.copy()
            form.data["seen"] = obj.version
            form.add_error(
                None,
                "En anden har ændret henvendelsen imens. Dit svar står her endnu og er ikke sendt. "
                "Se, hvad der er sket, og tryk igen, hvis det skal sendes.",
            )
            return False
        except ValidationError as error:
            form.add_error("text", error.messages)
            return False
        if done.email:
            message = f"Svaret er på vej til {done.email}."
        elif done.phone:
            message = f"Svaret er gemt. Ring til borgeren på {done.phone}."
        elif done.has_own_page:
            message = "Svaret er gemt. Borgeren kan læse det på sit eget link."
        else:
            message = "Svaret er gemt."
        self.message_user(request, message, messages.SUCCESS)
        return True

    @atomic_post
    def action_view(self, request, object_id):
        """Actions without a page of their own."""
        obj = self.get_object(request, unquote(object_id))
        if not may_edit(request.user, obj):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        actions = {
            "close": lambda request, obj: self._close(obj, State.CLOSED, "Henvendelsen er lukket."),
            "spam": lambda request, obj: self._close(obj, State.SPAM, "Det er lagt til side som spam."),
            "not_spam": self._release,
            "reopen": self._reopen,
        }
        action = actions.get(request.POST.get("action", ""))
        if action is None:
            self.message_user(request, "Tryk på en af knapperne.", messages.WARNING)
            return HttpResponseRedirect(self.edit_url(obj))
        self._try(request, obj, action)
        return HttpResponseRedirect(self.edit_url(obj))

    def _try(self, request, obj, action) -> None:
        try:
            with transaction.atomic():
                message = action(request, obj)
        except lifecycle.AlreadyHandled:
            self.message_user(request, "En anden har gjort noget ved henvendelsen imens.", messages.WARNING)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.ERROR)
        else:
            self.message_user(request, message, messages.SUCCESS)

    def response_change(self, request, obj):
        """Save the form and put the input on an agenda with one button."""
        if "_put_on_agenda" not in request.POST:
            return super().response_change(request, obj)
        self._try(request, obj, self._put_on_agenda)
        return HttpResponseRedirect(self.edit_url(obj))

    def _put_on_agenda(self, request, obj):
        chosen = request.POST.get("meeting", "")
        meeting = next((m for m in self.coming_meetings(obj) if str(m.pk) == chosen), None)
        if meeting is None:
            raise ValidationError("Vælg et møde, der ikke er holdt endnu.")
        item = lifecycle.put_on_agenda(obj, meeting)
        return format_html(
            'Sat på dagsordenen til mødet {}. <a href="{}">Se dagsordenen</a>',
            long_date(meeting.date),
            f"{reverse('admin:council_meeting_agenda', args=[meeting.pk])}#punkt-{item.pk}",
        )

    def _close(self, obj, state, message):
        if obj.is_spoken and state == State.SPAM:
            raise ValidationError("Du har selv skrevet det ned. Så er det ikke spam.")
        lifecycle.close(obj, state)
        return message

    def _release(self, request, obj):
        lifecycle.release(obj)
        return "Henvendelsen er ny igen. Borgeren har fået sin kvittering, hvis der er en e-mail."

    def _reopen(self, request, obj):
        lifecycle.reopen(obj)
        return "Henvendelsen er åben igen."

    @atomic_post
    def forget_view(self, request, object_id):
        """Delete personal data at the citizen's request, before the job does."""
        obj = self.get_object(request, unquote(object_id))
        if not self.may_answer(request.user, obj):
            raise PermissionDenied
        if obj.forgotten_at:
            self.message_user(request, "Det er slettet i forvejen.", messages.WARNING)
            return HttpResponseRedirect(self.edit_url(obj))
        if request.method == "POST":
            obj.forget()
            increment_version(obj)
            self.message_user(request, "Borgerens ord, navn og adresser er slettet.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:council_input_changelist"))
        stays = obj.is_live and obj.may_publish
        return self.page(
            request,
            obj,
            "input_forget.html",
            title="Slet",
            stays=stays,
            page_url=self.edit_url(obj),
            today=timezone.localdate(),
        )


def _councils_of(user) -> QuerySet[Council]:
    """Return the councils whose inputs the user may answer: recording an input may send a receipt."""
    councils = Council.objects.select_related("municipality").order_by("municipality__sort_key")
    for ability in ANSWER:
        councils = councils.filter(municipality__in=municipalities_where(user, ability))
    return councils
