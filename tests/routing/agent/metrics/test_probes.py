"""The edge's /healthz and /readyz."""

from types import SimpleNamespace

import aiohttp
import pytest
from aiohttp import web

from routing.agent.metrics.probes import add_probes
from routing.agent.state.readiness import NotReady, not_ready
from routing.snapshot import EMPTY, Snapshot
from routing.version import VERSION
from tests.running import free_port


def reasons(applied=None, *, envoy="", draining=False, stopping=False):
    snapshot = Snapshot(revision=7, domain="localhost") if applied is None else applied
    facts = SimpleNamespace(state=SimpleNamespace(applied=snapshot), is_draining=draining)
    return not_ready(facts, envoy_problem=envoy, is_stopping=stopping)


def test_an_edge_that_serves_is_ready():
    assert reasons() == []


def test_every_reason():
    assert reasons(EMPTY) == [NotReady.no_snapshot]
    assert reasons(envoy="Envoy crashed") == [NotReady.envoy]
    assert reasons(draining=True, stopping=True) == [NotReady.draining, NotReady.stopping]


@pytest.mark.parametrize(("why", "status"), [([], 200), (["draining"], 503)])
async def test_the_answers(why, status):
    app, port = web.Application(), free_port()
    add_probes(app, lambda: why)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as client:
            async with client.get("/healthz") as alive, client.get("/readyz") as ready:
                assert (await alive.json()) == {"status": "ok", "version": VERSION}
                assert ready.status == status
                assert (await ready.json()).get("reasons", []) == why
    finally:
        await runner.cleanup()
