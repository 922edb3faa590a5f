"""Access-log rows of edges: stored as invocations and counted. Sent at least once, stored once."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from django.db import transaction
from django.utils import timezone

from dashboard.observability.ingest import counts, live_log_push
from dashboard.observability.ingest.batch_body import BatchInvalid, decode, decompress
from dashboard.observability.ingest.batch_schema import Counts, CountsInvalid
from dashboard.ui.http.storable_text import storable
from dashboard.variables.secret_values import secret_masks
from routing.models import Edge, Invocation
from routing.transactions.after_commit import guarded


class AccessLogRow(msgspec.Struct):
    request_id: str
    hop: str
    worker: str
    method: str
    path: str
    status: int
    started_on: float
    ray: str = ""
    version_id: str = ""
    deployment_id: str = ""
    reason: str = ""
    override: str = ""
    host: str = ""
    flags: str = ""
    caller: str = ""
    duration_us: int = 0
    cold_start_us: int = 0


class AccessLogBatch(Counts, kw_only=True):
    rows: list[AccessLogRow]
    sampled_out: int = 0
    lost: int = 0
    dropped: int = 0


def accept(edge: Edge, body: bytes, *, packed: bool) -> None:
    """Stores new rows of the batch, and counts it once.

    Raises `BatchInvalid` or `counts.OtherPlaces`; then nothing was stored.
    """
    batch = decode(decompress(body) if packed else body, AccessLogBatch)
    _mask_secrets(batch.rows)
    invocations = [_invocation(edge, row) for row in batch.rows]
    try:
        with transaction.atomic():
            counts.accept(edge, batch, timezone.now())
            Invocation.objects.bulk_create(invocations, ignore_conflicts=True, batch_size=500)
    except CountsInvalid as error:
        raise BatchInvalid(str(error)) from error
    # They are stored and counted: the push must not make the edge send them again.
    guarded("push invocations", lambda: live_log_push.push_rows(invocations))


def _mask_secrets(rows: list[AccessLogRow]) -> None:
    """Masks secret variables of the playground in paths and host names."""
    masks = secret_masks(timezone.now())
    if masks and (masks := masks.those_in("\n".join(f"{row.host}{row.path}" for row in rows))):
        for row in rows:
            row.path, row.host = masks.text(row.path), masks.text(row.host)


def _invocation(edge: Edge, row: AccessLogRow) -> Invocation:
    return Invocation(
        edge=edge,
        request_id=storable(row.request_id)[:64],
        ray=storable(row.ray)[:32],
        hop=storable(row.hop)[:8],
        worker=storable(row.worker)[:63],
        version_id=storable(row.version_id)[:36],
        deployment_id=storable(row.deployment_id)[:36],
        reason=storable(row.reason)[:16],
        override=storable(row.override)[:20],
        method=storable(row.method)[:16],
        host=storable(row.host)[:255],
        path=storable(row.path)[:2048],
        status=row.status,
        flags=storable(row.flags)[:32],
        caller=storable(row.caller)[:36],
        started_on=datetime.fromtimestamp(row.started_on, UTC),
        duration_us=row.duration_us,
        cold_start_us=min(max(0, row.cold_start_us), row.duration_us),
    )
