"""An Envoy that is being replaced; a Python process with an admin socket plays it."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from routing.agent.adoption.inheritance import inherit
from routing.agent.base import process_notes
from routing.agent.base.child_process import Child
from routing.agent.envoy.retire import (
    listener_pid,
    put_back,
    retire,
    retiring_socket,
    set_aside,
)
from routing.process_identity import identify
from tests.routing.agent.adoption.test_inherited import note

ADMIN = """
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind("admin.sock")
listener.listen()
print(flush=True)
while True:
    connection, _ = listener.accept()
    while request := connection.recv(4096):
        with open("asked", "ab") as asked:
            asked.write(request.split(b" ")[1] + b"\\n")
        if b"quitquitquit" in request:
            os._exit(0)
        connection.sendall(b"HTTP/1.1 200 OK\\r\\ncontent-length: 0\\r\\n\\r\\n")
"""


@pytest.fixture
def edge(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("pids", "v", "log"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def envoy(edge):
    started = []

    def start(**fields):
        process = subprocess.Popen([sys.executable, "-c", ADMIN], stdout=subprocess.PIPE)
        started.append(process)
        process.stdout.readline()
        about = note(process.pid, started=identify(process.pid).started, **fields)
        process_notes.write(about)
        return about

    yield start
    for process in started:
        process.kill()
        process.communicate()


def asked():
    return Path("asked").read_text().split() if Path("asked").exists() else []


async def test_it_is_drained_and_ends_once_its_successor_is_up(envoy):
    old, up = envoy(), asyncio.Event()
    child = Child(old)
    set_aside(child.pid)
    assert not Path("admin.sock").exists()
    retiring = asyncio.create_task(retire(child, up.wait))
    await asyncio.sleep(0.05)
    assert asked() == [], "it serves until then"
    up.set()
    async with asyncio.timeout(30):
        await retiring
    assert asked()[0] == "/drain_listeners?graceful&skip_exit"
    assert asked()[-1] == "/quitquitquit"
    assert child.ended.done() and not Path(retiring_socket(child.pid)).exists()


async def test_an_admin_socket_of_another_process_is_left_alone(envoy):
    old = envoy()
    os.rename("admin.sock", "old.sock")
    new = envoy()
    assert listener_pid("admin.sock") == new.process.pid
    assert listener_pid("nothing.sock") is None
    set_aside(old.process.pid)
    assert listener_pid("admin.sock") == new.process.pid
    os.rename("admin.sock", retiring_socket(old.process.pid))
    child = Child(old)
    async with asyncio.timeout(30):
        await retire(child, lambda: asyncio.sleep(0))
    assert asked() == [], "nothing was sent to the other one"
    assert child.ended.done() and new.process.is_running()


def test_the_agent_was_killed_before_the_successor_came_up(envoy):
    old = envoy()
    set_aside(old.process.pid)
    new = envoy(ready=False)
    assert inherit().envoy == old
    assert not new.process.is_running()
    assert listener_pid("admin.sock") == old.process.pid


def test_the_agent_was_killed_after_it(envoy):
    old = envoy()
    set_aside(old.process.pid)
    new = envoy()
    put_back(old.process.pid)
    Path("retiring.1.sock").touch()
    found = inherit()
    assert (found.envoy, found.leaving) == (new, (old,))
    assert listener_pid("admin.sock") == new.process.pid
    assert listener_pid(retiring_socket(old.process.pid)) == old.process.pid
    assert not Path("retiring.1.sock").exists()
