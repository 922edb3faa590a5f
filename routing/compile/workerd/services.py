"""Service bindings: how one Worker's process reaches another Worker through Envoy.

fetch() goes to the internal listener, where percentages, overrides and version keys apply as on the
public one. RPC goes to a slot that runtime/service.js draws for each call.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from routing.compile import names
from routing.compile.workerd.slots import slots_path
from routing.snapshot import BindingSpec, VersionSpec

_Object = dict[str, Any]


def service_targets(version: VersionSpec) -> Iterator[tuple[str, str]]:
    """(Worker, entrypoint) of a version's service bindings; "" is the default entrypoint."""
    return (_target(binding) for binding in version.bindings if binding.type == "service")


def bind(binding: BindingSpec, caller: str) -> tuple[_Object, list[_Object]]:
    """The binding, and the services that it needs in the process of the version `caller`.

    Each slot is a separate service, because workerd opens one RPC connection per service.
    """
    worker, entrypoint = _target(binding)
    http = calls(names.target(worker, entrypoint), caller)
    hosts = {f"slot{n}": names.rpc_host(worker, entrypoint, n) for n in range(names.SLOTS)}
    services = {"fetch": http, **{k: {**http, "capnpConnectHost": h} for k, h in hosts.items()}}
    prefix = f"service:{binding.name}:"
    inner = [
        *({"name": kind, "service": {"name": prefix + kind}} for kind in services),
        {"name": "control", "service": {"name": "agent"}},
        {"name": "path", "text": slots_path(worker, entrypoint)},
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


def calls(target: str, caller: str) -> _Object:
    """HTTP options of a call through Envoy. Injected headers replace those that a Worker sets."""
    headers = {names.TARGET_HEADER: target, names.CALLER_HEADER: caller}
    return {
        **edge_headers(),
        "injectRequestHeaders": [{"name": n, "value": v} for n, v in headers.items()],
    }


def _target(binding: BindingSpec) -> tuple[str, str]:
    entrypoint = binding.options.get("entrypoint") or ""
    return binding.options.get("service", ""), "" if entrypoint == "default" else entrypoint
