"""Versions of a proposal that cannot handle the Worker's cron triggers or queues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from dashboard.events.start import has_handler
from dashboard.fleet.version_roles import Standing
from routing.event_delivery import EventKind
from routing.models import Worker


@dataclass(frozen=True, slots=True)
class MissingHandler:
    """`count` cron triggers or queues need the handler."""

    standing: Standing
    handler: str
    count: int


def missing_handlers(worker: Worker, after: Sequence[Standing]) -> list[MissingHandler]:
    """Of versions with traffic after the change. One query."""
    counted = Worker.objects.filter(pk=worker.pk).aggregate(
        schedules=Count("schedules", distinct=True),
        consumers=Count("queue_consumers", distinct=True),
    )
    counts = {EventKind.scheduled: counted["schedules"], EventKind.queue: counted["consumers"]}
    return [
        MissingHandler(standing, str(kind), count)
        for standing in after
        for kind, count in counts.items()
        if count and standing.weight and not has_handler(standing.version, kind)
    ]
