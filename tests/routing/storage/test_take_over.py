"""A state server that takes over from another one while requests come."""

from __future__ import annotations

import asyncio
import fcntl
import os
import threading

import httpx
import pytest

from routing.state_access import header_value, state_key
from routing.storage import server
from routing.storage.copy import LOCK
from tests.eventually import eventually
from tests.state_process import KEY, state_process

pytestmark = pytest.mark.slow
HEADERS = {"x-sluice-state": header_value(state_key(KEY), "kv", "n")}


def put_on_new_connections(url, answers, stop):
    """Each on a new connection, as there is always a socket at the path."""
    while not stop.is_set():
        transport = httpx.HTTPTransport(uds=url.removeprefix("unix:"))
        options = {"base_url": "http://kv", "headers": HEADERS, "timeout": 60}
        with httpx.Client(transport=transport, **options) as client:
            try:
                answers.append(client.put("/k", content=b"v").status_code)
            except httpx.TransportError as error:
                answers.append(error)


def test_no_request_fails_while_the_next_server_takes_over(tmp_path):
    answers, stop = [], threading.Event()
    child = {"SLUICE_EXIT_WITH_PARENT": "1"}  # as of `make run`
    with state_process(tmp_path, **child) as first:
        writer = threading.Thread(target=put_on_new_connections, args=(first.url, answers, stop))
        writer.start()
        assert eventually(lambda: len(answers) > 5)
        with state_process(tmp_path, **child) as second:
            lock = tmp_path / "lock"
            assert eventually(lambda: lock.read_text().strip() == str(second.pid), 20)
            done = len(answers)
            assert eventually(lambda: len(answers) > done + 5)
            stop.set()
            writer.join()
            assert not is_running(first.pid)
    assert set(answers) == {200}


def is_running(pid):
    """Also collects it, if it has ended."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


async def test_a_server_by_itself_leaves_the_other_one_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(server, "_LOCK_SECONDS", 0)
    lock = os.open(tmp_path / LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    with pytest.raises(server.FolderInUse):
        await server.StateServer(tmp_path, [b"k"]).run(asyncio.Event())
    os.close(lock)
    assert not (tmp_path / "state.sock").exists()
