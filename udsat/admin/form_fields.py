"""What the forms and lists of the back office ask with: days and times, choices, and the filter beside a list."""

from django import forms
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.widgets import AutocompleteMixin

# A year of two digits, typed in the browser's own picker, arrives as 0026.
YEARS = range(1900, 2200)


def check_year(day) -> None:
    if day.year not in YEARS:
        raise forms.ValidationError(f"Årstallet er {day.year:04}. Skriv et mellem {YEARS[0]} og {YEARS[-1]}.")


class DayField(forms.DateField):
    default_validators = [check_year]
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    input_formats = ["%Y-%m-%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y"]
    default_error_messages = {"invalid": "Skriv datoen som 31.12.2026."}


class ClockField(forms.TimeField):
    widget = forms.TimeInput({"type": "time"}, format="%H:%M")
    input_formats = ["%H:%M", "%H.%M", "%H:%M:%S"]
    default_error_messages = {"invalid": "Skriv klokkeslættet som 14.30."}


class MomentField(forms.DateTimeField):
    default_validators = [check_year]
    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    input_formats = ["%d.%m.%Y %H.%M", "%d.%m.%Y %H:%M", "%d.%m.%Y"]
    default_error_messages = {"invalid": "Skriv dato og klokkeslæt som 31.12.2026 14.30."}


class ScopedRelatedFilter(RelatedFieldListFilter):
    """Offers what the user's own list holds, so no other municipality's names."""

    def field_choices(self, field, request, model_admin):
        used = model_admin.get_queryset(request).order_by().values(self.field_path)
        reachable = model_admin.admin_site.get_model_admin(field.remote_field.model).get_queryset(request)
        return [(obj.pk, str(obj)) for obj in reachable.filter(pk__in=used)]


def _fits(number) -> bool:
    """Whether it can be the number of a row: no more digits than the databases count with."""
    text = str(number)
    return text.isascii() and text.isdigit() and len(text) < 19


class SeveralField(forms.ModelMultipleChoiceField):
    """Says of any nonsense that it is no choice."""

    def clean(self, value):
        if wrong := [one for one in value or [] if not _fits(one)]:
            raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": str(wrong[0])[:40]})
        return super().clean(value)


class _Known(AutocompleteMixin):
    """Shows again what was chosen, and nothing for what can be no choice."""

    def optgroups(self, name, value, attr=None):
        return super().optgroups(name, [one for one in value if _fits(one)], attr)


class KnownOne(_Known, forms.Select):
    def optgroups(self, name, value, attr=None):
        """First a choice of nothing that has a text: HTML wants one, also where something must be chosen."""
        [(_, options, _)] = super().optgroups(name, value, attr)
        chosen = [option for option in options if option["value"] != ""]
        return [(None, [self.create_option(name, "", "–", False, 0), *chosen], 0)]


class KnownSeveral(_Known, forms.SelectMultiple):
    pass
