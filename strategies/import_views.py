"""Back-office page that imports a file as a draft, and the report of the import."""

from functools import partial

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.template.response import TemplateResponse
from django.urls import path

from udsat.admin import document_imports
from udsat.admin.form_fields import DocumentField
from udsat.admin.scope import municipalities_where
from udsat.lib import roles
from udsat.models import Municipality, is_cpr_overridden

from .importer import READER


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

    def __init__(self, *args, user, page, **kwargs):
        super().__init__(*args, **kwargs)
        field = self.fields["municipality"]
        field.queryset = municipalities_where(user, roles.EDIT)
        if len(municipalities := field.queryset[:2]) == 1:
            field.initial = municipalities[0].pk
            field.widget = forms.HiddenInput()
        self.helper = FormHelper()
        self.helper.form_action = page
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
        make_form = partial(ImportForm, user=request.user, page=request.path)
        if document_imports.is_result(request):
            document = document_imports.find(request)
            if document is None:
                return self._upload_page(request, make_form(), status=404, too_old=True)
            if document.is_unread:
                return document_imports.show_progress(self._upload_page(request, document=document), document)
            if document.error:
                values = {"municipality": document.municipality_id}
                return self._upload_page(request, document_imports.refused_form(make_form, document, **values))
            return self._report(request, document.result)
        form = make_form(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if form.is_valid():
            return document_imports.receive(
                request, form.cleaned_data["file"], READER, form.cleaned_data["municipality"]
            )
        return self._upload_page(request, form)

    def _upload_page(self, request, form=None, status=200, **context):
        return self._render(request, "import.html", status, title="Indlæs fra fil", form=form, **context)

    def _report(self, request, report):
        strategy = self.get_object(request, report["strategy"])
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

    def _render(self, request, template, status=200, **context):
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "crumbs": self.crumbs()}
        return TemplateResponse(request, f"admin/strategies/{template}", frame | context, status=status)
