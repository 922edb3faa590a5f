"""What Workers said about their requests: stored once, and sent to those who look."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.utils import timezone

from dashboard.edges.protocol.ingest import BatchInvalid, decompress
from dashboard.live.logs import fanout, invocation_row
from dashboard.ui.http.storable_text import storable
from dashboard.variables.secret_values import secret_masks
from routing.models import Edge, InvocationDetail
from routing.transactions.after_commit import guarded


class Detail(msgspec.Struct):
    """As `routing.agent.worker_logs.detail` makes it."""

    id: str
    worker: str
    version_id: str
    outcome: str
    started_on: float
    wall_ms: int
    ray: str = ""
    entrypoint: str = ""
    rpc_method: str = ""
    method: str = ""
    path: str = ""
    logs: list[dict[str, Any]] = []
    exceptions: list[dict[str, Any]] = []
    truncated: bool = False
    keep: bool = True
    event: dict[str, Any] | None = None


class DetailBatch(msgspec.Struct):
    """`dropped` were left out at the edge since the batch before."""

    batch: str
    rows: list[Detail]
    dropped: int = 0


def accept(edge: Edge, body: bytes, *, packed: bool) -> None:
    """Stores what is worth keeping, sends on what somebody waits for."""
    content = decompress(body) if packed else body
    try:
        batch = msgspec.json.decode(content, type=DetailBatch)
    except ValueError as error:
        raise BatchInvalid(str(error)) from error
    _mask_secrets(batch.rows, content)
    kept = [_detail_row(edge, detail) for detail in batch.rows if detail.keep]
    InvocationDetail.objects.bulk_create(kept, ignore_conflicts=True, batch_size=200)
    # They are stored: the push must not make the edge send them again.
    guarded("push details", lambda: _push(batch, {row.detail_id: row for row in kept}))


def _mask_secrets(rows: list[Detail], content: bytes) -> None:
    """A Worker may print a secret variable of the playground, or get it in its path."""
    masks = secret_masks(timezone.now())
    if masks and (masks := masks.those_in(content.decode("utf-8", "replace"))):
        for row in rows:
            row.path = masks.text(row.path)
            row.logs, row.exceptions = masks.value(row.logs), masks.value(row.exceptions)
            row.event = masks.value(row.event)


def _push(batch: DetailBatch, kept: dict[str, InvocationDetail]) -> None:
    """Only Workers that somebody looks at have details with an event."""
    events: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    lines: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for detail in batch.rows:
        if detail.event is None:
            continue
        events[detail.worker].append(msgspec.to_builtins(detail))
        if row := kept.get(detail.id):
            said = {
                "place": invocation_row.place(row.ray, row.version_id),
                "html": invocation_row.said(row),
            }
            lines[detail.worker].append(said | {"text": _text(row)})
    for worker, items in events.items():
        fanout.publish(fanout.tail_group(worker), items, batch.dropped)
    for worker, items in lines.items():
        fanout.publish(fanout.log_group(worker), items)


def _text(row: InvocationDetail) -> str:
    """What a live log's search looks through."""
    said = [str(part) for line in row.logs for part in line.get("message", [])]
    return " ".join([*said, *(str(e.get("message", "")) for e in row.exceptions)])[:4096]


def _detail_row(edge: Edge, detail: Detail) -> InvocationDetail:
    return InvocationDetail(
        edge=edge,
        detail_id=storable(detail.id)[:64],
        ray=storable(detail.ray)[:32],
        worker=storable(detail.worker)[:63],
        version_id=storable(detail.version_id)[:36],
        entrypoint=storable(detail.entrypoint)[:255],
        rpc_method=storable(detail.rpc_method)[:255],
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
