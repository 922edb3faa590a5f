"""Upload bindings as workerd's bindings; what has no backend here is refused by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from routing.compile import names
from routing.compile.workerd.assets import assets_binding
from routing.compile.workerd.binding_types.ai import TYPE as AI, bind_ai
from routing.compile.workerd.binding_types.rate_limits import TYPE as RATE_LIMIT, bind_rate_limit
from routing.compile.workerd.binding_types.send_email import TYPE as SEND_EMAIL, bind_send_email
from routing.compile.workerd.binding_types.state import STATE_BINDINGS, bind_state
from routing.compile.workerd.binding_types.stored_secrets import (
    TYPE as STORED_SECRET,
    bind_stored_secret,
)
from routing.compile.workerd.modules import VersionInvalid, part, text
from routing.compile.workerd.objects import BINDING as OBJECTS, bind_objects
from routing.compile.workerd.services import bind
from routing.snapshot import BindingSpec, VersionSpec

_Object = dict[str, Any]


class BindingUnsupported(VersionInvalid):
    """A binding without a backend here; the message names it, its type and what is supported."""

    def __init__(self, binding: BindingSpec) -> None:
        supported = ", ".join(SUPPORTED)
        super().__init__(
            "binding",
            f'Binding "{binding.name}" has type "{binding.type}", which this server does not '
            f"support. Supported: {supported}.",
        )


@dataclass(frozen=True, slots=True)
class Bound:
    """A Worker's bindings, and the services in the same process that they need."""

    bindings: list[_Object] = field(default_factory=list)
    services: list[_Object] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What bindings need of the process that they are in. An inspection has none of it.

    `worker` is the name of the version's Worker, `rate_limits` the key of the edge's process for
    them, `ids` the Worker `objects/ids.js`.
    """

    worker: str = ""
    rate_limits: bytes | None = None
    ids: _Object | None = None


INSPECTION = Surroundings()


def worker_bindings(
    version: VersionSpec, contents: Mapping[str, bytes], process: Surroundings = INSPECTION
) -> Bound:
    """All bindings of a version in `process`. Raises
    `BindingUnsupported`, or `VersionInvalid` for a bad one."""
    bound = Bound()
    taken: set[str] = set()
    for binding in version.bindings:
        if binding.type not in SUPPORTED:
            raise BindingUnsupported(binding)
        if binding.name in taken:
            raise VersionInvalid("binding", f'Binding name "{binding.name}" is used twice.')
        taken.add(binding.name)
        if binding.type in _VALUES:
            value = _VALUES[binding.type](binding, version, contents)
            bound.bindings.append({"name": binding.name, **value})
            continue
        value, services = _with_services(binding, version, process)
        bound.bindings.append(value)
        bound.services.extend(services)
    return bound


def _with_services(
    binding: BindingSpec, version: VersionSpec, process: Surroundings
) -> tuple[_Object, list[_Object]]:
    """A binding that leads out of the process, and the services that it needs."""
    if binding.type == "service":
        _check_service(binding)
        return bind(binding, version.id)
    if binding.type == RATE_LIMIT:
        return bind_rate_limit(binding, process.rate_limits)
    if binding.type == AI:
        return bind_ai(binding)
    if binding.type == SEND_EMAIL:
        return bind_send_email(binding)
    if binding.type == STORED_SECRET:
        return bind_stored_secret(binding, version.id)
    if binding.type == OBJECTS:
        if process.ids:
            _text(binding, "namespace_id")
        return bind_objects(binding, version, process.worker, process.ids)
    _text(binding, STATE_BINDINGS[binding.type].option)
    return bind_state(binding)


def _plain(binding: BindingSpec, version: VersionSpec, contents: Mapping[str, bytes]) -> _Object:
    return {"text": _text(binding, "text")}


def _secret(binding: BindingSpec, version: VersionSpec, contents: Mapping[str, bytes]) -> _Object:
    if binding.secret is None:
        raise VersionInvalid("binding", f'Secret "{binding.name}" has no text.')
    return {"text": binding.secret.reveal()}


def _json(binding: BindingSpec, version: VersionSpec, contents: Mapping[str, bytes]) -> _Object:
    return {"json": json.dumps(_option(binding, "json"), sort_keys=True)}


def _metadata(binding: BindingSpec, version: VersionSpec, contents: Mapping[str, bytes]) -> _Object:
    metadata = {"id": version.id, "tag": version.tag, "timestamp": version.created_on}
    return {"json": json.dumps(metadata)}


def _assets(binding: BindingSpec, version: VersionSpec, contents: Mapping[str, bytes]) -> _Object:
    return dict(assets_binding(version))


def _text_blob(
    binding: BindingSpec, version: VersionSpec, contents: Mapping[str, bytes]
) -> _Object:
    return {"text": text(_blob(binding, version, contents))}


def _data_blob(
    binding: BindingSpec, version: VersionSpec, contents: Mapping[str, bytes]
) -> _Object:
    return {"data": _blob(binding, version, contents)}


def _wasm(binding: BindingSpec, version: VersionSpec, contents: Mapping[str, bytes]) -> _Object:
    return {"wasmModule": _blob(binding, version, contents)}


_VALUES: dict[str, Callable[[BindingSpec, VersionSpec, Mapping[str, bytes]], _Object]] = {
    "assets": _assets,
    "data_blob": _data_blob,
    "json": _json,
    "plain_text": _plain,
    "secret_text": _secret,
    "text_blob": _text_blob,
    "version_metadata": _metadata,
    "wasm_module": _wasm,
}
_OUTGOING = (AI, OBJECTS, RATE_LIMIT, SEND_EMAIL, STORED_SECRET, "service")
SUPPORTED = tuple(sorted([*_VALUES, *STATE_BINDINGS, *_OUTGOING]))
"""Binding types, as uploads spell them."""


def _option(binding: BindingSpec, name: str) -> Any:
    if name not in binding.options:
        raise VersionInvalid("binding", f'Binding "{binding.name}" lacks "{name}".')
    return binding.options[name]


def _blob(binding: BindingSpec, version: VersionSpec, contents: Mapping[str, bytes]) -> bytes:
    """Blobs are globals of service-worker syntax; modules import their files instead."""
    if not version.body_part:
        raise VersionInvalid(
            "binding",
            f'Binding "{binding.name}": {binding.type} exists in service-worker syntax only. '
            "Upload the file as a module and import it.",
        )
    return part(version, _text(binding, "part"), contents)


def _text(binding: BindingSpec, name: str) -> str:
    value = _option(binding, name)
    if not isinstance(value, str):
        raise VersionInvalid("binding", f'Binding "{binding.name}": "{name}" must be a string.')
    return value


def _check_service(binding: BindingSpec) -> None:
    _text(binding, "service")
    if binding.options.get("entrypoint") is not None:
        name = _text(binding, "entrypoint")
        if name.startswith("*") or name in (names.PROPS, names.TAIL):
            raise VersionInvalid(
                "binding", f'Service binding "{binding.name}": no entrypoint has such a name.'
            )
