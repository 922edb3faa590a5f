"""What is pushed to open pages about Workers, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from typing import Any
from uuid import UUID

from django.template.loader import get_template, render_to_string
from django.utils import timezone

from dashboard.fleet.propagation import meter_of, meter_of_all
from dashboard.live.pages import fragments
from dashboard.live.pages.fragments import UpdateReason
from dashboard.live.pages.updates import changed, changed_everywhere
from dashboard.live.signals import edge_reported, flags_changed, traffic_counted
from dashboard.observability.queries.before_deployment import compared
from dashboard.observability.queries.health import STATES
from dashboard.observability.queries.sparkline import sparks
from dashboard.observability.queries.traffic import recent
from dashboard.observability.templatetags.figures import traffic_cells
from dashboard.ui.page import as_context
from dashboard.workers.list import query, rows as listed
from dashboard.workers.page import context as contexts
from dashboard.workers.queries.worker_queries import worker_row
from routing.control.signals import desired_state_changed, version_uploaded
from routing.models import Deployment, Version, Worker

PARTS = {
    UpdateReason.DEPLOYMENT: ("worker-state", "live", "versions", "history"),
    UpdateReason.EDGES: ("worker-state", "live"),
    UpdateReason.METRICS: ("live",),
}

#: Templates of parts that are not in the Worker page's own template.
HOLDERS = {"worker-state": "workers/page/_head.html"}

#: Rows of the list pushed because of one report.
MOST = 20
AT_ONCE = 200
"""Workers whose traffic cells one push contains."""
_turn = 0
_drawn_at: dict[int, int] = {}
"""Turn → the minute in which its sparklines were last sent."""


def connect() -> None:
    """Called once at start."""
    fragments.provide("workers", _list)
    fragments.provide("worker", _worker)
    fragments.provide("deployment", _deployment)
    desired_state_changed.connect(_deployed, dispatch_uid="pages follow deployments")
    version_uploaded.connect(_deployed, dispatch_uid="pages follow uploads")
    edge_reported.connect(_reported, dispatch_uid="pages follow edges")
    traffic_counted.connect(_counted, dispatch_uid="pages follow traffic")
    flags_changed.connect(_flagged, dispatch_uid="pages follow flags")


def _deployed(*, worker: str, **_: Any) -> None:
    changed(f"worker:{worker}", UpdateReason.DEPLOYMENT, worker)
    changed("workers", UpdateReason.DEPLOYMENT, worker)


def _reported(
    *, states: Mapping[str, tuple[str, str]], ended: Set[str] = frozenset(), **_: Any
) -> None:
    """`states` are those before and now of each version that turned; `ended` are versions with an
    unexpected end since."""
    changed_everywhere(UpdateReason.EDGES)
    ill = {version for version, both in states.items() if set(both) & set(STATES)} | ended
    if ill:  # the list shows which Workers have an unhealthy process
        names = Version.objects.filter(id__in=ill).values_list("worker__name", flat=True)
        for name in names.distinct()[:MOST]:
            changed("workers", UpdateReason.EDGES, name)


def _counted(*, workers: Sequence[str], **_: Any) -> None:
    for worker in workers:
        changed(f"worker:{worker}", UpdateReason.METRICS, worker)
    changed("workers", UpdateReason.METRICS)


def _flagged(*, workers: Sequence[str], **_: Any) -> None:
    for worker in workers:
        changed(f"worker:{worker}", UpdateReason.EDGES, worker)
    for worker in workers[:MOST]:
        changed("workers", UpdateReason.EDGES, worker)


def _worker(name: str, why: UpdateReason, subject: str) -> str:
    """The deployments view of one Worker."""
    worker = Worker.objects.filter(name=name).first()
    if worker is None:
        return _pill()
    row = worker_row(worker)
    context = as_context(contexts.live(row))
    if why is UpdateReason.DEPLOYMENT or row.deployment is None:
        # Without a deployment, the page says whether there are versions.
        context |= as_context(contexts.histories(row))
    names = [HOLDERS.get(part, "workers/page/detail.html") + f"#{part}" for part in PARTS[why]]
    names.append("workers/page/_live_strip.html")
    if why is UpdateReason.DEPLOYMENT:
        names.append("workers/deploy/_newest.html")
    return "".join(render_to_string(name, context) for name in names) + _pill()


def _deployment(name: str, why: UpdateReason, subject: str) -> str:
    """The meter of one deployment, which edges may still be taking over."""
    try:
        made = Deployment.objects.select_related("worker").filter(id=UUID(name)).first()
    except ValueError:
        made = None
    if made is None:
        return _pill()
    meter = meter_of(made.worker.name, made.revision, made.created_on)
    return render_to_string("ui/_meter.html", {"meter": meter}) + _pill()


def _list(name: str, why: UpdateReason, subject: str) -> str:
    """The row of a Worker that was deployed; the traffic of those that have any, and once a
    minute the lines of the last hour."""
    if why is UpdateReason.METRICS:
        return _metrics()
    return (_row(subject) if subject else "") + _pill()


def _metrics() -> str:
    """The traffic cells of `AT_ONCE` Workers.

    Pushes come twice a second. With more Workers they take turns, so that a push has a constant
    cost; 2,000 Workers are all updated within five seconds.
    """
    global _turn
    names = list(Worker.objects.order_by("name").values_list("name", flat=True))
    _turn = (_turn + 1) % max(1, -(-len(names) // AT_ONCE))
    these = names[_turn * AT_ONCE : (_turn + 1) * AT_ONCE]
    traffic = compared(recent(these), query.rolled_back())
    parts: list[str] = [traffic_cells(name, recent_) for name, recent_ in traffic.items()]
    if _is_new_minute(_turn):
        lines, drawn = sparks(), get_template("workers/list/_spark.html")
        parts += [drawn.render({"name": n, "spark": lines[n]}) for n in these if n in lines]
    return "".join(parts)


def _row(name: str) -> str:
    rows = query.complete(listed.list_rows(only=name))
    return "".join(render_to_string("workers/list/list.html#worker-row", {"row": r}) for r in rows)


def _is_new_minute(turn: int) -> bool:
    """Whether the lines of this turn's Workers were not drawn in this minute yet."""
    minute = int(timezone.now().timestamp()) // 60
    new = minute != _drawn_at.get(turn)
    _drawn_at[turn] = minute
    return new


def _pill() -> str:
    return render_to_string("ui/_edges_pill.html", {"meter": meter_of_all()})
