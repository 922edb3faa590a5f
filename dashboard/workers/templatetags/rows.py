"""{% load rows %}: a row of the list of Workers.

Its pieces are rendered once. Fifty rows of four tags in a template's loop took longer to look up
what those are given than to put the pieces together.
"""

from __future__ import annotations

from datetime import datetime

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from dashboard.observability.templatetags.figures import traffic_cells
from dashboard.ui.templatetags.cached_include import cached_include
from dashboard.ui.templatetags.text_filters import age
from dashboard.workers.list.rows import ListRow

register = template.Library()

_ROW = """\
<tr id="w-{}">
          {}
          {}
          {}
          {}
        </tr>"""


@register.simple_tag(takes_context=True)
def worker_row(context: Context, row: ListRow) -> SafeString:
    """Name, state and split; the last hour; traffic; who deployed, and what can be done."""
    return format_html(
        _ROW,
        row.name,
        cached_include("workers/list/_row_head.html", label=row.label),
        cached_include("workers/list/_spark.html", name=row.name, spark=row.spark),
        traffic_cells(row.name, row.recent),
        _tail(row, context.get("rendered_at") or timezone.now()),
    )


def _tail(row: ListRow, now: datetime) -> SafeString:
    made = row.deployed
    if made is None:
        return cached_include("workers/list/_row_tail.html", worker=row.name)
    when = age(made.created_on, now)
    by = {"by": row.by, "by_machine": row.by_machine, "source": made.source, "when": when}
    return cached_include("workers/list/_row_tail.html", worker=row.name, **by)
