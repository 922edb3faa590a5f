"""What the Schedules tab shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from dashboard.accounts.permissions import Permission
from dashboard.events.outcomes import succeeded
from dashboard.events.start import edges_for, has_handler
from dashboard.fleet.version_roles import Standing
from dashboard.storage.queues.consumers import settings_of
from dashboard.storage.queues.settlement import ConsumerSettings
from dashboard.workers.queries.worker_queries import WorkerRow, current_role
from dashboard.workers.schedules import messages
from routing.event_delivery import EventKind
from routing.models import InvocationDetail, QueueConsumer, Schedule, Worker, WorkerEvent
from routing.rules import cron
from routing.rules.cron import CronInvalid

NEXT = 3
RUNS = 50
OUTPUT_WITHIN = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`detail` is what its version printed, if the edge has sent it."""

    event: WorkerEvent
    standing: Standing
    title: str
    words: str
    is_open: bool
    succeeded: bool
    detail: InvocationDetail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """`next_runs` are empty for an expression that an earlier release took."""

    schedule: Schedule
    next_runs: tuple[datetime, ...]
    last: Run | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsumerRow:
    """A queue that the Worker consumes: batches in progress, and the last one that failed."""

    consumer: QueueConsumer
    settings: ConsumerSettings
    running: int
    failed: Run | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulesPage:
    """`error` refuses what was `typed`; `editing` is the schedule that it belongs to."""

    row: WorkerRow
    sequence: tuple[Any, ...]
    can: Permission
    schedules: Sequence[ScheduleRow]
    runs: Sequence[Run]
    consumers: Sequence[ConsumerRow]
    is_running: bool
    without_handler: Sequence[Standing]
    no_edge: bool
    error: str = ""
    typed: str = ""
    editing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """`polls` until it has ended and its output is here, or is late."""

    row: WorkerRow
    sequence: tuple[Any, ...]
    run: Run
    polls: bool


@dataclass(frozen=True, slots=True)
class SchedulesRead:
    schedules: Sequence[ScheduleRow]
    runs: Sequence[Run] = field(default_factory=tuple)


def read_schedules(row: WorkerRow, now: datetime) -> SchedulesRead:
    """In a constant number of queries."""
    events = row.worker.events.filter(kind=str(EventKind.scheduled))
    listed = events.select_related("version", "edge", "author").order_by("-scheduled_at")[:RUNS]
    runs = _runs(list(listed), row)
    last: dict[str, Run] = {}
    for run in runs:
        last.setdefault(run.event.name, run)
    schedules = [
        ScheduleRow(
            schedule=schedule,
            next_runs=_next_runs(schedule.cron, now),
            last=last.get(schedule.cron),
        )
        for schedule in row.worker.schedules.all()
    ]
    return SchedulesRead(schedules, runs)


def read_consumers(row: WorkerRow) -> list[ConsumerRow]:
    """In a constant number of queries."""
    consumers = row.worker.queue_consumers.select_related("queue").order_by("queue__title")
    if not consumers:
        return []
    batches = row.worker.events.filter(kind=str(EventKind.queue))
    running = Counter(batches.filter(ended_at=None).values_list("name", flat=True))
    ended = batches.exclude(ended_at=None).exclude(outcome="ok").order_by("-scheduled_at")
    failed = _runs(list(ended.select_related("version", "edge", "author")[:RUNS]), row)
    last = {run.event.name: run for run in reversed(failed)}
    return [
        ConsumerRow(
            consumer=consumer,
            settings=settings_of(consumer),
            running=running[consumer.queue.title],
            failed=last.get(consumer.queue.title),
        )
        for consumer in consumers
    ]


def read_run(event: WorkerEvent, row: WorkerRow) -> Run:
    return _runs([event], row)[0]


def awaits_output(run: Run, now: datetime) -> bool:
    """Whether its console lines may still be on their way: edges send them once a second."""
    ended_at = run.event.ended_at
    return ended_at is not None and run.detail is None and now - ended_at < OUTPUT_WITHIN


def without_handler(row: WorkerRow) -> list[Standing]:
    """Versions of the deployment that cannot handle a cron event."""
    return [s for s in row.standings if not has_handler(s.version, EventKind.scheduled)]


def no_edge(worker: Worker, now: datetime) -> bool:
    return not edges_for(worker.name, now)


def _runs(events: Sequence[WorkerEvent], row: WorkerRow) -> list[Run]:
    details = {
        (d.version_id, d.trigger_name, d.scheduled_at): d
        for d in InvocationDetail.objects.filter(
            worker=row.worker.name,
            trigger="cron",
            scheduled_at__in={event.scheduled_at for event in events},
        )
    }
    return [
        _run(event, row, details.get((str(event.version_id), event.name, event.scheduled_at)))
        for event in events
    ]


def _run(event: WorkerEvent, row: WorkerRow, detail: InvocationDetail | None) -> Run:
    is_open = event.ended_at is None
    is_waiting = is_open and event.taken_at is None
    title, words = (
        messages.WAITING if is_waiting else messages.outcome(event.outcome, EventKind(event.kind))
    )
    return Run(
        event=event,
        standing=current_role(event.version, row),
        title=title,
        words=words,
        is_open=is_open,
        succeeded=succeeded(event.outcome),
        detail=detail,
    )


def _next_runs(text: str, now: datetime) -> tuple[datetime, ...]:
    try:
        return tuple(islice(cron.parse(text).after(now), NEXT))
    except CronInvalid:
        return ()
