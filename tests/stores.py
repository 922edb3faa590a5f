"""Real PostgreSQL and Redis servers for tests, on free loopback ports, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.base.machine import children
from tests.running import free_port

STARTED_WITHIN = 20.0


def program(name: str) -> str:
    """Where a server's program is; fails (and does not skip) when it is missing."""
    places = [os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    found = shutil.which(name, path=":".join(places))
    assert found, f"{name} is missing: run `make test` once as root, or install it."
    return found


class Server:
    """A program that listens on a loopback port, as often as it is started."""

    def __init__(
        self, folder: Path, command: list[Any], url: str, port: int, user: dict[str, Any]
    ) -> None:
        self.url = url
        self._folder, self._command, self._port, self._user = folder, command, port, user
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._user:
            _open_to_others(self._folder)
        nothing = subprocess.DEVNULL
        process = self._process = subprocess.Popen(
            self._command, cwd="/", stdout=nothing, stderr=nothing, **self._user
        )
        deadline = time.monotonic() + STARTED_WITHIN
        while not _answers(self._port):
            assert process.poll() is None and time.monotonic() < deadline, self._command
            time.sleep(0.05)

    def stop(self) -> None:
        """At once: it ends connections that are open."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGINT)
            process.wait(10)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Neither it nor its children run; the kernel still accepts connections for it."""
        assert self._process is not None
        everyone = [self._process.pid, *children(self._process.pid)]
        for pid in everyone:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in everyone:
                os.kill(pid, signal.SIGCONT)

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """A server of its own; gives the DATABASE_URL."""
    with postgresql_server(folder) as server:
        yield server.url


def _open_to_others(folder: Path) -> None:
    """pytest closes its folder to other users at every start of another pytest."""
    for parent in [folder, *folder.parents]:
        if parent.stat().st_uid == 0 and parent != Path("/") and not parent.stat().st_mode & 1:
            parent.chmod(parent.stat().st_mode | 0o011)


def postgresql_server(folder: Path) -> Server:
    """A server of its own with an empty database, not started."""
    data, port = folder / "postgresql", free_port()
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    data.mkdir()
    if user:
        shutil.chown(data, "postgres", "postgres")
        _open_to_others(folder)
    make = [program("initdb"), "-D", data, "-U", "sluice", "--auth=trust", "-E", "UTF8", "-N"]
    subprocess.run(make, check=True, capture_output=True, cwd="/", **user)
    listen = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", "fsync=off"]
    command = [program("postgres"), "-D", data, "-k", data, *listen]
    return Server(folder, command, f"postgresql://sluice@127.0.0.1:{port}/postgres", port, user)


@contextmanager
def redis(folder: Path, port: int = 0) -> Iterator[str]:
    """A server of its own, on `port` where one is given; gives the REDIS_URL."""
    port = port or free_port()
    where = ["--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    command = [program("redis-server"), *where]
    with Server(folder, command, f"redis://127.0.0.1:{port}/0", port, {}) as server:
        yield server.url


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
