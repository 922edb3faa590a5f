"""All an edge knows: the desired state of its Workers, as frozen dataclasses ↔ JSON.

`publish` writes it, `agent.sync` reads it, `compile` turns it into configuration. A snapshot is
either whole (`base is None`) or a change since revision `base`; `merge` joins the two. Names and
ids are the field's own; percentages are weights in units of 0.001 % (`rules.split.TOTAL`).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from routing.rules.split import VersionWeight

FORMAT = 1


class SnapshotInvalid(ValueError):
    """The bytes are not a snapshot this release can read; the message says where it breaks."""


class Secret:
    """A value that hides itself in repr, logs and error messages; `reveal()` is the one way out.

    Not a `str` on purpose: nothing can join, format or serialise it by accident.
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
        """The value in clear."""
        return self._value


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleSpec:
    """One uploaded part. `sha256` (hex) names the content, which travels on its own."""

    name: str
    content_type: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BindingSpec:
    """One element of the upload's `bindings`; `options` are its other fields, minus secret text."""

    name: str
    type: str
    options: dict[str, Any] = field(default_factory=dict)
    secret: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """What the main module exports under `name`, as the runtime itself told at upload."""

    name: str
    kind: str
    handlers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionSpec:
    """An immutable upload. `main_module` names an ES module, `body_part` a service worker."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSpec:
    """How a deployment's requests are counted for the rollout that made it: in blocks of
    `block_seconds` up to `fine_until` (seconds since 1970), of a minute afterwards. Requests that
    took longer than a threshold, in microseconds, are counted as slow; 0 is no threshold."""

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
    """How a Worker's overrides are checked. `keys` are public, by id, in base64: an edge can check
    a permission and never grant one. `revoked` are ids of permissions that have not expired."""

    protected: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    revoked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSpec:
    """One Worker with a deployment; `versions` are exactly those the deployment names.

    `overrides` is None where anyone may send an override and no link was shared. Agents that are
    older than this field do not read it, and apply every override.
    """

    name: str
    hostnames: tuple[str, ...]
    deployment: DeploymentSpec
    versions: tuple[VersionSpec, ...]
    other_versions: tuple[str, ...] = ()
    overrides: Overrides | None = None

    def version(self, version_id: str) -> VersionSpec:
        """The version of that id; raises `KeyError` when the deployment does not name it."""
        for version in self.versions:
            if version.id == version_id:
                return version
        raise KeyError(version_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Desired state at `revision`; with `base`, only the Workers changed or removed since then.

    `domain` is where Workers answer (`<name>.<domain>`); the edge tells it to lost callers.
    `withheld` are the Workers that cannot be published, and why: an edge keeps what it has of them.
    `known` is False only of `EMPTY`: an edge that has not heard of any desired state yet, which is
    not the same as a desired state without Workers.
    """

    revision: int
    domain: str = "localhost"
    workers: tuple[WorkerSpec, ...] = ()
    base: int | None = None
    removed: tuple[str, ...] = ()
    withheld: dict[str, str] = field(default_factory=dict)
    format: int = FORMAT
    known: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """One version of a Worker, to be run because its own address was asked for."""

    worker: str
    version: VersionSpec


EMPTY = Snapshot(revision=0, known=False)


def merge(held: Snapshot, change: Snapshot) -> Snapshot:
    """`held` brought to `change.revision`; a whole snapshot replaces it, withheld Workers aside.

    Raises `SnapshotInvalid` when the change starts at another revision than the one held.
    """
    if change.base is None:
        kept = {w.name: w for w in held.workers if w.name in change.withheld}
        if not kept:
            return change
        return replace(change, workers=_ordered(kept | {w.name: w for w in change.workers}))
    if change.base != held.revision:
        raise SnapshotInvalid(f"change starts at revision {change.base}, held is {held.revision}")
    workers = {w.name: w for w in held.workers if w.name not in change.removed}
    workers |= {w.name: w for w in change.workers}
    settled = {*change.removed, *(w.name for w in change.workers)}
    withheld = {name: why for name, why in held.withheld.items() if name not in settled}
    return replace(
        held,
        revision=change.revision,
        domain=change.domain,
        workers=_ordered(workers),
        withheld=withheld | change.withheld,
    )


def _ordered(workers: dict[str, WorkerSpec]) -> tuple[WorkerSpec, ...]:
    return tuple(workers[name] for name in sorted(workers))


def to_json(snapshot: Snapshot) -> bytes:
    """Stable JSON, secrets in clear: for an edge's eyes and its 0600 file only."""
    return _encoder.encode(snapshot)


def from_json(raw: bytes) -> Snapshot:
    """The snapshot in `raw`; raises `SnapshotInvalid` saying which field is wrong."""
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
    """The preview in `raw`; raises `SnapshotInvalid` saying which field is wrong."""
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
