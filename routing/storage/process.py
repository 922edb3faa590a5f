"""One workerd of the state process."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from routing.agent.base import limits

READY_SECONDS = 15.0
STOP_SECONDS = 10.0
#: Values of up to 25 MiB are in memory while they are read and written.
LIMITS = limits.Limits(data_mb=540 + 4096)


class NotStarted(Exception):
    """workerd ended before it listened; its output has the reason."""


class Process:
    """Ends with this process. `output` is the file that it writes to."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid

    @classmethod
    async def start(cls, config: bytes, listeners: Mapping[str, int], output: Path) -> Process:
        """Serves on these descriptors, by name of the socket. Raises `NotStarted` or `OSError`."""
        control, announced = os.pipe()
        try:
            command = limits.serve_command(listeners, announced, LIMITS, user=None)
            child = _spawn(command, output)
        except OSError:
            os.close(control)
            raise
        finally:
            os.close(announced)
        process = cls(child)
        try:
            # The keys are in the configuration: neither in a file nor in the arguments.
            await asyncio.to_thread(_feed, child, config)
            async with asyncio.timeout(READY_SECONDS):
                await _announced(control, set(listeners))
        except BaseException:
            child.kill()
            await process.ended()
            raise
        return process

    async def ended(self) -> int:
        """Waits for its end; the exit code."""
        return await asyncio.to_thread(self._process.wait)

    async def stop(self) -> None:
        """SIGTERM, then SIGKILL."""
        self._process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_SECONDS):
                await self.ended()
        except TimeoutError:
            self._process.kill()
            await self.ended()


def _spawn(command: limits.Command, output: Path) -> subprocess.Popen[bytes]:
    with output.open("ab") as log:
        return subprocess.Popen(
            command.arguments, stdin=subprocess.PIPE, stdout=log, stderr=log, **command.options
        )


def _feed(child: subprocess.Popen[bytes], config: bytes) -> None:
    assert child.stdin is not None
    with suppress(BrokenPipeError), child.stdin as pipe:
        pipe.write(config)


async def _announced(control: int, missing: set[str]) -> None:
    """workerd writes a line for each socket once it serves; end of file means that it ended."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(control, "rb", 0)
    )
    try:
        while line := await reader.readline():
            missing.discard(limits.served_socket(line) or "")
            if not missing:
                return
        raise NotStarted
    finally:
        transport.close()
