"""Finds and duplicates sockets of other processes.

A duplicate is the same socket: while we have one, the kernel keeps accepting connections after the
process dies. pidfd_getfd(2) needs the right to trace the process: root with CAP_SYS_PTRACE, or the
same user where Yama allows it.
"""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress

_PIDFD_GETFD = 438
"""Since Linux 5.6; the same number on every architecture except Alpha."""
_LINK = "socket:["

_syscall: Callable[..., int] = ctypes.CDLL(None, use_errno=True).syscall


def sockets_of(pid: int) -> Iterator[tuple[int, int]]:
    """(descriptor, inode) of each socket of the process, by descriptor. Raises `OSError`."""
    folder = f"/proc/{pid}/fd"
    for descriptor in sorted(map(int, os.listdir(folder))):
        with suppress(FileNotFoundError):  # closed meanwhile
            link = os.readlink(f"{folder}/{descriptor}")
            if link.startswith(_LINK):
                yield descriptor, int(link.removeprefix(_LINK).removesuffix("]"))


def duplicate(pidfd: int, descriptor: int) -> socket.socket:
    """Raises `OSError` where it is not allowed."""
    number = _syscall(_PIDFD_GETFD, pidfd, descriptor, 0)
    if number < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return socket.socket(fileno=number)
