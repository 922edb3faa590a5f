"""What a round of the plan may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from routing.snapshot import Snapshot, VersionSpec


@dataclass(frozen=True, slots=True)
class Start:
    """Start a process for a version, and keep it running."""

    worker: str
    version: VersionSpec
    slot: int
    cold: bool = False
    """Only its sockets: the first request starts the process."""


@dataclass(frozen=True, slots=True)
class Warm:
    """Start the process of a cold version, which is about to get a part of the requests."""

    version_id: str


@dataclass(frozen=True, slots=True)
class Keep:
    """The version was deployed again while it was draining: its process stays."""

    version_id: str


@dataclass(frozen=True, slots=True)
class Clusters:
    """Envoy reaches exactly these versions."""

    version_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Routes:
    """Envoy routes by `snapshot`. Versions in `leaving` have no share, but RPC callers may still
    reach them, and they may call others. `coming` are host names of Workers that cannot be routed
    yet."""

    snapshot: Snapshot
    leaving: frozenset[str]
    coming: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Drain:
    """Wait in the background until the version has no requests."""

    version_id: str


@dataclass(frozen=True, slots=True)
class Hurry:
    """Kill the stopping process: its version was deployed again."""

    version_id: str


@dataclass(frozen=True, slots=True)
class Stop:
    """End the process in the background; at once if `hurried`."""

    version_id: str
    hurried: bool = False


Action: TypeAlias = Start | Warm | Keep | Clusters | Routes | Drain | Hurry | Stop
