"""What is pushed to open pages about Workers, and when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from dashboard.live import parts
from dashboard.live.announce import changed, changed_everywhere
from dashboard.live.parts import Why
from dashboard.live.signals import edge_reported, traffic_counted
from dashboard.observability.spark import sparks
from dashboard.observability.traffic import recent
from dashboard.ui.propagation import meter_of_all
from dashboard.workers import reads, showing
from dashboard.workers.listing import with_sparks
from routing.models import Worker
from routing.signals import desired_state_changed

PARTS = {
    Why.DEPLOYMENT: ("worker-state", "live", "versions", "history"),
    Why.EDGES: ("worker-state", "live"),
    Why.METRICS: ("live",),
}

_drawn_at = 0
"""The minute whose lines of the last hour were sent."""


def connect() -> None:
    """Called once at start."""
    parts.provide("workers", _list)
    parts.provide("worker", _worker)
    desired_state_changed.connect(_deployed, dispatch_uid="pages follow deployments")
    edge_reported.connect(_reported, dispatch_uid="pages follow edges")
    traffic_counted.connect(_counted, dispatch_uid="pages follow traffic")


def _deployed(*, worker: str, **_: Any) -> None:
    changed(f"worker:{worker}", Why.DEPLOYMENT, worker)
    changed("workers", Why.DEPLOYMENT, worker)


def _reported(**_: Any) -> None:
    changed_everywhere(Why.EDGES)


def _counted(*, workers: Sequence[str], **_: Any) -> None:
    for worker in workers:
        changed(f"worker:{worker}", Why.METRICS, worker)
    changed("workers", Why.METRICS)


def _worker(name: str, why: Why, subject: str) -> str:
    """The deployments view of one Worker."""
    worker = Worker.objects.filter(name=name).first()
    if worker is None:
        return _pill()
    row = reads.row_of(worker)
    context = showing.live(row)
    if why is Why.DEPLOYMENT:
        context |= showing.histories(row)
    names = [f"workers/detail.html#{part}" for part in PARTS[why]]
    names.append("workers/_live_strip.html")
    return "".join(render_to_string(name, context) for name in names) + _pill()


def _list(name: str, why: Why, subject: str) -> str:
    """The row of a Worker that was deployed; the traffic of those that have any, and once a
    minute the lines of the last hour."""
    if why is Why.METRICS:
        names = list(Worker.objects.values_list("name", flat=True))
        lines = sparks(names) if _is_new_minute() else {}
        counts = [("_traffic", n, "recent", found) for n, found in recent(names).items()]
        drawn = [("_spark", n, "spark", found) for n, found in lines.items()]
        return "".join(
            render_to_string(f"workers/{part}.html", {"name": name, key: found})
            for part, name, key, found in [*counts, *drawn]
        )
    rows = with_sparks(reads.rows(only=subject)) if subject else []
    shown = [render_to_string("workers/list.html#worker-row", {"row": row}) for row in rows]
    return "".join(shown) + _pill()


def _is_new_minute() -> bool:
    """Whether the lines were not drawn in this minute yet."""
    global _drawn_at
    minute = int(timezone.now().timestamp()) // 60
    new, _drawn_at = minute != _drawn_at, minute
    return new


def _pill() -> str:
    return render_to_string("ui/_edges_pill.html", {"meter": meter_of_all()})
