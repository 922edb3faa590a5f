"""{% load figures %}: rates, shares and durations; a dash where there is nothing to say.

{% failed_of 16 55 %}       16 of 55 failed (29%, 13–51%)
{% failed_cell 16 55 %}     the same on two lines, for a cell of a table
"""

from __future__ import annotations

from collections.abc import Sequence

from django import template
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard.observability.charts.charts import Chart, bar_of
from dashboard.observability.charts.formatting import more_ms, ms, rate
from dashboard.observability.flags.failure_rate import FailureRate
from dashboard.observability.queries.traffic import Recent

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
        # The same element as with figures: a live update must not reuse it for the limits.
        return format_html('<b class="faint">{}</b>', rate_.counted)
    return format_html('<b>{}</b> <span class="meta">{}</span>', rate_.counted, rate_.limits)


_BAR = '<rect class="bar-{}" x="{}%" y="{}" width="{}%" height="{}"/>'
_HIT = (
    '<rect class="chart-hit" x="{}%" y="14" width="{}%" height="{}" data-column="{}">'
    "<title>{}</title></rect>"
)


@register.simple_tag
def chart_bars(chart: Chart) -> SafeString:
    """The bars of a chart; there are hundreds, and the template's own loop took 10 ms."""
    bars = ((b.role, b.x, b.y, b.width, b.height) for b in chart.bars)
    return mark_safe("".join(_BAR.format(*bar) for bar in bars))  # our own words and numbers


@register.simple_tag
def chart_columns(chart: Chart) -> SafeString:
    """What each bucket says, over the whole height of the drawing."""
    height = chart.height - 14
    drawn = ((c.x, c.width, height, escape(c.says)) for c in chart.columns)
    return mark_safe("".join(_HIT.format(x, w, h, says, says) for x, w, h, says in drawn))


@register.simple_tag
def table_rows(rows: Sequence[Sequence[str]]) -> SafeString:
    """Rows of numbers whose first cell is their head: as many as a chart has buckets."""
    drawn = (
        f'<tr><th scope="row">{escape(head)}</th>'
        + "".join(f'<td class="number">{escape(cell)}</td>' for cell in cells)
        + "</tr>"
        for head, *cells in rows
    )
    return mark_safe("\n".join(drawn))


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
