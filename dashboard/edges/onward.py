"""Access-log rows go on to the live logs of those who look, rendered once for all of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from dashboard.live import feed, shown, watching
from routing.models import Invocation

MOST = 100
"""Rows of one Worker in one batch; nobody reads more, and rendering them takes time."""


def send_on(invocations: Sequence[Invocation]) -> None:
    """Sends the rows of Workers that somebody looks at; counts what is more than can be read."""
    watched = set(watching.watched()) if invocations else set()
    found: defaultdict[str, list[Invocation]] = defaultdict(list)
    for invocation in invocations:
        if invocation.worker in watched:
            found[invocation.worker].append(invocation)
    for worker, rows in found.items():
        newest = rows[-MOST:]
        items = [_item(row) for row in shown.shown(newest)]
        feed.publish(feed.log_group(worker), items, len(rows) - len(newest))


def _item(row: shown.Shown) -> dict[str, Any]:
    i = row.invocation
    return {
        "html": shown.row(row),
        "version": i.version_id,
        "status": i.status,
        "reason": i.reason,
        "override": i.override,
        "text": f"{i.method} {i.path} {i.ray}",
    }
