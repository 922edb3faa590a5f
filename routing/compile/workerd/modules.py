"""Uploaded parts as workerd's modules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from routing.snapshot import ModuleSpec, VersionSpec

Part: TypeAlias = Literal["main_module", "module", "binding"]

_TEXT = {
    "application/javascript+module": "esModule",
    "text/javascript+module": "esModule",
    "application/javascript": "commonJsModule",
    "text/javascript": "commonJsModule",
    "text/plain": "text",
    "application/json": "json",
}
_DATA = {"application/octet-stream": "data", "application/wasm": "wasm"}
_SOURCE_MAP = "application/source-map"
_PYTHON = ("text/x-python", "text/x-python-requirement")


class VersionInvalid(ValueError):
    """A version that cannot run. `kind` is `main_module`, `module` or `binding`."""

    def __init__(self, kind: Part, message: str) -> None:
        super().__init__(message)
        self.kind: Part = kind


def worker_modules(version: VersionSpec, contents: Mapping[str, bytes]) -> list[dict[str, Any]]:
    """The modules of an ES module Worker, main module first, as workerd requires.

    `contents` are by SHA-256. Raises `VersionInvalid`.
    """
    passed = [m for m in version.modules if base_type(m) != _SOURCE_MAP]
    main = [m for m in passed if m.name == version.main_module]
    if not main:
        raise VersionInvalid("main_module", f'No such module "{version.main_module}".')
    listed = [_module(m, contents) for m in [*main, *(m for m in passed if m not in main)]]
    if "esModule" not in listed[0]:
        raise VersionInvalid("main_module", "Main module must be an ES module.")
    return listed


def part(version: VersionSpec, name: str, contents: Mapping[str, bytes]) -> bytes:
    """The content of the part `name`. Raises `VersionInvalid` if there is none."""
    for module in version.modules:
        if module.name == name:
            return contents[module.sha256]
    raise VersionInvalid("module", f'No such part "{name}".')


def text(content: bytes) -> str:
    """Uploaded text. Invalid UTF-8 becomes U+FFFD, as in browsers."""
    return content.decode("utf-8", "replace")


def base_type(module: ModuleSpec) -> str:
    """The content type without parameters, lower case."""
    return module.content_type.partition(";")[0].strip().lower()


def _module(module: ModuleSpec, contents: Mapping[str, bytes]) -> dict[str, Any]:
    kind = base_type(module)
    _check_name(module.name)
    if kind in _TEXT:
        return {"name": module.name, _TEXT[kind]: text(contents[module.sha256])}
    if kind in _DATA:
        return {"name": module.name, _DATA[kind]: contents[module.sha256]}
    if kind in _PYTHON:
        reason = f'Module "{module.name}": Python Workers are not supported.'
    else:
        types = ", ".join(sorted({*_TEXT, *_DATA, _SOURCE_MAP}))
        reason = f'Module "{module.name}" has content type "{kind}". Supported: {types}.'
    raise VersionInvalid("module", reason)


def _check_name(name: str) -> None:
    """workerd reads names as paths, and crashes on one that is absolute or leaves the root."""
    if not name or name.startswith("/") or ".." in name.split("/") or "\0" in name:
        raise VersionInvalid("module", f"Invalid module name {name!r}.")
