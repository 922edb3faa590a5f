"""The agent answers a starting Envoy in place of the one that died. Here a test asks like Envoy."""

import array
import asyncio
import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from routing.agent.handover import sockets
from routing.agent.handover.successor import Predecessor, memory_size, sigterm_blocked


def datagram(message):
    return len(message).to_bytes(8, "big") + message


def asks_for(url, worker=0):
    index = bytes([0x10, worker]) if worker else b""
    inner = b"\n" + bytes([len(url)]) + url.encode() + index
    return b"\n" + bytes([len(inner) + 2]) + b"\n" + bytes([len(inner)]) + inner


class Child:
    """Envoy's end: its own datagram socket, and the address of the one before it."""

    def __init__(self, arguments):
        given = dict(zip(arguments[::2], arguments[1::2], strict=False))
        number = int(given["--base-id"]) * 10
        self.parent = f"{given['--socket-path']}_parent_{number}"
        self.memory = Path(f"/dev/shm/envoy_shared_memory_{number}")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"{given['--socket-path']}_child_{number + 1}")

    def answer(self):
        self.socket.settimeout(20)
        body, ancillary, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(4))
        descriptors = array.array("i", b"".join(data[:4] for _, _, data in ancillary))
        return body[8:], list(descriptors)


@pytest.fixture
async def listening(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = sockets.tcp_address("127.0.0.1", port)
    opened = sockets.listen_again([url], 2)
    yield opened
    sockets.close(opened)


async def answer_to(child, message):
    """One question and its answer."""
    child.socket.sendto(datagram(message), child.parent)
    return await asyncio.to_thread(child.answer)


async def test_it_gets_each_socket_and_then_needs_us_no_more(listening):
    [url] = listening
    predecessor = Predecessor(listening, 104)
    child = Child(predecessor.arguments)
    memory = child.memory.read_bytes()
    assert (len(memory), memory[:16]) == (104, b"h" + bytes(7) + b"\x0b" + bytes(7))
    for path in (child.parent, child.memory):
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600

    assert await answer_to(child, b"\n\x02\x12\x00") != (b"", [])
    caller = socket.create_connection(listening[url][0].getsockname(), 5)
    for worker in (0, 1):
        body, [descriptor] = await answer_to(child, asks_for(url, worker))
        assert body == b"\x12\x04\n\x02\x08\x00"
        with socket.socket(fileno=descriptor) as passed:
            assert passed.getsockname() == listening[url][0].getsockname()
            ours = listening[url][worker].fileno()
            assert os.fstat(passed.fileno()).st_ino == os.fstat(ours).st_ino
    for other in (asks_for(url, 2), asks_for("tcp://127.0.0.1:1")):
        assert (await answer_to(child, other))[1] == []
    assert predecessor.waited == 1

    child.socket.sendto(datagram(b"\n\x02*\x00"), child.parent)
    async with asyncio.timeout(10):
        while os.path.exists(child.parent):
            await asyncio.sleep(0)
    async with asyncio.timeout(10):
        while child.memory.exists():
            await asyncio.sleep(0)
    predecessor.close()
    caller.close()
    child.socket.close()


async def test_nonsense_is_no_question(listening, caplog):
    predecessor = Predecessor(listening, 104)
    child = Child(predecessor.arguments)
    child.socket.sendto(b"nonsense", child.parent)
    assert (await answer_to(child, b"\n\x02\x12\x00"))[1] == []
    assert "cannot be answered" in caplog.text
    predecessor.close()
    child.socket.close()


@pytest.mark.parametrize("line", ["11.104", "12.104", "disabled", ""])
def test_only_a_hot_restart_that_we_know(tmp_path, line):
    program = tmp_path / "envoy"
    program.write_text(f"#!/bin/sh\necho {line} >&2\n")
    program.chmod(0o700)
    if line == "11.104":
        assert memory_size(program) == 104
    else:
        with pytest.raises(OSError, match="hot"):
            memory_size(program)


def test_a_process_started_without_sigterm_does_not_end_by_it():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with sigterm_blocked():
        process = subprocess.Popen(["sleep", "60"])
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
    process.terminate()
    process.kill()
    assert process.wait(10) == -signal.SIGKILL
