"""{% load plan_form %}: errors at the fields of a plan."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def field_error(errors: Mapping[str, str], name: str, number: int | str = "") -> SafeString | str:
    """Attributes of a field that is wrong, which name its words; rows have a number."""
    key = _key(name, number)
    if key not in errors:
        return ""
    return format_html('aria-invalid="true" aria-describedby="error-{}"', key)


@register.simple_tag
def error_words(errors: Mapping[str, str], name: str, number: int | str = "") -> SafeString | str:
    """What is wrong with a field."""
    key = _key(name, number)
    if key not in errors:
        return ""
    return format_html('<span class="field-error" id="error-{}">{}</span>', key, errors[key])


def _key(name: str, number: int | str) -> str:
    return f"{name}-{number}" if number else name
