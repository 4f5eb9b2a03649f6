"""Template tags of the back office."""

from django import template
from django.contrib import admin
from django.db import models
from django.utils.html import format_html

from udsat.lib.richtext import RichTextField

from .rich_text import rich

register = template.Library()


@register.filter
def shown(field):
    """Render a read-only field: rich text as HTML, a file as a link."""
    instance, name = field.form.instance, field.field["field"]
    model_field = next((f for f in instance._meta.concrete_fields if f.name == name), None)
    value = getattr(instance, name, None) if model_field else None
    if isinstance(model_field, RichTextField) and value:
        return rich(value)
    if isinstance(model_field, models.FileField) and value:
        return format_html('<a href="{}">{}</a>', instance.get_absolute_url(), value.name.rsplit("/", 1)[-1])
    if isinstance(model_field, models.BooleanField):
        return "ukendt" if value is None else "ja" if value else "nej"
    return field.contents()


@register.inclusion_tag("admin/_error_summary.html")
def error_summary(adminform, inlines):
    """List all errors of the page, with links to the fields."""
    forms = [adminform.form, *(row for inline in inlines for row in inline.formset.forms)]
    return {
        "general": [
            *adminform.form.non_field_errors(),
            *(error for inline in inlines for error in inline.formset.non_form_errors()),
            *(error for form in forms[1:] for error in form.non_field_errors()),
        ],
        "fields": [form[name] for form in forms for name in form.errors if name in form.fields],
        "count": sum(len(form.errors) for form in forms),
    }


@register.simple_tag(takes_context=True)
def guide_anchor(context):
    """Return the anchor of the guide section for the page, or an empty string."""
    opts = context.get("opts")
    guide = getattr(admin.site.get_model_admin(opts.model), "guide", "") if opts else ""
    return f"#{guide}" if guide else ""
