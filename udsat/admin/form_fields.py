"""Form fields and widgets of the back office."""

from django import forms
from django.contrib.admin.widgets import AutocompleteMixin
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from udsat.lib.danish import read_date, read_datetime, read_time
from udsat.lib.documents import ACCEPTED, MAX_DOCUMENT_BYTES

# Browsers submit a two-digit year as 0026.
YEARS = range(1900, 2200)


def check_year(day) -> None:
    if day.year not in YEARS:
        raise forms.ValidationError(f"Årstallet er {day.year:04}. Skriv et mellem {YEARS[0]} og {YEARS[-1]}.")


class _ReadsDanish:
    """Reads a value as people write it, where the browser has no picker, with the function `read`."""

    def to_python(self, value):
        if not isinstance(value, str) or not value.strip():
            return super().to_python(value)
        try:
            read = self.read(value)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        if read is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(read)


class DateInputField(_ReadsDanish, forms.DateField):
    default_validators = [check_year]
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    read = staticmethod(read_date)
    default_error_messages = {"invalid": "Skriv datoen som 31.12.2026."}


class TimeInputField(_ReadsDanish, forms.TimeField):
    widget = forms.TimeInput({"type": "time"}, format="%H:%M")
    read = staticmethod(read_time)
    default_error_messages = {"invalid": "Skriv klokkeslættet som 14.30."}


class DateTimeInputField(_ReadsDanish, forms.DateTimeField):
    default_validators = [check_year]
    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    read = staticmethod(read_datetime)
    default_error_messages = {"invalid": "Skriv dato og klokkeslæt som 31.12.2026 14.30."}


class DocumentField(forms.FileField):
    """A document to import, of a type and size that `udsat.lib.documents` reads."""

    widget = forms.FileInput({"accept": ",".join(ACCEPTED)})
    default_error_messages = {
        "required": "Vælg en fil.",
        "invalid": "Vælg en fil.",
        "missing": "Vælg en fil.",
        "empty": "Filen er tom. Vælg en fil med tekst i.",
    }
    max_mb = MAX_DOCUMENT_BYTES // 2**20

    def __init__(self):
        super().__init__(
            label="Fil",
            help_text=f"Word (.docx), webside (.html), Markdown (.md) eller ren tekst (.txt). Højst {self.max_mb} MB.",
        )

    def to_python(self, data):
        """Check the size before the file is read: Django keeps large uploads on disk."""
        file = super().to_python(data)
        if file and file.size > MAX_DOCUMENT_BYTES:
            raise forms.ValidationError(
                f"Filen fylder {-(-file.size // 2**20)} MB og må højst fylde {self.max_mb} MB. "
                "Fjern billederne, eller gem teksten som .txt."
            )
        return file


def _is_possible_pk(number) -> bool:
    """Return whether it can be a primary key within the range of the databases."""
    text = str(number)
    return text.isascii() and text.isdigit() and len(text) < 19


class SafeModelMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Report any malformed primary key as an invalid choice."""

    def clean(self, value):
        if malformed := [one for one in value or [] if not _is_possible_pk(one)]:
            raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": str(malformed[0])[:40]})
        return super().clean(value)


class _SafeAutocompleteMixin(AutocompleteMixin):
    """Redisplay submitted choices, without malformed primary keys."""

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [one for one in value if _is_possible_pk(one)], attr)


class SafeAutocompleteSelect(_SafeAutocompleteMixin, forms.Select):
    def optgroups(self, name, value, attr=None):
        """Prepend an empty option with a label, which HTML requires."""
        [(_, options, _)] = super().optgroups(name, value, attr)
        chosen = [option for option in options if option["value"] != ""]
        return [(None, [self.create_option(name, "", "–", False, 0), *chosen], 0)]


class CheckList(forms.CheckboxSelectMultiple):
    """Checkboxes in a box of limited height, rendered without a template for each: a form may have hundreds."""

    def render(self, name, value, attrs=None, renderer=None):
        attrs = self.build_attrs(self.attrs, attrs)
        chosen = set(self.format_value(value))
        rows = (
            (f"{attrs['id']}_{index}", name, key, mark_safe(" checked" if str(key) in chosen else ""), label)
            for index, (key, label) in enumerate(self.choices)
        )
        boxes = format_html_join(
            "",
            '<div><label for="{0}"><input type="checkbox" id="{0}" name="{1}" value="{2}"{3}> {4}</label></div>',
            rows,
        )
        return format_html(
            '<div id="{}" class="check-list choices">{}</div>', attrs["id"], boxes or "Der er ingen endnu."
        )


class SafeAutocompleteSelectMultiple(_SafeAutocompleteMixin, forms.SelectMultiple):
    pass
