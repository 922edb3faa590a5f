"""`python -m benchmarks.torture`: exit code 1 when a fault cost more than it may."""

from __future__ import annotations

import argparse
import secrets
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.base import machine
from benchmarks.torture import disk
from benchmarks.torture.counts import totals
from benchmarks.torture.faults import ALL
from benchmarks.torture.judge import Round
from benchmarks.torture.load import Load, Where
from benchmarks.torture.pages import Pages
from benchmarks.torture.reaper import reaped
from benchmarks.torture.report import printed
from benchmarks.torture.rounds import play
from benchmarks.torture.schedule import turns
from benchmarks.torture.site import WORKER, Site


def run(
    names: Sequence[str],
    seed: int,
    *,
    seconds: float,
    most: int | None = None,
    deploying: bool = True,
    slack: float = 1.0,
    tell: Callable[[Round], None] = lambda one: None,
) -> list[Round]:
    """Rounds until `seconds` have passed, or `most` of them. Without a small disk, faults that
    need one are left out. `deploying`: percentages change all the time.
    `slack`: as in `play`."""
    rounds: list[Round] = []
    with _folder() as (folder, mounted), _started(folder) as (site, load, pages):
        if not mounted and any(ALL[name].needs_disk for name in names):
            print("Left out, as only root can mount a small disk: disk full", file=sys.stderr)
        able = [name for name in names if mounted or not ALL[name].needs_disk]
        deadline = time.monotonic() + seconds
        before = totals(site.data)
        for turn in turns(able, seed, deploying=deploying):
            if time.monotonic() > deadline or len(rounds) == most:
                return rounds
            one, before = play(site, load, pages, ALL[turn.fault], turn, before, slack)
            rounds.append(one)
            tell(one)
    return rounds


@contextmanager
def _folder() -> Iterator[tuple[Path, bool]]:
    folder = Path(tempfile.mkdtemp(prefix="sluice-torture-"))
    mounted = disk.mount(folder)
    folder.chmod(0o711)
    with reaped(folder, mounted):
        yield folder, mounted


@contextmanager
def _started(folder: Path) -> Iterator[tuple[Site, Load, Pages]]:
    site = Site(folder)
    with ExitStack() as ends:
        ends.callback(site.stop)
        site.start()
        load = Load(Where(site.system.edge_port, WORKER, site.stable))
        ends.callback(load.close)
        pages = Pages(f"http://127.0.0.1:{site.system.http_port}", WORKER, site.password)
        ends.callback(pages.close)
        yield site, load, pages


def main() -> None:
    options = argparse.ArgumentParser(description="Runs every fault at random instants.")
    options.add_argument("--minutes", type=float, default=5.0)
    options.add_argument("--seed", type=int, default=secrets.randbelow(10_000))
    options.add_argument("--faults", default="", help=f"separated by commas: {', '.join(ALL)}")
    given = options.parse_args()
    names = [name.strip() for name in given.faults.split(",") if name.strip()] or list(ALL)
    if unknown := [name for name in names if name not in ALL]:
        options.error(f"no such fault: {', '.join(unknown)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    print(f"{machine.conditions()}\nseed {given.seed}, {given.minutes:g} minutes\n", flush=True)
    rounds = run(names, given.seed, seconds=given.minutes * 60, tell=_tell)
    print(f"\n{printed(rounds)}\n\n{machine.conditions()}")
    sys.exit(any(one.violations for one in rounds))


def _tell(one: Round) -> None:
    found = "; ".join(one.violations) or "as expected"
    print(f"{one.fault}: {one.cost.requests} requests, {found}", flush=True)


if __name__ == "__main__":
    main()
