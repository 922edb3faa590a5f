"""Batches as an agent makes them, without an agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from dashboard.observability.ingest.batch_schema import Counts
from dashboard.observability.ingest.counts import accept
from routing.agent.access_log.log_rows import NO_SPECS, Sampler, read
from routing.agent.access_log.step_counts import StepMemory
from routing.models import Edge
from routing.snapshot import CountSpec
from tests.factories import T0
from tests.routing.agent.access_log.test_log_rows import line

MINUTE = 1_795_377_600  # T0 of the factories


def places(lines: int, file: int = 0) -> dict[str, tuple[int, int, int]]:
    """The place behind so many lines of the public listener's log."""
    return {"public": (file, 100 * lines, lines)}


def make_batch(
    *logged: bytes,
    begins: int = 0,
    specs: Mapping[str, CountSpec] = NO_SPECS,
    **given: Any,
) -> Counts:
    """What an agent would send about these lines of its log."""
    rows = read(logged, Sampler(0), specs)
    assert not rows.lost
    said = {
        "batch": "boot-1",
        "log": "log-1",
        "begins": places(begins),
        "ends": places(begins + len(logged)),
        **rows.tally.told(),
        "steps": StepMemory().rows(rows.steps),
        **given,
    }
    return msgspec.json.decode(msgspec.json.encode(said), type=Counts)


def count(edge: Edge, *logged: bytes, begins: int = 0, now: Any = T0, **given: Any) -> bool:
    return accept(edge, make_batch(*logged, begins=begins, **given), now)


def request(at: float = 0.0, version: str = "v1", **fields: Any) -> bytes:
    """One line of the log, so many seconds after T0."""
    return line(ts=f"{MINUTE + at:.6f}", version=version, **fields)
