"""Whether an edge can have a name."""

from __future__ import annotations

from datetime import datetime

from dashboard.edges import messages
from routing.models import Edge, JoinToken
from routing.rules.names import is_edge_name


class EdgeRefused(Exception):
    """A change of an edge was refused. `field` is the field of a form that is wrong."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def check_name(name: str, now: datetime, *, edge: Edge | None = None) -> None:
    """Raises `EdgeRefused` if `name` is invalid, or another edge has it or will join with it."""
    if not is_edge_name(name):
        raise EdgeRefused(messages.not_a_name(name), "name")
    other = Edge.objects.filter(name=name).first()
    joining = JoinToken.objects.waiting(now).filter(name=name, edge=None)
    if other is not None and other != edge:
        raise EdgeRefused(messages.name_taken(name), "name")
    if joining.exists():
        raise EdgeRefused(messages.name_joining(name), "name")
