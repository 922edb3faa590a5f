"""Creates events: the version by the split, the edge by a draw."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.accounts.models import User
from dashboard.events.outcomes import WAIT, Outcome, pick_edge
from dashboard.live.channel.broadcast import broadcast
from routing.event_delivery import EventKind
from routing.models import Deployment, Edge, Version, Worker, WorkerEvent
from routing.rules.split import pick
from routing.secret_encryption import encrypt
from routing.snapshot import Secret

REPORTED_WITHIN = timedelta(seconds=15)
"""An edge without a report for longer gets no events."""


class CannotStart(ValueError):
    """`code`: "no_deployment", or "other_version" if the version is not in the deployment."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """In [0, 1)."""

    version: float
    edge: float


def group(edge_id: int) -> str:
    """The channel group of one edge's sockets."""
    return f"edge-{edge_id}"


def cron_event(
    deployment: Deployment, cron: str, scheduled_at: datetime, *, now: datetime, draws: Draws
) -> WorkerEvent:
    """An unsaved event of a schedule, for the version that the split picks."""
    return _cron_event(_drawn(deployment, draws), cron, scheduled_at, now)


def start_batch(
    deployment: Deployment, queue: str, messages: Sequence[object], *, now: datetime, draws: Draws
) -> WorkerEvent:
    """Delivers messages of a queue, as JSON for `routing/runtime/events.js`."""
    payload = encrypt(Secret(json.dumps({"queue": queue, "messages": messages})))
    version = _drawn(deployment, draws)
    event = _event(version, EventKind.queue, queue, now, payload, now)
    assign([event], deployment.worker.name, now=now, draw=draws.edge)
    event.save(force_insert=True)
    notify([event])
    return event


def start_manually(
    worker: Worker,
    cron: str,
    version_id: str,
    *,
    author: User | None,
    now: datetime,
    draws: Draws,
) -> WorkerEvent:
    """Runs a schedule now; the split picks the version if `version_id` is "". Raises
    `CannotStart`."""
    deployment = (
        Deployment.objects.active(Worker.objects.filter(pk=worker.pk)).with_shares().first()
    )
    if deployment is None:
        raise CannotStart("no_deployment")
    shares = {str(share.version_id): share.version for share in deployment.shares.all()}
    chosen = version_id or pick(deployment.rule_shares(), draws.version)
    if chosen not in shares:
        raise CannotStart("other_version")
    # In whole milliseconds, as the Worker gets it and its log reports it.
    scheduled_at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    event = _cron_event(shares[chosen], cron, scheduled_at, now)
    event.is_manual, event.author = True, author
    assign([event], worker.name, now=now, draw=draws.edge)
    event.save(force_insert=True)
    notify([event])
    return event


def assign(events: Iterable[WorkerEvent], worker: str, *, now: datetime, draw: float) -> None:
    """Gives events of one Worker an edge, if there is one. Does not save."""
    edges: Sequence[int] | None = None
    for event in events:
        if event.ended_at is None:
            edges = edges_for(worker, now) if edges is None else edges
            event.edge_id = pick_edge(edges, event.edge_id, draw)
            event.assigned_at = now


def edges_for(worker: str, now: datetime) -> list[int]:
    """Connected edges that run the Worker and deliver events; without those that drain or lag, if
    there are others."""
    rows = Edge.objects.running(worker).filter(
        delivers_events=True, last_seen_on__gt=now - REPORTED_WITHIN
    )
    edges = list(rows.order_by("pk").only("pk", "draining_at", "lagging"))
    best = [e.pk for e in edges if e.draining_at is None and worker not in e.lagging]
    return best or [edge.pk for edge in edges]


def notify(events: Iterable[WorkerEvent]) -> None:
    """Sockets poll, too: without a channel layer an event waits a second."""
    for edge_id in {event.edge_id for event in events if event.edge_id is not None}:
        broadcast(group(edge_id), {"type": "events"})


def has_handler(version: Version, kind: EventKind) -> bool:
    """Service-worker syntax exports nothing, so it may have one."""
    exports = [export for export in version.exports if export["name"] == "default"]
    handlers = {name for export in exports for name in export.get("handlers", ())}
    return bool(version.body_part) or str(kind) in handlers


def _drawn(deployment: Deployment, draws: Draws) -> Version:
    version_id = pick(deployment.rule_shares(), draws.version)
    return next(s.version for s in deployment.shares.all() if str(s.version_id) == version_id)


def _cron_event(version: Version, cron: str, scheduled_at: datetime, now: datetime) -> WorkerEvent:
    milliseconds = round(scheduled_at.timestamp() * 1000)
    payload = json.dumps({"cron": cron, "scheduledTime": milliseconds})
    return _event(version, EventKind.scheduled, cron, scheduled_at, payload, now)


def _event(
    version: Version,
    kind: EventKind,
    name: str,
    scheduled_at: datetime,
    payload: str,
    now: datetime,
) -> WorkerEvent:
    event = WorkerEvent(
        worker_id=version.worker_id,
        version=version,
        kind=str(kind),
        name=name,
        scheduled_at=scheduled_at,
        payload=payload,
        created_at=now,
        expires_at=now + WAIT,
    )
    if not has_handler(version, kind):
        event.outcome, event.ended_at = str(Outcome.no_handler), now
    return event
