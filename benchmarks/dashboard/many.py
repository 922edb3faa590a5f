"""A snapshot of many Workers, like those that people deploy."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import replace

from routing.rules.split import TOTAL, VersionWeight
from routing.snapshot import (
    BindingSpec,
    DeploymentSpec,
    Export,
    ModuleSpec,
    Snapshot,
    VersionSpec,
    WorkerSpec,
    to_json,
)

CODE = b"export default { fetch() { return new Response('hi'); } };\n" * 20
_MODULE = ModuleSpec(
    name="index.js",
    content_type="application/javascript+module",
    sha256=hashlib.sha256(CODE).hexdigest(),
    size=len(CODE),
)


def snapshot_of(count: int) -> Snapshot:
    """`count` Workers with two versions each, at 10 and 90%."""
    return Snapshot(revision=1, workers=tuple(map(_worker, range(count))))


def one_changed(snapshot: Snapshot) -> bytes:
    """What the control plane sends an edge when one Worker's percentages change."""
    worker = snapshot.workers[len(snapshot.workers) // 2]
    new, old = (share.version_id for share in worker.deployment.shares)
    shares = (VersionWeight(new, TOTAL // 2), VersionWeight(old, TOTAL - TOTAL // 2))
    changed = replace(worker, deployment=DeploymentSpec(id=str(uuid.uuid4()), shares=shares))
    return to_json(Snapshot(revision=2, base=1, workers=(changed,)))


def _worker(number: int) -> WorkerSpec:
    versions = tuple(_version(number, version) for version in (2, 1))
    new, old = (version.id for version in versions)
    shares = (VersionWeight(new, TOTAL // 10), VersionWeight(old, TOTAL - TOTAL // 10))
    return WorkerSpec(
        name=f"worker-{number:04}",
        hostnames=(f"worker-{number:04}.localhost",),
        deployment=DeploymentSpec(id=str(uuid.uuid4()), shares=shares),
        versions=versions,
    )


def _version(worker: int, number: int) -> VersionSpec:
    return VersionSpec(
        id=str(uuid.uuid4()),
        number=number,
        created_on="2026-11-20T10:00:00.000000Z",
        compatibility_date="2026-08-01",
        main_module=_MODULE.name,
        modules=(_MODULE,),
        bindings=_bindings(worker),
        exports=(Export(name="default", kind="object", handlers=("fetch",)),),
    )


def _bindings(worker: int) -> tuple[BindingSpec, ...]:
    """Every tenth Worker calls the next one."""
    called = {"service": f"worker-{worker + 1:04}"}
    calls = [BindingSpec(name="NEXT", type="service", options=called)] if worker % 10 == 0 else []
    return (
        BindingSpec(name="VERSION", type="version_metadata"),
        BindingSpec(name="GREETING", type="plain_text", options={"text": "hello"}),
        BindingSpec(name="LIMITS", type="json", options={"json": {"a": [1, 2, 3], "b": None}}),
        *calls,
    )
