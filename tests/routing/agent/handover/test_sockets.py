"""Listening sockets outlive the process that listened."""

import select
import signal
import socket
import subprocess
import sys

import pytest

from routing.agent.handover import sockets

LISTEN = """
import socket, sys, time
def listen(*address, family=socket.AF_INET):
    s = socket.socket(family)
    if family == socket.AF_INET: s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    s.bind(*address); s.listen(16)
    return s
first = listen(("127.0.0.1", 0))
listening = [first, listen(first.getsockname()), listen(sys.argv[1], family=socket.AF_UNIX)]
others = [listening[2].dup(), socket.create_connection(first.getsockname()), socket.socketpair()]
print(first.getsockname()[1], flush=True)
time.sleep(60)
"""


@pytest.fixture
def process(tmp_path):
    path = str(tmp_path / "inside.sock")
    process = subprocess.Popen([sys.executable, "-c", LISTEN, path], stdout=subprocess.PIPE)
    process.address = "127.0.0.1", int(process.stdout.readline())
    process.urls = [f"tcp://127.0.0.1:{process.address[1]}", f"unix://{path}"]
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_connections_wait_while_nobody_lives_and_are_then_accepted(process):
    taken = sockets.duplicates(process.pid, process.urls)
    assert {url: len(some) for url, some in taken.items()} == dict(
        zip(process.urls, (2, 1), strict=True)
    )
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = sockets.waiting(taken)  # its own connection to itself
    callers = [socket.create_connection(process.address, 5) for _ in range(8)]
    assert sockets.waiting(taken) == before + 8
    with socket.socket(socket.AF_UNIX) as inside:
        inside.connect(process.urls[1].removeprefix("unix://"))
    names = set()
    while ready := select.select(taken[process.urls[0]], [], [], 0)[0]:
        for listener in ready:
            connection, name = listener.accept()
            connection.close()
            names.add(name)
    assert names >= {caller.getsockname() for caller in callers}
    assert sockets.waiting(taken) == 0
    sockets.close(taken)
    for caller in callers:
        caller.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(process.address, 5)


def test_other_addresses_and_processes_that_are_gone(process):
    assert sockets.duplicates(process.pid, ["tcp://127.0.0.1:1"]) == {}
    process.kill()
    process.wait()
    with pytest.raises(OSError):
        sockets.duplicates(process.pid, process.urls)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_new_sockets_on_the_same_address(host):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.bind((host, 0))
        port = probe.getsockname()[1]
    opened = sockets.listen_again([sockets.tcp_address(host, port), "unix://a.sock"], 3)
    [(address, listeners)] = opened.items()
    assert address == (f"tcp://[{host}]:{port}" if ":" in host else f"tcp://{host}:{port}")
    assert len(listeners) == 3
    socket.create_connection((host, port), 5).close()
    sockets.close(opened)
    with socket.socket(family) as taken:
        taken.bind((host, port))
        with pytest.raises(OSError):
            sockets.listen_again([address], 1)
