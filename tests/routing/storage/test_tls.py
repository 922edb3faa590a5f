"""The state process from another machine: https for Django, the relay of an edge's agent."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from benchmarks.base.authority import Authority
from dashboard.storage.client import StateClient, StateUnavailable
from routing.agent.storage.state_socket import StateSocket
from routing.state_access import header_value, state_key
from tests.running import free_port
from tests.state_process import KEY, state_process

pytestmark = pytest.mark.slow
STATE_KEY = state_key(KEY)


@pytest.fixture
def far(tmp_path):
    """(its https address, the authority's file) of a state process with a certificate."""
    certificate, key = Authority(tmp_path / "ca").issue("state", "127.0.0.1")
    port = free_port()
    settings = {
        "SLUICE_STATE_LISTEN": f"127.0.0.1:{port}",
        "SLUICE_STATE_CERT_FILE": str(certificate),
        "SLUICE_STATE_CERT_KEY_FILE": str(key),
    }
    with state_process(tmp_path / "state", **settings):
        yield f"https://127.0.0.1:{port}", tmp_path / "ca" / "ca.pem"


def put_until_it_answers(client):
    while True:
        try:
            return client.request("kv", "n", "PUT", "/k", content=b"v")
        except StateUnavailable:
            continue


async def through_the_edge(url, ca_file):
    """The value of the key, or None if the connection was closed."""
    relay = StateSocket(url, None, ca_file)
    task = asyncio.get_running_loop().create_task(relay.keep())
    transport = httpx.AsyncHTTPTransport(uds="state.sock")
    headers = {"x-sluice-state": header_value(STATE_KEY, "kv", "n")}
    options = {"transport": transport, "base_url": "http://kv", "headers": headers}
    try:
        async with asyncio.timeout(20), httpx.AsyncClient(**options) as client:
            while not (relay._relay and relay._relay._server):
                await asyncio.sleep(0.01)
            try:
                return (await client.get("/k")).content
            except httpx.TransportError:
                return None
    finally:
        relay.stop()
        task.cancel()
        await asyncio.sleep(0.1)  # the relay closes its connections


async def test_a_far_state_process_is_reached_with_its_certificate_only(far, tmp_path, monkeypatch):
    url, ca_file = far
    client = StateClient(url, STATE_KEY, str(ca_file))
    answer = await asyncio.to_thread(put_until_it_answers, client)
    assert answer.status_code == 200
    client.close()
    (tmp_path / "edge").mkdir()
    monkeypatch.chdir(tmp_path / "edge")
    assert await through_the_edge(url, ca_file) == b"v"
    assert await through_the_edge(url, None) is None
