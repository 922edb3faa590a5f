"""One running system for all files of this folder, which one test worker runs (tests/conftest.py).

A test leaves the demo's versions running and its deployments free to change; what it changes
otherwise belongs to a Worker whose name no other file uses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Visitor
from tests.running import System


@pytest.fixture(autouse=True)
def served() -> None:
    """This server is a process of its own: nothing to prepare here."""


@pytest.fixture(scope="package")  # it must not run on, idle, until all other tests are done
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The demo: hello, and checkout that calls pricing, each with #1 at 100% and #2 at 0%."""
    settings = {"SLUICE_PLAYGROUND_PER_MINUTE": "100000"}
    running = System(tmp_path_factory.mktemp("system") / "data", environment=settings).start()
    yield running
    running.stop()


@pytest.fixture
def visit(browser: Browser, system: System) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors who are signed in: `visit("jonas", viewport=…, java_script_enabled=False)`."""
    made: list[Visitor] = []

    def visitor(name: str = "admin", **options: Any) -> Visitor:
        context = browser.new_context(**{"viewport": {"width": 1440, "height": 1000}} | options)
        made.append(Visitor(context, f"http://127.0.0.1:{system.http_port}"))
        made[-1].enter_with(system.session(name))
        return made[-1]

    yield visitor
    complaints = [c for one in made for c in one.complaints]
    for one in made:
        one.context.close()
    assert complaints == []


def ids(system: System, worker: str) -> dict[int, str]:
    """Number → id of a Worker's versions."""
    items = system.api("GET", f"/workers/scripts/{worker}/versions").json()["result"]["items"]
    return {item["number"]: item["id"] for item in items}


def stage(system: System, worker: str) -> dict[int, str]:
    """#2 at 0% and #1 at 100%, applied by the edge; their ids by number."""
    found = ids(system, worker)
    made = system.deploy(worker, (found[2], 0), (found[1], 100))
    system.wait_for(made["id"], worker)
    return found


def two_versions(system: System, worker: str) -> dict[int, str]:
    """A new Worker, staged; the ids of its versions by number."""
    for number in (1, 2):
        system.upload(worker, f"export default {{ fetch: () => new Response('{number}') }};")
    return stage(system, worker)
