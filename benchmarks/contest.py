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

from benchmarks import figures, load, machine
from benchmarks.load import Target

_CHECKED = 300
_MICRO = 1e6


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
            _measure(contender, seconds, results[contender.name])
    return results


def _measure(contender: Contender, seconds: int, result: Result) -> None:
    before = {role: machine.cpu_seconds(pids) for role, pids in contender.processes.items()}
    seen = load.drive(contender.target, seconds)
    result.per_second.append(seen.per_second)
    result.p50.append(seen.p50)
    for role, pids in contender.processes.items():
        spent = machine.cpu_seconds(pids) - before[role]
        result.costs.setdefault(role, []).append(spent / seen.requests * _MICRO)
    for log in contender.logs:
        os.truncate(log, 0)
