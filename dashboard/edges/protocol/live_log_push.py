"""Access-log rows go on to the live logs of those who look, rendered once for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dashboard.live.logs import fanout, invocation_row, subscriptions
from routing.models import Invocation

MAX_ROWS = 100
"""Rows of one Worker in one batch; nobody reads more, and rendering them takes time."""


def push_rows(invocations: Sequence[Invocation]) -> None:
    """Sends the rows of Workers that somebody looks at; counts what is more than can be read."""
    watched = set(subscriptions.watched()) if invocations else set()
    found: defaultdict[str, list[Invocation]] = defaultdict(list)
    for invocation in invocations:
        if invocation.worker in watched:
            found[invocation.worker].append(invocation)
    for worker, rows in found.items():
        newest = rows[-MAX_ROWS:]
        items = [_item(row) for row in invocation_row.shown(newest)]
        fanout.publish(fanout.log_group(worker), items, len(rows) - len(newest))


def _item(row: invocation_row.Shown) -> dict[str, Any]:
    i = row.invocation
    return {
        "html": invocation_row.row(row),
        "version": i.version_id,
        "status": i.status,
        "reason": i.reason,
        "override": i.override,
        "text": f"{i.method} {i.path} {i.ray}",
    }
