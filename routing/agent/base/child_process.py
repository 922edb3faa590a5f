"""A process of the agent: noted on disk while it lives, with an awaitable end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from routing.agent.base import process_notes
from routing.agent.base.process_notes import Note
from routing.process_identity import ProcessIdentity, identify

_running: set[Child] = set()

_NOTES_SECONDS = 5.0
KEEP_OUTPUT = 1 << 20
"""Bytes of output per process; beyond it the file is emptied."""


class Child:
    """`ended` resolves to the exit code: None for an adopted process, whose code only its parent
    gets."""

    def __init__(self, note: Note, process: subprocess.Popen[bytes] | None = None) -> None:
        """Without `process` it is adopted. Raises `ProcessLookupError` if it has ended."""
        self.pid, self.note = note.process.pid, note
        self.ended: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._process, self._is_noted = process, True
        self.pidfd = os.pidfd_open(self.pid)
        if process is None and not note.process.is_running():
            os.close(self.pidfd)
            raise ProcessLookupError(self.pid)
        asyncio.get_running_loop().add_reader(self.pidfd, self._reap)
        _running.add(self)
        self.describe()

    @property
    def is_adopted(self) -> bool:
        return self._process is None

    def describe(self, **changes: Any) -> None:
        """Changes fields of its `Note`."""
        self.note = replace(self.note, **changes)
        if not self.ended.done():
            self._is_noted = process_notes.write(self.note)

    def write_missing_note(self) -> None:
        """Retries a note that the disk had no room for."""
        if not self._is_noted:
            self.describe()

    def signal(self, number: signal.Signals) -> None:
        """Does nothing if the process has ended."""
        if not self.ended.done():
            with suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.pidfd, number)

    async def stop(self, grace: float) -> None:
        """SIGTERM, then SIGKILL after `grace` seconds."""
        self.describe(stopping=True)
        self.signal(signal.SIGTERM)
        await asyncio.wait([self.ended], timeout=grace)
        self.signal(signal.SIGKILL)
        await asyncio.wait([self.ended])

    def output_tail(self, size: int = 4096) -> bytes:
        """The end of this process's output."""
        written = self.note.written
        with suppress(OSError), open(self.note.output, "rb") as stream:
            end = stream.seek(0, os.SEEK_END)
            stream.seek(max(written if written <= end else 0, end - size))
            return stream.read(size)
        return b""

    def trim(self) -> None:
        """Empties an output file that has grown too large; the process appends."""
        with suppress(OSError):
            if os.stat(self.note.output).st_size > KEEP_OUTPUT:
                os.truncate(self.note.output, 0)

    def _reap(self) -> None:
        code = self._process.poll() if self._process is not None else None
        if self._process is not None and code is None:
            return
        asyncio.get_running_loop().remove_reader(self.pidfd)
        os.close(self.pidfd)
        process_notes.remove(self.pid)
        _running.discard(self)
        if not self.ended.done():
            self.ended.set_result(code)


async def write_missing_notes() -> None:
    """Runs forever: writes notes that failed, once there is room."""
    while True:
        await asyncio.sleep(_NOTES_SECONDS)
        for child in running():
            child.write_missing_note()


def running() -> list[Child]:
    """Processes that have not ended."""
    return list(_running)


def spawn(
    arguments: Sequence[str | Path],
    *,
    output: str,
    stdin: int = subprocess.DEVNULL,
    about: dict[str, Any] | None = None,
    **options: Any,
) -> Child:
    """Starts a process. Its output goes to a file, because an unread pipe would block workerd.

    `about` are fields of its note. The process outlives this one; the next agent adopts it if its
    note says `ready`.
    """
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        written = os.fstat(log).st_size
        process = subprocess.Popen(arguments, stdin=stdin, stdout=log, stderr=log, **options)
    finally:
        os.close(log)
    identity = identify(process.pid) or ProcessIdentity(process.pid, "")
    note = Note(process=identity, output=output, written=written, **(about or {}))
    return Child(note, process)
