"""The two runs of workerd for an inspection: its tests, and serving until it is ready."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from routing.agent.base import limits
from routing.agent.users.claims import give_back, of_this_process
from routing.agent.users.isolation import User


class Ended(Exception):
    """workerd ended, or took too long (`code` None)."""

    def __init__(self, code: int | None, output: bytes, errors: bytes) -> None:
        super().__init__(f"workerd ended with {code}")
        self.code = code
        self.output = output
        self.errors = errors


def run_test(config: bytes, seconds: float) -> bytes:
    """The output of `workerd test`. Raises `Ended` unless the tests pass."""
    arguments = ["test", "--no-verbose", "--binary", "-"]
    with (
        _own_user() as user,
        _started(limits.command(arguments, limits.INSPECTING, user=user)) as process,
    ):
        try:
            output: bytes
            output, errors = process.communicate(config, seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise Ended(None, *process.communicate()) from None
    if process.returncode != 0:
        raise Ended(process.returncode, output, errors)
    return output


def run_until_ready(config: bytes, sockets: Sequence[str], seconds: float) -> int:
    """Serves `config` until every socket is ready, then ends it; returns the milliseconds. Raises
    `Ended` if it never is. No request ever reaches it."""
    started = time.monotonic()
    with (
        tempfile.TemporaryFile() as errors,
        _listening(sockets) as listeners,
        _own_user() as user,
        _serving(config, listeners, errors, user) as (process, control),
    ):
        missing = _missing(control, set(sockets), started + seconds)
        elapsed = time.monotonic() - started
        if missing:
            code = process.wait() if elapsed < seconds else None
            errors.seek(0)
            raise Ended(code, b"", errors.read())
    return round(elapsed * 1000)


@contextmanager
def _own_user() -> Iterator[User | None]:
    """Released when its process has ended."""
    claim = of_this_process().claim()
    try:
        yield claim.user
    finally:
        give_back(claim)


def _started(command: limits.Command) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command.arguments,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **command.options,
    )


@contextmanager
def _listening(sockets: Sequence[str]) -> Iterator[dict[str, int]]:
    """A listening socket for each name, in a temporary folder."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sluice-")))
        fds = {}
        for number, name in enumerate(sockets):
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(folder / f"{number}.sock"))
            listener.listen()
            fds[name] = listener.fileno()
        yield fds


@contextmanager
def _serving(
    config: bytes, listeners: dict[str, int], errors: IO[bytes], user: User | None
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The process, killed afterwards, and its control descriptor."""
    control, told = os.pipe()
    command = limits.serve_command(listeners, told, limits.INSPECTING, user=user)
    process = subprocess.Popen(
        command.arguments,
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=errors,
        stderr=errors,
        **command.options,
    )
    os.close(told)
    try:
        assert process.stdin is not None
        with suppress(BrokenPipeError), process.stdin as pipe:
            pipe.write(config)
        yield process, control
    finally:
        process.kill()
        process.wait()
        os.close(control)


def _missing(control: int, sockets: set[str], deadline: float) -> set[str]:
    """Sockets not announced before the deadline or the end of the process."""
    rest = b""
    while sockets and (left := deadline - time.monotonic()) > 0:
        if not select.select([control], [], [], left)[0]:
            break
        data = os.read(control, 4096)
        if not data:
            break
        *lines, rest = (rest + data).split(b"\n")
        sockets -= {limits.served_socket(line) or "" for line in lines}
    return sockets
