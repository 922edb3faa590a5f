"""{% load figures %}: rates, shares and durations; a dash where there is nothing to say."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard.observability.charts import bar_of
from dashboard.observability.traffic import Recent
from dashboard.observability.words import ms, rate

register = template.Library()

register.filter("rate", rate)
register.filter("ms", ms)
register.filter("bar_of", bar_of)


@register.simple_tag
def pace(recent: Recent | None) -> SafeString:
    """Requests per minute and error rate of a Worker: in each row of a list, and often pushed."""
    if not recent:
        return mark_safe('<span class="faint">no requests</span>')
    words = '{} / min<span class="meta">{} failed</span>'
    return format_html(words, recent.pace, recent.failed_rate)
