"""A workerd that stores in memory for all Workers of this edge, started at the first request.

It ends with the agent. While it is away nothing is stored; no request fails for it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from routing.agent.base import limits
from routing.agent.base.backoff import Backoff
from routing.agent.base.capnp_config import encode
from routing.agent.processes.first_call import until_called
from routing.agent.users.claims import Users
from routing.agent.users.isolation import User

log = logging.getLogger("edge")

MODE = 0o660
_BACKLOG = 1024
_IDLE_MB = 540
"""Writable memory of an idle workerd, as `limits` counts it."""


class OnDemandProcess:
    """Listens at `path` in the edge's folder. `config` makes workerd's configuration, whose one
    socket is called `name`; `megabytes` is the memory that it needs beside an idle workerd's."""

    def __init__(
        self,
        name: str,
        path: str,
        config: Callable[[], dict[str, Any]],
        megabytes: int,
        users: Users,
    ) -> None:
        self._name, self._path, self._config = name, path, config
        self._megabytes, self._users = megabytes, users
        self._process: Process | None = None
        self.starts = 0

    async def keep(self) -> None:
        """Runs forever. Between a failure and the next try the socket is closed, so that Workers
        go on at once."""
        backoff, called = Backoff(free=1), asyncio.Event()
        while True:
            started = time.monotonic()
            try:
                with self._listener() as listener:
                    called.clear()
                    await until_called([listener.fileno()], called)
                    code = await self._run(listener.fileno())
                log.warning("the %s process ended with %s", self._name, code)
            except OSError as error:
                log.error("the %s process cannot run: %s", self._name, error)
            await asyncio.sleep(backoff.failed(after=time.monotonic() - started))

    def stop(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.kill()

    async def _run(self, listener: int) -> int:
        """Starts it and waits for its end."""
        claim = self._users.claim()
        try:
            claim.end_all()
            process = self._process = await self._spawn(listener, claim.user)
            self.starts += 1
            assert process.stdin
            process.stdin.write(encode(self._config()))
            process.stdin.close()
            return await process.wait()
        finally:
            self.stop()
            if self._process is not None:
                await self._process.wait()
            self._process = None
            claim.release()

    async def _spawn(self, listener: int, user: User | None) -> Process:
        memory = limits.Limits(data_mb=_IDLE_MB + self._megabytes)
        with _files(f"log/{self._name}.txt") as (output, control):
            command = limits.serve_command({self._name: listener}, control, memory, user=user)
            return await asyncio.create_subprocess_exec(
                *command.arguments, stdin=PIPE, stdout=output, stderr=output, **command.options
            )

    def _listener(self) -> socket.socket:
        with suppress(FileNotFoundError):
            os.unlink(self._path)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self._path)
        os.chmod(self._path, MODE)
        listener.listen(_BACKLOG)
        return listener


@contextmanager
def _files(output: str) -> Iterator[tuple[int, int]]:
    """Where its output goes, and its reports about sockets, which are not needed."""
    text = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    control = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
    try:
        yield text, control
    finally:
        os.close(text)
        os.close(control)
