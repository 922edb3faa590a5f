"""Requests sent are requests counted, to the request, whatever is killed meanwhile."""

from __future__ import annotations

import concurrent.futures
import contextlib
import os
import signal
import sqlite3
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.running import System

pytestmark = [pytest.mark.real, pytest.mark.in_order]


@pytest.fixture(scope="module")
def system(tmp_path_factory):
    running = System(tmp_path_factory.mktemp("counts") / "data").start()
    yield running
    running.stop()


def counted(system, span=60):
    """External requests in the rollup of `span` seconds."""
    with sqlite3.connect(system.data_dir / "sluice.sqlite3", timeout=20) as rows:
        question = (
            "SELECT coalesce(sum(requests), 0) FROM observability_count "
            "WHERE span = ? AND hop = 'external' AND worker = 'hello'"
        )
        return rows.execute(question, [span]).fetchone()[0]


def gaps(system):
    with sqlite3.connect(system.data_dir / "sluice.sqlite3", timeout=20) as rows:
        return rows.execute("SELECT kind, lines FROM observability_gap").fetchall()


def settled(system, expected, within=60):
    """The count, once it is as expected or time is up."""
    deadline = time.monotonic() + within
    while (found := counted(system)) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


MODULES = {"routing.agent": "agent", "dashboard.run.web": "web"}


def children(system):
    """Process ids of the web process and of the agent."""
    found = {}
    for entry in os.listdir("/proc"):
        try:
            with open(f"/proc/{entry}/stat") as stat:
                parent = int(stat.read().rpartition(")")[2].split()[1])
            with open(f"/proc/{entry}/cmdline") as line:
                command = line.read().replace("\0", " ")
        except (OSError, ValueError, IndexError):
            continue
        module = command.split()[-1] if command.split() else ""
        if parent == system.process.pid and module in MODULES:
            found[MODULES[module]] = int(entry)
    return found


class Load:
    """Requests from a few threads until it is stopped; counts what got an answer."""

    def __init__(self, system):
        self._url = f"http://127.0.0.1:{system.edge_port}/"
        self._over = threading.Event()
        self.answered = self.failed = 0
        self._lock = threading.Lock()

    def __enter__(self):
        self._threads = concurrent.futures.ThreadPoolExecutor(3)
        self._running = [self._threads.submit(self._send) for _ in range(3)]
        return self

    def __exit__(self, *_):
        self._over.set()
        for running in self._running:
            running.result()
        self._threads.shutdown()

    def _send(self):
        with httpx.Client(headers={"Host": "hello.localhost"}, timeout=10) as client:
            while not self._over.is_set():
                try:
                    client.get(self._url)
                    answered = 1
                except httpx.HTTPError:
                    answered = 0
                    time.sleep(0.05)
                with self._lock:
                    self.answered += answered
                    self.failed += 1 - answered
                time.sleep(0.005)


def test_requests_sent_are_requests_counted(system):
    before = counted(system)
    for _ in range(50):
        assert system.get("hello").status_code == 200
    assert settled(system, before + 50) == before + 50
    assert counted(system, 3600) == counted(system, 86_400) == before + 50


FAILING = """
export default {
  fetch(request) {
    const path = new URL(request.url).pathname;
    if (path === "/throws") throw new Error("no");
    if (path === "/nothing") return undefined;
    if (path === "/own") return new Response("Internal Server Error", { status: 500 });
    if (path === "/bytes") return new Response(new Uint8Array(20), { status: 500 });
    if (path === "/missing") return new Response("no", { status: 404 });
    return new Response("fine");
  },
};
"""


def callers(system, worker):
    """Callers, failing callers, and requests of unknown callers, in all minutes."""
    with sqlite3.connect(system.data_dir / "sluice.sqlite3", timeout=20) as rows:
        question = (
            "SELECT coalesce(sum(callers), 0), coalesce(sum(failing), 0), "
            "coalesce(sum(unknown), 0) FROM observability_callercount WHERE worker = ?"
        )
        return rows.execute(question, [worker]).fetchone()


