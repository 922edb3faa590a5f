"""Real PostgreSQL and Redis servers for tests, on free loopback ports, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.running import free_port

STARTED_WITHIN = 20.0


def program(name: str) -> str:
    """Where a server's program is; fails (and does not skip) when it is missing."""
    places = [os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    found = shutil.which(name, path=":".join(places))
    assert found, f"{name} is missing: run `make test` once as root, or install it."
    return found


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A server of its own; gives the DATABASE_URL."""
    data, port = folder / "postgresql", free_port()
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    data.mkdir()
    if user:
        shutil.chown(data, "postgres", "postgres")
        for parent in [folder, *folder.parents]:
            if parent.stat().st_uid == 0 and parent != Path("/") and not parent.stat().st_mode & 1:
                parent.chmod(parent.stat().st_mode | 0o011)
    make = [program("initdb"), "-D", data, "-U", "sluice", "--auth=trust", "-E", "UTF8", "-N"]
    subprocess.run(make, check=True, capture_output=True, cwd="/", **user)
    listen = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", "fsync=off"]
    server = [program("postgres"), "-D", data, "-k", data, *listen]
    with _running(server, port, user):
        yield f"postgresql://sluice@127.0.0.1:{port}/postgres"


@contextmanager
def redis(folder: Path, port: int = 0) -> Iterator[str]:
    """A server of its own, on `port` where one is given; gives the REDIS_URL."""
    port = port or free_port()
    where = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    with _running([program("redis-server"), *where], port, {}):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def _running(command: list[Any], port: int, user: dict[str, Any]) -> Iterator[None]:
    process = subprocess.Popen(
        command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user
    )
    try:
        deadline = time.monotonic() + STARTED_WITHIN
        while not _answers(port):
            assert process.poll() is None and time.monotonic() < deadline, command
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
