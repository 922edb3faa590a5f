"""What the supervisor needs of Envoy and of a version's process; tests implement these."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

from routing.agent.base.process_notes import Note, VersionNote
from routing.agent.base.tasks import Tasks
from routing.agent.processes.start_limiter import StartLimiter
from routing.agent.state.state import OnState
from routing.agent.users.claims import Users
from routing.agent.users.peers import Peer
from routing.snapshot import Snapshot, VersionSpec


class EnvoyAdmin(Protocol):
    """`envoy.admin_client.Admin`."""

    async def in_flight(self, clusters: Iterable[str]) -> dict[str, int]: ...

    async def totals(self, clusters: Iterable[str]) -> dict[str, int]: ...


class EnvoyProcess(Protocol):
    """`envoy.process.Envoy`."""

    @property
    def revision(self) -> int: ...

    @property
    def admin(self) -> EnvoyAdmin: ...

    def adopt(self, note: Note) -> bool: ...

    def retire(self, note: Note, tasks: Tasks) -> None: ...

    def prepare(self, snapshot: Snapshot, slots: Mapping[str, int]) -> None: ...

    async def reached(self) -> set[str]: ...

    async def reach(
        self, versions: Sequence[VersionSpec], revision: int, workers: Mapping[str, str] = {}
    ) -> None: ...

    def renew(self, version_id: str) -> None: ...

    async def route(
        self,
        snapshot: Snapshot,
        slots: Mapping[str, int],
        leaving: Mapping[str, Sequence[VersionSpec]],
        coming: frozenset[str] = frozenset(),
    ) -> None: ...


class RunningVersion(Protocol):
    """`processes.version_process.VersionProcess`."""

    sockets: tuple[str, ...]

    async def stop(self, grace: float = ...) -> None: ...

    async def renew(self, reconnect: Callable[[], Awaitable[None]]) -> None: ...

    async def sleep(self) -> None: ...

    def wake(self) -> None: ...

    @property
    def pid(self) -> int | None: ...

    def hurry(self) -> None: ...

    def note(self) -> None: ...

    def is_peer(self, peer: Peer) -> bool: ...


class ObjectHooks(Protocol):
    """Durable Objects, as far as processes have to do with them (`routing.agent.objects`)."""

    def groups(self, version: VersionSpec) -> tuple[int, ...]:
        """Makes the folders of the version's objects. The groups its process needs."""
        ...

    async def let_go(self, version_id: str) -> None:
        """Returns when the version's process has no objects."""
        ...


class NoObjects:
    """For tests of everything else."""

    def groups(self, version: VersionSpec) -> tuple[int, ...]:
        return ()

    async def let_go(self, version_id: str) -> None:
        pass


class StartVersion(Protocol):
    """The constructor of `VersionProcess`."""

    def __call__(
        self,
        *,
        version_id: str,
        sockets: tuple[str, ...],
        prepare: Callable[[], Awaitable[bytes]],
        groups: Callable[[], tuple[int, ...]],
        let_go: Callable[[], Awaitable[None]],
        about: Callable[[], VersionNote],
        tell: OnState,
        users: Users,
        tasks: Tasks,
        start_limiter: StartLimiter,
        hang_seconds: float,
        adopted: Note | None = None,
        cold: bool = False,
    ) -> RunningVersion: ...
