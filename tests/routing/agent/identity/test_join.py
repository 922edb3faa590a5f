import hashlib
import json
from pathlib import Path

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from routing.agent.base.transport import TlsFiles, Transport
from routing.agent.identity import join as joining
from routing.agent.identity.join import JoinRefused, has_used, join
from routing.agent.identity.tokens import read_credentials
from routing.snapshot import Secret
from tests.running import free_port

TOKEN = Secret("slj_of-a-test")
KEY = X25519PrivateKey.generate()


@pytest.fixture
async def plane(tmp_path, monkeypatch):
    """Answers with `replies` in turn, the last one again and again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(joining, "jittered", lambda *_: 0.0)

    class Plane:
        replies = [(200, {"name": "berlin-1"})]
        bodies = []

        async def answer(self, request):
            self.bodies.append(await request.json() | {"token": request.headers["Authorization"]})
            status, body = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
            return web.json_response(body, status=status)

        async def join(self, token=TOKEN):
            await join(self.url, token, KEY, Transport(self.url, TlsFiles()))

    plane = Plane()
    plane.bodies = []
    app = web.Application()
    app.router.add_post("/edge/v1/join", plane.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    plane.url = f"http://127.0.0.1:{port}"
    yield plane
    await runner.cleanup()


async def test_the_credentials_are_made_here_and_only_their_hash_travels(plane):
    assert not has_used(TOKEN)
    await plane.join()
    credentials = read_credentials()
    (body,) = plane.bodies
    assert credentials.name == "berlin-1" and credentials.token not in json.dumps(body)
    assert body["credential_sha256"] == hashlib.sha256(credentials.token.encode()).hexdigest()
    assert body["token"] == f"Bearer {TOKEN.reveal()}"
    assert has_used(TOKEN) and not has_used(Secret("slj_another"))
    assert not joining.JOINING.exists()


async def test_a_lost_answer_is_repeated_with_the_same_credentials(plane):
    plane.replies = [(502, {}), (500, {"error": "x"}), (200, {"name": "berlin-1"})]
    await plane.join()
    assert len(plane.bodies) == 3 and len({str(body) for body in plane.bodies}) == 1


async def test_after_a_restart_an_unconfirmed_join_goes_on_with_the_same(plane):
    plane.replies = [(409, {"error": "taken"})]
    with pytest.raises(JoinRefused, match="taken"):
        await plane.join()
    plane.replies = [(200, {"name": "berlin-1"})]
    await plane.join()
    assert plane.bodies[0] == plane.bodies[1]


@pytest.mark.parametrize("status", [400, 401, 403, 409, 410])
async def test_a_refusal_is_final_and_keeps_earlier_credentials(plane, status):
    await plane.join()
    before = Path("credentials.json").read_bytes()
    plane.replies = [(status, {"error": "used by another agent"})]
    with pytest.raises(JoinRefused, match="used by another agent"):
        await plane.join(Secret("slj_the-next-one"))
    assert Path("credentials.json").read_bytes() == before
