"""The hop trail: every Worker that a request passed through, from the trace of its ray."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.observability.requests.trace import Hop, trace
from routing.models import InvocationDetail

#: The waterfall's units per percent of its width.
_UNITS_PER_PERCENT = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """One hop as a bar: `start` and `width` are percentages; `caller` is the calling Worker."""

    hop: Hop
    start: str
    width: str
    caller: str = ""

    @property
    def worker(self) -> str:
        if self.hop.row:
            return self.hop.row.invocation.worker
        return self.hop.call.worker if self.hop.call else ""

    @property
    def version_id(self) -> str:
        if self.hop.row and self.hop.row.invocation.version_id:
            return self.hop.row.invocation.version_id
        return self.hop.call.version_id if self.hop.call else ""


@dataclass(frozen=True, slots=True)
class Trail:
    """Each caller before the Workers it called."""

    steps: tuple[Step, ...] = ()
    total_ms: float = 0

    @property
    def details(self) -> list[InvocationDetail]:
        return [detail for step in self.steps for detail in step.hop.details]

    @property
    def has_output(self) -> bool:
        """Whether any Worker wrote to its console or threw an exception."""
        return any(detail.logs or detail.exceptions for detail in self.details)

    @property
    def workers(self) -> int:
        return len({step.worker for step in self.steps})


def trail(ray: str) -> Trail:
    """The trail of one request; empty until its log lines arrive."""
    steps: list[Step] = []
    for hop in trace(ray) if ray else []:
        parent = next((s for s in reversed(steps) if s.hop.depth == hop.depth - 1), None)
        start, width = (f"{x / _UNITS_PER_PERCENT:.2f}%" for x in (hop.bar.x, hop.bar.width))
        steps.append(Step(hop, start, width, parent.worker if parent else ""))
    return Trail(tuple(steps), max((s.hop.bar.after_ms + s.hop.span.ms for s in steps), default=0))
