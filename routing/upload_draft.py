"""An upload before it is a version: bytes in memory, nothing saved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.rules.object_migrations import Migration
from routing.snapshot import AssetsSpec, BindingSpec, ModuleSpec, ObjectClass, VersionSpec

SECRET_TYPES = frozenset({"secret_text", "secret_key"})
"""Binding types whose value cannot be read back."""


class UploadRefused(Exception):
    """Nothing was saved. The API maps `kind` to Cloudflare's code; the message says what to change.

    Kinds: those of `agent.inspection.Refused`, and `no_worker`, `exists`, `inherit`, `sealed`,
    `concurrent`, `name`, `tag`, `message`, `object_…` (`control.objects`). `names` are the
    bindings at fault, if any.
    """

    def __init__(self, kind: str, message: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.kind = kind
        self.names = names


@dataclass(frozen=True, slots=True)
class Part:
    """One uploaded file under its module name."""

    name: str
    content_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An upload as sent. `bindings` may include `inherit`; `annotations` are stored unchanged.

    With `keep_runtime`, keys missing in `runtime` are copied from the latest version, and so are
    its `assets` unless there are others. `migration` changes the Worker's Durable Objects.
    """

    main_module: str = ""
    body_part: str = ""
    compatibility_date: str
    compatibility_flags: tuple[str, ...] = ()
    parts: tuple[Part, ...]
    bindings: tuple[BindingSpec, ...] = ()
    tag: str = ""
    message: str = ""
    annotations: Mapping[str, str] = field(default_factory=dict)
    runtime: Mapping[str, Any] = field(default_factory=dict)
    keep_runtime: bool = False
    assets: AssetsSpec | None = None
    migration: Migration | None = None

    def modules(self) -> dict[str, bytes]:
        """Content by SHA-256."""
        return {part.sha256: part.content for part in self.parts}

    def version(
        self,
        *,
        version_id: str,
        number: int,
        created_on: str,
        objects: tuple[ObjectClass, ...] = (),
    ) -> VersionSpec:
        """The version this draft would become."""
        return VersionSpec(
            id=version_id,
            number=number,
            created_on=created_on,
            compatibility_date=self.compatibility_date,
            compatibility_flags=self.compatibility_flags,
            tag=self.tag,
            message=self.message,
            main_module=self.main_module,
            body_part=self.body_part,
            bindings=self.bindings,
            assets=self.assets,
            objects=objects,
            modules=tuple(
                ModuleSpec(
                    name=p.name, content_type=p.content_type, sha256=p.sha256, size=len(p.content)
                )
                for p in self.parts
            ),
        )
