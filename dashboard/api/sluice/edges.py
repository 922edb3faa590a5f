"""Edges as the pages show them: silent, losing lines of their log, unable to write."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Router, Schema
from pydantic import Field

from dashboard.api.http.auth import ApiRequest, may_read
from dashboard.fleet.propagation import Cell, meter_of_all

router = Router(tags=["Edges"])


class EdgeItem(Schema):
    """One edge. `reasons` are the codes of `/healthz`; without any, nothing is wrong."""

    name: str
    revision: int
    has_newest: bool = Field(description="It has the newest revision, and reports.")
    silent_seconds: float | None = Field(description="Since its last report; null while it does.")
    lost_lines: int = Field(description="Lines of its log that were never counted, of every kind.")
    lost_at: datetime | None = Field(description="The last loss of the last five minutes.")
    disk: str = Field(description="Why it cannot write: full, no_inodes, read_only or broken.")
    reasons: list[str]


@router.get("/edges", auth=may_read, response=list[EdgeItem])
def list_edges(request: ApiRequest) -> Any:
    """Every edge, by name."""
    return [_item(cell) for cell in meter_of_all().cells]


def _item(cell: Cell) -> dict[str, Any]:
    condition = cell.condition
    assert condition is not None
    silent = condition.silent_for
    return {
        "name": cell.edge,
        "revision": cell.revision,
        "has_newest": cell.state == "applied" and silent is None,
        "silent_seconds": silent.total_seconds() if silent is not None else None,
        "lost_lines": condition.lost_lines,
        "lost_at": condition.lost_at,
        "disk": condition.disk,
        "reasons": list(condition.reasons),
    }
