"""The thresholds of slow requests as a value. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SlowBudget:
    """Thresholds in microseconds, 0 if stable had too little traffic. `requests`: stable's requests
    that they are computed from."""

    p95_us: int = 0
    p99_us: int = 0
    requests: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


NO_BUDGET = SlowBudget()


def budget_from_json(data: Mapping[str, Any]) -> SlowBudget:
    """Inverse of `as_json`. Rollouts of earlier releases have no budget."""
    return SlowBudget(**{name: int(data.get(name, 0)) for name in asdict(NO_BUDGET)})
