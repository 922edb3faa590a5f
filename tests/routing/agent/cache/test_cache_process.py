"""The edge's cache: the real process, asked as workerd asks it."""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from routing.agent.base.capnp_config import encode, runtime
from routing.agent.cache.cache_process import CacheProcess, cache_key
from routing.agent.users.claims import Users
from routing.agent.users.isolation import Isolation, Kind
from routing.compile import names
from routing.compile.workerd import config as workerd
from routing.compile.workerd.cache import header_value
from routing.snapshot import ModuleSpec
from tests.real.version_process import serve_version, stop
from tests.routing.compile.cases import make_version

pytestmark = pytest.mark.slow
KEY = cache_key(b"edge")


@pytest.fixture
def folder():
    """A Unix path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as made:
        yield Path(made)


@asynccontextmanager
async def running(folder, monkeypatch):
    """In a folder of its own, storing 1 MB."""
    monkeypatch.chdir(folder)
    Path("log").mkdir()
    cache = CacheProcess(1, KEY, Users(Isolation(kind=Kind.agent)))
    task = asyncio.create_task(cache.keep())
    while not Path(names.CACHE_SOCKET).exists():
        await asyncio.sleep(0.01)
    try:
        yield cache
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def ask(method, path, body=b"", *, worker="shop", header=None, more=""):
    """(status, headers, body). One connection for each, as a new process of a version has."""
    reader, writer = await asyncio.open_unix_connection(names.CACHE_SOCKET)
    capability = header or header_value(worker, KEY)
    head = (
        f"{method} http://e.test{path} HTTP/1.1\r\nHost: e.test\r\nx-sluice-cache: {capability}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n{more}\r\n"
    )
    writer.write(head.encode() + body)
    raw = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    first, _, content = raw.partition(b"\r\n\r\n")
    lines = first.decode().split("\r\n")
    return int(lines[0].split()[1]), "\n".join(lines[1:]).lower(), content


def response(content, *headers):
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def test_responses_are_stored_for_one_worker_as_long_as_they_say(folder, monkeypatch):
    async def check():
        async with running(folder, monkeypatch) as cache:
            assert cache.starts == 0
            assert (await ask("GET", "/a"))[0] == 504
            assert (await ask("PUT", "/a", response(b"hello", "Cache-Control: max-age=9")))[
                0
            ] == 204
            status, headers, content = await ask("GET", "/a")
            assert (status, content) == (200, b"hello") and "cf-cache-status: hit" in headers
            assert (await ask("GET", "/a", worker="stranger"))[0] == 504
            assert (await ask("GET", "/a", more="cf-cache-namespace: n\r\n"))[0] == 504
            assert (await ask("GET", "/a", more="Range: bytes=1-2\r\n"))[::2] == (206, b"el")
            forged = header_value("stranger", KEY).replace("stranger", "shop")
            assert (await ask("GET", "/a", header=forged))[0] == 403
            for refused in ("no-store", "private", "max-age=0"):
                await ask("PUT", "/b", response(b"x", f"Cache-Control: {refused}"))
                assert (await ask("GET", "/b"))[0] == 504, refused
            assert (await ask("PUT", "/b", response(b"x", "Set-Cookie: a=b")))[0] == 413
            assert (await ask("PURGE", "/a"))[0] == 200
            assert (await ask("PURGE", "/a"))[0] == 404
            assert cache.starts == 1

    asyncio.run(check())


def test_the_least_recently_used_leave_first_and_none_takes_it_all(folder, monkeypatch):
    async def check():
        async with running(folder, monkeypatch):
            large = response(b"x" * 200_000)
            for n in range(5):
                await ask("PUT", f"/{n}", large)
            assert (await ask("GET", "/0"))[0] == 200  # now the most recent one
            await ask("PUT", "/5", large)
            found = [(await ask("GET", f"/{n}"))[0] for n in range(6)]
            assert found == [200, 504, 200, 200, 200, 200]
            assert (await ask("PUT", "/6", response(b"x" * 300_000)))[0] == 413

    asyncio.run(check())


def test_it_is_started_again_after_it_was_killed(folder, monkeypatch):
    async def check():
        async with running(folder, monkeypatch) as cache:
            await ask("PUT", "/a", response(b"x"))
            cache.stop()
            while cache.starts < 2:
                with suppress(OSError, IndexError):
                    assert (await ask("GET", "/a"))[0] == 504
            await ask("PUT", "/a", response(b"y"))
            assert (await ask("GET", "/a"))[2] == b"y"

    asyncio.run(check())


CODE = b"""export default {
  async fetch(request) {
    const named = await caches.open("named");
    if (request.method === "PUT")
      await named.put("https://k.test/", new Response(await request.text(), {
        headers: { "cache-control": "max-age=60" } }));
    return (await named.match("https://k.test/")) ?? new Response("miss", { status: 404 });
  },
};
"""


def test_two_versions_of_a_worker_share_it_and_another_worker_does_not(folder, monkeypatch):
    async def check():
        async with running(folder, monkeypatch):
            (folder / "v").mkdir()
            module = ModuleSpec(
                name="m.js",
                content_type="application/javascript+module",
                sha256=hashlib.sha256(CODE).hexdigest(),
                size=len(CODE),
            )
            processes, clients = [], []
            for number, worker in enumerate(("shop", "shop", "stranger")):
                version = replace(
                    make_version(number), modules=(module,), main_module="m.js", exports=()
                )
                config = workerd.config(
                    worker,
                    version,
                    {module.sha256: CODE},
                    slot=0,
                    runtime=runtime(),
                    tail=False,
                    cache=KEY,
                )
                processes.append(serve_version(folder, version, encode(config), None))
                path = names.socket_file(version.id, names.socket())
                transport = httpx.AsyncHTTPTransport(uds=path)
                clients.append(httpx.AsyncClient(transport=transport, base_url="http://w"))
            one, two, stranger = clients
            try:
                assert (await one.get("/")).status_code == 404
                assert (await one.put("/", content="stored")).text == "stored"
                hit = await two.get("/")
                assert (hit.text, hit.headers["cf-cache-status"]) == ("stored", "HIT")
                assert (await stranger.get("/")).text == "miss"
            finally:
                for client in clients:
                    await client.aclose()
                for process in processes:
                    stop(process)

    asyncio.run(check())
