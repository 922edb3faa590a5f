"""Several programs under the same load, in turns, so that what disturbs one disturbs all."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.base import figures, load, machine
from benchmarks.base.load import Load, Target

_CHECKED = 300
_MICRO = 1e6
_TRIES = 4
_PATIENCE = 10.0  # seconds to wait for a quiet moment, each time
_MUCH = 0.15  # seconds of others' CPU time in each second


@dataclass(frozen=True)
class Contender:
    """A name, what to ask, and the processes whose CPU time an answer costs, by role."""

    name: str
    target: Target
    processes: Mapping[str, Sequence[int]]
    logs: Sequence[Path] = ()


@dataclass
class Result:
    """What the rounds gave. Costs are CPU microseconds for one request, by role."""

    per_second: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    costs: dict[str, list[float]] = field(default_factory=dict)

    def add(self, measured: _Measured) -> None:
        """One more round."""
        self.per_second.append(measured.seen.per_second)
        self.p50.append(measured.seen.p50)
        for role, cost in measured.costs.items():
            self.costs.setdefault(role, []).append(cost)

    def cost(self, role: str) -> float:
        """The lower quartile over rounds; 0 where the role has no part in it."""
        return figures.quartile(self.costs[role]) if role in self.costs else 0.0


def answers(target: Target, count: int = _CHECKED) -> Counter[str]:
    """How often each body came; ends the run at an answer that is not 200."""
    request = urllib.request.Request(target.url, headers=dict(target.headers))
    found: Counter[str] = Counter()
    for _ in range(count):
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                found[answer.read().decode()] += 1
        except urllib.error.HTTPError as error:
            sys.exit(f"{target}: {error.code} {error.read().decode()}")
    return found


def run(
    contenders: Sequence[Contender],
    rounds: int,
    seconds: int,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, Result]:
    """Each contender once in every round, and each round begins with another one."""
    results = {contender.name: Result() for contender in contenders}
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}, {machine.conditions()}")
        first = number % len(contenders)
        for contender in [*contenders[first:], *contenders[:first]]:
            results[contender.name].add(_quietest(contender, seconds))
    return results


@dataclass(frozen=True)
class _Measured:
    """One contender in one round; `others` is the CPU time that strangers took, in seconds."""

    seen: Load
    costs: dict[str, float]
    others: float


def _quietest(contender: Contender, seconds: int) -> _Measured:
    """Measures again, a few times at most, while others have much of the machine."""
    tries: list[_Measured] = []
    while len(tries) < _TRIES:
        machine.wait_until_quiet(_PATIENCE)
        tries.append(_measure(contender, seconds))
        if tries[-1].others < _MUCH * seconds:
            break
    return min(tries, key=lambda one: one.others)


def _measure(contender: Contender, seconds: int) -> _Measured:
    busy, ours = machine.busy_seconds(), _own_seconds()
    before = {role: machine.cpu_seconds(pids) for role, pids in contender.processes.items()}
    seen = load.drive(contender.target, seconds)
    spent = {
        role: machine.cpu_seconds(pids) - before[role] for role, pids in contender.processes.items()
    }
    known = sum(spent.values()) + _own_seconds() - ours
    for log in contender.logs:
        os.truncate(log, 0)
    costs = {role: used / seen.requests * _MICRO for role, used in spent.items()}
    return _Measured(seen, costs, machine.busy_seconds() - busy - known)


def _own_seconds() -> float:
    """CPU time of this program and of every wrk that has ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system
