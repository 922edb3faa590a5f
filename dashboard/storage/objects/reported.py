"""How many Durable Objects there are, and their size, as edges reported it last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from routing.models import Edge


@dataclass(frozen=True, slots=True)
class ReportedObjects:
    """Objects with stored data; `size` in bytes."""

    count: int = 0
    size: int = 0

    def __add__(self, other: ReportedObjects) -> ReportedObjects:
        return ReportedObjects(self.count + other.count, self.size + other.size)


def reported_objects() -> dict[str, ReportedObjects]:
    """By namespace, all edges together; a namespace that no edge reported is missing. One query."""
    return _sums(Edge.objects.values_list("status", flat=True))


def _sums(statuses: Iterable[Mapping[str, Any]]) -> dict[str, ReportedObjects]:
    sums: dict[str, ReportedObjects] = {}
    for status in statuses:
        reported = status.get("objects")
        for key, row in reported.items() if isinstance(reported, Mapping) else ():
            one = ReportedObjects(_number(row, "objects"), _number(row, "bytes"))
            sums[key] = sums.get(key, ReportedObjects()) + one
    return sums


def _number(row: object, field: str) -> int:
    """What an edge reports is not trusted to have the right shape."""
    value = row.get(field) if isinstance(row, Mapping) else None
    return value if isinstance(value, int) and value > 0 else 0
