"""A round: load at an edge and through a balancer, one fault, what it cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import psycopg

from benchmarks.cluster.site import Site
from benchmarks.torture.counts import Totals, settle
from benchmarks.torture.judge import Answer, Counted, Outcome
from benchmarks.torture.load import Load, Where
from benchmarks.torture.site import WORKER

_WARM_SECONDS = 1.0
_CALM_SECONDS = 1.0
_COMPLETE_SECONDS = 90.0
_COUNTED = (
    "SELECT coalesce(sum(requests), 0) FROM observability_count "
    "WHERE span = 60 AND hop = 'external'"
)
_MISSING = "SELECT coalesce(sum(lines), 0), count(*) - count(lines) FROM observability_gap"


@dataclass(frozen=True, slots=True)
class Fault:
    """`play` is called under load; it returns what it saw and appends claims that were untrue."""

    name: str
    play: Callable[[Site, list[str]], str]


@dataclass(slots=True)
class Round:
    """Times are in seconds: until complete again, and of the deployment after that."""

    fault: str
    answers: list[Answer]
    counted: Counted
    seen: str
    complete_after: float
    deployed_after: float
    violations: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[Answer]:
        return [answer for answer in self.answers if answer.outcome is not Outcome.ok]


class Loads:
    """At edge-1, and at the balancer in front of all three."""

    def __init__(self, site: Site) -> None:
        addresses = [site.edges[0].address, site.front.address]
        self._loads = [
            Load(Where(8787, WORKER, site.stable, address, sockets=address != addresses[-1]))
            for address in addresses
        ]

    def go(self) -> None:
        for load in self._loads:
            load.go()

    def pause(self) -> list[Answer]:
        return [answer for load in self._loads for answer in load.pause()]

    def close(self) -> None:
        for load in self._loads:
            load.close()


@contextmanager
def loads(site: Site) -> Iterator[Loads]:
    with ExitStack() as ends:
        made = Loads(site)
        ends.callback(made.close)
        yield made


def play(site: Site, load: Loads, fault: Fault) -> Round:
    before = settle(lambda: totals(site), Totals(), 0)
    site.asked = 0
    untrue: list[str] = []
    load.go()
    time.sleep(_WARM_SECONDS)
    seen = fault.play(site, untrue)
    for claim in untrue:
        print(f"{fault.name}: {claim}", flush=True)  # even if the round does not end
    complete = site.wait(f"complete after {fault.name}", site.is_complete, _COMPLETE_SECONDS)
    if not site.is_unsure and site.newest_deployment() != site.deployment:
        untrue.append("the newest deployment is not the last one that was answered 200")
    site.split = 101 - site.split
    deployed = site.deploy(site.split)
    time.sleep(_CALM_SECONDS)
    answers = load.pause()
    return _judged(
        site, before, Round(fault.name, answers, _NONE, seen, complete, deployed, untrue)
    )


_NONE = Counted(0, 0, 0, 0, False)


def _judged(site: Site, before: Totals, one: Round) -> Round:
    answered = sum(a.outcome in (Outcome.ok, Outcome.error, Outcome.wrong) for a in one.answers)
    after = settle(lambda: totals(site), before, answered)
    one.counted = Counted(
        answered=answered,
        unsure=len(one.answers) - answered + site.asked,
        counted=after.counted - before.counted,
        missing=after.missing - before.missing,
        has_unknown_gap=after.unknown > before.unknown,
    )
    failed = [f"{a.kind}: {a.outcome}" for a in one.failures]
    one.violations += [f"{failed.count(what)} failed {what}" for what in sorted(set(failed))]
    if one.counted.off_by or one.counted.missing or one.counted.has_unknown_gap:
        one.violations.append(f"counts are not exact: {one.counted}")
    return one


def totals(site: Site) -> Totals:
    with psycopg.connect(site.database_url, autocommit=True) as rows:
        counted = rows.execute(_COUNTED).fetchone()
        missing = rows.execute(_MISSING).fetchone()
    assert counted is not None and missing is not None
    return Totals(int(counted[0]), int(missing[0]), int(missing[1]))
