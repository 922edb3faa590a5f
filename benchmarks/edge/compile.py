"""Many Workers of two versions compiled: time and size, and what changing one costs.

`python -m benchmarks.edge.compile [--workers 200 2000]`. Beside each time stands the ratio to
plain `json.dumps` of the same snapshot, the least that writing everything down could cost.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable, Mapping

from benchmarks.base import figures, machine
from benchmarks.dashboard import many
from routing.agent.base.capnp_config import encode, runtime
from routing.agent.discovery.messages import Resource
from routing.agent.discovery.resources import Compiler
from routing.compile.workerd import config as workerd
from routing.snapshot import Snapshot, from_json, merge, to_json

VERSIONS = 16_000
"""Versions that are compiled in all rounds together, for each number of Workers."""

_Works = Mapping[str, Callable[[], bytes]]


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.edge.compile", description=__doc__)
    options.add_argument("--workers", type=int, nargs="+", default=[200, 2000])
    print(machine.conditions(), flush=True)
    for workers in options.parse_args().workers:
        _measure(workers, max(1, min(30, VERSIONS // workers)))
    print(f"\n{machine.conditions()}")


def _measure(workers: int, rounds: int) -> None:
    snapshot = many.snapshot_of(workers)
    change = many.one_changed(snapshot)
    merged = merge(snapshot, from_json(change))
    plain = json.loads(to_json(snapshot))
    compiler = Compiler()
    _changed(compiler, snapshot, merged)  # the first call compiles everything
    everything: _Works = {
        "json.dumps of the snapshot": lambda: json.dumps(plain).encode(),
        "Envoy's clusters": lambda: _clusters(Compiler(), snapshot),
        "Envoy's routes": lambda: _routes(Compiler(), snapshot),
    }
    one: _Works = {
        "json.dumps of the snapshot": lambda: json.dumps(plain).encode(),
        "read the change, merge it": lambda: _read(snapshot, change),
        "Envoy's clusters and routes": lambda: _changed(compiler, snapshot, merged),
        "one version's workerd": lambda: _workerd(snapshot),
    }
    print(_measured(f"{workers:,} Workers × 2 versions", everything, rounds))
    print(_measured(f"one of {workers:,} changed", one, rounds), flush=True)


def _measured(title: str, works: _Works, rounds: int) -> str:
    """Each in turn, many times over, so that what disturbs one disturbs all."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            times[name].append(_milliseconds(work))
    base = next(iter(times.values()))
    rows = [
        [
            name,
            f"{figures.median(times[name]):.1f}",
            f"{figures.paired(times[name], base):.2f}",
            f"{len(work()):,}",
        ]
        for name, work in works.items()
    ]
    return "\n" + figures.table([title, "median ms", "of json.dumps", "bytes"], rows)


def _milliseconds(work: Callable[[], bytes]) -> float:
    gc.collect()
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


# --- as the agent does it -------------------------------------------------------------------------


def _clusters(compiler: Compiler, snapshot: Snapshot) -> bytes:
    versions = [version for worker in snapshot.workers for version in worker.versions]
    return _bytes(compiler.clusters(versions, {}))


def _routes(compiler: Compiler, snapshot: Snapshot) -> bytes:
    slots = {v.id: n for worker in snapshot.workers for n, v in enumerate(worker.versions)}
    return _bytes(compiler.scopes(snapshot, slots, {}))


def _changed(compiler: Compiler, before: Snapshot, after: Snapshot) -> bytes:
    """What travels to Envoy. The compiler has either, so each call changes one Worker."""
    slots = {v.id: n for worker in after.workers for n, v in enumerate(worker.versions)}
    versions = [version for worker in after.workers for version in worker.versions]
    compiler.clusters(versions, {})
    known = compiler.scopes(before, slots, {})
    found = compiler.scopes(after, slots, {})
    return _bytes({name: r for name, r in found.items() if known.get(name) != r})


def _bytes(resources: Mapping[str, Resource]) -> bytes:
    return b"".join(resource.body for resource in resources.values())


def _read(snapshot: Snapshot, change: bytes) -> bytes:
    merge(snapshot, from_json(change))
    return change


def _workerd(snapshot: Snapshot) -> bytes:
    """Of a version that calls another Worker."""
    caller = snapshot.workers[0]
    contents = {module.sha256: many.CODE for module in caller.versions[0].modules}
    config = workerd.config(caller.name, caller.versions[0], contents, slot=0, runtime=runtime())
    return encode(config)


if __name__ == "__main__":
    main()
