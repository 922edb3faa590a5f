"""Duplicates the listening sockets of an adopted version.

Where that is not allowed the version keeps serving, and new sockets are bound at its next start.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

from routing.agent.base.process_sockets import duplicate, sockets_of

log = logging.getLogger("edge")


def inodes(fds: Mapping[str, int]) -> dict[str, int]:
    """Identify sockets across processes; workerd renumbers descriptors."""
    return {name: os.fstat(fd).st_ino for name, fd in fds.items()}


def take_back(pid: int, pidfd: int, wanted: Mapping[str, int]) -> dict[str, socket.socket]:
    """Duplicates of the process's sockets with these inodes; empty where that is not allowed."""
    taken: dict[str, socket.socket] = {}
    try:
        descriptors = {inode: descriptor for descriptor, inode in sockets_of(pid)}
        for name, inode in wanted.items():
            taken[name] = duplicate(pidfd, descriptors.get(inode, -1))
    except OSError as error:
        log.info("sockets of an adopted version cannot be duplicated: %s", error.strerror or error)
        for listener in taken.values():
            listener.close()
        return {}
    return taken
