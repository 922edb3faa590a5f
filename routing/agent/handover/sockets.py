"""Duplicates of a process's listening sockets, and new ones on the same addresses.

A duplicate is the same socket: the kernel keeps completing connections after the process dies, and
the next process accepts them.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable
from ipaddress import ip_address

from routing.agent.base.process_sockets import duplicate, sockets_of

Sockets = dict[str, list[socket.socket]]
"""By address (`tcp://127.0.0.1:80`, `unix://path`); TCP has one per worker thread."""

_BACKLOG = 4096
_TCP_INFO_WAITING = struct.Struct("24xI")
"""tcp_info.tcpi_unacked: for a listening socket, connections not accepted yet."""


def can_duplicate() -> bool:
    """False where the system call is missing or filtered: Docker allows it with CAP_SYS_PTRACE."""
    process = os.pidfd_open(os.getpid())
    try:
        with socket.socket(socket.AF_UNIX) as own:
            duplicate(process, own.fileno()).close()
        return True
    except OSError:
        return False
    finally:
        os.close(process)


def duplicates(pid: int, addresses: Iterable[str]) -> Sockets:
    """The listening sockets of a process on these addresses.

    Raises `OSError` if the process has ended or may not be traced (another user's process; without
    root also one that is no descendant, where kernel.yama.ptrace_scope is 1 or more).
    """
    taken: Sockets = {address: [] for address in addresses}
    process = os.pidfd_open(pid)
    try:
        for descriptor, _ in sockets_of(pid):
            copy = duplicate(process, descriptor)
            address = _listens_on(copy)
            if address in taken and (not taken[address] or address.startswith("tcp://")):
                taken[address].append(copy)
            else:
                copy.close()
    except BaseException:
        close(taken)
        raise
    finally:
        os.close(process)
    return {address: some for address, some in taken.items() if some}


def listen_again(addresses: Iterable[str], workers: int) -> Sockets:
    """New sockets on TCP addresses that nothing listens on. Raises `OSError`."""
    opened: Sockets = {}
    try:
        for address in addresses:
            if address.startswith("tcp://"):
                opened[address] = []
                for _ in range(workers):
                    opened[address].append(_listening(address))
    except OSError:
        close(opened)
        raise
    return opened


def waiting(sockets: Sockets) -> int:
    """Connections that no process has accepted yet."""
    return sum(
        _TCP_INFO_WAITING.unpack(one.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 28))[0]
        for address, some in sockets.items()
        if address.startswith("tcp://")
        for one in some
    )


def close(sockets: Sockets) -> None:
    """Connections that wait in a socket no other process has are reset."""
    for some in sockets.values():
        for one in some:
            one.close()
    sockets.clear()


def tcp_address(host: str, port: int) -> str:
    """In Envoy's notation."""
    parsed = ip_address(host)
    return f"tcp://[{parsed}]:{port}" if parsed.version == 6 else f"tcp://{parsed}:{port}"


def _listens_on(one: socket.socket) -> str:
    """The address, or "" for a socket that does not listen."""
    if not one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        return ""
    if one.family == socket.AF_UNIX:
        return f"unix://{one.getsockname()}"
    if one.family in (socket.AF_INET, socket.AF_INET6):
        host, port = one.getsockname()[:2]
        return tcp_address(host, port)
    return ""


def _listening(address: str) -> socket.socket:
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    host = host.strip("[]")
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if listener.family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, int(port)))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
