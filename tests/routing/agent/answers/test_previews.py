"""Versions that run for requests to their own address, on a fake edge."""

import asyncio

import pytest

from routing.agent.answers import previews as previewing
from routing.agent.answers.client_rates import ClientRates
from routing.agent.answers.preview_names import PreviewRefused
from routing.agent.answers.previews import PER_WORKER, Previews
from routing.agent.base.unix_http_server import Request
from routing.agent.envoy.admin_client import EnvoyUnavailable
from routing.agent.state.state import ProcessState
from routing.compile import names
from routing.compile.envoy.previews import REFUSALS
from routing.snapshot import Preview
from tests.routing.agent.histories import History, make_version, make_worker, snapshot


class Names:
    """`b-shop` is version b of shop."""

    async def preview(self, host, client):
        version_id, _, worker = host.partition("-")
        if worker == "nobody":
            raise PreviewRefused(404, "There is none.")
        return Preview(worker=worker, version=make_version(version_id))


class FakeEdge:
    """Starts what is desired at once, if `serving`."""

    def __init__(self, places=3):
        self.now = 0.0
        self.history = History(snapshot(1, make_worker("shop", "a")))
        self.history.settle()
        self.serving, self.busy, self.wanted = True, {}, {}
        self.previews = Previews(
            known=Names(),
            set_desired=self.set_desired,
            state=lambda: self.history.state,
            in_flight=self.in_flight,
            places=places,
            idle_seconds=60,
            clock=self.clock,
        )

    def set_desired(self, previews):
        self.wanted = self.history.previews = previews
        if self.serving:
            self.history.settle()
        else:
            self.history.round()

    def clock(self):
        self.now += 0.001  # a little later at each look
        return self.now

    async def in_flight(self, keys):
        if isinstance(self.busy, Exception):
            raise self.busy
        return {key: self.busy.get(key, 0) for key in keys}

    async def ask(self, host):
        request = Request("GET", "/preview", [(names.HOST_HEADER.encode(), host.encode())])
        response = await self.previews.answer(request)
        told = {k.decode(): v.decode() for k, v in response.headers}
        meant = {told: status for status, told in REFUSALS.items()}.get(response.status)
        refused = f"{meant or response.status} {response.body.decode()}"
        return told.get(names.CLUSTER_HEADER) or refused


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(previewing, "_SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(previewing, "_AGAIN_SECONDS", 0.0)


async def test_a_version_is_started_and_the_cluster_told():
    edge = FakeEdge()
    assert await edge.ask("b-shop") == "b"
    assert edge.history.state.clusters == {"a", "b"} and edge.history.state.leaving == {"b"}
    assert edge.history.routed == {"shop": ["a"]}


async def test_a_version_of_a_deployment_is_there_already():
    edge = FakeEdge()
    assert await edge.ask("a-shop") == "a"
    assert edge.wanted == {}


@pytest.mark.parametrize("version", ["a", "b"])
async def test_a_cold_version_is_reached_because_the_request_starts_it(version):
    edge = FakeEdge()
    assert await edge.ask(f"{version}-shop") == version
    edge.history._feels(version, ProcessState.cold)
    assert await asyncio.wait_for(edge.ask(f"{version}-shop"), 5) == version


async def test_a_refusal_is_passed_on_in_its_words():
    assert await FakeEdge().ask("x-nobody") == "404 There is none.\n"


async def test_a_request_waits_until_envoy_reaches_the_version():
    edge = FakeEdge()
    edge.serving = False
    waiting = asyncio.ensure_future(edge.ask("b-shop"))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    edge.history.runs("b")
    edge.history.settle()
    edge.previews.changed()
    assert await waiting == "b"


async def test_a_version_that_does_not_start_is_said_with_the_reason():
    edge = FakeEdge()
    edge.serving = False
    waiting = asyncio.ensure_future(edge.ask("b-shop"))
    await asyncio.sleep(0.01)
    edge.history.fails("b", "SyntaxError")
    edge.previews.changed()
    assert "502 Version b does not start at this edge: SyntaxError" in await waiting


async def test_what_takes_too_long_is_given_up(monkeypatch):
    monkeypatch.setattr(previewing, "START_SECONDS", 0.01)
    edge = FakeEdge()
    edge.serving = False
    assert "503 Version b was not ready" in await edge.ask("b-shop")


async def test_the_one_asked_for_longest_ago_makes_room():
    edge = FakeEdge(places=2)
    for host in ("b-shop", "x-till", "b-shop", "y-till"):
        await edge.ask(host)
    assert set(edge.wanted) == {"b", "y"}


async def test_a_request_in_flight_keeps_its_version():
    edge = FakeEdge(places=1)
    await edge.ask("b-shop")
    edge.busy = {"b": 1}
    assert "503 Too many versions" in await edge.ask("x-till")
    assert set(edge.wanted) == {"b"}
    edge.busy = EnvoyUnavailable("busy")
    assert "503" in await edge.ask("x-till")


async def test_room_that_comes_while_one_waits_is_taken(monkeypatch):
    monkeypatch.setattr(previewing, "_AGAIN_SECONDS", 0.01)
    edge = FakeEdge(places=1)
    await edge.ask("b-shop")
    edge.busy = {"b": 1}
    waiting = asyncio.ensure_future(edge.ask("x-till"))
    await asyncio.sleep(0.02)
    edge.busy = {}
    await edge.previews._end(["b"])  # as `keep` does beside it
    assert await waiting == "x"


async def test_one_worker_never_takes_all_slots():
    edge = FakeEdge(places=20)
    for number in range(PER_WORKER + 2):
        assert await edge.ask(f"b{number}-shop") == f"b{number}"
    assert len(edge.wanted) == PER_WORKER


async def test_an_edge_without_places_runs_versions_of_deployments_only():
    edge = FakeEdge(places=0)
    assert "404 This edge runs only versions" in await edge.ask("b-shop")
    assert await edge.ask("a-shop") == "a"


async def test_what_nobody_asks_for_ends_and_what_is_busy_stays(monkeypatch):
    monkeypatch.setattr(previewing, "_EVERY_SECONDS", 0.001)
    edge = FakeEdge()
    await edge.ask("b-shop")
    await edge.ask("c-shop")
    keeping = asyncio.ensure_future(edge.previews.keep())
    await asyncio.sleep(0.01)
    assert set(edge.wanted) == {"b", "c"}
    edge.busy = {"c": 1}
    edge.now += 61
    await asyncio.sleep(0.05)
    assert set(edge.wanted) == {"c"}
    keeping.cancel()


async def test_a_version_that_died_is_not_called_reached():
    edge = FakeEdge()
    await edge.ask("b-shop")
    edge.history.dies("b")
    assert "502 Version b does not start" in await edge.ask("b-shop")
    assert edge.history.state.processes["b"].state is ProcessState.backoff


async def test_one_client_cannot_end_the_versions_of_others_all_the_time():
    edge = FakeEdge()
    edge.previews._starts = ClientRates(burst=2, per_second=0.5, clock=lambda: 0.0)
    assert [await edge.ask(f"{key}-shop") for key in "bc"] == ["b", "c"]
    refused = await edge.ask("d-shop")
    assert refused == "429 Rate limit reached. Try again in 2 seconds.\n"
    assert await edge.ask("b-shop") == "b"  # it runs already
