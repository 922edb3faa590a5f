"""Console lines and exceptions of Workers: stored, and pushed to open live logs and tails."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.utils import timezone

from dashboard.live.logs import fanout
from dashboard.observability.ingest import source_maps
from dashboard.observability.ingest.batch_body import decode, decompress
from dashboard.observability.requests import invocation_row
from dashboard.ui.http.storable_text import storable
from dashboard.variables.secret_values import secret_masks
from routing.models import Edge, InvocationDetail
from routing.transactions.after_commit import guarded


class Detail(msgspec.Struct):
    """As sent by `routing.agent.worker_logs`."""

    id: str
    worker: str
    version_id: str
    outcome: str
    started_on: float
    wall_ms: int
    ray: str = ""
    entrypoint: str = ""
    rpc_method: str = ""
    trigger: str = ""
    trigger_name: str = ""
    scheduled_at: float = 0
    method: str = ""
    path: str = ""
    logs: list[dict[str, Any]] = []
    exceptions: list[dict[str, Any]] = []
    truncated: bool = False
    keep: bool = True
    event: dict[str, Any] | None = None


class DetailBatch(msgspec.Struct):
    """`dropped` is the number of details that the edge left out since the last batch."""

    batch: str
    rows: list[Detail]
    dropped: int = 0


def accept(edge: Edge, body: bytes, *, packed: bool) -> None:
    """Stores the details marked `keep`, and pushes those of watched Workers.

    Raises `BatchInvalid`; then nothing was stored.
    """
    content = decompress(body) if packed else body
    batch = decode(content, DetailBatch)
    _map_stacks(batch.rows)
    _mask_secrets(batch.rows, content)
    rows = [_detail_row(edge, detail) for detail in batch.rows if detail.keep]
    InvocationDetail.objects.bulk_create(rows, ignore_conflicts=True, batch_size=200)
    # They are stored: the push must not make the edge send them again.
    guarded("push details", lambda: _push(batch, {row.detail_id: row for row in rows}))


def _map_stacks(rows: list[Detail]) -> None:
    failed = [row for row in rows if any(e.get("stack") for e in row.exceptions)]
    if not failed:
        return
    maps = source_maps.maps_of(row.version_id for row in failed)
    for row in failed:
        of_version = maps.get(row.version_id, {})
        for exception in row.exceptions:
            exception["stack"] = source_maps.mapped(str(exception.get("stack", "")), of_version)


def _mask_secrets(rows: list[Detail], content: bytes) -> None:
    """A Worker may print a secret variable of the playground, or get it in its path."""
    masks = secret_masks(timezone.now())
    if masks and (masks := masks.those_in(content.decode("utf-8", "replace"))):
        for row in rows:
            row.path = masks.text(row.path)
            row.logs, row.exceptions = masks.value(row.logs), masks.value(row.exceptions)
            row.event = masks.value(row.event)


def _push(batch: DetailBatch, stored: dict[str, InvocationDetail]) -> None:
    """Pushes details with an event, which edges send for watched Workers only."""
    events: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    lines: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for detail in batch.rows:
        if detail.event is None:
            continue
        events[detail.worker].append(msgspec.to_builtins(detail))
        if row := stored.get(detail.id):
            lines[detail.worker].append(_live_log_item(row) | {"text": _text(row)})
    for worker, items in events.items():
        fanout.publish(fanout.tail_group(worker), items, batch.dropped)
    for worker, items in lines.items():
        fanout.publish(fanout.log_group(worker), items)


def _live_log_item(row: InvocationDetail) -> dict[str, Any]:
    """Lines for the row of a request; an event has a row of its own."""
    if not row.trigger:
        place = invocation_row.place(row.ray, row.version_id)
        return {"place": place, "html": invocation_row.worker_lines_html(row)}
    return {
        "html": invocation_row.event_row_html(row, row.edge.name),
        "version": row.version_id,
        "status": 0,
        "reason": row.trigger,
        "override": "",
    }


def _text(row: InvocationDetail) -> str:
    """The text that the search of a live log covers."""
    console = [str(part) for line in row.logs for part in line.get("message", [])]
    errors = [str(e.get("message", "")) for e in row.exceptions]
    return " ".join([*console, *errors, row.trigger_name or ""])[:4096]


def _detail_row(edge: Edge, detail: Detail) -> InvocationDetail:
    return InvocationDetail(
        edge=edge,
        detail_id=storable(detail.id)[:64],
        ray=storable(detail.ray)[:32],
        worker=storable(detail.worker)[:63],
        version_id=storable(detail.version_id)[:36],
        entrypoint=storable(detail.entrypoint)[:255],
        rpc_method=storable(detail.rpc_method)[:255],
        trigger=storable(detail.trigger)[:8] or None,
        trigger_name=storable(detail.trigger_name)[:255] or None,
        scheduled_at=_moment(detail.scheduled_at),
        method=storable(detail.method)[:16],
        path=storable(detail.path)[:2048],
        outcome=storable(detail.outcome)[:32],
        started_on=datetime.fromtimestamp(detail.started_on, UTC),
        wall_ms=min(detail.wall_ms, 2**31 - 1),
        logs=storable(detail.logs),
        exceptions=storable(detail.exceptions),
        failed=bool(detail.exceptions) or detail.outcome not in ("ok", "canceled"),
        truncated=detail.truncated,
    )


def _moment(seconds: float) -> datetime | None:
    """None for 0, and for numbers that are not a date."""
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    except (OverflowError, ValueError, OSError):
        return None
