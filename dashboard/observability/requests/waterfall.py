"""When each hop of a trace ran, as bars. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

WIDTH = 1000.0
THINNEST = 4.0
"""In units of `WIDTH`: what took no time is seen all the same."""


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` on, so many milliseconds."""

    start: datetime
    ms: float

    @property
    def end(self) -> datetime:
        return self.start + timedelta(milliseconds=self.ms)

    def holds(self, moment: datetime, slack: timedelta = timedelta(milliseconds=2)) -> bool:
        """Did `moment` come while this ran? The clocks of one machine, give or take `slack`."""
        return self.start - slack <= moment <= self.end + slack


@dataclass(frozen=True, slots=True)
class Bar:
    """`x` and `width` in units of `WIDTH`; `after_ms` from the first start."""

    x: float
    width: float
    after_ms: float


def bars(spans: Sequence[Span]) -> list[Bar]:
    """One for each span, all on the same scale."""
    if not spans:
        return []
    first, last = min(s.start for s in spans), max(s.end for s in spans)
    whole = max((last - first) / timedelta(milliseconds=1), 0.001)
    return [_bar(span, first, whole) for span in spans]


def _bar(span: Span, first: datetime, whole: float) -> Bar:
    after = (span.start - first) / timedelta(milliseconds=1)
    width = max(THINNEST, WIDTH * span.ms / whole)
    x = min(WIDTH * after / whole, WIDTH - THINNEST)
    return Bar(round(x, 1), round(min(width, WIDTH - x), 1), after)
