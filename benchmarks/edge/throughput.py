"""Requests per second and CPU per request: the edge as it is in earnest, and what else there is.

`python -m benchmarks.edge.throughput [--quick]`. Each ratio is the median of paired rounds; CPU
times are lower quartiles. One request that fails ends the run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks.base import contest, direct, figures, machine, peers, split as splits
from benchmarks.base.contest import Contender, Result
from benchmarks.base.load import Target
from benchmarks.base.split import Split
from benchmarks.base.system import System

ROLES = ("proxy", "workerd", "agent", "web")
OURS = ("edge", "edge, version key", "edge, override")
DIRECT = "(a) workerd, no proxy"
BARE = "(b) Envoy, split only"
LOGGED = "(b2) Envoy, with access log"
NGINX = "(c) nginx, with access log"
QUIET_NGINX = "(c2) nginx, no access log"
HAPROXY = "(d) HAProxy, with log"
QUIET_HAPROXY = "(d2) HAProxy, no log"
PEERS = (DIRECT, BARE, LOGGED, NGINX, QUIET_NGINX, HAPROXY, QUIET_HAPROXY)


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.edge.throughput", description=__doc__)
    options.add_argument("--quick", action="store_true", help="about 30 s of load")
    options.add_argument("--rounds", type=int, help="default 12; quick 3")
    given = options.parse_args()
    rounds, seconds = (given.rounds or 3, 1) if given.quick else (given.rounds or 12, 2)
    with ExitStack() as stack:
        system, split = stack.enter_context(splits.deployed())
        contenders = [*ours(system, split), *others(stack, system, split)]
        check(contenders, split)
        results = contest.run(contenders, rounds, seconds, tell=_progress)
    print(report(results))


def ours(system: System, split: Split) -> list[Contender]:
    """The public listener: without our headers, with a version key, with an override."""
    host = {"Host": f"{split.worker}.localhost"}
    asked: list[dict[str, str]] = [{}, {peers.KEY: "user-42"}, {peers.OVERRIDES: override(split)}]
    running = system.processes()
    roles = {"proxy": "envoy", "workerd": "workerd", "agent": "agent", "web": "web"}
    processes = {ours: running[theirs] for ours, theirs in roles.items()}
    return [
        Contender(name, Target(system.edge_port, host | headers), processes)
        for name, headers in zip(OURS, asked, strict=True)
    ]


def others(stack: ExitStack, system: System, split: Split) -> list[Contender]:
    """Each in a folder of its own, all of them running at once."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sluice-peers-")))
    port, pids = stack.enter_context(direct.listening(system, split))
    found = [Contender(DIRECT, Target(port), {"workerd": pids})]
    for name, start, log in (
        (BARE, peers.envoy, False),
        (LOGGED, peers.envoy, True),
        (NGINX, peers.nginx, True),
        (QUIET_NGINX, peers.nginx, False),
        (HAPROXY, peers.haproxy, True),
        (QUIET_HAPROXY, peers.haproxy, False),
    ):
        home = folder / str(len(found))
        home.mkdir()
        peer = stack.enter_context(start(split, home, log=log))
        processes = {"proxy": peer.pids, "workerd": system.processes()["workerd"]}
        found.append(Contender(name, Target(peer.port), processes, peer.logs))
    return found


def check(contenders: Sequence[Contender], split: Split) -> None:
    """Does each of them split, and honour the headers? Otherwise the figures mean nothing."""
    for contender in contenders:
        counted = contest.answers(contender.target)
        one_only = {OURS[1]: None, OURS[2]: split.new, DIRECT: split.old}
        if not _as_asked(counted, split, one_only.get(contender.name, "")):
            sys.exit(f"{contender.name} does not split as it should: {dict(counted)}")


def _as_asked(counted: Counter[str], split: Split, expected: str | None) -> bool:
    """`expected`: one version for all, or None for whichever one; "" for both by percentage."""
    if expected != "":
        return len(counted) == 1 and expected in (None, *counted)
    return set(counted) == {split.old, split.new} and counted[split.new] < counted[split.old]


def override(split: Split) -> str:
    return f'{split.worker}="{split.new}"'


def report(results: dict[str, Result]) -> str:
    """Two tables: what each costs, and what the edge reaches of each of the others."""
    base = results[DIRECT].per_second
    costs = [
        [
            name,
            f"{figures.median(found.per_second):,.0f}",
            f"{figures.paired(found.per_second, base):.2f}",
            f"{figures.median(found.p50):.2f}",
            *(f"{found.cost(role):.0f}" if role in found.costs else "" for role in ROLES),
        ]
        for name, found in results.items()
    ]
    head = ["", "requests/s", "of (a)", "p50 ms", *(f"{role} µs" for role in ROLES)]
    short = [name.split()[0] for name in PEERS]
    ratios = [[name, *(_ratio(results[name], results[peer]) for peer in PEERS)] for name in OURS]
    against = figures.table(["requests/s of the edge, of …", *short], ratios)
    return f"\n{figures.table(head, costs)}\n\n{against}\n\n{machine.conditions()}"


def _ratio(one: Result, other: Result) -> str:
    return f"{figures.paired(one.per_second, other.per_second):.2f}"


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
