"""How the agent ends, and when it does not begin: nothing is left of it."""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
import time

import pytest

from tests.eventually import eventually
from tests.real.agent import ALL, HOME, A, Agent

pytestmark = pytest.mark.real


def test_a_killed_agent_leaves_no_process(agent, control):
    agent.start().applied(control.deploy("shop", (A, ALL)))
    assert len(agent.processes()) == 2
    agent.kill()
    eventually(lambda: not agent.processes(), 3)


def test_sigterm_lets_requests_end_and_leaves_nothing(agent, control):
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
    """Requests on one kept connection; the last one is answered like all before it."""
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
    environ = {**agent.environ, "SLUICE_EXIT_WITH_PARENT": "1"}
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
    assert "is gone" in agent.said()


def test_a_taken_port_is_said_clearly(agent, control):
    agent.start().applied(1)
    other = Agent(agent.folder.parent / "other", control)
    other.folder.parent.mkdir()
    other.environ["SLUICE_EDGE_PORT"] = str(agent.port)
    assert other.start().process.wait(10) == 2
    assert f"SLUICE_EDGE_PORT={agent.port}: another program uses this port" in other.said()


def test_a_second_agent_in_the_same_folder_is_refused(agent, control):
    agent.start().applied(1)
    other = Agent(agent.folder.parent, control)
    assert other.start().process.wait(10) == 2
    assert "another agent runs here" in other.said()
    assert agent.process.poll() is None
