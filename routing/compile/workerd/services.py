"""Service bindings: how one Worker's process reaches another Worker through Envoy.

fetch() goes to the internal listener, where percentages, overrides and version keys apply as on the
public one. RPC goes to a slot that runtime/service.js draws for each call.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from routing.compile import names
from routing.compile.workerd.slots import slots_path
from routing.snapshot import BindingSpec, VersionSpec

_Object = dict[str, Any]


def service_targets(version: VersionSpec) -> Iterator[tuple[str, str]]:
    """(Worker, entrypoint) of a version's service bindings; "" is the default entrypoint, and
    `names.PROPS` the one of bindings with props."""
    return (_reached(binding) for binding in version.bindings if binding.type == "service")


def bind(binding: BindingSpec, caller: str) -> tuple[_Object, list[_Object]]:
    """The binding, and the services that it needs in the process of the version `caller`.

    Each slot is a separate service, because workerd opens one RPC connection per service.
    """
    worker, entrypoint = _reached(binding)
    http = calls(names.target(worker, entrypoint), caller, _props_header(binding))
    hosts = {f"slot{n}": names.rpc_host(worker, entrypoint, n) for n in range(names.SLOTS)}
    services = {"fetch": http, **{k: {**http, "capnpConnectHost": h} for k, h in hosts.items()}}
    prefix = f"service:{binding.name}:"
    inner = [
        *({"name": kind, "service": {"name": prefix + kind}} for kind in services),
        {"name": "control", "service": {"name": "agent"}},
        {"name": "path", "text": slots_path(worker, entrypoint)},
        *({"name": name, "json": value} for name, value in _props(binding).items()),
    ]
    wrapped = {"moduleName": "edge:service", "entrypoint": "service", "innerBindings": inner}
    return {"name": binding.name, "wrapped": wrapped}, [
        external(prefix + kind, names.INTERNAL_SOCKET, http) for kind, http in services.items()
    ]


def edge_headers() -> _Object:
    """The headers for the URL's scheme and `request.cf`, between the edge and the processes."""
    return {"forwardedProtoHeader": names.SCHEME_HEADER, "cfBlobHeader": names.CF_HEADER}


def external(name: str, path: str, http: _Object) -> _Object:
    """A service that is a Unix socket in the edge's folder."""
    return {"name": name, "external": {"address": f"unix:{path}", "http": http}}


def _reached(binding: BindingSpec) -> tuple[str, str]:
    worker, entrypoint = _target(binding)
    return worker, names.PROPS if binding.options.get("props") else entrypoint


def _props(binding: BindingSpec) -> dict[str, str]:
    """For `runtime/service.js`, as JSON; empty without props."""
    props, entrypoint = binding.options.get("props"), _target(binding)[1] or "default"
    return {"props": json.dumps(props), "entrypoint": json.dumps(entrypoint)} if props else {}


def _props_header(binding: BindingSpec) -> dict[str, str]:
    """JSON in ASCII, so that it may be a header."""
    given = {name: json.loads(value) for name, value in _props(binding).items()}
    return {names.PROPS_HEADER: json.dumps(given)} if given else {}


def calls(target: str, caller: str, more: Mapping[str, str] = {}) -> _Object:
    """HTTP options of a call through Envoy. Injected headers replace those that a Worker sets."""
    headers = {names.TARGET_HEADER: target, names.CALLER_HEADER: caller, **more}
    return {
        **edge_headers(),
        "injectRequestHeaders": [{"name": n, "value": v} for n, v in headers.items()],
    }


def _target(binding: BindingSpec) -> tuple[str, str]:
    entrypoint = binding.options.get("entrypoint") or ""
    return binding.options.get("service", ""), "" if entrypoint == "default" else entrypoint
