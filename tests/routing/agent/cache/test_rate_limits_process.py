"""The process that counts for rate limiting bindings: the real one, called as workerd calls it."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from routing.agent.base.capnp_config import encode, runtime
from routing.agent.cache.rate_limits_process import RateLimitsProcess, rate_limits_key
from routing.agent.users.claims import Users
from routing.agent.users.isolation import Isolation, Kind
from routing.compile import names
from routing.compile.workerd import config as workerd
from routing.compile.workerd.own_workers import header_value
from routing.snapshot import BindingSpec, ModuleSpec
from tests.real.version_process import serve_version, stop
from tests.routing.compile.cases import make_version

pytestmark = pytest.mark.slow
KEY = rate_limits_key(b"edge")
PERIOD, HOUR = 60, 3600


@pytest.fixture
def folder(monkeypatch):
    """A Unix path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="sluice-") as made:
        monkeypatch.chdir(made)
        (Path(made) / "log").mkdir()
        (Path(made) / "v").mkdir()
        yield Path(made)


@asynccontextmanager
async def running(megabytes=1):
    limits = RateLimitsProcess(KEY, Users(Isolation(kind=Kind.agent)), megabytes)
    task = asyncio.create_task(limits.keep())
    while not Path(names.RATE_LIMITS_SOCKET).exists():
        await asyncio.sleep(0.01)
    try:
        yield limits
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def counter():
    """`limit(key, …)` as the binding of a namespace calls it; the status if it is refused."""
    transport = httpx.AsyncHTTPTransport(uds=names.RATE_LIMITS_SOCKET)
    async with httpx.AsyncClient(transport=transport, base_url="http://l", timeout=30) as client:

        async def limit(key, most, namespace="1", header=None, period=HOUR):
            value = header or header_value(namespace, KEY)
            body = json.dumps({"key": key, "limit": most, "period": period})
            sent = {"x-sluice-rate-limit": value}
            answer = await client.post("/", content=body, headers=sent)
            return answer.json()["success"] if answer.is_success else answer.status_code

        yield limit


def test_requests_of_another_shape_count_nothing(folder):
    async def check():
        async with running(), counter() as limit:
            assert [await limit({}, 3), await limit("a", "b")] == [400, 400]
            assert [await limit("a", 3, period=p) for p in (0.5, 1e9)] == [400, 400]
            assert await limit("x" * 5000, 3) == 413
            assert await limit("a", 1) is True

    asyncio.run(check())


async def within_one_window(period, seconds=6):
    """Waits until the current window has as many seconds left."""
    left = period - time.time() % period
    if left < seconds:
        await asyncio.sleep(left + 0.1)


def test_each_key_has_its_limit_in_its_namespace(folder):
    async def check():
        async with running() as process, counter() as limit:
            assert process.starts == 0
            await within_one_window(HOUR)
            assert [await limit("a", 3) for _ in range(5)] == [True, True, True, False, False]
            assert await limit("b", 3) and await limit("a", 3, namespace="2")
            assert await limit("a", 4) is True  # another limit, the same count
            keys = [f"user {n}" for n in range(300)]
            first = await asyncio.gather(*(limit(key, 1) for key in keys))
            again = await asyncio.gather(*(limit(key, 1) for key in keys))
            assert all(first) and not any(again)
            assert process.starts == 1

    asyncio.run(check())


def test_no_other_namespace_can_be_reached(folder):
    async def check():
        async with running(), counter() as limit:
            forged = header_value("1", KEY).replace("1:", "2:", 1)
            assert await limit("a", 1, header=forged) == 403
            assert await limit("a", 1, header="2:") == 403
            assert await limit("x" * 5000, 1) == 413

    asyncio.run(check())


def test_a_window_ends_with_the_clock(folder):
    async def check():
        async with running(), counter() as limit:
            await within_one_window(3, 2)
            assert [await limit("a", 1, period=3) for _ in range(2)] == [True, False]
            await asyncio.sleep(3 - time.time() % 3 + 0.1)
            assert await limit("a", 1, period=3)

    asyncio.run(check())


def test_many_keys_of_one_namespace_cost_no_other_its_counts(folder):
    """1 MB has room for some 500 of these keys."""

    async def check():
        async with running() as process, counter() as limit:
            await within_one_window(HOUR, 30)
            assert await limit("quiet", 1, namespace="2")
            assert await limit("first", 1)
            keys = [f"{n:01000}" for n in range(600)]
            for key in keys:
                assert await limit(key, 1)
            assert not await limit("quiet", 1, namespace="2")
            assert not await limit(keys[-1], 1)
            assert await limit("first", 1)  # counted longest ago, so it was forgotten
            assert process.starts == 1

    asyncio.run(check())


CODE = b"""export default {
  async fetch(request, env) {
    const options = await request.json();
    try { return Response.json(await env.LIMIT.limit(options)); }
    catch (error) { return Response.json({ error: error.message }); }
  },
};
"""
LIMIT = {"namespace_id": "7", "simple": {"limit": 2, "period": PERIOD}}


def serve(folder, number, worker, key=KEY, **options):
    sha256 = hashlib.sha256(CODE).hexdigest()
    kind = "application/javascript+module"
    module = ModuleSpec(name="m.js", content_type=kind, sha256=sha256, size=len(CODE))
    binding = BindingSpec(name="LIMIT", type="ratelimit", options=LIMIT | options)
    version = replace(
        make_version(number),
        modules=(module,),
        main_module="m.js",
        exports=(),
        bindings=(binding,),
    )
    contents = {module.sha256: CODE}
    config = workerd.config(
        worker, version, contents, slot=0, runtime=runtime(), tail=False, rate_limits=key
    )
    process = serve_version(folder, version, encode(config), None)
    transport = httpx.AsyncHTTPTransport(uds=names.socket_file(version.id, names.socket()))
    return process, httpx.AsyncClient(transport=transport, base_url="http://w", timeout=30)


def test_versions_and_workers_with_one_namespace_share_its_counts(folder):
    async def check():
        async with running() as limits:
            served = [serve(folder, 1, "shop"), serve(folder, 2, "shop"), serve(folder, 3, "blog")]
            served.append(serve(folder, 4, "blog", namespace_id="8"))
            one, two, other, apart = (client for _, client in served)

            async def limit(client, **options):
                return (await client.post("/", json=options)).json()

            try:
                await within_one_window(PERIOD)
                yes, no = {"success": True}, {"success": False}
                calls = [await limit(client, key="k") for client in (one, two, other, one)]
                assert calls == [yes, yes, no, no]
                assert await limit(apart, key="k") == yes
                long = "k" * 10_000
                assert [await limit(c, key=long) for c in (one, two, one)] == [yes, yes, no]
                assert await limit(one) == yes  # without a key, as wrangler dev
                assert "bad rate limit options" in (await limit(one, keys="k"))["error"]
                assert "unsupported period" in (await limit(one, key="k", period=5))["error"]
                limits.stop()
                assert await limit(one, key="k") == yes
            finally:
                for process, client in served:
                    await client.aclose()
                    stop(process)

    asyncio.run(check())


def test_without_the_process_every_call_succeeds(folder):
    async def check():
        process, client = serve(folder, 1, "shop")
        try:
            answers = [(await client.post("/", json={"key": "k"})).json() for _ in range(3)]
            assert answers == [{"success": True}] * 3
        finally:
            await client.aclose()
            stop(process)

    asyncio.run(check())
