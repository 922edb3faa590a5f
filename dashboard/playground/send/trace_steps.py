"""The hop trail: every Worker that a request passed through, as the trace of its ray tells."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.observability.requests.trace import Hop, trace
from routing.models import InvocationDetail

#: The waterfall's own width; bars are drawn in per cent of it.
_WIDE = 10.0


@dataclass(frozen=True, slots=True)
class Step:
    """One hop with its place: `start` and `width` in percent, the Worker that called it."""

    hop: Hop
    start: str
    width: str
    caller: str = ""

    @property
    def worker(self) -> str:
        if self.hop.row:
            return self.hop.row.invocation.worker
        return self.hop.call.worker if self.hop.call else ""


@dataclass(frozen=True, slots=True)
class Trail:
    """Callers before those they called."""

    steps: tuple[Step, ...] = ()
    total_ms: float = 0

    @property
    def details(self) -> list[InvocationDetail]:
        """What the Workers said, in the order of the hops."""
        return [detail for step in self.steps for detail in step.hop.details]

    @property
    def said(self) -> bool:
        """Whether any Worker wrote to its console or threw."""
        return any(detail.logs or detail.exceptions for detail in self.details)

    @property
    def workers(self) -> int:
        return len({step.worker for step in self.steps})


def trail(ray: str) -> Trail:
    """The trail of one request; empty while its log lines are on their way."""
    found = trace(ray) if ray else []
    steps: list[Step] = []
    for hop in found:
        parent = next((s for s in reversed(steps) if s.hop.depth == hop.depth - 1), None)
        start, width = f"{hop.bar.x / _WIDE:.2f}%", f"{hop.bar.width / _WIDE:.2f}%"
        steps.append(Step(hop, start, width, parent.worker if parent else ""))
    return Trail(tuple(steps), max((s.hop.bar.after_ms + s.hop.span.ms for s in steps), default=0))
