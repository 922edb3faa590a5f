"""The edge's cache: one workerd, started when a Worker first uses the Cache API.

It ends with the agent. While it is away, caches are empty; no request fails for it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import socket
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from routing.agent.base import limits
from routing.agent.base.backoff import Backoff
from routing.agent.base.capnp_config import encode, runtime
from routing.agent.processes.first_call import until_called
from routing.agent.users.claims import Users
from routing.agent.users.isolation import User
from routing.compile import names
from routing.compile.workerd import cache
from routing.compile.workerd.config import ours

log = logging.getLogger("edge")

OUTPUT = "log/cache.txt"
MODE = 0o660
_BACKLOG = 1024
_IDLE_MB = 540
"""Writable memory of an idle workerd, as `limits` counts it."""


def cache_key(edge_key: bytes) -> bytes:
    """For the capabilities of Workers; the same after a restart of the agent."""
    return hashlib.sha256(b"cache" + edge_key).digest()


class CacheProcess:
    """Stores `megabytes` at most. `key` is `cache_key`."""

    def __init__(self, megabytes: int, key: bytes, users: Users) -> None:
        self._megabytes, self.key, self._users = megabytes, key, users
        self._process: Process | None = None
        self.starts = 0

    async def keep(self) -> None:
        """Runs forever. Between a failure and the next try the socket is closed, so that Workers
        go on at once."""
        backoff, called = Backoff(free=1), asyncio.Event()
        while True:
            started = time.monotonic()
            try:
                with _listener() as listener:
                    called.clear()
                    await until_called([listener.fileno()], called)
                    code = await self._run(listener.fileno())
                log.warning("the cache process ended with %s", code)
            except OSError as error:
                log.error("the cache process cannot run: %s", error)
            await asyncio.sleep(backoff.failed(after=time.monotonic() - started))

    def stop(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _run(self, listener: int) -> int:
        """Starts it and waits for its end."""
        store = ours("cache_store.js", runtime())
        config = cache.process_config(self.key, self._megabytes, store)
        claim = self._users.claim()
        try:
            claim.end_all()
            process = self._process = await _spawn(listener, self._megabytes, claim.user)
            self.starts += 1
            assert process.stdin
            process.stdin.write(encode(config))
            process.stdin.close()
            return await process.wait()
        finally:
            self.stop()
            if self._process is not None:
                await self._process.wait()
            self._process = None
            claim.release()


async def _spawn(listener: int, megabytes: int, user: User | None) -> Process:
    memory = limits.Limits(data_mb=_IDLE_MB + 3 * megabytes + 256)
    with _files() as (output, control):
        command = limits.serve_command({cache.SOCKET: listener}, control, memory, user=user)
        return await asyncio.create_subprocess_exec(
            *command.arguments, stdin=PIPE, stdout=output, stderr=output, **command.options
        )


@contextmanager
def _files() -> Iterator[tuple[int, int]]:
    """Where its output goes, and its reports about sockets, which are not needed."""
    output = os.open(OUTPUT, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    control = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    try:
        yield output, control
    finally:
        os.close(output)
        os.close(control)


def _listener() -> socket.socket:
    with suppress(FileNotFoundError):
        os.unlink(names.CACHE_SOCKET)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(names.CACHE_SOCKET)
    os.chmod(names.CACHE_SOCKET, MODE)
    listener.listen(_BACKLOG)
    return listener
