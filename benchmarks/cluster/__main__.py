"""`python -m benchmarks.cluster`: exit code 1 when a request failed, a count is off, or a page was
wrong."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.base import machine
from benchmarks.cluster import isolation
from benchmarks.cluster.faults import FULL, all_faults, short_faults
from benchmarks.cluster.release import Release, last_release, this_release
from benchmarks.cluster.report import printed
from benchmarks.cluster.rounds import Fault, Round, loads, play
from benchmarks.cluster.site import Site
from benchmarks.cluster.upgrade import rolling_upgrade


def main(arguments: Sequence[str]) -> int:
    options = argparse.ArgumentParser(description="Every fault on eleven machines, under load.")
    options.add_argument("--short", action="store_true", help="half a minute of faults")
    options.add_argument("--faults", default="", help="those that begin so, separated by commas")
    options.add_argument("--edge-away", type=float, default=FULL.edge, metavar="SECONDS")
    options.add_argument("--upgrade", action="store_true", help="the rolling upgrade instead")
    given = options.parse_args(arguments)
    if not isolation.is_inside():
        if why := isolation.obstacle():
            print(f"The cluster needs network namespaces: {why}.", file=sys.stderr)
            return 2
        return isolation.run_inside("benchmarks.cluster", arguments)
    faults = _faults(given)
    folder = Path(tempfile.mkdtemp(prefix="sluice-cluster-"))
    folder.chmod(0o711)
    try:
        release = last_release(folder) if given.upgrade else this_release()
        rounds = run(folder, release, faults)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"\n{printed(rounds)}\n\n{machine.conditions()}")
    return int(any(one.violations for one in rounds))


def _faults(given: argparse.Namespace) -> list[Fault]:
    if given.upgrade:
        return [rolling_upgrade()]
    faults = short_faults() if given.short else all_faults(replace(FULL, edge=given.edge_away))
    names = tuple(name.strip() for name in given.faults.split(",") if name.strip())
    return [fault for fault in faults if fault.name.startswith(names or "")]


def run(folder: Path, release: Release, faults: Sequence[Fault]) -> list[Round]:
    began = time.monotonic()
    site = Site(folder, release)
    try:
        site.start()
        _tell(f"set up from nothing in {time.monotonic() - began:.1f} s")
        with loads(site) as load:
            rounds = []
            for fault in faults:
                began = time.monotonic()
                one = play(site, load, fault)
                rounds.append(one)
                outcome = "; ".join(one.violations) or "as expected"
                _tell(f"{fault.name}: {outcome} ({time.monotonic() - began:.0f} s)")
        return rounds
    finally:
        site.stop()


def _tell(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
