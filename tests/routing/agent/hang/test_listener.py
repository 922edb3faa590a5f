"""An Envoy that hangs: here a process with two accepting threads stands for it."""

import asyncio
import os
import signal
import socket
import subprocess
import sys

import pytest

from routing.agent.hang.listener import ListenerDetector

SERVE = """
import socket, sys, threading, time
first = socket.create_server(("127.0.0.1", 0), reuse_port=True)
second = socket.create_server(first.getsockname(), reuse_port=True)
def serve(listener):
    while True:
        connection, _ = listener.accept()
        assert connection.recv(64) == b""  # a probe is no request
        connection.close()
threading.Thread(target=serve, args=(first,), daemon=True).start()
if sys.argv[1] == "both":
    threading.Thread(target=serve, args=(second,), daemon=True).start()
print(first.getsockname()[1], flush=True)
time.sleep(600)
"""


class Server:
    def __init__(self, threads):
        command = [sys.executable, "-c", SERVE, threads]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.address = "127.0.0.1", int(self.process.stdout.readline())
        self.process.stdout.close()

    async def verdict(self, hang_seconds=0.4, wait=60.0):
        """Whether it is called hung within so many seconds."""
        detector = ListenerDetector(
            self.address, self.process.pid, workers=2, hang_seconds=hang_seconds
        )
        try:
            await asyncio.wait_for(detector.until_hung(every=0.01), wait)
        except TimeoutError:
            return False
        return True


@pytest.fixture
def start():
    started = []

    def start(threads="both"):
        started.append(Server(threads))
        return started[-1]

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()


async def test_who_closes_probes_is_well(start):
    assert not await start().verdict(hang_seconds=30, wait=0.5)


async def test_a_stopped_process_hangs(start):
    server = start()
    os.kill(server.process.pid, signal.SIGSTOP)
    assert await server.verdict()


async def test_one_thread_that_does_not_accept_is_enough(start):
    assert await start("one").verdict()


async def test_where_nobody_listens_there_is_no_hang(start):
    server = start()
    server.process.kill()
    server.process.wait()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(server.address, 5)
    assert not await server.verdict(wait=0.5)


async def test_full_queues_are_a_hang():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        calling = []
        for _ in range(3):  # more than the queue has room for
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
            calling.append(caller)
        detector = ListenerDetector(
            listener.getsockname(), os.getpid(), workers=1, hang_seconds=0.4
        )
        hung = asyncio.create_task(detector.until_hung(every=0.01))
        await asyncio.wait([hung], timeout=60)
        assert hung.done()
        for caller in calling:
            caller.close()
