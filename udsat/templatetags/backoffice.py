"""What the pages of the back office show."""

from django import template
from django.contrib import admin
from django.db import models
from django.utils.html import format_html

from udsat.lib.richtext import RichTextField

from .rich_text import rich

register = template.Library()


@register.filter
def shown(field):
    """The value of a field that the user may only read: rich text as it looks, a file with its own address."""
    instance, name = field.form.instance, field.field["field"]
    model_field = next((f for f in instance._meta.concrete_fields if f.name == name), None)
    value = getattr(instance, name, None) if model_field else None
    if isinstance(model_field, RichTextField) and value:
        return rich(value)
    if isinstance(model_field, models.FileField) and value:
        return format_html('<a href="{}">{}</a>', instance.get_absolute_url(), value.name.rsplit("/", 1)[-1])
    return field.contents()


@register.inclusion_tag("admin/_error_summary.html")
def error_summary(adminform, inlines):
    """All that is wrong on the page, each with a link to its field."""
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
    """The section of the guide that tells of what the page is about; its beginning where no section does."""
    opts = context.get("opts")
    guide = getattr(admin.site.get_model_admin(opts.model), "guide", "") if opts else ""
    return f"#{guide}" if guide else ""
