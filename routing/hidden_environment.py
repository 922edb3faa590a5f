"""Removes secrets from /proc/<pid>/environ, which root, the process's own user and crash reports
can read for as long as the process runs, whatever it does to its variables.

`hide` overwrites the values where the kernel reads them (`env_start` and `env_end` of
/proc/<pid>/stat, see proc(5)); `os.environ` is unchanged. Our child processes do not get secrets in
their environment: `hand_over` sends them through a pipe, which `hide` reads in the child.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

SECRETS = (
    "SLUICE_ADMIN_PASSWORD",
    "SLUICE_AI_KEY",
    "SLUICE_AUDIT_WEBHOOK_SECRET",
    "SLUICE_AUDIT_WEBHOOK_URL",
    "SLUICE_EDGE_JOIN_TOKEN",
    "SLUICE_EDGE_TOKEN",
    "SLUICE_METRICS_TOKEN",
    "SLUICE_OIDC_CLIENT_SECRET",
    "SLUICE_PROMETHEUS_URL",
    "SLUICE_SECRET_KEY",
    "SLUICE_SECRET_KEY_PREVIOUS",
    "SLUICE_SMTP_PASSWORD",
    "SLUICE_STATE_KEY",
    "DATABASE_URL",
    "PGPASSWORD",
    "REDIS_URL",
)
"""Variables with a secret, or a URL that may include one."""
PIPE = "SLUICE_SECRETS_FD"


def hide() -> None:
    """Call this first in every program. Without /proc it only reads the parent's pipe."""
    _receive()
    names = [name.encode() for name in SECRETS if os.environ.get(name)]
    if names:
        with suppress(OSError, ValueError):
            _overwrite(names)


def without_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for child processes that need no secrets."""
    return {name: value for name, value in environ.items() if name not in SECRETS}


@contextmanager
def hand_over(environ: Mapping[str, str]) -> Iterator[tuple[dict[str, str], list[int]]]:
    """The environment for one of our child processes, and the descriptors to pass to it. Start the
    child within the block."""
    secrets = {name: environ[name] for name in SECRETS if environ.get(name)}
    if not secrets:
        yield dict(environ), []
        return
    read, write = os.pipe()
    try:
        try:
            os.write(write, json.dumps(secrets).encode())  # a pipe holds 64 kB
        finally:
            os.close(write)
        yield without_secrets(environ) | {PIPE: str(read)}, [read]
    finally:
        os.close(read)


def _receive() -> None:
    number = os.environ.pop(PIPE, "")
    if not number.isdigit():
        return
    with suppress(OSError, ValueError), os.fdopen(int(number), "rb") as pipe:
        os.environ.update(json.loads(pipe.read()))


def _overwrite(names: list[bytes]) -> None:
    import ctypes  # only where there is something to hide

    start, end = _region()
    region = ctypes.string_at(start, end - start)
    if not region.endswith(b"\0"):
        return
    offset = 0
    for entry in region[:-1].split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals and name in names:
            ctypes.memset(start + offset + len(name) + 1, 0, len(value))
        offset += len(entry) + 1


def _region() -> tuple[int, int]:
    """The address range of the initial environment. The kernel reports 0 without permission."""
    with open("/proc/self/stat", "rb") as stat:
        fields = stat.read().rpartition(b")")[2].split()
    start, end = int(fields[47]), int(fields[48])
    if not 0 < start < end:
        raise ValueError("the environment is not where it should be")
    return start, end
