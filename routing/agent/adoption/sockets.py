"""The listening sockets of an adopted version: its process still holds them, and so can we again.

pidfd_getfd(2), Linux 5.6. It needs the right to trace the process: root with CAP_SYS_PTRACE, or the
same user where Yama allows it. Without it the version serves on, and the sockets are bound again
when its process is next started.
"""

from __future__ import annotations

import ctypes
import logging
import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

log = logging.getLogger("edge")

_PIDFD_GETFD = 438  # the same number on every architecture that has it but Alpha
_libc = ctypes.CDLL(None, use_errno=True)


def inodes(fds: Mapping[str, int]) -> dict[str, int]:
    """What tells these sockets from all others, in whichever process: workerd moves them."""
    return {name: os.fstat(fd).st_ino for name, fd in fds.items()}


def take_back(pid: int, pidfd: int, wanted: Mapping[str, int]) -> dict[str, socket.socket]:
    """Copies of the process's sockets by the inodes `wanted`; none where it is not allowed."""
    taken: dict[str, socket.socket] = {}
    try:
        numbers = _numbers(pid)
        for name, inode in wanted.items():
            taken[name] = socket.socket(fileno=_getfd(pidfd, numbers.get(inode, -1)))
    except OSError as error:
        log.info("an adopted version keeps its sockets to itself: %s", error.strerror or error)
        for listener in taken.values():
            listener.close()
        return {}
    return taken


def _numbers(pid: int) -> dict[int, int]:
    """The descriptors of the process that are sockets, by inode."""
    found = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            link = os.readlink(entry)
            if link.startswith("socket:["):
                found[int(link[len("socket:[") : -1])] = int(entry.name)
    return found


def _getfd(pidfd: int, number: int) -> int:
    found = int(_libc.syscall(_PIDFD_GETFD, pidfd, number, 0))
    if found < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return found
