"""How the agent ends, and when it does not begin: nothing is left of it."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.eventually import eventually
from tests.real.agent import ALL, HOME, A, B, C, Load
from tests.running import OVERRIDES

pytestmark = pytest.mark.real


def test_no_request_is_lost_while_the_agent_is_killed_and_adopts_what_it_left(agent, control):
    control.deploy("till", (B, ALL))
    revision = control.deploy("shop", (C, 0), (A, ALL))
    agent.start().applied(revision)
    before = sorted(agent.processes())
    override = {OVERRIDES: f'shop="{C.version.id}"'}
    with Load(agent, "shop", {}, {}, override) as load:
        time.sleep(0.2)
        agent.kill()
        answered = sum(load.answers.values())
        eventually(lambda: sum(load.answers.values()) > answered + 50)
        reports = len(control.reports)
        agent.start()
        eventually(lambda: len(control.reports) > reports)
        eventually(lambda: load.answers.get("c"))
        applied = load.answers["c"]
        eventually(lambda: load.answers["c"] > applied + 50)
    assert load.failures == [] and sorted(agent.processes()) == before
    assert agent.status()["versions"] == dict.fromkeys(ids(A, B, C), "running")
    assert [v["restarts"] for v in control.reports[-1]["versions"].values()] == [0, 0, 0]
    eventually(lambda: shipped_lines(control) == sum(load.answers.values()))
    assert not any(batch["cut_off"] for batch in control.batches)

    # An adopted version that dies is started again; who calls it meanwhile waits.
    os.kill(agent.pid_of(B), signal.SIGKILL)
    assert agent.get("till").text == "b"
    eventually(lambda: control.reports[-1]["versions"][B.version.id]["restarts"] == 1)
    end = control.reports[-1]["versions"][B.version.id]["end"]
    assert end["kind"] == "crash" and "exit code unknown" in agent.said()


def test_after_an_upgrade_the_next_agent_replaces_what_is_out_of_date(agent, control):
    """Another bootstrap for Envoy and another configuration for versions, under load."""
    agent.start().applied(control.deploy("shop", (A, ALL)))
    before = set(agent.processes())
    with Load(agent, "shop", {}, {}, {}) as load:
        agent.kill()
        agent.environ |= {"SLUICE_EDGE_PUBLIC_HEADERS": "1", "SLUICE_EDGE_DETAILS": "0"}
        agent.start()
        eventually(lambda: len(agent.processes()) == 2 and not before & set(agent.processes()), 30)
        answered = sum(load.answers.values())
        eventually(lambda: sum(load.answers.values()) > answered + 50)
    assert load.failures == []
    reply = agent.get("shop", proof=False)
    assert reply.text == "a" and reply.headers["x-sluice-version"] == A.version.id
    eventually(lambda: agent.status()["versions"] == {A.version.id: "running"})
    agent.applied(control.deploy("shop", (B, ALL)))
    assert agent.get("shop").text == "b"


def ids(*uploads):
    return [found.version.id for found in uploads]


def shipped_lines(control):
    """The lines of the public log that were counted."""
    return sum(b["ends"]["public"][2] - b["begins"]["public"][2] for b in control.batches)


def test_sigterm_lets_requests_end_and_leaves_nothing(agent, control):
    agent.environ["SLUICE_INVOCATIONS_PER_SECOND"] = "100000"  # none is left out
    agent.start().applied(control.deploy("shop", (A, ALL)))
    agent.serves("shop", "a")
    slow, closed = [], []
    threads = [threading.Thread(target=lambda: slow.append(agent.get("shop", "/slow")))]
    kept = {"target": _until_asked_to_close, "args": (agent, closed)}
    threads += [threading.Thread(**kept) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    began = time.monotonic()
    assert agent.stop() == 0
    print(f"stopped in {time.monotonic() - began:.1f} s")
    for thread in threads:
        thread.join(10)
    assert slow[0].text == "a"
    assert closed == [200] * 4
    assert agent.processes() == []
    assert [row for row in control.rows if row["path"] == "/slow"]


def _until_asked_to_close(agent, closed):
    """Requests on one keep-alive connection; the last one is answered like the others."""
    connection = http.client.HTTPConnection("127.0.0.1", agent.port, timeout=20)
    while True:
        connection.request("GET", "/", headers={"Host": "shop.localhost"})
        response = connection.getresponse()
        response.read()
        if response.headers["Connection"] == "close":
            closed.append(response.status)
            return
        time.sleep(0.01)


def test_it_ends_with_the_process_that_started_it(agent, control):
    environ = {
        **agent.environ,
        "SLUICE_EXIT_WITH_PARENT": "1",
        "SLUICE_EDGE_ORPHAN_SECONDS": "0.5",
    }
    code = "import subprocess, sys, time; "
    code += "subprocess.Popen([sys.executable, '-m', 'routing.agent']); time.sleep(60)"
    with open(agent.log, "ab") as log:
        parent = subprocess.Popen([sys.executable, "-c", code], cwd=HOME, env=environ, stderr=log)
    control.deploy("shop", (A, ALL))
    agent.serves("shop", "a")
    assert agent.processes()
    parent.kill()
    parent.wait()
    eventually(lambda: not agent.processes(), 10)
    assert "parent process has ended" in agent.said()


def test_an_agent_that_is_to_take_over_makes_the_other_step_aside(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    processes = sorted(set(agent.processes()) - {agent.process.pid})
    first = agent.process
    with Load(agent, "shop", {}) as load:
        agent.environ["SLUICE_EDGE_TAKE_OVER"] = "1"
        agent.start()
        assert first.wait(15) == 0
        eventually(lambda: agent.status().get("pid") == agent.process.pid)
    assert load.failures == [] and sorted(agent.processes()) == processes
    assert "step aside" in agent.said() and "Envoy and versions serve on" in agent.said()
