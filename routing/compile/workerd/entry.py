"""Our main module around a version's own (`runtime/entry.js`)."""

from __future__ import annotations

import json
import posixpath
from typing import Any

from routing.compile import names
from routing.snapshot import VersionSpec

FILE = "__sluice_entry.js"
_FLAG = "enable_ctx_exports"
_DISABLED = "disable_ctx_exports"


def entry_module(version: VersionSpec, main_module: str, source: str) -> dict[str, Any]:
    """Around `main_module`; `source` is that of `entry.js`. Without a default export there is none
    to pass on."""
    main = json.dumps("./" + posixpath.normpath(main_module))
    # A version that was not inspected, as in tests, has one.
    has_default = not version.exports or any(e.name == "default" for e in version.exports)
    default = f"export {{ default }} from {main};" if has_default else ""
    text = source.replace('"__MAIN__"', main).replace("/*__DEFAULT__*/", default)
    return {"name": FILE, "esModule": text}


def entry_flags(flags: list[str]) -> list[str]:
    """The version's flags, with the one that props need: on by default since 2025-11-17."""
    return flags if {_FLAG, _DISABLED} & {*flags} else [*flags, _FLAG]


def has_entry(version: VersionSpec) -> bool:
    """Service-worker syntax has no entrypoints."""
    return bool(names.own_entrypoints(version))
