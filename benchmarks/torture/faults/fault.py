"""What a fault is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.torture.judge import Expected
from benchmarks.torture.site import Site

Act = Callable[[Site], None]


def nothing(site: Site) -> None:
    """The end of a fault that Sluice has to end itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """`begin` returns once the fault is there, `end` once it is gone; `hold_seconds` lie between,
    and at their end the pages are read. `needs_disk`: only where a small disk could be mounted.
    `deploys`: it makes deployments itself, so no others go on meanwhile."""

    name: str
    begin: Act
    end: Act = nothing
    expected: Expected = Expected()
    hold_seconds: float = 1.5
    needs_disk: bool = False
    deploys: bool = False


def nothing_fails() -> Expected:
    """Not one request, not one late answer."""
    return Expected()


def in_flight_fails(recover_seconds: float) -> Expected:
    """Requests in flight at that instant, and answers are late for so long."""
    return Expected(in_flight=True, recover_seconds=recover_seconds)
