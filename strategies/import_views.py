"""Back-office page that imports a file as a draft, and the report of the import."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import Truncator

from udsat.admin.form_fields import DocumentField
from udsat.admin.scope import municipalities_where
from udsat.lib import roles
from udsat.lib.documents import UnreadableDocument
from udsat.models import Municipality, is_cpr_overridden

from .importer import read_strategy, save_draft

# The report is kept in the session, so that the user can return to it from the draft.
REPORT, MAX_NOTES, MAX_NOTE_LENGTH = "import_report", 200, 300


class ImportForm(forms.Form):
    municipality = forms.ModelChoiceField(
        Municipality.objects.none(),
        label="Kommune",
        empty_label="Vælg kommune",
        error_messages={
            "required": "Vælg den kommune, strategien gælder for.",
            "invalid_choice": "I den kommune kan du ikke indlæse noget. Vælg en, hvor du har ret til at skrive.",
        },
    )
    file = DocumentField()

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["municipality"]
        field.queryset = municipalities_where(user, roles.EDIT)
        if len(municipalities := field.queryset[:2]) == 1:
            field.initial = municipalities[0].pk
            field.widget = forms.HiddenInput()
        self.helper = FormHelper()
        # Errors are shown in Danish beside the field, not in the browser's own bubble.
        self.helper.attrs = {"novalidate": True}
        self.helper.add_input(Submit("import", "Indlæs som kladde"))


class ImportViewMixin:
    """Adds the import page to StrategyAdmin."""

    def get_urls(self):
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="strategies_strategy_import"), *super().get_urls()]

    def import_view(self, request):
        if not request.user.may(roles.EDIT):
            raise PermissionDenied
        if request.method == "GET" and "kladde" in request.GET:
            return self._report(request)
        posted = (request.POST, request.FILES) if request.method == "POST" else ()
        form = ImportForm(*posted, user=request.user)
        if form.is_valid():
            try:
                return self._import(request, form.cleaned_data["file"], form.cleaned_data["municipality"])
            except UnreadableDocument as error:
                form.add_error("file", str(error))
        return self._render(request, "import.html", title="Indlæs fra fil", form=form)

    def _import(self, request, file, municipality):
        # Parsed outside the transaction, which blocks other writers on SQLite.
        parsed = read_strategy(file.read(), file.name)
        with transaction.atomic():
            strategy = save_draft(parsed, municipality)
        request.session[REPORT] = {
            "strategy": strategy.pk,
            "unit": parsed.unit,
            "doubt": parsed.doubt,
            "not_understood": _for_session(parsed.not_understood),
            "ignored": _for_session(parsed.ignored),
        }
        # Redirect, so that reloading does not import the file again.
        return HttpResponseRedirect(f"{reverse('admin:strategies_strategy_import')}?kladde={strategy.pk}")

    def _report(self, request):
        strategy = self.get_object(request, request.GET["kladde"])
        report = request.session.get(REPORT, {})
        if report.get("strategy") != strategy.pk:
            return HttpResponseRedirect(self.edit_url(strategy))
        themes = list(
            strategy.themes.annotate(
                top_level_goals=Count("goals", Q(goals__parent=None)),
                subgoals=Count("goals", Q(goals__parent__isnull=False)),
            )
        )
        return self._render(
            request,
            "import_report.html",
            title="Indlæst",
            strategy=strategy,
            report=report,
            sections=strategy.sections.all(),
            themes=themes,
            theme_word=strategy.theme_label if len(themes) == 1 else strategy.theme_label_plural,
            goal_count=sum(theme.top_level_goals for theme in themes),
            cpr_findings=[
                (finding, self.part_url(part, finding.field))
                for part in strategy.publication_parts()
                for finding in part.findings(strategy)
                if not is_cpr_overridden(finding)
            ],
            change_url=self.edit_url(strategy),
        )

    def _render(self, request, template, **context):
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "crumbs": self.crumbs()}
        return TemplateResponse(request, f"admin/strategies/{template}", frame | context)


def _for_session(notes):
    """Return the number of notes and the first of them, with their texts truncated."""
    shown = [(r.line, Truncator(r.text).chars(MAX_NOTE_LENGTH), r.reason) for r in notes[:MAX_NOTES]]
    return {"count": len(notes), "shown": shown, "more": len(notes) - len(shown)}
