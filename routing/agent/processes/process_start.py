"""Starts one process of a version and waits until it is ready."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import Mapping

import msgspec

from routing.agent.base import limits, messages
from routing.agent.base.child_process import spawn
from routing.agent.base.process_end import EndKind
from routing.agent.base.process_notes import VersionNote
from routing.agent.users.isolation import User
from routing.compile import names
from routing.compile.workerd.objects import INSTANCE

READY_SECONDS = 15.0


class NotStarted(Exception):
    """The version has no running process; the message is for people."""

    def __init__(self, message: str, kind: EndKind = EndKind.start) -> None:
        super().__init__(message)
        self.kind = kind


class Starting:
    """`child` is a process on the sockets `listeners` (descriptors by name); call `until_ready`."""

    def __init__(
        self, version_id: str, listeners: Mapping[str, int], user: User | None, note: VersionNote
    ) -> None:
        """Raises `NotStarted`."""
        self._missing = set(listeners)
        self._control, told = os.pipe()
        source, self._pipe = os.pipe()
        command = limits.serve_command(listeners, told, user=user)
        instance = secrets.token_hex(8)
        environment = {**command.options.get("env", {}), INSTANCE: instance}
        try:
            self.child = spawn(
                command.arguments,
                stdin=source,
                output=names.output_file(version_id),
                about={"version": msgspec.structs.replace(note, instance=instance)},
                **{**command.options, "env": environment},
            )
        except OSError as error:
            os.close(self._control)
            os.close(self._pipe)
            message = f"cannot start workerd: {error.strerror}"
            raise NotStarted(message, EndKind.edge) from error
        finally:
            os.close(told)
            os.close(source)

    async def until_ready(self, config: bytes) -> None:
        """Returns when every socket answers. Raises `NotStarted`; then the process has ended."""
        try:
            await self._feed(config)
            await self._announced()
        except BaseException:
            self.child.signal(signal.SIGKILL)
            await asyncio.shield(self.child.ended)
            raise

    async def _feed(self, config: bytes) -> None:
        """On stdin: neither secrets nor code in a file or in the arguments."""
        loop = asyncio.get_running_loop()
        stream = os.fdopen(self._pipe, "wb", 0)
        transport, _ = await loop.connect_write_pipe(asyncio.Protocol, stream)
        transport.write(config)
        transport.write_eof()

    async def _announced(self) -> None:
        """workerd writes a line for each socket once the version's top level has run."""
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(self._control, "rb", 0)
        )
        try:
            async with asyncio.timeout(READY_SECONDS):
                while self._missing:
                    line = await reader.readline()
                    if not line:
                        raise _not_started(await self.child.ended, self.child.output_tail())
                    self._missing.discard(limits.served_socket(line) or "")
        except TimeoutError:
            raise NotStarted(f"was not ready after {READY_SECONDS:.0f} s") from None
        finally:
            transport.close()


def _not_started(code: int | None, output: bytes) -> NotStarted:
    kind = EndKind.memory if messages.out_of_memory(code, output) else EndKind.start
    return NotStarted(messages.not_started(code, output), kind)
