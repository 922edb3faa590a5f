"""Starts the events of schedules that are due: once per minute, in one process or several."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from dashboard.events.start import Draws, assign, cron_event, notify
from routing.models import Deployment, Schedule, Worker, WorkerEvent
from routing.rules import cron
from routing.rules.cron import Cron, CronInvalid

LATE = timedelta(seconds=55)
"""A minute that began longer ago is missed. Cloudflare documents no repetition; there is none."""


class DueSchedules:
    """Call `look` about every second. `draw` returns numbers in [0, 1)."""

    def __init__(self, draw: Callable[[], float] = random.random) -> None:
        self._draw = draw
        self._minute: datetime | None = None

    def look(self, now: datetime) -> None:
        minute = now.replace(second=0, microsecond=0)
        if minute == self._minute or now - minute > LATE:
            return
        start_due(minute, now, self._draw)
        self._minute = minute


def start_due(minute: datetime, now: datetime, draw: Callable[[], float]) -> None:
    """Creates the events of a minute, at most once each; in a constant number of queries, and one
    per Worker."""
    due: dict[int, list[str]] = {}
    for worker_id, text in Schedule.objects.values_list("worker_id", "cron"):
        if (parsed := _parsed(text)) is not None and parsed.matches(minute):
            due.setdefault(worker_id, []).append(text)
    if not due:
        return
    active = Deployment.objects.active(Worker.objects.filter(pk__in=due)).with_shares()
    made: list[WorkerEvent] = []
    for deployment in active:
        events = [
            cron_event(deployment, text, minute, now=now, draws=Draws(version=draw(), edge=draw()))
            for text in due[deployment.worker_id]
        ]
        assign(events, deployment.worker.name, now=now, draw=draw())
        made += events
    _create(made)


def _create(events: Iterable[WorkerEvent]) -> None:
    """Another process may have created them, with other draws: the first ones count."""
    made = list(events)
    WorkerEvent.objects.bulk_create(made, ignore_conflicts=True)
    notify(made)


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Cron | None:
    try:
        return cron.parse(text)
    except CronInvalid:  # an expression that an earlier release took
        return None
