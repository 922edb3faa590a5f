"""writeDataPoint() of a real version, with the real state process and without it."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import asynccontextmanager

import httpx
import pytest

from routing.compile import names
from routing.snapshot import BindingSpec, Secret
from routing.state_access import HEADER, header_value, state_key
from tests.routing.storage.running_version import running_version
from tests.state_process import KEY, state_process

pytestmark = pytest.mark.slow
CODE = b"""export default {
  async fetch(request, env) {
    const { points = [{}], times = 1 } = await request.json();
    try {
      for (let time = 0; time < times; time++) for (const p of points) env.HITS.writeDataPoint(p);
      env.HITS.writeDataPoint();
    } catch (error) {
      return new Response(`${error.name}: ${error.message}`);
    }
    return new Response("ok");
  },
};
"""


@asynccontextmanager
async def version(folder, dataset="hits", capability_of="hits"):
    value = header_value(state_key(KEY), "dataset", capability_of)
    value = value.replace(f":{capability_of}:", f":{dataset}:")
    binding = BindingSpec(
        name="HITS", type="analytics_engine", options={"dataset": dataset}, secret=Secret(value)
    )
    async with running_version(folder, CODE, binding) as client:

        async def write(*points, times=1):
            body = {"points": points or [{}], "times": times}
            return (await client.post("/", json=body)).text

        yield write


def status(dataset="hits"):
    transport = httpx.HTTPTransport(uds=names.STATE_SOCKET)
    headers = {HEADER: header_value(state_key(KEY), "dataset", dataset)}
    with httpx.Client(transport=transport, base_url="http://s", headers=headers) as client:
        found = client.post("/status", json={}).json()
    return found["points"], found["lost"]


async def until(expected):
    async with asyncio.timeout(20):
        while (found := status()) != expected:
            await asyncio.sleep(0.1)
            assert found[0] <= expected[0]


def test_points_arrive_after_the_request_and_bad_ones_are_type_errors(folder):
    async def check():
        with state_process(folder / "state"):
            os.link("state/state.sock", names.STATE_SOCKET)
            async with version(folder) as write:
                point = {"indexes": ["a"], "blobs": ["x", None], "doubles": [1.5, True]}
                assert await write(point) == "ok"
                await until((2, 0))
                await asyncio.gather(*(write(point, times=9) for _ in range(20)))
                await until((202, 0))
                for bad in (
                    {"indexes": ["a", "b"]},
                    {"indexes": ["x" * 97]},
                    {"blobs": ["x"] * 21},
                    {"blobs": ["x" * 16_385]},
                    {"doubles": [1] * 21},
                    {"doubles": ["1"]},
                    {"blobs": [1]},
                    {"blobs": "x"},
                ):
                    assert (await write(bad)).startswith("TypeError: writeDataPoint()"), bad
                assert status() == (202, 0)

    asyncio.run(check())


def test_no_request_waits_for_a_state_process_that_is_away_and_losses_are_counted(folder):
    async def check():
        async with version(folder) as write:
            started = time.monotonic()
            for _ in range(5):
                assert await write() == "ok"
            assert await write(times=3000) == "ok"  # more than may wait
            assert time.monotonic() - started < 10
            await asyncio.sleep(0.5)
            with state_process(folder / "state"):
                os.link("state/state.sock", names.STATE_SOCKET)
                assert await write() == "ok"
                written = 5 * 2 + 3001 + 2
                async with asyncio.timeout(20):
                    while sum(status()) < written:
                        await asyncio.sleep(0.2)
                        assert await write() == "ok"
                        written += 2
                points, lost = status()
                assert points + lost == written and points and lost > 1000

    asyncio.run(check())


def test_a_capability_of_another_dataset_writes_nothing(folder):
    async def check():
        with state_process(folder / "state"):
            os.link("state/state.sock", names.STATE_SOCKET)
            async with version(folder, dataset="hits", capability_of="mine") as write:
                assert await write() == "ok"
                await asyncio.sleep(0.5)
            assert status() == (0, 0)

    asyncio.run(check())
