"""Pushes access-log rows to open live logs, rendered once for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dashboard.live.logs import fanout, subscriptions
from dashboard.observability.requests import invocation_row
from routing.models import Invocation

MAX_ROWS = 100
"""Rows of one Worker per batch. Rendering more takes time, and no one can read them."""


def push_rows(invocations: Sequence[Invocation]) -> None:
    """Pushes the newest rows of watched Workers, and the number of those left out."""
    watched = set(subscriptions.watched()) if invocations else set()
    by_worker: defaultdict[str, list[Invocation]] = defaultdict(list)
    for invocation in invocations:
        if invocation.worker in watched:
            by_worker[invocation.worker].append(invocation)
    for worker, rows in by_worker.items():
        newest = rows[-MAX_ROWS:]
        items = [_item(row) for row in invocation_row.rows_of(newest)]
        fanout.publish(fanout.log_group(worker), items, len(rows) - len(newest))


def _item(row: invocation_row.InvocationRow) -> dict[str, Any]:
    i = row.invocation
    return {
        "html": invocation_row.row_html(row),
        "version": i.version_id,
        "status": i.status,
        "reason": i.reason,
        "override": i.override,
        "text": f"{i.method} {i.path} {i.ray}",
    }
