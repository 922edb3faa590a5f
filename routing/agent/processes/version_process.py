"""The process of one version: its sockets, start, crash and restart.

A process that dies is restarted at once with its sockets still listening, so that requests wait. If
it keeps dying the sockets are closed in between, so that requests fail fast.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace as replace_user

from msgspec.structs import replace

from routing.agent.adoption.sockets import inodes, take_back
from routing.agent.base.backoff import Backoff
from routing.agent.base.child_process import Child
from routing.agent.base.process_end import EndKind
from routing.agent.base.process_notes import Note, VersionNote
from routing.agent.base.tasks import Tasks
from routing.agent.processes.first_call import until_called
from routing.agent.processes.hang_watch import watch
from routing.agent.processes.listeners import Listeners
from routing.agent.processes.process_life import Life, live
from routing.agent.processes.process_start import NotStarted, Starting
from routing.agent.processes.start_limiter import StartLimiter
from routing.agent.processes.version_user import VersionUser
from routing.agent.state.state import OnState, ProcessState
from routing.agent.users.claims import Claim, Users
from routing.agent.users.peers import Peer
from routing.compile import names

log = logging.getLogger("edge")

STOP_SECONDS = 10.0
_WORTH_WAITING_SECONDS = 0.5
"""If the next start is later than this, requests fail instead of waiting."""
_LET_GO_SECONDS = 0.3
"""Between leaving Envoy and SIGTERM, so that queued responses get out."""

Prepare = Callable[[], Awaitable[bytes]]
About = Callable[[], VersionNote]


class VersionProcess:
    """Keeps one version running until `stop`. `prepare` returns its configuration, `about` its
    note, `groups` those its process needs; `let_go` returns when the process has no Durable
    Objects. With `adopted`, a process is already running; `cold`: it starts at the first
    request."""

    def __init__(
        self,
        *,
        version_id: str,
        sockets: tuple[str, ...],
        prepare: Prepare,
        groups: Callable[[], tuple[int, ...]],
        let_go: Callable[[], Awaitable[None]],
        about: About,
        tell: OnState,
        users: Users,
        tasks: Tasks,
        start_limiter: StartLimiter,
        hang_seconds: float,
        adopted: Note | None = None,
        cold: bool = False,
    ) -> None:
        #: `sockets` are for the next process; those of this one stay.
        self._id, self.sockets = version_id, sockets
        self._prepare, self._about, self._tell = prepare, about, tell
        self._groups, self._let_go = groups, let_go
        self._user = VersionUser(users)
        self._tasks, self._start_limiter, self._hang_seconds = tasks, start_limiter, hang_seconds
        self._listeners = Listeners(version_id, sockets)
        self._backoff = Backoff(free=1)
        self._child: Child | None = None
        self._was_ready = False
        self._stopping = False
        #: No process until a request comes, or `wake`.
        self._cold, self._woken = cold, asyncio.Event()
        self._watcher: asyncio.Task[bool | None] | None = None
        self._hurry = asyncio.Event()
        #: One start at a time: each kills all other processes of its user.
        self._starting = asyncio.Lock()
        self.restarts = 0
        #: A process that is ready already: an adopted one, or one that replaces another.
        self._at_hand: Child | None = None
        if adopted is not None:
            self._adopt(adopted)
        self._task = tasks.once(f"version {version_id}", self._run())

    async def stop(self, grace: float = STOP_SECONDS) -> None:
        """Returns when the process has ended and its sockets are gone."""
        self._stopping = True
        for child in {self._child, self._at_hand} - {None}:
            assert child is not None
            child.describe(stopping=True)
            with suppress(TimeoutError):
                async with asyncio.timeout(_LET_GO_SECONDS):
                    await self._hurry.wait()
            await self._end(child, grace)
        self._task.cancel()
        await asyncio.wait([self._task])
        self._listeners.close()
        self._user.give_back()
        with suppress(OSError):
            os.unlink(names.output_file(self._id))

    @property
    def pid(self) -> int | None:
        """Of its process, while it has one."""
        return self._child.pid if self._child is not None else None

    def wake(self) -> None:
        """Starts the process of a cold version."""
        self._woken.set()

    async def sleep(self) -> None:
        """Ends the process; the next request starts another. Requests that come meanwhile wait in
        new sockets, which the ending process does not have. Raises `OSError`."""
        async with self._starting:
            child = self._child
            if child is None or self._stopping or self._cold:
                return
            await self._let_go()
            listeners = Listeners(self._id, self.sockets, beside=True)
            try:
                listeners.open()
                if self._watcher is not None:
                    self._watcher.cancel()  # its probes would be the first requests
                listeners.publish()
            except OSError:
                listeners.close()
                raise
            self._use(listeners)
            self._woken.clear()
            self._cold = True
        child.describe(stopping=True)
        await asyncio.sleep(_LET_GO_SECONDS)
        await child.stop(STOP_SECONDS)

    def is_peer(self, peer: Peer) -> bool:
        """Did this version open the connection?"""
        return self._user.is_peer(peer)

    def note(self) -> None:
        """Updates the note on disk."""
        if self._child is not None and self._child.note.version is not None:
            fixed = self._child.note.version
            changing = ("restarts", "since", "starts", "end")
            now = {name: getattr(self._about(), name) for name in changing}
            self._child.describe(version=replace(fixed, **now))

    async def renew(self, reconnect: Callable[[], Awaitable[None]]) -> None:
        """Replaces a running process by one with the current configuration, without a lost request:
        `reconnect` makes Envoy close its old connections. If the new process cannot start, the old
        one stays."""
        backoff = Backoff(first=1.0)
        while self._child is not None and not self._stopping:
            try:
                await self._renew(reconnect)
                log.info("version %s runs with the current configuration", self._id)
                return
            except (NotStarted, OSError) as error:
                log.warning("version %s keeps its old configuration: %s", self._id, error)
            await asyncio.sleep(backoff.failed())

    async def _renew(self, reconnect: Callable[[], Awaitable[None]]) -> None:
        async with self._starting:
            old = self._child
            if old is None:
                return  # its next start uses the current configuration
            earlier = await self._start_beside()
        # The old process first answers what waits in its sockets and on connections that Envoy is
        # about to close.
        await asyncio.sleep(_LET_GO_SECONDS)
        await reconnect()
        await asyncio.sleep(_LET_GO_SECONDS)
        await old.stop(STOP_SECONDS)
        self._user.left(earlier)

    async def _start_beside(self) -> Claim | None:
        """Starts the replacement and gives it the sockets' paths. Returns the old process's
        claim."""
        self._check_not_stopping()
        listeners = Listeners(self._id, self.sockets, beside=True)
        earlier, child = self._user.leave(), None
        try:
            listeners.open()
            config = await self._prepare()
            async with self._start_limiter.slot():
                self._check_not_stopping()
                child = await self._start(config, listeners)
            self._check_not_stopping()
            await self._let_go()
            listeners.publish()
        except BaseException:
            if child is not None:
                child.signal(signal.SIGKILL)
            listeners.close()
            self._user.back(earlier)
            raise
        self._use(listeners)
        self._at_hand = child
        child.describe(ready=True)
        return earlier

    def _use(self, listeners: Listeners) -> None:
        """These have the sockets' paths now."""
        before, self._listeners = self._listeners, listeners
        before.release()

    def _check_not_stopping(self) -> None:
        """Raises `NotStarted` if the version is being stopped."""
        if self._stopping:
            raise NotStarted("is being stopped")

    def _adopt(self, note: Note) -> None:
        assert note.version is not None
        self.restarts = note.version.restarts
        with suppress(ProcessLookupError):
            self._at_hand = self._child = child = Child(note)
            self._user.started(child.pid)
            if note.version.uid is not None:
                self._user.adopt(note.version.uid)
            self._was_ready, listed = True, note.version.listeners
            self._listeners.take_over(take_back(child.pid, child.pidfd, listed))

    def hurry(self) -> None:
        """Kills the process now if it is being stopped, else as soon as it is."""
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
                if self._cold:
                    await self._until_called()
                life = await self._live()
            except NotStarted as error:
                life = Life(str(error), error.kind)
            except OSError as error:
                life = Life(f"cannot start: {error}", EndKind.edge)
            if self._stopping:
                return
            if self._at_hand is not None or self._cold:
                continue
            await self._pause(life)
            self.restarts += 1

    async def _until_called(self) -> None:
        """Returns when there is a reason to start. Raises `OSError`."""
        self._listeners.open()
        self._tell(ProcessState.cold, self.restarts, "", None)
        await until_called(self._listeners.fds().values(), self._woken)
        self._cold = False
        self._woken.clear()
        self._tell(ProcessState.starting, self.restarts, "", None)

    async def _live(self) -> Life:
        """Starts the process, unless one is ready, and waits until it ends."""
        async with self._starting:
            child, self._at_hand = self._at_hand, None
            if child is None:
                self._listeners.open()
                config = await self._prepare()
                async with self._start_limiter.slot():
                    child = await self._start(config, self._listeners)
                child.describe(ready=True)
            self._child = child
        try:
            self._was_ready = True
            self._tell(ProcessState.running, self.restarts, "", None)
            return await self._until_it_ends(child)
        finally:
            self._child = None

    async def _until_it_ends(self, child: Child) -> Life:
        path = names.socket_file(self._id, names.socket())
        watching = watch(path, child, hang_seconds=self._hang_seconds)
        watcher = self._watcher = self._tasks.once(f"watch {self._id}", watching)
        try:
            return await live(child, watcher, hang_seconds=self._hang_seconds, on_hang=self._hung)
        finally:
            watcher.cancel()
            self._watcher = None

    def _hung(self, message: str) -> None:
        self._tell(ProcessState.hung, self.restarts, message, EndKind.hang)

    async def _pause(self, life: Life) -> None:
        restarts = self.restarts + 1
        wait = self._backoff.failed(after=life.seconds) if self._was_ready else self._first_failed()
        if not wait:
            self._tell(ProcessState.starting, restarts, life.message, life.kind)
            return
        if wait > _WORTH_WAITING_SECONDS:
            self._listeners.close()
        state = ProcessState.backoff if self._was_ready else ProcessState.failed
        self._tell(state, restarts, life.message, life.kind)
        await asyncio.sleep(wait)
        if self._was_ready:
            self._tell(ProcessState.starting, restarts, life.message, None)

    def _first_failed(self) -> float:
        """A version that never was ready has no waiting requests, so there is no hurry."""
        return max(0.1, self._backoff.failed())

    async def _start(self, config: bytes, listeners: Listeners) -> Child:
        """Returns when every socket answers; raises `NotStarted`."""
        claim, fds = self._user.claim(), listeners.fds()
        claim.end_all()
        uid = claim.user.uid if claim.user is not None else None
        note = replace(self._about(), listeners=inodes(fds), uid=uid)
        groups, user = self._groups(), claim.user
        if user is not None:
            user = replace_user(user, groups=groups)
        starting = Starting(self._id, fds, user, note)
        if self._child is None:
            self._child = starting.child
        self._user.started(starting.child.pid)
        try:
            await starting.until_ready(config)
        except BaseException:
            if self._child is starting.child:
                self._child = None
            raise
        return starting.child
