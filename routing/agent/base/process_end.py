"""Why a process ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EndKind(StrEnum):
    """Why a process ended unexpectedly. `start`: the version's own code never became ready; `edge`:
    this machine could not start it, whatever the version."""

    crash = "crash"
    hang = "hang"
    memory = "memory"
    start = "start"
    edge = "edge"


@dataclass(frozen=True, slots=True)
class End:
    """The last unexpected end of a process; `at` is in seconds."""

    kind: EndKind
    at: float
    message: str = ""
