"""Model field, form field and editor for rich text. `cleaning` defines the HTML that such text may hold."""

import re
from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget
from django.db import models
from django.templatetags.static import static

from udsat.lib.readability import readability_note

from .cleaning import clean_html, link_addresses, plain_text, safe_html

__all__ = [
    "EasyTextWidget",
    "RichTextField",
    "RichTextFormField",
    "RichTextWidget",
    "clean_html",
    "link_addresses",
    "plain_text",
    "safe_html",
]


class EasyTextWidget(forms.Textarea):
    """Text area with a readability note (LIX), which static/js/lix.js updates while the user types."""

    template_name = "udsat/widgets/easy_text.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"data-lix": True, **(attrs or {})})

    @property
    def media(self) -> forms.Media:
        return forms.Media(js=[forms.Script("js/lix.js", type="module")])  # type: ignore[list-item]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        text = plain_text(value) if isinstance(value, str) else ""
        return {**super().get_context(name, value, attrs), "reading": readability_note(text)}


class RichTextWidget(EasyTextWidget):
    """Text area that static/js/richtext.js turns into an editor. Without JavaScript it takes plain text or HTML."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"class": "richtext", "rows": 12, "cols": 80, **(attrs or {})})

    @property
    def media(self) -> forms.Media:
        script = forms.Script("js/richtext.js", type="module")
        return super().media + forms.Media(css={"all": ["css/richtext.css"]}, js=[script])  # type: ignore[list-item]

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        attrs = super().build_attrs(base_attrs, extra_attrs)
        # The module loads the editor library from this address; an import map would be inline script.
        attrs["data-richtext"] = static("django_prose_editor/editor.js")
        return attrs

    def format_value(self, value: Any) -> str | None:
        """Put each block on a line of its own, for editing the HTML without JavaScript."""
        text = super().format_value(value)
        return text and re.sub(
            r"(</(?:p|ul|ol|li|table|caption|thead|tbody|tr)>|<(?:ul|ol|table|thead|tbody|tr)>)(?=<)", r"\1\n", text
        )


class RichTextFormField(forms.CharField):
    """Cleans before validation, so that a required text of empty paragraphs counts as empty."""

    widget = RichTextWidget

    def to_python(self, value: Any) -> str | None:
        return super().to_python(clean_html(str(value)) if value else value)


class RichTextField(models.TextField):
    """HTML that is cleaned on every write: forms, save(), update(), bulk methods and fixtures."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, value)
        return value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return clean_html(value) if isinstance(value, str) else value

    def formfield(self, **kwargs: Any) -> Any:
        widget = kwargs.get("widget")
        # The admin passes its own text area for every TextField.
        if widget is AdminTextareaWidget or isinstance(widget, AdminTextareaWidget):
            del kwargs["widget"]
        return super().formfield(**{"form_class": RichTextFormField, "widget": RichTextWidget, **kwargs})
