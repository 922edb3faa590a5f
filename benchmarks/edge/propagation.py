"""How soon a deployment decides requests, and that no request fails meanwhile.

`python -m benchmarks.edge.propagation [--quick]`. The clock runs from the deploy call's return to
the first answer that says it was decided by that deployment, seen by a client that asks without
pause. The peer is nginx: the same split changed in its file, from the return of `nginx -s reload`.
"""

from __future__ import annotations

import argparse
import http.client
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from benchmarks.base import figures, machine, peers, system as systems, traffic
from benchmarks.base.split import Split, socket_of
from benchmarks.base.system import System
from benchmarks.base.traffic import WORKER, Seen, Where

_LONGEST = 20.0


@dataclass
class Times:
    """Milliseconds: the call itself, and from its return to the first request it decided."""

    call: list[float] = field(default_factory=list)
    decided: list[float] = field(default_factory=list)


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.edge.propagation", description=__doc__)
    options.add_argument("--quick", action="store_true", help="10 and 5 deployments")
    given = options.parse_args()
    percentages, versions = (10, 5) if given.quick else (50, 20)
    with systems.running() as system:
        stays = system.upload(WORKER, traffic.SOURCE, live=True)
        brought = [
            system.upload(WORKER, f"// {number}\n{traffic.SOURCE}")
            for number in range(versions + 1)
        ]
        system.wait_for(WORKER, system.deploy(WORKER, (brought[0], 50), (stays, 50)))
        print(machine.conditions(), flush=True)
        where = Where(system.edge_port, stays)
        with traffic.flowing(where) as seen:
            changed = change_percentages(system, where, brought[0], percentages)
        print(report("Percentages", changed, seen), flush=True)
        with traffic.flowing(where) as seen:
            replaced = bring_versions(system, where, brought[1:])
        print(report("New versions", replaced, seen), flush=True)
        compare_with_nginx(system, stays, brought[-1], percentages)
    print(machine.conditions())


def change_percentages(system: System, where: Where, new: str, count: int) -> Times:
    """One percentage after the other, all different from the one before."""
    splits = [(new, 10 + number % 80) for number in range(count)]
    return _deploy(system, where, splits, pause=(0.2, 0.4))


def bring_versions(system: System, where: Where, versions: Sequence[str]) -> Times:
    """Each deployment replaces the version beside the one that stays by one not yet running."""
    return _deploy(system, where, [(version, 50) for version in versions], pause=(0.5, 1.0))


def _deploy(
    system: System, where: Where, splits: Sequence[tuple[str, int]], pause: tuple[float, float]
) -> Times:
    probe, times = Probe(where, "x-sluice-deployment"), Times()
    for version, percent in splits:
        rest = (where.stays, 100 - percent)
        _time(probe, times, partial(system.deploy, WORKER, (version, percent), rest))
        time.sleep(random.uniform(*pause))
    return times


def _time(probe: Probe, times: Times, act: Callable[[], str]) -> None:
    began = time.monotonic()
    mark = act()
    returned = time.monotonic()
    probe.wait_for(mark)
    times.call.append((returned - began) * 1000)
    times.decided.append((time.monotonic() - returned) * 1000)


class Probe:
    """A client on one connection, which asks again as soon as it has its answer."""

    def __init__(self, where: Where, header: str) -> None:
        self._where, self._header = where, header
        self._connection = http.client.HTTPConnection("127.0.0.1", where.port, timeout=10)

    def wait_for(self, mark: str) -> None:
        """Returns with the first answer that carries the mark."""
        deadline = time.monotonic() + _LONGEST
        while self._ask() != mark:
            if time.monotonic() > deadline:
                sys.exit(f"{mark} decided no request within {_LONGEST:.0f} s")

    def _ask(self) -> str | None:
        try:
            self._connection.request("GET", "/", headers=self._where.headers)
            answer = self._connection.getresponse()
            answer.read()
        except (ConnectionError, http.client.BadStatusLine):
            self._connection.close()  # as a browser would, ask again on a new connection
            return None
        if answer.status != 200:
            sys.exit(f"the probe got {answer.status}")
        return answer.getheader(self._header)


def compare_with_nginx(system: System, old: str, new: str, count: int) -> None:
    """The same percentages in nginx, in front of the same two processes."""
    split = Split(WORKER, old, new, socket_of(system, old), socket_of(system, new), 50)
    with tempfile.TemporaryDirectory(prefix="sluice-peers-") as name:
        folder = Path(name)
        with peers.nginx(split, folder, log=True) as peer:
            where = Where(peer.port, old, websocket=False)
            with traffic.flowing(where) as seen:
                times = _reload_often(split, folder, where, count)
    print(report("nginx -s reload", times, seen), flush=True)


def _reload_often(split: Split, folder: Path, where: Where, count: int) -> Times:
    probe, times = Probe(where, "x-split"), Times()
    for number in range(count):
        changed = replace(split, percent=10 + number % 80)
        _time(probe, times, partial(_reload, changed, folder, where.port, str(number)))
        time.sleep(random.uniform(0.2, 0.4))
    return times


def _reload(split: Split, folder: Path, port: int, mark: str) -> str:
    peers.write_nginx(split, folder, port, log=True, mark=mark)
    subprocess.run(peers.nginx_command(folder, "-s", "reload"), check=True)
    return mark


def report(title: str, times: Times, seen: Seen) -> str:
    """A table of times, a table of requests, and what the failed ones said."""
    rows = [
        [name, len(values), *(f"{figures.percentile(values, p):.0f}" for p in (50, 95, 100))]
        for name, values in (("until it decides", times.decided), ("the call itself", times.call))
    ]
    clock = figures.table([title, "n", "p50 ms", "p95 ms", "max ms"], rows)
    kinds = [[kind, f"{seen.sent[kind]:,}", seen.failed[kind]] for kind in sorted(seen.sent)]
    counted = figures.table(["requests", "answered", "failed"], kinds)
    said = "".join(f"\n{number} × {why}" for why, number in seen.why.most_common(5))
    return f"\n{clock}\n\n{counted}{said}"


if __name__ == "__main__":
    main()
