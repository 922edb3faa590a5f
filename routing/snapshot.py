"""The desired state of an edge's Workers, as frozen dataclasses ↔ JSON.

`control.publish` writes it, `agent.control_plane` fetches it, `compile` turns it into
configuration. A snapshot is either whole (`base is None`) or a change since revision `base`;
`merge` applies the change. Percentages are weights in units of 0.001% (`rules.split.TOTAL`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from routing.rules.split import VersionWeight

FORMAT = 1


class SnapshotInvalid(ValueError):
    """Not a snapshot that this release can read. The message says where it fails."""


class Secret:
    """A value that is hidden in repr, logs and error messages. Only `reveal()` returns it.

    Not a `str`, so that nothing joins, formats or serializes it by accident.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def reveal(self) -> str:
        """The plaintext."""
        return self._value


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSpec:
    """One uploaded part. `sha256` (hex) identifies the content, which is fetched separately."""

    name: str
    content_type: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingSpec:
    """One of the upload's `bindings`. `options` are its other fields, without secret text."""

    name: str
    type: str
    options: dict[str, Any] = field(default_factory=dict)
    secret: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """An export of the main module, as the runtime reported it at upload."""

    name: str
    kind: str
    handlers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AssetsSpec:
    """The static assets of a version. `manifest` is the SHA-256 (hex) of the list of its files,
    which is fetched separately; `size` is in bytes; `config` is that of the upload."""

    manifest: str
    files: int
    size: int
    config: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectClass:
    """A class of Durable Objects that a version implements. `namespace` (32 hex digits) identifies
    its objects; renaming the class does not change it."""

    class_name: str
    namespace: str
    sqlite: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSpec:
    """An immutable upload. `main_module` names an ES module, `body_part` a service worker; both are
    empty for a version that serves static assets alone. `objects` are sorted by class name."""

    id: str
    number: int
    created_on: str
    compatibility_date: str
    tag: str = ""
    message: str = ""
    main_module: str = ""
    body_part: str = ""
    compatibility_flags: tuple[str, ...] = ()
    modules: tuple[ModuleSpec, ...] = ()
    bindings: tuple[BindingSpec, ...] = ()
    exports: tuple[Export, ...] = ()
    assets: AssetsSpec | None = None
    objects: tuple[ObjectClass, ...] = ()

    @property
    def has_code(self) -> bool:
        """False for a version of static assets alone."""
        return bool(self.main_module or self.body_part or not self.assets)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSpec:
    """How a rollout's requests are counted: in blocks of `block_seconds` until `fine_until` (Unix
    time), of a minute afterwards. Requests over a threshold, in microseconds, count as slow; 0 is
    no threshold."""

    block_seconds: int
    fine_until: int
    slow_p95_us: int = 0
    slow_p99_us: int = 0

    def block_start(self, second: int) -> int:
        """The first second of the block that `second` belongs to."""
        size = self.block_seconds if second < self.fine_until else 60
        return second // size * size


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentSpec:
    """The active deployment. `shares` are in affinity order: newest version first. Without `counts`
    its requests are counted by minute only."""

    id: str
    shares: tuple[VersionWeight, ...]
    counts: CountSpec | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrides:
    """How a Worker's overrides are checked. `keys` are public keys by id, in base64. `revoked` are
    ids of permissions that have not expired."""

    protected: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    revoked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """One Worker with a deployment; `versions` are those of the deployment.

    `hostnames` are its own host name and its custom domains. `routes` are route patterns
    (`rules.addresses`). `objects_edge` are the names of the one edge that runs its Durable Objects,
    empty if any may. `overrides` is None if overrides need no permission and no link is shared.
    `tail_consumers` are Workers that get its events.
    Agents older than a field ignore it: they apply every override, and serve no routes.
    """

    name: str
    hostnames: tuple[str, ...]
    deployment: DeploymentSpec
    versions: tuple[VersionSpec, ...]
    other_versions: tuple[str, ...] = ()
    overrides: Overrides | None = None
    routes: tuple[str, ...] = ()
    objects_edge: tuple[str, ...] = ()
    tail_consumers: tuple[str, ...] = ()

    def runs_objects_on(self, edge: str) -> bool:
        """Are its Durable Objects on this edge?"""
        return not self.objects_edge or edge in self.objects_edge

    def version(self, version_id: str) -> VersionSpec:
        """The version of that id. Raises `KeyError` if it is not in the deployment."""
        for version in self.versions:
            if version.id == version_id:
                return version
        raise KeyError(version_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Desired state at `revision`; with `base`, only the Workers changed or removed since then.

    Workers answer at `<name>.<domain>`. `withheld` are Workers that cannot be published, with the
    reason; an edge keeps its version of them. `disabled_routes` are all route patterns without a
    Worker, and `deleted_objects` all namespaces of Durable Objects that were deleted, in a change
    too. `known` is False for `EMPTY` only: no desired state was received yet, which differs from
    one without Workers.
    """

    revision: int
    domain: str = "localhost"
    workers: tuple[WorkerSpec, ...] = ()
    base: int | None = None
    removed: tuple[str, ...] = ()
    withheld: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT
    known: bool = True
    disabled_routes: tuple[str, ...] = ()
    deleted_objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One version of a Worker, to run at its preview URL."""

    worker: str
    version: VersionSpec


EMPTY = Snapshot(revision=0, known=False)


def merge(current: Snapshot, change: Snapshot) -> Snapshot:
    """`current` at `change.revision`. A whole snapshot replaces it, except withheld Workers.

    Raises `SnapshotInvalid` if the change starts at another revision than `current`.
    """
    if change.base is None:
        withheld_here = {w.name: w for w in current.workers if w.name in change.withheld}
        if not withheld_here:
            return change
        workers = withheld_here | {w.name: w for w in change.workers}
        return replace(change, workers=_ordered(workers))
    if change.base != current.revision:
        raise SnapshotInvalid(
            f"change starts at revision {change.base}, current is {current.revision}"
        )
    workers = {w.name: w for w in current.workers if w.name not in change.removed}
    workers |= {w.name: w for w in change.workers}
    settled = {*change.removed, *(w.name for w in change.workers)}
    withheld = {name: why for name, why in current.withheld.items() if name not in settled}
    return replace(
        current,
        revision=change.revision,
        domain=change.domain,
        workers=_ordered(workers),
        withheld=withheld | change.withheld,
        disabled_routes=change.disabled_routes,
        deleted_objects=change.deleted_objects,
    )


def _ordered(workers: dict[str, WorkerSpec]) -> tuple[WorkerSpec, ...]:
    return tuple(workers[name] for name in sorted(workers))


def to_json(snapshot: Snapshot) -> bytes:
    """Stable JSON with plaintext secrets: for an edge and its 0600 file only."""
    return _encoder.encode(snapshot)


def from_json(raw: bytes) -> Snapshot:
    """Raises `SnapshotInvalid`, which names the invalid field."""
    try:
        snapshot = _decoder.decode(raw)
    except ValueError as error:
        raise SnapshotInvalid(str(error)) from error
    if snapshot.format != FORMAT:
        raise SnapshotInvalid(f"snapshot format {snapshot.format}; this edge reads {FORMAT}")
    return snapshot


def preview_to_json(preview: Preview) -> bytes:
    """As `to_json`."""
    return _encoder.encode(preview)


def preview_from_json(raw: bytes) -> Preview:
    """Raises `SnapshotInvalid`, which names the invalid field."""
    try:
        return _preview_decoder.decode(raw)
    except ValueError as error:
        raise SnapshotInvalid(str(error)) from error


def _reveal(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError(type(value).__name__)


def _hide(kind: type, value: object) -> object:
    if kind is Secret and isinstance(value, str):
        return Secret(value)
    raise NotImplementedError(kind.__name__)


_encoder = msgspec.json.Encoder(enc_hook=_reveal)
_decoder = msgspec.json.Decoder(Snapshot, dec_hook=_hide)
_preview_decoder = msgspec.json.Decoder(Preview, dec_hook=_hide)
