import asyncio
import json

import pytest
from aiohttp import web

from routing import sealing
from routing.agent.control_plane import client as clients
from routing.agent.control_plane.client import ControlPlane, ControlPlaneUnavailable
from routing.agent.control_plane.edge_record import EdgeRecord, ReportAnswer
from routing.agent.identity.tokens import Credentials, JoinedToken, read_credentials
from tests.routing.agent.identities import make_identity
from tests.running import free_port


class Renewal:
    def __init__(self, sealed):
        self.sealed = sealed

    async def renew_token(self):
        return self.sealed


def joined(tmp_path):
    path = tmp_path / "credentials.json"
    tokens = JoinedToken(Credentials(token="sle_first-token", join_sha256="", name="a"), path)
    return path, make_identity(tokens=tokens)


async def test_a_renewed_token_and_a_new_name_are_stored(tmp_path):
    path, identity = joined(tmp_path)
    sealed = sealing.seal_token("sle_second-token", sealing.public_key_text(identity.key))
    record = EdgeRecord(Renewal(sealed), identity, lambda: None)
    await record.answered(ReportAnswer(time=10.0, name="b", renew_token=True), 12.0, 12.2)
    assert record.clock_offset_ms == 2100
    stored = read_credentials(path)
    assert (stored.token, stored.name) == ("sle_second-token", "b")
    assert identity.headers()["Authorization"] == "Bearer sle_second-token"


async def test_a_token_sealed_to_another_key_is_not_used(tmp_path, caplog):
    path, identity = joined(tmp_path)
    other = sealing.public_key_text(make_identity().key)
    record = EdgeRecord(Renewal(sealing.seal_token("sle_x", other)), identity, lambda: None)
    await record.answered(ReportAnswer(renew_token=True), 0.0, 0.0)
    assert "cannot be used" in caplog.text and not path.exists()


@pytest.fixture(autouse=True)
def edge_folder(tmp_path, monkeypatch):
    """Agents work in their folder."""
    monkeypatch.chdir(tmp_path)


def test_an_edge_drains_on_after_a_restart_and_until_told_otherwise():
    def restarted():
        return EdgeRecord(Renewal(""), make_identity(), lambda: None)

    restarted().set_draining(True)
    record = restarted()
    assert record.is_draining
    record.set_draining(False)
    assert not restarted().is_draining


async def test_draining_is_announced_once():
    changes = []
    record = EdgeRecord(Renewal(""), make_identity(), lambda: changes.append(record.is_draining))
    for is_draining in (False, True, True, False):
        record.set_draining(is_draining)
    assert changes == [True, False]


@pytest.fixture
async def serve():
    """Answers every request with `serve.reply`, and remembers its headers."""

    class Served:
        reply, headers = (204, None), []

    served = Served()
    served.headers = []

    async def answer(request):
        served.headers.append(request.headers)
        status, body = served.reply
        return web.Response(status=status, body=json.dumps(body) if body else b"")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    served.url = f"http://127.0.0.1:{port}"
    yield served
    await runner.cleanup()


async def test_each_request_announces_the_key(serve):
    identity = make_identity()
    async with ControlPlane(serve.url, identity) as control:
        assert await control.report({}) is None
        serve.reply = (200, {"time": 5.0, "is_draining": True})
        answer = await control.report({})
    assert answer.is_draining and not answer.renew_token
    key = sealing.public_key_text(identity.key)
    assert {headers["Sluice-Edge-Key"] for headers in serve.headers} == {key}


async def test_an_edge_is_removed_only_when_told_so_for_a_while(serve, monkeypatch):
    removals = []
    async with ControlPlane(serve.url, make_identity()) as control:
        control.removed = lambda: removals.append(1)

        async def ask():
            with pytest.raises(ControlPlaneUnavailable):
                await control.report({})

        serve.reply = (410, {"error": "gone"})
        await ask()
        monkeypatch.setattr(clients, "_REMOVAL_SECONDS", 0.0)
        await ask()
        assert not removals
        removed = (410, {"error": "removed", "code": "edge_removed"})
        serve.reply = removed
        await ask()
        serve.reply = (204, None)
        await control.report({})
        serve.reply = removed
        await ask()
        assert not removals
        await asyncio.sleep(0.001)
        await ask()
        assert removals
