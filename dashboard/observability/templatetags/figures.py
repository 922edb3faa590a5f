"""{% load figures %}: rates, shares and durations; a dash where there is nothing to say."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.observability.charts import bar_of
from dashboard.observability.traffic import Recent
from dashboard.observability.words import more_ms, ms, rate

register = template.Library()

register.filter("rate", rate)
register.filter("ms", ms)
register.filter("more_ms", more_ms)
register.filter("bar_of", bar_of)


_TRAFFIC = """\
<td class="number per-minute" id="t-{}">{}</td>
<td class="number error-rate" id="e-{}"><b>{}</b><span class="meta">{}</span></td>"""
_WAS = ' <span class="was" title="In the five minutes before the roll back">{}</span>'
_ROLLED_BACK = _TRAFFIC.removesuffix("</span></td>") + _WAS + "</span></td>"


@register.simple_tag
def traffic_cells(name: str, recent: Recent | None) -> SafeString:
    """Requests per minute and error rate of a Worker: in each row of a list, and often pushed."""
    if not recent:
        return format_html(_TRAFFIC, name, "0", name, "–", "no requests")
    told = [name, recent.pace, name, recent.failed_rate, recent.counted]
    was = recent.was
    return format_html(_ROLLED_BACK, *told, was) if was else format_html(_TRAFFIC, *told)
