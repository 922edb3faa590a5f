"""Which sockets the next Envoy starts on; a Python process listens in Envoy's place."""

import os
import socket
import subprocess
import sys

import pytest

from routing.agent.handover import handover as module, sockets
from routing.agent.handover.handover import PLAIN, WAIT_SECONDS, Handover

LISTEN = """
import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])), reuse_port=True)
print(flush=True)
time.sleep(60)
"""


class Edge:
    """`handover` of an edge whose Envoy is `process`."""

    def __init__(self, folder):
        program = folder / "envoy"
        program.write_text("#!/bin/sh\necho 11.104 >&2\n")
        program.chmod(0o700)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = probe.getsockname()
        url = sockets.tcp_address(*self.address)
        self.handover = Handover(program, [url], 2)

    def starts(self):
        command = [sys.executable, "-c", LISTEN, str(self.address[1])]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.process.stdout.readline()
        self.process.stdout.close()

    def dies(self, *, was_up=True, wait=0.0):
        self.process.kill()
        self.process.wait()
        self.handover.lost(was_up=was_up, wait=wait)

    @property
    def refuses(self):
        try:
            socket.create_connection(self.address, 5).close()
        except ConnectionRefusedError:
            return True
        return False


@pytest.fixture
async def edge(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    edge = Edge(tmp_path)
    yield edge
    edge.process.kill()
    edge.process.wait()
    edge.handover.close()


async def test_the_next_envoy_starts_on_the_sockets_of_the_one_that_died(edge):
    assert edge.handover.arguments() == list(PLAIN)
    assert not edge.handover.is_under_way
    edge.starts()
    await edge.handover.take(edge.process.pid)
    edge.dies()
    assert not edge.refuses
    assert "--base-id" in edge.handover.arguments()
    assert edge.handover.is_under_way


async def test_an_envoy_that_ends_while_its_sockets_are_taken_costs_none(edge):
    """It is a zombie then, or gone already."""
    edge.handover.arguments()
    edge.starts()
    await edge.handover.take(edge.process.pid)
    edge.dies()
    before = edge.handover.count
    for is_reaped in (False, True):
        edge.starts()
        edge.process.kill()
        os.waitid(os.P_PID, edge.process.pid, os.WEXITED | os.WNOWAIT)
        if is_reaped:
            edge.process.wait()
        await edge.handover.take(edge.process.pid)
        assert edge.handover.count == before and not edge.refuses
        edge.process.wait()


async def test_what_fails_on_them_starts_on_its_own_and_so_does_what_comes_late(edge):
    edge.handover.arguments()
    edge.starts()
    await edge.handover.take(edge.process.pid)
    edge.dies()
    edge.handover.arguments()
    edge.dies(was_up=False)
    assert edge.refuses
    assert edge.handover.arguments() == list(PLAIN)

    edge.starts()
    await edge.handover.take(edge.process.pid)
    edge.dies(wait=WAIT_SECONDS + 0.1)
    assert edge.refuses


async def test_a_planned_end_refuses_at_once(edge):
    edge.starts()
    await edge.handover.take(edge.process.pid)
    edge.process.kill()
    edge.process.wait()
    assert not edge.refuses
    edge.handover.close()
    assert edge.refuses


async def test_where_duplicating_is_not_allowed_envoy_starts_on_sockets_of_ours(
    tmp_path, monkeypatch
):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(module.sockets, "duplicate", refuse)
    monkeypatch.chdir(tmp_path)
    edge = Edge(tmp_path)
    assert "--base-id" in edge.handover.arguments()
    assert not edge.refuses
    edge.starts()
    await edge.handover.take(edge.process.pid)
    edge.dies()
    assert not edge.refuses
    assert "--base-id" in edge.handover.arguments()
    edge.dies(was_up=False)
    assert edge.handover.arguments() == list(PLAIN)
    assert edge.refuses


async def test_an_envoy_without_hot_restart_is_as_before(edge):
    edge.handover._program.write_text("#!/bin/sh\necho disabled >&2\n")
    edge.starts()
    await edge.handover.take(edge.process.pid)
    edge.dies()
    assert edge.refuses
    assert edge.handover.arguments() == list(PLAIN)
