"""What a signed permission costs beside an ordinary override, on the same edge in the same rounds.

`python -m benchmarks.edge.permits [--quick]`. Two Workers with the same code and split, one of them
protected. Ratios are medians of paired rounds, against the ordinary override; CPU times are lower
quartiles. One request that fails, or that another version answers, ends the run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys

from benchmarks.base import contest, figures, machine, split as splits
from benchmarks.base.contest import Contender, Result
from benchmarks.base.load import Target
from benchmarks.base.peers import OVERRIDES
from benchmarks.base.split import SOURCE, Split
from benchmarks.base.system import HOME, System
from routing.rules.permissions.permission import COOKIE, PERMISSION

GUARDED = "guarded"
ROLES = ("proxy", "agent", "workerd")
OVERRIDE = "override"
PERMITTED = "override, permission"
SHARED = "shared link's cookie"
PLAIN, PLAIN_GUARDED = "no override", "no override, protected Worker"


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.edge.permits", description=__doc__)
    options.add_argument("--quick", action="store_true", help="about 15 s of load")
    options.add_argument("--rounds", type=int, help="default 15; quick 5")
    given = options.parse_args()
    rounds, seconds = (given.rounds or 5, 1) if given.quick else (given.rounds or 15, 2)
    with splits.deployed() as (system, split):
        contenders = _contenders(system, split)
        if given.quick:
            contenders = [one for one in contenders if one.name not in (PLAIN, PLAIN_GUARDED)]
        results = contest.run(contenders, rounds, seconds, tell=_progress)
    print(report(results))


def _contenders(system: System, split: Split) -> list[Contender]:
    new = _guarded(system, split)
    token = _manage(system, "link", "--version", new)["permission"]
    guarded = {"Host": f"{GUARDED}.localhost"}
    free = {"Host": f"{split.worker}.localhost"}
    asks = {OVERRIDES: f'{GUARDED}="{new}"'}
    asked = {
        OVERRIDE: (free | {OVERRIDES: f'{split.worker}="{split.new}"'}, split.new),
        PERMITTED: (guarded | asks | {PERMISSION: token}, new),
        SHARED: (guarded | {"Cookie": f"{COOKIE}={token}"}, new),
        PLAIN: (free, None),
        PLAIN_GUARDED: (guarded, None),
    }
    running = system.processes()
    processes = {
        "proxy": running["envoy"],
        "agent": running["agent"],
        "workerd": running["workerd"],
    }
    found = []
    for name, (headers, version) in asked.items():
        target = Target(system.edge_port, headers)
        if version and set(contest.answers(target)) != {version}:
            sys.exit(f"{name}: another version answered")
        found.append(Contender(name, target, processes))
    return found


def _guarded(system: System, split: Split) -> str:
    """The second Worker, split like the first and protected; its newer version."""
    old = system.upload(GUARDED, SOURCE, live=True)
    new = system.upload(GUARDED, SOURCE)
    deployment = system.deploy(GUARDED, (new, split.percent), (old, 100 - split.percent))
    system.wait_for(GUARDED, deployment)
    _manage(system, "protect")
    splits.pin(system)
    return new


def _manage(system: System, *arguments: str) -> dict[str, str]:
    command = [sys.executable, "manage.py", "override", *arguments, "--worker", GUARDED, "--json"]
    environment = os.environ | {"SLUICE_DATA_DIR": str(system.data_dir)}
    done = subprocess.run(command, cwd=HOME, env=environment, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)}: {done.stderr}")
    told: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return told


def report(results: dict[str, Result]) -> str:
    """Requests a second and CPU for each, and both as ratios to the ordinary override."""
    base = results[OVERRIDE]
    rows = [
        [
            name,
            f"{figures.median(found.per_second):,.0f}",
            f"{figures.paired(found.per_second, base.per_second):.3f}",
            f"{figures.median(found.p50):.2f}",
            *(f"{found.cost(role):.0f}" for role in ROLES),
            f"{figures.paired(_total(found), _total(base)):.3f}",
        ]
        for name, found in results.items()
    ]
    cpu = [f"{role} µs" for role in ROLES]
    head = ["", "requests/s", "of override", "p50 ms", *cpu, "CPU of override"]
    return f"\n{figures.table(head, rows)}\n\n{machine.conditions()}"


def _total(found: Result) -> list[float]:
    """CPU of a request by round, all roles together."""
    return [sum(costs) for costs in zip(*(found.costs[role] for role in ROLES), strict=True)]


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
