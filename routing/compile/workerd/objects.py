"""Durable Objects: a version's classes, and bindings to namespaces of its own or another Worker.

An object runs in the process of the version it is assigned to (`rules.object_assignment`). Calls
from other processes go through Envoy to that version's socket `names.OBJECTS`; the agent's commands
come on `names.OBJECTS_CONTROL`, which is the agent's alone.
"""

from __future__ import annotations

import json
import posixpath
from collections.abc import Mapping
from typing import Any

from routing.compile import names
from routing.compile.workerd.services import calls, external
from routing.rules.object_assignment import Ranges, assigned_ranges, without
from routing.snapshot import BindingSpec, ObjectClass, Snapshot, VersionSpec

BINDING = "durable_object_namespace"
INSTANCE = "SLUICE_INSTANCE"
"""An environment variable, another value for each process: the agent's request for one process must
not be answered by its successor on the same socket."""
ENTRYPOINT, CONTROL = "__SluiceObjects", "__SluiceObjectsControl"
"""Entrypoints of the main module, beside those of the code."""

_OWN = "sluice:objects"
_DISK = "objects-disk"
_MAIN, _PRELUDE = "__sluice_objects_main.js", "__sluice_objects_prelude.js"
_INTERNAL = ("assignment", "router", "alarms", "namespace", "host")
_DELETES_ALARMS = "2026-02-24"
"""From this compatibility date on, deleteAll() deletes the alarm too."""
_PATH = "/objects/"

_Object = dict[str, Any]


def objects_path(worker: str) -> str:
    """The path at the agent's socket that says where the Worker's objects run."""
    return _PATH + worker


def is_objects_path(path: str) -> bool:
    return path.startswith(_PATH)


def worker_of_path(path: str) -> str:
    """The Worker of a path of `objects_path`."""
    return path.removeprefix(_PATH)


def objects_answer(
    snapshot: Snapshot,
    slots: Mapping[str, int],
    path: str,
    edge: str,
    assigned: Mapping[str, Ranges],
) -> dict[str, object]:
    """`{"ranges": [[slot, first bucket, end], ...], "edge": ""}` for a path of `objects_path`.

    `assigned` is what versions have now; the other buckets are about to be assigned by the
    percentages. The slot of a version without a process is null. `edge` in the answer is the edge
    that has the objects, if it is not this one, `edge`.
    """
    name = worker_of_path(path)
    worker = next((worker for worker in snapshot.workers if worker.name == name), None)
    if worker is None:
        return {"ranges": [], "edge": ""}
    if not worker.runs_objects_on(edge):
        return {"ranges": [], "edge": worker.objects_edge[0]}
    targets = assigned_ranges(worker.deployment.shares)
    rest = {key: without(ranges, assigned.values()) for key, ranges in targets.items()}
    listed = [
        [slots.get(version_id), first, end]
        for ranges_by_version in (assigned, rest)
        for version_id, ranges in ranges_by_version.items()
        for first, end in ranges
    ]
    return {"ranges": listed, "edge": ""}


def add_classes(
    body: _Object,
    worker: str,
    version: VersionSpec,
    slot: int,
    runtime: Mapping[str, str],
    *,
    is_stored: bool,
) -> list[_Object]:
    """Completes the Worker `body` of a version with classes. Returns the services that it needs.
    Unless `is_stored`, objects are in memory only."""
    body["modules"] = [*_modules(version, runtime), *body["modules"]]
    body["durableObjectNamespaces"] = [
        {"className": c.class_name, "uniqueKey": c.namespace, "enableSql": c.sqlite}
        for c in version.objects
    ]
    body["durableObjectStorage"] = {"localDisk": _DISK} if is_stored else {"inMemory": None}
    body["bindings"] = [*body["bindings"], _own(body, worker, version, slot)]
    folder = f"/proc/self/cwd/{names.OBJECTS_FOLDER}"
    disk = {"name": _DISK, "disk": {"path": folder, "writable": True}}
    return [*([disk] if is_stored else []), *_slots(worker, version.id)]


def bind_objects(
    binding: BindingSpec, version: VersionSpec, worker: str, ours: _Object | None
) -> tuple[_Object, list[_Object]]:
    """The binding of a version of `worker`, and the services that it needs in the same process.

    `ours` is the Worker `objects/ids.js`. An inspection has neither objects nor other versions; it
    passes None.
    """
    key = binding.options["namespace_id"] if ours else ""
    target = binding.options.get("script_name") or worker
    own = next((c for c in version.objects if c.namespace == key), None) if ours else None
    if ours is None:
        return {"name": binding.name, "json": "{}"}, []
    ids = f"object-ids:{binding.name}"
    native = {"className": own.class_name} if own else {"className": "Ids", "serviceName": ids}
    inner: list[_Object] = [
        {"name": "ns", "durableObjectNamespace": native},
        {"name": "key", "text": key},
        {"name": "isOwn", "json": json.dumps(own is not None)},
        *_router(target),
    ]
    services = [] if own else [_ids(ids, key, ours), *_slots(target, version.id)]
    return {"name": binding.name, "wrapped": _wrapped("namespace", inner)}, services


