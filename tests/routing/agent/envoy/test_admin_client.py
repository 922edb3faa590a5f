"""The client of Envoy's admin socket."""

import asyncio

import pytest

from routing.agent.envoy.admin_client import Admin, EnvoyUnavailable

CHUNKED = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\na: \r\n2\r\n1\n\r\n0\r\n\r\n"


class Scripted:
    """Answers each request with the next of its answers; None closes the connection."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.connections = 0

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while self.answers:
                await reader.readuntil(b"\r\n\r\n")
                answer = self.answers.pop(0)
                if answer is None:
                    break
                writer.write(answer)
        except asyncio.IncompleteReadError:
            pass
        writer.close()


@pytest.fixture
async def ask(tmp_path):
    servers, admins = [], []

    async def start(*answers):
        script = Scripted(*answers)
        path = str(tmp_path / "admin.sock")
        servers.append(await asyncio.start_unix_server(script.serve, path))
        admins.append(Admin(path, timeout=0.3))
        return admins[-1], script

    yield start
    for admin in admins:
        await admin.close()
    for server in servers:
        server.close()


async def test_one_connection_for_many_questions(ask):
    admin, script = await ask(CHUNKED, CHUNKED, CHUNKED)
    assert [await admin.stats("x") for _ in range(3)] == [{"a": "1"}] * 3
    assert script.connections == 1


async def test_a_kept_connection_that_was_closed_is_opened_again(ask):
    admin, script = await ask(CHUNKED, None, CHUNKED)
    await admin.get("/")
    assert await admin.get("/") == "a: 1\n"
    assert script.connections == 2


async def test_a_connection_that_closes_at_once_is_away(ask):
    admin, _ = await ask(None)
    with pytest.raises(EnvoyUnavailable):
        await admin.get("/")


async def test_silence_is_away(ask):
    admin, _ = await ask(b"")
    with pytest.raises(EnvoyUnavailable):
        await admin.get("/")


async def test_another_status_is_away_and_says_which(ask):
    admin, _ = await ask(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
    with pytest.raises(EnvoyUnavailable, match="404"):
        await admin.get("/")


async def test_in_flight_by_cluster(ask):
    body = b"cluster.v1.upstream_rq_active: 3\ncluster.v1/Sums.upstream_rq_active: 0\n"
    head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
    admin, _ = await ask(head + body)
    assert await admin.in_flight(["v1", "v1/Sums"]) == {"v1": 3, "v1/Sums": 0}
