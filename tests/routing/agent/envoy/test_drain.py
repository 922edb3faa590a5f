"""A planned end of Envoy, as its admin socket sees it."""

import asyncio

import pytest

from routing.agent.envoy import drain as module
from routing.agent.envoy.admin_client import EnvoyUnavailable
from routing.agent.envoy.drain import drain, quit_envoy


class Admin:
    """`connections` and `requests` are what it answers, one after the other; the last for ever."""

    def __init__(self, connections, requests=(0,)):
        self.left = {"cx": list(connections), "rq": list(requests)}
        self.posts = []

    async def post(self, target):
        self.posts.append(target)
        return ""

    async def stats(self, pattern):
        values = self.left["cx" if "_cx_" in pattern else "rq"]
        value = values.pop(0) if len(values) > 1 else values[0]
        return {"http.public.downstream_active": str(value), "http.proof.downstream_active": "0"}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0)


GRACEFUL, REFUSE = "/drain_listeners?graceful&skip_exit", "/drain_listeners"


async def test_it_ends_once_every_client_has_closed_its_connection():
    admin = Admin([3, 2, 0])
    await drain(admin)
    assert admin.posts == [GRACEFUL, REFUSE]
    assert admin.left["cx"] == [0]


async def test_idle_connections_do_not_hold_it_up_for_long(monkeypatch):
    monkeypatch.setattr(module, "ASK_SECONDS", 0.05)
    admin = Admin([4])
    await drain(admin)
    assert admin.posts == [GRACEFUL, REFUSE]


async def test_requests_in_flight_are_waited_for(monkeypatch):
    monkeypatch.setattr(module, "ASK_SECONDS", 0.0)
    admin = Admin([1], [1])
    draining = asyncio.create_task(drain(admin))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not draining.done()
    admin.left["rq"] = [0]
    await draining
    assert admin.posts == [GRACEFUL, REFUSE]


async def test_an_envoy_that_is_away_needs_no_asking():
    class Gone(Admin):
        async def post(self, target):
            self.posts.append(target)
            raise EnvoyUnavailable("no socket")

    gone = Gone([0])
    await quit_envoy(gone)
    assert gone.posts == ["/quitquitquit"]
