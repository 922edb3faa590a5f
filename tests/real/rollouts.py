"""Rollouts of a running system: its commands, its traffic, and what is stored of a rollout."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from tests.running import KEY, PROJECT, System


class Traffic:
    """Forty requests a second to one Worker, each from another caller, until it is stopped."""

    def __init__(self, system: System, worker: str) -> None:
        self.statuses: Counter[int] = Counter()
        self._url, self._host = f"http://127.0.0.1:{system.edge_port}/", f"{worker}.localhost"
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def __enter__(self) -> Traffic:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _send(self) -> None:
        with httpx.Client(timeout=10) as client:
            for caller in range(4000):  # bounded, whatever happens
                if self._stop.wait(0.025):
                    return
                headers = {"Host": self._host, KEY: f"caller-{caller}"}
                self.statuses[client.get(self._url, headers=headers).status_code] += 1


def rollout(system: System, *words: str) -> tuple[dict[str, Any], int]:
    """`manage.py rollout …`: its last line and its exit code."""
    printed, code = system.commands.ended("rollout", *words, "--json")
    return json.loads(printed.splitlines()[-1]), code


def start(system: System, worker: str, version: str, *words: str) -> tuple[dict[str, Any], int]:
    """As above, in a process of its own: several may wait at once."""
    plan = ["--auto", "--min-sample", "20", "--min-callers", "5", "--wait", "--timeout", "150"]
    which = ["start", "--worker", worker, "--version", version]
    done = subprocess.run(
        [sys.executable, "manage.py", "rollout", *which, *plan, *words, "--json"],
        cwd=PROJECT,
        env=system._environment(),
        stdout=subprocess.PIPE,
        text=True,
        timeout=200,
    )
    return json.loads(done.stdout.splitlines()[-1]), done.returncode


def staged(system: System, worker: str) -> tuple[str, str]:
    """(id at 0%, id at 100%) of the demo."""
    shares = {v["percentage"]: v["version_id"] for v in system.active(worker)["versions"]}
    return shares[0], shares[100]


def shares_by_rollout(system: System, worker: str, candidate: str) -> list[float]:
    """The candidate's share in each deployment of the rollout, oldest first."""
    answer = system.api("GET", f"/workers/scripts/{worker}/deployments").json()
    made = [d for d in answer["result"]["deployments"] if d["source"] == "rollout"]
    shares = [{v["version_id"]: v["percentage"] for v in d["versions"]} for d in reversed(made)]
    return [share.get(candidate, 0) for share in shares]


def kill(system: System, module: str, number: signal.Signals = signal.SIGKILL) -> None:
    """Sends a signal to this system's process of `module`."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
            mine = str(system.data_dir).encode() in (process / "environ").read_bytes()
        except OSError:
            continue
        if module.encode() in command and mine:
            os.kill(int(process.name), number)


def wait_until(system: System, rollout_id: str, column: str, value: str) -> None:
    deadline = time.monotonic() + 150
    while row(system, rollout_id)[column] != value:
        assert time.monotonic() < deadline, row(system, rollout_id)
        time.sleep(0.05)


def row(system: System, rollout_id: str) -> dict[str, Any]:
    """The rollout as it is stored: needs no process of the system."""
    with sqlite3.connect(system.data_dir / "sluice.sqlite3", timeout=20) as database:
        database.row_factory = sqlite3.Row
        found = database.execute(
            "SELECT * FROM rollouts_rollout WHERE id = ?", [rollout_id.replace("-", "")]
        ).fetchone()
    return dict(found)


def events(system: System, rollout_id: str) -> list[tuple[str, dict[str, Any]]]:
    with sqlite3.connect(system.data_dir / "sluice.sqlite3") as database:
        rows = database.execute(
            "SELECT code, facts FROM rollouts_rolloutevent WHERE rollout_id = ? ORDER BY id",
            [rollout_id.replace("-", "")],
        ).fetchall()
    return [(code, json.loads(facts)) for code, facts in rows]


def wait_until_counted(system: System, version: str, requests: int) -> None:
    """Until so many requests of a version are in the rollups that thresholds come from."""
    question = (
        "SELECT sum(requests) FROM observability_latency WHERE span = 3600 AND version_id = ?"
    )
    deadline = time.monotonic() + 60
    with sqlite3.connect(system.data_dir / "sluice.sqlite3", timeout=20) as database:
        while (database.execute(question, [version]).fetchone()[0] or 0) < requests:
            assert time.monotonic() < deadline
            time.sleep(0.1)
