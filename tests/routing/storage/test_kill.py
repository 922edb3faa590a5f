"""kill -9 of the state process at random instants."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time

import httpx
import pytest

from routing.state_access import header_value, state_key
from tests.state_process import KEY, state_process

pytestmark = pytest.mark.slow
KILLS, WRITERS, KEYS = 8, 4, 50


def client(url):
    headers = {"x-sluice-state": header_value(state_key(KEY), "kv", "n")}
    transport = httpx.HTTPTransport(uds=url.removeprefix("unix:"))
    return httpx.Client(transport=transport, base_url="http://kv", headers=headers, timeout=60)


def test_nothing_acknowledged_is_lost(tmp_path):
    sent, acknowledged, stop = {}, {}, threading.Event()
    with state_process(tmp_path) as state:

        def write(writer):
            with client(state.url) as kv:
                for number in itertools.count():
                    if stop.is_set() and number >= KEYS:
                        return
                    key = f"{writer}:{number % KEYS}"
                    sent[key] = number
                    try:
                        if kv.put(f"/{key}", content=str(number)).status_code == 200:
                            acknowledged[key] = number
                    except httpx.TransportError:
                        pass  # it may have been stored or not

        writers = [threading.Thread(target=write, args=(n,)) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        draw, killed = random.Random(15), set()
        while len(killed) < KILLS:
            time.sleep(draw.uniform(0.02, 0.2))
            pid = state.workerd()
            if pid is not None and pid not in killed:
                os.kill(pid, signal.SIGKILL)
                killed.add(pid)
        stop.set()
        for writer in writers:
            writer.join()
        with client(state.url) as kv:
            stored = {key: int(kv.get(f"/{key}").text) for key in acknowledged}
    assert len(stored) > WRITERS
    lost = {k: n for k, n in acknowledged.items() if not n <= stored[k] <= sent[k]}
    assert not lost
