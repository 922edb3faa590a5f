"""{% load figures %}: rates, shares and durations; a dash where there is nothing to say.

{% failed_of 16 55 %}       16 of 55 failed (29%, 13–51%)
{% failed_cell 16 55 %}     the same on two lines, for a cell of a table
"""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.observability.charts import bar_of
from dashboard.observability.failure_rate import FailureRate
from dashboard.observability.traffic import Recent
from dashboard.observability.words import more_ms, ms, rate

register = template.Library()

register.filter("rate", rate)
register.filter("ms", ms)
register.filter("more_ms", more_ms)
register.filter("bar_of", bar_of)


@register.simple_tag
def failed_of(failed: int, requests: int) -> str:
    """How many failed, with limits that are valid at every look, in one line of text."""
    return str(FailureRate(failed, requests))


@register.simple_tag
def failed_cell(failed: int, requests: int) -> SafeString:
    """The same, with the limits on a line of their own."""
    rate_ = FailureRate(failed, requests)
    if not requests:
        return format_html('<span class="faint">{}</span>', rate_.counted)
    return format_html('<b>{}</b> <span class="meta">{}</span>', rate_.counted, rate_.limits)


_TRAFFIC = """\
<td class="number per-minute" id="t-{}">{}</td>
<td class="number error-rate" id="e-{}">{}{}</td>"""
_WAS = ' <span class="meta was" title="In the five minutes before the rollback">{}</span>'


@register.simple_tag
def traffic_cells(name: str, recent: Recent | None) -> SafeString:
    """Requests per minute and error rate of a Worker: in each row of a list, and often pushed."""
    if not recent:
        return format_html(_TRAFFIC, name, "0", name, failed_cell(0, 0), "")
    cell = failed_cell(recent.failed, recent.requests)
    was = format_html(_WAS, recent.was) if recent.was else ""
    return format_html(_TRAFFIC, name, recent.pace, name, cell, was)
