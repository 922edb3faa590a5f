"""The event of an edge that is late or silent, once per incident."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from dashboard.fleet.propagation import Cell, meter_of_all
from dashboard.notifications.events import Event
from dashboard.notifications.models import EdgeState
from dashboard.notifications.notify import notify

PATIENCE = timedelta(seconds=30)
"""Time until a late or silent edge is announced."""
WELL, BEHIND = "well", "behind"


def look_at_edges(now: datetime) -> int:
    """Updates the states of edges; returns the number of new events."""
    cells = meter_of_all().cells
    states = {row.edge: row for row in EdgeState.objects.all()}
    return sum(_look_at(cell, states.get(cell.edge), now) for cell in cells)


def _look_at(cell: Cell, row: EdgeState | None, now: datetime) -> bool:
    state = _state(cell)
    if row is None:
        row = _first(cell.edge, now)
    if state == WELL:
        if row.state != WELL:
            EdgeState.objects.filter(pk=row.pk).update(state=WELL, since=now)
        return False
    if row.state == WELL:
        EdgeState.objects.filter(pk=row.pk, state=WELL).update(state=BEHIND, since=now)
        return False
    if row.state != BEHIND or now - row.since < PATIENCE:
        return False
    with transaction.atomic():
        if not EdgeState.objects.filter(pk=row.pk, state=BEHIND).update(state="told", since=now):
            return False  # another process was faster
        facts = {"edge": cell.edge, "state": state, "reason": cell.error or cell.words}
        notify(Event.EDGE_BEHIND, now=now, facts=facts, link="/edges/")
    return True


def _state(cell: Cell) -> str:
    """An edge that never connected is not behind."""
    if not cell.revision or (cell.state in ("applied", "waiting") and not cell.silent_for):
        return WELL
    return "silent" if cell.silent_for else "behind"


def _first(edge: str, now: datetime) -> EdgeState:
    try:
        with transaction.atomic():
            return EdgeState.objects.create(edge=edge, state=WELL, since=now)
    except IntegrityError:
        return EdgeState.objects.get(edge=edge)
