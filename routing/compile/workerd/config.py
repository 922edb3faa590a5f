"""The configuration of one version's process, as dictionaries in the shape of workerd's schema
(`node_modules/workerd/workerd.capnp`)."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from routing.compile import names
from routing.compile.workerd.assets import (
    ASSETS,
    RANGES,
    assets_folder,
    assets_service,
    ranges_services,
)
from routing.compile.workerd.binding_types.rate_limits import MODULE as RATE_LIMIT
from routing.compile.workerd.binding_types.send_email import MODULE as SEND_EMAIL
from routing.compile.workerd.binding_types.state import DATASET_MODULE
from routing.compile.workerd.binding_types.stored_secrets import MODULE as STORED_SECRET
from routing.compile.workerd.bindings import (
    INSPECTION,
    SUPPORTED,
    BindingUnsupported,
    Surroundings,
    worker_bindings,
)
from routing.compile.workerd.cache import cache_services
from routing.compile.workerd.entry import entry_flags, entry_module, has_entry
from routing.compile.workerd.events import events_service, events_socket
from routing.compile.workerd.modules import VersionInvalid, part, text, worker_modules
from routing.compile.workerd.objects import (
    ENTRYPOINT as OBJECTS_ENTRYPOINT,
    add_classes,
    extension_modules,
    needs_objects,
    object_sockets,
)
from routing.compile.workerd.own_workers import own_worker
from routing.compile.workerd.services import edge_headers, external
from routing.snapshot import VersionSpec

__all__ = [
    "SUPPORTED",
    "BindingUnsupported",
    "VersionInvalid",
    "config",
    "inspection_config",
    "running_date",
    "socket_names",
]

HEAP_MB = 128
"""V8 heap of one isolate, as on Cloudflare. Beyond it only that version's process ends."""

_TUNNELS = ("64:ff9b::/96", "2002::/16", "2001::/32")
"""NAT64, 6to4 and Teredo: IPv6 addresses that lead to any IPv4 address, private ones too."""
_BINDING_MODULES = {
    "edge:service": "service.js",
    RATE_LIMIT: "rate_limit.js",
    STORED_SECRET: "stored_secret.js",
    DATASET_MODULE: "data_points.js",
    SEND_EMAIL: "send_email.js",
    "cloudflare-internal:email": "email_message.js",
}
"""Modules of our own that bindings are made of; code cannot import them."""

_OWN = (names.PROPS, names.TAIL)
_READ = (names.PROPS_HEADER, names.PRODUCER_HEADER)
_STRIPPED = (names.TARGET_HEADER, names.CALLER_HEADER, *_READ)

_Object = dict[str, Any]


def socket_names(version: VersionSpec) -> tuple[str, ...]:
    """The sockets of a version's process: one for each entrypoint (`http`, `ep:<name>`), one
    for ranges of static assets, one for the agent's control of its Durable Objects, and one for
    cron and queue events if it has a handler of them."""
    sockets = [names.socket(entrypoint) for entrypoint in names.all_entrypoints(version)]
    sockets += [names.RANGES] if version.assets else []
    sockets += [names.OBJECTS_CONTROL] if version.objects else []
    return (*sockets, *([names.EVENTS] if names.receives_events(version) else []))


def running_date(requested: str, newest: str) -> str:
    """The compatibility date to run with: at most `newest` ("" for no limit).

    Text that is not a date is returned unchanged, for workerd to refuse.
    """
    try:
        is_later = bool(newest) and date.fromisoformat(requested) > date.fromisoformat(newest)
    except ValueError:
        return requested
    return newest if is_later else requested


def config(
    worker: str,
    version: VersionSpec,
    modules: Mapping[str, bytes],
    *,
    slot: int,
    runtime: Mapping[str, str],
    deny: Sequence[str] = (),
    tail: bool = True,
    newest_date: str = "",
    assets: str = "",
    cache: bytes | None = None,
    rate_limits: bytes | None = None,
    stores_objects: bool = True,
) -> _Object:
    """The configuration for `workerd serve`, sockets without addresses (`--socket-fd`).

    `modules` are contents by SHA-256, `runtime` the sources of routing/runtime by file name,
    `deny` the machine's own addresses, as CIDR blocks, which Worker code must not reach. With
    `tail`, console lines and exceptions go to the agent. `newest_date` is the latest compatibility
    date that the runtime takes (`running_date`). `assets` is the folder with the static assets
    (default: the version's in the edge's folder), `cache` and `rate_limits` are the keys of the
    edge's processes for them, None without one. Without `stores_objects`, Durable Objects need no
    folder. Raises `VersionInvalid`.
    """
    network = {
        "allow": ["public"],
        "deny": [*_TUNNELS, *deny],
        "tlsOptions": {"trustBrowserCas": True},
    }
    ids = own_worker("objects/ids.js", runtime) if needs_objects(version) else None
    surroundings = Surroundings(worker, rate_limits, ids)
    body, services = _code(version, modules, newest_date, surroundings)
    own = _version_services(version, body, newest_date, tail, assets)
    if version.objects:
        services += add_classes(body, worker, version, slot, runtime, is_stored=stores_objects)
    if has_entry(version):
        _add_entry(body, version, runtime)
    if version.assets:
        own += ranges_services(own[-1], own_worker("ranges.js", runtime))
    if names.receives_events(version):
        own.append(events_service(own_worker("events.js", runtime)))
    return {
        "services": [
            *own,
            {"name": "internet", "network": network},
            *cache_services(worker, cache, runtime),
            *([{"name": "tail", "worker": _tail(worker, version, runtime)}] if tail else []),
            *([external("edge", names.INTERNAL_SOCKET, {})] if tail else []),
            *_edges(services),
        ],
        "sockets": _sockets(worker, version, slot),
        **_process(runtime, extension_modules(runtime) if needs_objects(version) else ()),
    }


