"""A copy of the namespaces of a running state process, and a process on the copy."""

from __future__ import annotations

import itertools
import threading

import httpx
import pytest

from routing.state_access import header_value, state_key
from routing.storage.copy import copy_state, is_running, replace_state
from tests.state_process import KEY, state_process

pytestmark = pytest.mark.slow
HEADERS = {"x-sluice-state": header_value(state_key(KEY), "kv", "n1")}


def client(url):
    transport = httpx.HTTPTransport(uds=url.removeprefix("unix:"))
    return httpx.Client(transport=transport, base_url="http://state", headers=HEADERS, timeout=30)


def test_what_was_acknowledged_before_is_in_the_copy_also_while_others_write(tmp_path):
    folder, restored, stop = tmp_path / "a", tmp_path / "b", threading.Event()
    (target := folder / ".copy").mkdir(parents=True)
    (folder / ".killed" / "kv").mkdir(parents=True)
    with state_process(folder) as state, client(state.url) as kv:
        kv.put("/small", content=b"1")
        kv.put("/large", content=b"2" * 100_000)

        def write():
            with client(state.url) as other:
                for n in itertools.count():
                    if stop.is_set():
                        return
                    other.put("/busy", content=b"%d" % n * 70_000)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            copy_state(folder, target)
        finally:
            stop.set()
            writer.join()
        assert is_running(folder)
    assert not list(target.glob(".*"))
    assert not is_running(folder)
    (restored / "kv").mkdir(parents=True)
    (restored / "kv" / "old").write_text("replaced")
    replace_state(target, restored)
    assert not (restored / "kv" / "old").exists()
    with state_process(restored) as state, client(state.url) as kv:
        assert kv.get("/small").content == b"1"
        assert kv.get("/large").content == b"2" * 100_000
        assert kv.get("/busy").status_code in (200, 404)
        keys = [key["name"] for key in kv.get("/").json()["keys"]]
        assert {kv.get(f"/{name}").status_code for name in keys} == {200}
