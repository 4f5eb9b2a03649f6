"""Phone numbers in fields: checked, and stored in one form."""

import re
from itertools import pairwise
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

NO_PHONE = (
    "Det ligner ikke et telefonnummer. Skriv kun tallene, for eksempel 12 34 56 78. Er nummeret udenlandsk, så begynd "
    "med + og landekoden, for eksempel +46 8 123 456 78."
)
_TYPED = re.compile(r"\(?\+?[0-9 ()./\u00a0\u2009\u202f\u2010-\u2014-]+")


def format_phone(text: str) -> str | None:
    """Return a number as it is stored: »79 79 79 79«, »112«, »116 111« or »+46812345678«; None if it is no number."""
    typed = text.strip()
    digits = re.sub("[^0-9]", "", typed)
    if not _TYPED.fullmatch(typed):
        return None
    if "+" in typed or (digits.startswith("00") and len(digits) > 8):
        digits = digits if "+" in typed else digits[2:]
        if len(digits) == 10 and digits.startswith("45"):
            return format_phone(digits[2:])
        is_number = 7 <= len(digits) <= 15 and digits[0] != "0" and not digits.startswith("45")
        return f"+{digits}" if is_number else None
    if len(digits) == 8:
        groups = (2, 5) if digits.startswith("80") else (2, 4, 6)  # 80 are the free numbers
        return " ".join(digits[start:stop] for start, stop in pairwise((0, *groups, 8)))
    if not (digits.startswith("1") and 3 <= len(digits) <= 6):  # short numbers
        return None
    return f"{digits[:3]} {digits[3:]}" if len(digits) == 6 else digits


def validate_phone(text: str) -> None:
    if format_phone(text) is None:
        raise ValidationError(NO_PHONE, code="invalid")


class PhoneFormField(forms.CharField):
    default_validators = [validate_phone]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.widget.input_type = "tel"

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"autocomplete": "tel"}

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return (text and format_phone(text)) or text


class PhoneField(models.CharField):
    """A phone number, Danish or foreign. `full_clean()` and forms check it, and bring it into one form."""

    default_validators = [validate_phone]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max_length": 40} | kwargs)

    def clean(self, value: Any, model_instance: models.Model | None) -> Any:
        return super().clean((value and format_phone(value)) or value, model_instance)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": PhoneFormField} | kwargs)