def test_callers_are_told_apart_by_key_and_by_address_and_probes_are_no_callers(system):
    while time.time() % 60 > 50:  # a caller counts once in each minute
        time.sleep(0.5)
    for _ in range(3):
        for key in ("ann", "bob"):
            assert system.get("pricing", cloudflare_workers_version_key=key).status_code == 200
        for address in ("127.0.0.2", "127.0.0.3"):
            with httpx.Client(transport=httpx.HTTPTransport(local_address=address)) as client:
                url = f"http://127.0.0.1:{system.edge_port}/"
                client.get(url, headers={"Host": "pricing.localhost"})
    system.get("pricing")  # from this machine, so the client is unknown: it may be a proxy
    deadline = time.monotonic() + 30
    while (found := callers(system, "pricing"))[2] < 1 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert found == (5, 0, 1)


def test_errors_are_counted_by_kind(system):
    system.upload("failing", FAILING)
    deadline = time.monotonic() + 30
    while system.get("failing").status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for path in ("/throws", "/nothing", "/own", "/bytes", "/missing"):
        system.get("failing", path)
    expected = {"exception": 2, "5xx": 2, "4xx": 1}
    while (found := errors(system, "failing")) != expected and time.monotonic() < deadline + 10:
        time.sleep(0.1)
    assert found == expected


def errors(system, worker):
    """Failed requests by kind."""
    with sqlite3.connect(system.data_dir / "sluice.sqlite3", timeout=20) as rows:
        question = (
            "SELECT error, sum(requests) FROM observability_count "
            "WHERE span = 3600 AND worker = ? AND error <> '' AND version_id <> '' GROUP BY error"
        )
        return dict(rows.execute(question, [worker]).fetchall())


def test_nothing_is_lost_or_counted_twice_while_the_web_process_is_away(system):
    before = counted(system)
    web = children(system)["web"]
    with Load(system) as load:
        time.sleep(1)
        os.kill(web, signal.SIGSTOP)
        time.sleep(3)
        os.kill(web, signal.SIGCONT)
        time.sleep(1)
    assert load.failed == 0 and load.answered > 100
    assert settled(system, before + load.answered) == before + load.answered
    assert gaps(system) == []


def test_nothing_is_lost_or_counted_twice_when_the_web_process_is_killed(system):
    before = counted(system)
    with Load(system) as load:
        time.sleep(1)
        for _ in range(2):
            os.kill(children(system)["web"], signal.SIGKILL)
            time.sleep(3)
    assert load.failed == 0 and load.answered > 100
    assert settled(system, before + load.answered) == before + load.answered
    assert gaps(system) == []


def test_an_agent_killed_with_a_batch_in_flight_counts_it_once_and_loses_nothing(system):
    before = counted(system)
    web, agent = children(system)["web"], children(system)["agent"]
    os.kill(web, signal.SIGSTOP)
    for _ in range(40):
        assert system.get("hello").status_code == 200
    time.sleep(0.5)  # Envoy has written its log, and a batch is under way
    os.kill(agent, signal.SIGKILL)
    time.sleep(0.2)
    os.kill(web, signal.SIGCONT)
    for _ in range(40):
        assert system.get("hello").status_code == 200
    assert settled(system, before + 80) == before + 80
    time.sleep(1)
    assert counted(system) == before + 80
    assert gaps(system) == [], "Envoy outlived the agent, so its log has everything"


def test_an_envoy_that_was_killed_is_said_to_be(system):
    before, known = counted(system), len(gaps(system))
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes()
            if b"bootstrap.json" in command and os.readlink(folder / "cwd") == str(
                system.data_dir / "edge"
            ):
                os.kill(int(folder.name), signal.SIGKILL)
    time.sleep(0.5)
    for _ in range(10):
        answers_again(system)
    assert settled(system, before + 10) == before + 10
    assert gaps(system)[known:] == [("cut_off", None)]


def answers_again(system, within=60):
    """One answer. While the edge is down nothing listens, so failed tries are not counted."""
    deadline = time.monotonic() + within
    while True:
        try:
            if system.get("hello").status_code == 200:
                return
            raise AssertionError("an answer that is no answer")
        except httpx.ConnectError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
