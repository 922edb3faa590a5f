"""Versions as an upload would make them, for tests."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from routing.agent.inspection.inspection import inspect
from routing.snapshot import BindingSpec, ModuleSpec, VersionSpec


@dataclass
class Upload:
    """A version with the contents of its modules."""

    version: VersionSpec
    contents: dict[str, bytes]


def upload(
    source: str,
    *,
    number: int = 1,
    bindings: Sequence[BindingSpec] = (),
    parts: Mapping[str, tuple[str, bytes]] | None = None,
    service_worker: bool = False,
    **fields: Any,
) -> Upload:
    """A version whose main module is `source`; `parts` are name -> (content type, content)."""
    script = "application/javascript" + ("" if service_worker else "+module")
    listed = {"index.js": (script, source.encode()), **(parts or {})}
    modules, contents = [], {}
    for name, (content_type, content) in listed.items():
        digest = hashlib.sha256(content).hexdigest()
        contents[digest] = content
        modules.append(
            ModuleSpec(name=name, content_type=content_type, sha256=digest, size=len(content))
        )
    main = {"body_part": "index.js"} if service_worker else {"main_module": "index.js"}
    version = VersionSpec(
        id=str(uuid.uuid4()),
        number=number,
        created_on="2026-11-20T10:00:00Z",
        modules=tuple(modules),
        bindings=tuple(bindings),
        **{"compatibility_date": "2026-08-01", **main, **fields},
    )
    return Upload(version, contents)


def inspected(found: Upload, worker: str) -> Upload:
    """The same version, knowing its exports: as it is stored after an upload."""
    exports = inspect(found.version, found.contents, worker=worker).exports
    return Upload(replace(found.version, exports=exports), found.contents)


def service(name: str, worker: str, entrypoint: str = "", props: Any = None) -> BindingSpec:
    options = {"service": worker, **({"entrypoint": entrypoint} if entrypoint else {})}
    options |= {"props": props} if props else {}
    return BindingSpec(name=name, type="service", options=options)


METADATA = BindingSpec(name="VERSION", type="version_metadata")
