"""Idle memory of every process, and how long the second start of `make run` takes.

`python -m benchmarks.edge.memory`. PSS counts a page shared by n processes as a n-th in each of
them: its sum is what the machine has less. The second start begins at `make run`, with everything
installed and the demo's data there, and ends when run.json says that the edge is ready.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.base import figures, machine
from benchmarks.base.system import HOME, System

_STARTS = 5
_IDLE_SECONDS = 10
_MORE_VERSIONS = 8
_SOURCE = "export default { fetch() { return new Response('hi'); } };\n"


def main() -> None:
    print(machine.conditions(), flush=True)
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        system = System(folder)
        first = _memory_of_a_run(system)
        starts = [_start(folder) for _ in range(_STARTS)]
    made = [_make_alone() for _ in range(_STARTS)]
    print(first)
    print(_starts(system.start_seconds, starts, made))
    print(f"\n{machine.conditions()}")


def _memory_of_a_run(system: System) -> str:
    """The demo's six versions, then more of them, each idle for a while."""
    system.start()
    try:
        time.sleep(_IDLE_SECONDS)
        before = _by_role(system)
        for number in range(_MORE_VERSIONS):
            system.upload(f"more-{number}", _SOURCE, live=True)
        time.sleep(_IDLE_SECONDS)
        after = _by_role(system)
    finally:
        system.stop()
    return _compared(before, after)


def _by_role(system: System) -> dict[str, list[tuple[float, float]]]:
    return {
        role: [machine.memory_mb(pid) for pid in pids] for role, pids in system.processes().items()
    }


def _compared(
    before: dict[str, list[tuple[float, float]]], after: dict[str, list[tuple[float, float]]]
) -> str:
    rows: list[list[object]] = [
        [role, len(before[role]), *_sums(before[role]), len(after[role]), *_sums(after[role])]
        for role in ("run", "web", "work", "agent", "envoy", "workerd")
    ]
    everything = [[one for sizes in found.values() for one in sizes] for found in (before, after)]
    rows.append(["all", *(cell for found in everything for cell in (len(found), *_sums(found)))])
    columns = ("processes", "PSS MB", "RSS MB")
    table = figures.table(["idle", *columns, *columns], rows)
    each = figures.median([pss for pss, _ in after["workerd"]])
    return f"\n{table}\n\nOne version: {each:.1f} MB PSS (median of {len(after['workerd'])})"


def _sums(sizes: Iterable[tuple[float, float]]) -> list[str]:
    return [f"{sum(column):.0f}" for column in zip(*sizes, strict=True)]


def _start(folder: Path) -> float:
    """A start with data there, until it is ready."""
    system = System(folder)
    system.start()
    system.stop()
    return system.start_seconds


def _make_alone() -> float:
    """What `make run` does before it starts anything: look whether all is installed."""
    began = time.monotonic()
    subprocess.run(
        [sys.executable, "bin/setup.py", "run"], cwd=HOME, check=True, env=dict(os.environ)
    )
    return time.monotonic() - began


def _starts(first: float, later: list[float], make: list[float]) -> str:
    rows = [
        ["`bin/setup.py run`, all installed", f"{figures.median(make):.2f}", f"{max(make):.2f}"],
        ["first start, with migrations and demo", f"{first:.2f}", f"{first:.2f}"],
        ["later start", f"{figures.median(later):.2f}", f"{max(later):.2f}"],
    ]
    return "\n" + figures.table(["start to ready", "median s", "max s"], rows)


if __name__ == "__main__":
    main()
