"""Ends an outdated Envoy after its successor is up.

Both listen on the same sockets meanwhile (`handover`), so no connection is refused. The admin
socket of the old one is renamed to `retiring.<pid>.sock`, which the next agent finds again if this
one is killed halfway.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress

from routing.agent.base.child_process import Child
from routing.agent.envoy.admin_client import Admin
from routing.agent.envoy.drain import drain_and_quit
from routing.agent.users.peers import peer_of
from routing.compile import names

log = logging.getLogger("edge")

_DRAIN_SECONDS = 10.0
_CONNECT_SECONDS = 0.5


def retiring_socket(pid: int) -> str:
    """Path of the admin socket of an Envoy that is being replaced."""
    return f"retiring.{pid}.sock"


def set_aside(pid: int) -> None:
    """Renames the admin socket, if it is this Envoy's."""
    if listener_pid(names.ADMIN_SOCKET) == pid:
        with suppress(FileNotFoundError):
            os.rename(names.ADMIN_SOCKET, retiring_socket(pid))


def put_back(pid: int) -> None:
    """Undoes `set_aside`: the successor never came up, and has ended."""
    path = retiring_socket(pid)
    if listener_pid(names.ADMIN_SOCKET) is None and listener_pid(path) == pid:
        with suppress(FileNotFoundError):
            os.rename(path, names.ADMIN_SOCKET)


def listener_pid(path: str) -> int | None:
    """The process that listens on a Unix socket (SO_PEERCRED); None where it cannot be determined:
    nothing listens, or its queue is full."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        try:
            probe.connect(path)
        except OSError:
            return None
        peer = peer_of(probe)
        return peer.pid if peer is not None and peer.pid else None


async def retire(old: Child, until_up: Callable[[], Awaitable[object]]) -> None:
    """Drains and ends `old` once `until_up` returns. If the admin socket is gone or belongs to
    another process, `old` ends without draining."""
    path = retiring_socket(old.pid)
    await until_up()
    if listener_pid(path) == old.pid:
        admin = Admin(path)
        await drain_and_quit(admin, old.ended, seconds=_DRAIN_SECONDS)
        await admin.close()
    else:
        log.warning("the replaced Envoy (pid %d) cannot be drained: no admin socket", old.pid)
    await old.stop(2.0)
    with suppress(FileNotFoundError):
        os.unlink(path)
