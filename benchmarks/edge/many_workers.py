"""One edge with many Workers: memory, a step of percentages, a cold first request, starts.

`python -m benchmarks.edge.many_workers [--workers 200 2000]`. Each Worker has two versions at 50%,
copies of one that was uploaded. The edge has a memory budget for few of them. A step's clock runs
from the deploy call to the first request that the new deployment decided. Two starts: of an agent
after the last one was killed, until it reports all versions, and of the whole system on its data,
until the edge answers.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import httpx

from benchmarks.base import figures, machine, system as systems, traffic
from benchmarks.base.system import HOME, System
from benchmarks.base.traffic import WORKER, Where
from benchmarks.edge.propagation import Probe

BUDGET_MB = 400
STEPS = 40
COLD = 30
_READY_SECONDS = 300.0


def main() -> None:
    options = argparse.ArgumentParser(prog="benchmarks.edge.many_workers", description=__doc__)
    options.add_argument("--workers", type=int, nargs="+", default=[200, 2000])
    print(machine.conditions(), flush=True)
    rows = [_measure(count) for count in options.parse_args().workers]
    print(figures.table(["Workers × 2 versions", *rows[0][1]], [[n, *r.values()] for n, r in rows]))
    print(machine.conditions())


def _measure(count: int) -> tuple[str, dict[str, str]]:
    budget = {"SLUICE_EDGE_MEMORY_MB": f"{BUDGET_MB}", "SLUICE_EDGE_PUBLIC_HEADERS": "1"}
    with systems.running(**budget) as system:
        stays = system.upload(WORKER, traffic.SOURCE, live=True)
        new = system.upload(WORKER, f"// 2\n{traffic.SOURCE}")
        system.wait_for(WORKER, system.deploy(WORKER, (new, 50), (stays, 50)))
        began = time.monotonic()
        _fill(system, count)
        filled = time.monotonic()
        system.deploy(WORKER, (new, 51), (stays, 49))
        _until(lambda: len(_status(system)["versions"]) >= 2 * count)
        first_sync = time.monotonic() - filled
        _until(lambda: _status(system)["revision"] >= count)
        found = {
            "filled s": f"{filled - began:.0f}",
            "first sync s": f"{first_sync:.1f}",
            **_memory(system),
            **_steps(system, Where(system.edge_port, stays), new, stays),
            **_cold(system, count),
            **_starts(system, count),
        }
    return f"{count:,}", found


def _fill(system: System, count: int) -> None:
    code = f"from benchmarks.edge.copies import copy; copy({WORKER!r}, {count})"
    script = f"import django; django.setup(); {code}"
    environment = {**system.environment(), "DJANGO_SETTINGS_MODULE": "dashboard.settings"}
    subprocess.run([sys.executable, "-c", script], cwd=HOME, env=environment, check=True)


def _status(system: System) -> dict[str, Any]:
    try:
        return dict(json.loads((system.edge_folder / "status.json").read_bytes()))
    except (FileNotFoundError, ValueError):
        return {"versions": {}, "revision": -1}


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            sys.exit("the edge was not ready in time")
        time.sleep(0.05)


def _memory(system: System) -> dict[str, str]:
    processes = system.processes()
    pss = {role: sum(machine.memory_mb(p)[0] for p in pids) for role, pids in processes.items()}
    states = list(_status(system)["versions"].values())
    return {
        "versions run": f"{states.count('running')}",
        "cold": f"{states.count('cold')}",
        **{f"{role} MB": f"{pss.get(role, 0):.0f}" for role in ("workerd", "envoy", "agent")},
    }


def _steps(system: System, where: Where, new: str, stays: str) -> dict[str, str]:
    """On the Worker with a name of its own; its versions run."""
    probe, times = Probe(where, "x-sluice-deployment"), []
    for number in range(STEPS):
        began = time.monotonic()
        percent = 10 + number
        probe.wait_for(system.deploy(WORKER, (new, percent), (stays, 100 - percent)))
        times.append((time.monotonic() - began) * 1000)
        time.sleep(0.3)
    return {f"step p{p} ms": f"{figures.percentile(times, p):.0f}" for p in (50, 95)}


def _cold(system: System, count: int) -> dict[str, str]:
    """First requests of Workers whose versions are cold."""
    times = []
    for number in range(count - 1, count - 1 - COLD, -1):
        connection = http.client.HTTPConnection("127.0.0.1", system.edge_port, timeout=20)
        began = time.monotonic()
        connection.request("GET", "/", headers={"Host": f"copy-{number}.localhost"})
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            sys.exit(f"a cold version answered {response.status}")
        times.append((time.monotonic() - began) * 1000)
        connection.close()
    return {f"cold p{p} ms": f"{figures.percentile(times, p):.0f}" for p in (50, 95)}


def _starts(system: System, count: int) -> dict[str, str]:
    [agent] = system.processes()["agent"]
    began = time.monotonic()
    os.kill(agent, signal.SIGKILL)
    _until(lambda: _status(system).get("pid") != agent and _is_complete(system, count))
    adopting = time.monotonic() - began
    system.stop()
    (system.data_dir / "run.json").unlink(missing_ok=True)
    began = time.monotonic()
    system.start()
    _until(lambda: _answers(system))
    return {"adopting s": f"{adopting:.1f}", "whole start s": f"{time.monotonic() - began:.1f}"}


def _is_complete(system: System, count: int) -> bool:
    status = _status(system)
    return len(status["versions"]) >= 2 * count and status["revision"] >= count


def _answers(system: System) -> bool:
    url = f"http://127.0.0.1:{system.edge_port}/"
    try:
        return httpx.get(url, headers={"Host": f"{WORKER}.localhost"}, timeout=5).is_success
    except httpx.HTTPError:
        return False


if __name__ == "__main__":
    main()
