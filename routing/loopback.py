"""The identity of this process's loopback interface.

Two processes with the same identity reach the same listeners on 127.0.0.1: same boot, same network
namespace. Containers have one each, unless they share it.
"""

from __future__ import annotations

import functools
import hashlib
import os
import platform
import uuid
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACE = "/proc/self/ns/net"


@functools.cache
def loopback_id() -> str:
    """32 hexadecimal digits."""
    try:
        facts = f"{_BOOT.read_text().strip()} {os.readlink(_NAMESPACE)}"
    except OSError:  # not Linux: no namespaces, so the machine decides
        facts = f"{platform.node()} {uuid.getnode()}"
    return hashlib.blake2s(facts.encode(), digest_size=16).hexdigest()
