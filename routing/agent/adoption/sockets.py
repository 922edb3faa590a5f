"""The listening sockets of an adopted version: its process still holds them, and so can we again.

Where we may not duplicate them the version serves on, and the sockets are bound again when its
process is next started.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Mapping

from routing.agent.base.process_sockets import duplicate, sockets_of

log = logging.getLogger("edge")


def inodes(fds: Mapping[str, int]) -> dict[str, int]:
    """What tells these sockets from all others, in whichever process: workerd moves them."""
    return {name: os.fstat(fd).st_ino for name, fd in fds.items()}


def take_back(pid: int, pidfd: int, wanted: Mapping[str, int]) -> dict[str, socket.socket]:
    """Copies of the process's sockets by the inodes `wanted`; none where it is not allowed."""
    taken: dict[str, socket.socket] = {}
    try:
        descriptors = {inode: descriptor for descriptor, inode in sockets_of(pid)}
        for name, inode in wanted.items():
            taken[name] = duplicate(pidfd, descriptors.get(inode, -1))
    except OSError as error:
        log.info("an adopted version keeps its sockets to itself: %s", error.strerror or error)
        for listener in taken.values():
            listener.close()
        return {}
    return taken