def object_sockets() -> list[_Object]:
    """The agent's socket. That for calls is one of the entrypoints' sockets."""
    service = {"name": "main", "entrypoint": CONTROL}
    return [{"name": names.OBJECTS_CONTROL, "http": {}, "service": service}]


def extension_modules(runtime: Mapping[str, str]) -> list[_Object]:
    """Modules that bindings and the main module share. Code can import the last one only."""
    return [
        *(
            {
                "name": f"sluice-internal:objects-{name}",
                "internal": True,
                "esModule": runtime[f"objects/{name}.js"],
            }
            for name in _INTERNAL
        ),
        {"name": _OWN, "esModule": runtime["objects/public.js"]},
    ]


def needs_objects(version: VersionSpec) -> bool:
    """Has the version classes of Durable Objects, or bindings to any?"""
    return bool(version.objects) or any(b.type == BINDING for b in version.bindings)


def _modules(version: VersionSpec, runtime: Mapping[str, str]) -> list[_Object]:
    main = json.dumps("./" + posixpath.normpath(version.main_module))
    source = runtime["objects/main.js"].replace('"__MAIN__"', main)
    source = source.replace('"__PRELUDE__"', json.dumps(f"./{_PRELUDE}"))
    if any(export.name == "default" for export in version.exports):
        source += f"\nexport {{ default }} from {main};\n"
    source += "".join(_wrapping(n, c) for n, c in enumerate(version.objects))
    return [
        {"name": _MAIN, "esModule": source},
        {"name": _PRELUDE, "esModule": runtime["objects/prelude.js"]},
    ]


def _wrapping(number: int, of: ObjectClass) -> str:
    """The name of an export may be any text."""
    name, local = json.dumps(of.class_name), f"class{number}"
    return f"const {local} = objectClass(code[{name}], {name});\nexport {{ {local} as {name} }};\n"


def _own(body: _Object, worker: str, version: VersionSpec, slot: int) -> _Object:
    """A binding that the prelude removes from `env`."""
    classes = {c.class_name: c.namespace for c in version.objects}
    flags = body["compatibilityFlags"]
    deletes = body["compatibilityDate"] >= _DELETES_ALARMS or "delete_all_deletes_alarm" in flags
    deletes = deletes and "delete_all_preserves_alarm" not in flags
    natives = [
        {"name": f"ns:{c.namespace}", "durableObjectNamespace": {"className": c.class_name}}
        for c in version.objects
    ]
    inner: list[_Object] = [
        {"name": "slot", "json": json.dumps(slot)},
        {"name": "version", "text": version.id},
        {"name": "instance", "fromEnvironment": INSTANCE},
        {"name": "classes", "json": json.dumps(classes, sort_keys=True)},
        {"name": "deletesAlarms", "json": json.dumps(deletes)},
        *natives,
        *_router(worker),
    ]
    return {"name": _OWN, "wrapped": _wrapped("own", inner)}


def _wrapped(entrypoint: str, inner: list[_Object]) -> _Object:
    module = "sluice-internal:objects-namespace"
    return {"moduleName": module, "entrypoint": entrypoint, "innerBindings": inner}


def _router(worker: str) -> list[_Object]:
    return [
        {"name": "control", "service": {"name": "agent"}},
        {"name": "path", "text": objects_path(worker)},
        *({"name": f"slot{n}", "service": {"name": _slot(worker, n)}} for n in range(names.SLOTS)),
    ]


def _slot(worker: str, slot: int) -> str:
    return f"objects:{worker}:{slot}"


def _slots(worker: str, caller: str) -> list[_Object]:
    """One service per slot, for fetch and RPC."""
    return [
        external(
            _slot(worker, n),
            names.INTERNAL_SOCKET,
            {
                **calls(names.objects_target(worker, n), caller),
                "capnpConnectHost": names.rpc_host(worker, names.OBJECTS, n),
            },
        )
        for n in range(names.SLOTS)
    ]


def _ids(name: str, key: str, ours: _Object) -> _Object:
    namespace = {"className": "Ids", "uniqueKey": key, "enableSql": True}
    storage = {"durableObjectStorage": {"inMemory": None}}
    return {
        "name": name,
        "worker": {**ours, "durableObjectNamespaces": [namespace], **storage},
    }
