"""Open live logs by Worker. Edges are notified at once, and then send every request's details."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.dispatch import Signal
from django.utils import timezone

from dashboard.live.models import Watch
from routing.transactions.after_commit import send_after_commit

LASTS = timedelta(seconds=45)
RENEW_SECONDS = 15.0
SETTLE_SECONDS = 1.0
"""Until every process of the Worker sends all details: the agent's answer is valid for half a
second (`routing/runtime/tail.js`), and edges are notified within the other half."""

watch_changed = Signal()
"""Sent after commit, whenever the edges should hear who is looked at."""


def watch(worker: str) -> Watch:
    """Starts a subscription to the log of `worker`."""
    now = timezone.now()
    Watch.objects.filter(until__lt=now).delete()
    made = Watch.objects.create(worker=worker, until=now + LASTS)
    send_after_commit(watch_changed, Watch, "announce watch")
    return made


def renew(watch_id: UUID) -> bool:
    """They still look; False if the watch has lapsed meanwhile."""
    return bool(Watch.objects.filter(id=watch_id).update(until=timezone.now() + LASTS))


def unwatch(watch_id: UUID) -> None:
    """They have left."""
    Watch.objects.filter(id=watch_id).delete()
    send_after_commit(watch_changed, Watch, "announce watch")


def watched() -> list[str]:
    """Names of the Workers whose logs are open somewhere."""
    found = Watch.objects.filter(until__gte=timezone.now())
    return sorted(set(found.values_list("worker", flat=True)))
