"""The process of one version: its sockets, its start, its end, and its next start.

A process that dies is started again at once with its sockets still listening, so that requests
wait. If it keeps dying the sockets are closed meanwhile: callers hear at once that it is away.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, NamedTuple

from routing.agent import limits, words
from routing.agent.backoff import Backoff
from routing.agent.gate import Gate
from routing.agent.held import EndKind, State
from routing.agent.listeners import Listeners
from routing.agent.spawn import Child, spawn
from routing.agent.tasks import Tasks
from routing.agent.users.claims import Claim, Users
from routing.agent.users.peers import Peer
from routing.agent.watch import watch
from routing.compile import names

READY_SECONDS = 15.0
STOP_SECONDS = 10.0
_LET_GO_SECONDS = 0.3
"""Between leaving Envoy and SIGTERM: what is still queued inside the process gets out."""

_PIDS = 4
"""How many of its processes, the newest ones, a version is known by."""

Tell = Callable[[State, int, str, EndKind | None], None]
Prepare = Callable[[], Awaitable[bytes]]


class NotStarted(Exception):
    """The version has no running process; the message is for people."""

    def __init__(self, message: str, kind: EndKind = EndKind.start) -> None:
        super().__init__(message)
        self.kind = kind


class Life(NamedTuple):
    """How one run of the process ended, and how many seconds it was ready."""

    message: str
    kind: EndKind
    seconds: float = 0.0


class VersionProcess:
    """Keeps one version running until it is told to stop. `prepare` gives its configuration."""

    def __init__(
        self,
        *,
        version_id: str,
        sockets: tuple[str, ...],
        prepare: Prepare,
        tell: Tell,
        users: Users,
        tasks: Tasks,
        gate: Gate,
        hang_seconds: float,
    ) -> None:
        self._id, self._sockets = version_id, sockets
        self._prepare, self._tell = prepare, tell
        self._users = users
        self._claim: Claim | None = None
        self._pids: deque[int] = deque(maxlen=_PIDS)
        self._tasks, self._gate, self._hang_seconds = tasks, gate, hang_seconds
        self._listeners = Listeners(version_id, sockets)
        self._backoff = Backoff(free=1)
        self._child: Child | None = None
        self._was_ready = False
        self._stopping = False
        self._hurry = asyncio.Event()
        self.restarts = 0
        self._task = tasks.once(f"version {version_id}", self._run())

    async def stop(self, grace: float = STOP_SECONDS) -> None:
        """Ends the process and takes its sockets away; returns when both are done."""
        self._stopping = True
        child = self._child
        if child is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), _LET_GO_SECONDS)
            await self._end(child, grace)
        self._task.cancel()
        await asyncio.wait([self._task])
        self._listeners.close()
        if self._claim is not None:
            self._claim.end_all()
            self._claim.release()
        with suppress(OSError):
            os.unlink(names.output_file(self._id))

    def is_peer(self, peer: Peer) -> bool:
        """Whether this version is at the other end of a socket: by its user where it has one of
        its own, else by its process, or one that ended just now."""
        if self._claim is not None and self._claim.is_own and self._claim.user is not None:
            return peer.uid == self._claim.user.uid
        return peer.pid in self._pids

    def hurry(self) -> None:
        """No time is left: the process is killed, whether it is being stopped or will be."""
        self._hurry.set()
        if self._stopping and self._child is not None:
            self._child.signal(signal.SIGKILL)

    async def _end(self, child: Child, grace: float) -> None:
        if self._hurry.is_set():
            child.signal(signal.SIGKILL)
        await child.stop(grace)

    async def _run(self) -> None:
        while not self._stopping:
            try:
                life = await self._live()
            except NotStarted as error:
                life = Life(str(error), error.kind)
            except OSError as error:
                life = Life(f"cannot start: {error}", EndKind.edge)
            if self._stopping:
                return
            await self._pause(life)
            self.restarts += 1

    async def _live(self) -> Life:
        """Starts the process and waits until it ends."""
        loop = asyncio.get_running_loop()
        self._listeners.open()
        config = await self._prepare()
        async with self._gate.passing():
            child = self._child = await self._start(config)
        try:
            began = loop.time()
            self._was_ready = True
            self._tell(State.running, self.restarts, "", None)
            message, kind = await self._until_it_ends(child)
            return Life(message, kind, loop.time() - began)
        finally:
            self._child = None

    async def _until_it_ends(self, child: Child) -> tuple[str, EndKind]:
        path = names.socket_file(self._id, names.socket())
        watching = watch(path, child, hang_seconds=self._hang_seconds)
        watcher = self._tasks.once(f"watch {self._id}", watching)
        try:
            either: list[asyncio.Future[Any]] = [child.ended, watcher]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not child.ended.done() and watcher.done() and watcher.result():
                message = words.hung(self._hang_seconds)
                self._tell(State.hung, self.restarts, message, EndKind.hang)
                child.signal(signal.SIGKILL)
                await child.ended
                return message, EndKind.hang
            code, output = await child.ended, child.said()
            kind = EndKind.memory if words.out_of_memory(code, output) else EndKind.crash
            return words.ended(code, output), kind
        finally:
            watcher.cancel()

    async def _pause(self, life: Life) -> None:
        restarts = self.restarts + 1
        wait = self._backoff.failed(after=life.seconds) if self._was_ready else self._first_failed()
        if not wait:
            self._tell(State.starting, restarts, life.message, life.kind)
            return
        self._listeners.close()
        state = State.backoff if self._was_ready else State.failed
        self._tell(state, restarts, life.message, life.kind)
        await asyncio.sleep(wait)
        if self._was_ready:
            self._tell(State.starting, restarts, life.message, None)

    def _first_failed(self) -> float:
        """A version that never was ready is no emergency: it has no requests waiting."""
        return max(0.1, self._backoff.failed())

    async def _start(self, config: bytes) -> Child:
        """Returns when every socket answers; raises `NotStarted`."""
        claim = self._claim = self._claim or self._users.claim()
        claim.end_all()
        control, told = os.pipe()
        source, pipe = os.pipe()
        command = limits.serve_command(self._listeners.fds(), told, user=claim.user)
        try:
            child = spawn(
                command.arguments,
                stdin=source,
                output=names.output_file(self._id),
                **command.options,
            )
        except OSError as error:
            os.close(control)
            os.close(pipe)
            message = f"cannot start workerd: {error.strerror}"
            raise NotStarted(message, EndKind.edge) from error
        finally:
            os.close(told)
            os.close(source)
        self._child = child
        self._pids.append(child.pid)
        try:
            await _feed(pipe, config)
            await self._ready(control, child)
        except BaseException:
            child.signal(signal.SIGKILL)
            await asyncio.shield(child.ended)
            self._child = None
            raise
        return child

    async def _ready(self, control: int, child: Child) -> None:
        """workerd writes a line for each socket once the version's top level has run."""
        missing = set(self._sockets)
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(control, "rb", 0)
        )
        try:
            async with asyncio.timeout(READY_SECONDS):
                while missing:
                    line = await reader.readline()
                    if not line:
                        raise _not_started(await child.ended, child.said())
                    missing.discard(limits.served_socket(line) or "")
        except TimeoutError:
            raise NotStarted(f"was not ready after {READY_SECONDS:.0f} s") from None
        finally:
            transport.close()


def _not_started(code: int, output: bytes) -> NotStarted:
    kind = EndKind.memory if words.out_of_memory(code, output) else EndKind.start
    return NotStarted(words.not_started(code, output), kind)


async def _feed(pipe: int, config: bytes) -> None:
    """The configuration on stdin: neither secrets nor code in a file or in the arguments."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_write_pipe(asyncio.Protocol, os.fdopen(pipe, "wb", 0))
    transport.write(config)
    transport.write_eof()
