"""One fault: load, the fault, its end, everything answers again, the last count."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext, suppress

from benchmarks.torture.counts import Totals, settled
from benchmarks.torture.deploying import deploying
from benchmarks.torture.faults.fault import Fault
from benchmarks.torture.judge import Answer, Counted, Outcome, Round, cost, violations
from benchmarks.torture.load import Load
from benchmarks.torture.pages import Pages
from benchmarks.torture.schedule import Turn
from benchmarks.torture.site import Site, eventually

_COMPLETE_SECONDS = 45.0
_CALM_SECONDS = 0.7


def play(
    site: Site,
    load: Load,
    pages: Pages,
    fault: Fault,
    turn: Turn,
    before: Totals,
    slack: float,
) -> tuple[Round, Totals]:
    """The round, and the totals after it. Nothing of the fault is left when it returns. `slack`:
    seconds that recovery may take longer than expected, for a busy machine."""
    wall = time.time()
    load.go()
    with deploying(site, turn.seed) if turn.seed and not fault.deploys else nullcontext():
        time.sleep(turn.warm_seconds)
        (began, struck), said = _strike(site, fault, pages)
        complete = eventually(site.is_complete, _COMPLETE_SECONDS)
    time.sleep(_CALM_SECONDS)
    answers = load.pause()
    seen = _answered(answers)
    after = settled(site.data, before, seen)
    counted = Counted(
        answered=seen,
        unsure=len(answers) - seen + site.asked,
        counted=after.counted - before.counted,
        missing=after.missing - before.missing,
        has_unknown_gap=after.unknown > before.unknown,
    )
    paid = cost(answers, began, struck)
    found = violations(paid, counted, fault.expected, slack)
    if not complete:
        found.append(f"not complete again after {_COMPLETE_SECONDS:.0f} s")
    if found:
        found += [*paid.kinds, *logged_failures(site, wall)]
    return Round(fault.name, paid, counted, said, found), after


def _answered(answers: list[Answer]) -> int:
    """Those whose status line came from the edge."""
    told = (Outcome.ok, Outcome.error, Outcome.wrong)
    return sum(answer.outcome in told for answer in answers)


def _strike(site: Site, fault: Fault, pages: Pages) -> tuple[tuple[float, float], str]:
    """When the fault began and when all had noticed, and what the pages said at its end."""
    began, site.struck, site.asked = time.monotonic(), None, 0
    try:
        fault.begin(site)
        struck = site.struck or (began, began)
        time.sleep(fault.hold_seconds)
        return struck, pages.say()
    finally:
        fault.end(site)


def logged_failures(site: Site, since: float, most: int = 3) -> list[str]:
    """What the edge logged of the first failures since then, in Envoy's words."""
    found = []
    for file in sorted((site.data / "edge" / "log").glob("public.log*")):
        for raw in file.read_bytes().splitlines():
            with suppress(ValueError):
                line = json.loads(raw)
                if float(line["ts"]) >= since and not 100 < line["status"] < 500:
                    words = (line["status"], line["path"], line["flags"], line["details"])
                    found.append("logged: " + " ".join(map(str, words)))
    return found[:most]
