"""The page of the back office where a file becomes a draft, and the account of what came of it."""

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Submit
from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.text import Truncator

from udsat.admin.access import municipalities_where
from udsat.lib import roles
from udsat.lib.documents import ACCEPTED, MAX_DOCUMENT_BYTES, UnreadableDocument
from udsat.models import Municipality, is_cpr_overridden

from .importer import read_strategy, save_draft

MAX_MB = MAX_DOCUMENT_BYTES // 2**20
# The account is kept in the session, so that one can go back to it from the draft. A page can hold so much of it.
REPORT, MAX_REMARKS, MAX_REMARK_TEXT = "import_report", 200, 300


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
    file = forms.FileField(
        label="Fil",
        help_text=f"Word (.docx), webside (.html), Markdown (.md) eller ren tekst (.txt). Højst {MAX_MB} MB.",
        widget=forms.FileInput({"accept": ",".join(ACCEPTED)}),
        error_messages={
            "required": "Vælg en fil.",
            "invalid": "Vælg en fil.",
            "missing": "Vælg en fil.",
            "empty": "Filen er tom. Vælg en fil med tekst i.",
        },
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        places = self.fields["municipality"]
        places.queryset = municipalities_where(user, roles.EDIT)
        if len(only := places.queryset[:2]) == 1:
            places.initial = only[0].pk
            places.widget = forms.HiddenInput()
        self.helper = FormHelper()
        # What is wrong is said by the server in Danish, beside the field, not by the browser in a bubble.
        self.helper.attrs = {"novalidate": True}
        self.helper.add_input(Submit("import", "Indlæs som kladde"))

    def clean_file(self):
        """Refused by its size before it is read: a big upload lies on the disk, not in memory."""
        file = self.cleaned_data["file"]
        if file.size > MAX_DOCUMENT_BYTES:
            raise ValidationError(
                f"Filen fylder {-(-file.size // 2**20)} MB og må højst fylde {MAX_MB} MB. "
                "Fjern billederne, eller gem teksten som .txt."
            )
        return file


class ImportsFile:
    """For the admin of strategies."""

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
        return self._answer(request, "import.html", title="Indlæs fra fil", form=form)

    def _import(self, request, file, municipality):
        # Read before the transaction: on SQLite everybody else who saves would wait for a big file.
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
        # A page of its own, so that neither reload nor the browser's way back imports the file again.
        return HttpResponseRedirect(f"{reverse('admin:strategies_strategy_import')}?kladde={strategy.pk}")

    def _report(self, request):
        strategy = self.get_object(request, request.GET["kladde"])
        report = request.session.get(REPORT, {})
        if report.get("strategy") != strategy.pk:
            return HttpResponseRedirect(self.page_of(strategy))
        themes = list(
            strategy.themes.annotate(
                tops=Count("goals", Q(goals__parent=None)), below=Count("goals", Q(goals__parent__isnull=False))
            )
        )
        return self._answer(
            request,
            "import_report.html",
            title="Indlæst",
            strategy=strategy,
            report=report,
            sections=strategy.sections.all(),
            themes=themes,
            theme_word=strategy.theme_label if len(themes) == 1 else strategy.theme_label_plural,
            goal_count=sum(theme.tops for theme in themes),
            suspects=[
                (finding, self.part_url(part, finding.field))
                for part in strategy.publication_parts()
                for finding in part.findings(strategy)
                if not is_cpr_overridden(finding)
            ],
            change_url=self.page_of(strategy),
        )

    def _answer(self, request, template, **context):
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "crumbs": self.crumbs()}
        return TemplateResponse(request, f"admin/strategies/{template}", frame | context)


def _for_session(remarks):
    """How many there are, and the first of them, cut to what is needed to find the place."""
    shown = [(r.line, Truncator(r.text).chars(MAX_REMARK_TEXT), r.reason) for r in remarks[:MAX_REMARKS]]
    return {"count": len(remarks), "shown": shown, "more": len(remarks) - len(shown)}
