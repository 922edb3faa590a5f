"""Two edges on other machines: their proof listeners are reachable from nowhere but there.

The control plane has no channel layer that other processes reach, so what `manage.py` sends is
brought to the web process by the database alone.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import httpx
import pytest

from tests.eventually import eventually
from tests.real import far_machine
from tests.real.agent import Agent
from tests.running import System

FAR = ("far-1", "far-2")


def _has_namespaces() -> bool:
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return os.geteuid() == 0 and tried.returncode == 0


pytestmark = pytest.mark.skipif(
    not _has_namespaces(), reason="needs the right to make network namespaces"
)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    system = System(tmp_path_factory.mktemp("near") / "data")
    try:
        yield system.start()
    finally:
        system.stop()


@pytest.fixture(scope="module")
def agents(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Agent]]:
    with ExitStack() as stack:
        started = {}
        for name in FAR:
            folder = tmp_path_factory.mktemp(name)
            way = folder / "way"
            stack.enter_context(far_machine.way(way, system.http_port))
            token = system.manage("edge", "create", "--name", name).split()[-1]
            control = SimpleNamespace(url=f"http://127.0.0.1:{system.http_port}", reports=[])
            agent = Agent(folder, control, SLUICE_EDGE_NAME=name, SLUICE_EDGE_TOKEN=token)
            agent.wrapper = far_machine.command(way, system.http_port)
            started[name] = agent.start()
            stack.callback(agent.stop)
        for agent in started.values():
            assert eventually(lambda a=agent: a.status()["revision"] >= 1, 60), agent.said()
        yield started


class Page:
    """The playground of somebody who signed in."""

    def __init__(self, system: System) -> None:
        self.url = f"http://127.0.0.1:{system.http_port}/"
        self.cookies = {"sessionid": system.session("admin")}
        page = httpx.get(f"{self.url}playground/?worker=hello", cookies=self.cookies, timeout=60)
        self.cookies["csrftoken"] = page.cookies["csrftoken"]
        self.headers = {
            "HX-Request": "true",
            "X-CSRFToken": self.cookies["csrftoken"],
            "Referer": self.url,
        }

    def send(self, **fields: str) -> str:
        answer = httpx.post(
            f"{self.url}playground/",
            data={"worker": "hello"} | fields,
            headers=self.headers,
            cookies=self.cookies,
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        return answer.text


def edge_header(html: str) -> str:
    found = re.search(r"x-sluice-edge</th>\s*<td[^>]*>\s*([\w-]+)", html)
    return found[1] if found else html


def test_the_playground_sends_through_an_edge_that_only_its_agent_reaches(
    system: System, agents: dict[str, Agent]
) -> None:
    for agent in agents.values():
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", agent.proof_port), 2)
    page = Page(system)
    for name in FAR:
        html = page.send(edge=name, headers="x-sluice-edge: forged")
        assert edge_header(html) == name and "data-travel" in html
        assert "data-proved" in html or "Ran" in html
    html = page.send(edge="*")
    rows = dict(re.findall(r'<tr data-edge="([^"]+)" data-version="([^"]+)"', html))
    assert rows.keys() >= {*FAR} and len(rows) == 3 and len(set(rows.values())) == 1
    assert html.count("Proved by the edge</td>") == 3


SEND = """
import json
from dashboard.sending.send import send
from dashboard.sending.wire_request import get, proof_edges
print(json.dumps({e.name: send(get("hello", e)).proof_headers["edge"] for e in proof_edges()}))
"""


def test_another_process_than_web_reaches_every_edge(
    system: System, agents: dict[str, Agent]
) -> None:
    """As `manage.py work` does for rollouts and checks."""
    said = system.manage("shell", "--no-imports", "-c", SEND)
    assert all(f'"{name}": "{name}"' in said for name in FAR)


def test_an_edge_that_ends_is_named(system: System, agents: dict[str, Agent]) -> None:
    agents["far-2"].kill()
    agents["far-2"].end_leftovers()
    html = Page(system).send(edge="far-2")
    assert "The edge is away" in html or "Disconnected while sending" in html
    assert edge_header(Page(system).send(edge="far-1")) == "far-1"