def _code(
    version: VersionSpec,
    modules: Mapping[str, bytes],
    newest_date: str,
    surroundings: Surroundings,
) -> tuple[_Object, list[_Object]]:
    """The version's code, and the services that its bindings need; nothing for one without."""
    return _worker(version, modules, newest_date, surroundings) if version.has_code else ({}, [])


def _version_services(
    version: VersionSpec, body: _Object, newest_date: str, tail: bool, assets: str
) -> list[_Object]:
    """The version's own services: code (`body`) and static assets."""
    own: list[_Object] = []
    if body:
        body |= {"globalOutbound": {"name": "internet"}, "cacheApiOutbound": {"name": "cache"}}
        if tail:
            body["tails"] = [{"name": "tail"}]
        own.append({"name": "main", "worker": body})
    if version.assets:
        date = running_date(version.compatibility_date, newest_date)
        own.append(assets_service(version, assets or assets_folder(version), date))
    return own


def inspection_config(
    version: VersionSpec,
    modules: Mapping[str, bytes],
    *,
    runtime: Mapping[str, str],
    token: str,
    newest_date: str = "",
) -> _Object:
    """For `workerd test`, without network: the version behind `inspect.js`, which prints `token`
    and then the exports as JSON. Raises `VersionInvalid`.

    Service-worker syntax exports nothing; workerd prints `No tests found!` once it has loaded.
    `token` must be unguessable, because the version's own code may print as well. Its static assets
    are out of reach.
    """
    version = replace(version, assets=None)
    body, services = _worker(version, modules, newest_date)
    if version.main_module:
        body["modules"].insert(0, _inspector(version, runtime, token))
    body["globalOutbound"] = {"name": "nowhere"}
    return {
        "services": [{"name": "main", "worker": body}, *_edges(services)],
        **_process(runtime),
    }


def _add_entry(body: _Object, version: VersionSpec, runtime: Mapping[str, str]) -> None:
    main = body["modules"][0]["name"]
    body["modules"].insert(0, entry_module(version, main, runtime["entry.js"]))
    body["compatibilityFlags"] = entry_flags(body["compatibilityFlags"])


def _worker(
    version: VersionSpec,
    modules: Mapping[str, bytes],
    newest_date: str,
    surroundings: Surroundings = INSPECTION,
) -> tuple[_Object, list[_Object]]:
    bound = worker_bindings(version, modules, surroundings)
    body: _Object = {
        "compatibilityDate": running_date(version.compatibility_date, newest_date),
        "compatibilityFlags": list(version.compatibility_flags),
        "bindings": bound.bindings,
    }
    if version.body_part:
        body["serviceWorkerScript"] = text(part(version, version.body_part, modules))
    else:
        body["modules"] = worker_modules(version, modules)
    return body, bound.services


def _inspector(version: VersionSpec, runtime: Mapping[str, str], token: str) -> _Object:
    main = json.dumps("./" + posixpath.normpath(version.main_module))
    source = runtime["inspect.js"].replace('"__MAIN__"', main)
    source = source.replace('"__TOKEN__"', json.dumps(token))
    return {"name": f"__inspect_{token}.js", "esModule": source}


def _edges(services: list[_Object]) -> list[_Object]:
    """Services for bindings, and a `nowhere` that reaches nothing, for helpers' outbound."""
    agent = external("agent", names.AGENT_SOCKET, {})
    return [*services, agent, {"name": "nowhere", "network": {"allow": []}}]


def _socket(worker: str, version: VersionSpec, entrypoint: str, slot: int) -> _Object:
    """Removes our own headers: without a value, workerd removes a header. Static assets come before
    the code at the default entrypoint."""
    stripped = [{"name": name} for name in _STRIPPED if not (entrypoint in _OWN and name in _READ)]
    rpc = {"capnpConnectHost": names.rpc_host(worker, entrypoint, slot)}
    exported = OBJECTS_ENTRYPOINT if entrypoint == names.OBJECTS else entrypoint
    service = {"name": "main", **({"entrypoint": exported} if exported else {})}
    if version.assets and not entrypoint:
        service = {"name": ASSETS}
    http = {**edge_headers(), "injectRequestHeaders": stripped, **rpc}
    return {"name": names.socket(entrypoint), "http": http, "service": service}


def _sockets(worker: str, version: VersionSpec, slot: int) -> list[_Object]:
    sockets = [_socket(worker, version, name, slot) for name in names.all_entrypoints(version)]
    if version.assets:
        sockets.append({**sockets[0], "name": names.RANGES, "service": {"name": RANGES}})
    if version.objects:
        sockets += object_sockets()
    if names.receives_events(version):
        sockets.append(events_socket())
    return sockets


def _tail(worker: str, version: VersionSpec, runtime: Mapping[str, str]) -> _Object:
    """A separate isolate, which the Worker's code can neither see nor forge."""
    known = {"id": version.id, "tag": version.tag, "message": version.message}
    bindings = [
        {"name": "AGENT", "service": {"name": "agent"}},
        {"name": "EDGE", "service": {"name": "edge"}},
        {"name": "WORKER", "text": worker},
        {"name": "VERSION", "json": json.dumps(known)},
    ]
    return {**own_worker("tail.js", runtime), "bindings": bindings}


def _process(runtime: Mapping[str, str], more: Sequence[_Object] = ()) -> _Object:
    modules = [
        {"name": name, "internal": True, "esModule": runtime[file]}
        for name, file in _BINDING_MODULES.items()
    ]
    return {
        "v8Flags": [f"--max-heap-size={HEAP_MB}"],
        "extensions": [{"modules": [*modules, *more]}],
        "logging": {"structuredLogging": True},
    }
