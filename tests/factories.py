"""Rows for tests, made by the same acts the product uses; only the runtime's word is given."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django.utils import timezone
from fastdigest import TDigest

from dashboard.accounts.models import Role, User
from dashboard.observability.ingest import rollup
from dashboard.observability.ingest.batch_schema import CENTROIDS, Called, Counted, Timed
from routing.agent.inspection.inspection import Inspection
from routing.control import deploy as deploying
from routing.control.upload import upload_version
from routing.models import (
    Deployment,
    Edge,
    Invocation,
    Propagation,
    Version,
    VersionModule,
    Worker,
)
from routing.snapshot import BindingSpec, Export
from routing.upload_draft import Draft, Part

CODE = b"export default { fetch() { return new Response('hi'); } };"
T0 = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)


def make_user(username: str = "alice", role: Role = Role.OPERATOR, **fields: Any) -> User:
    """A person who may sign in with the password `pw`."""
    return User.objects.create_user(
        username=username, email=f"{username}@example.test", password="pw", role=role, **fields
    )


def make_draft(code: bytes = CODE, bindings: Sequence[BindingSpec] = (), **fields: Any) -> Draft:
    """One ES module named index.js."""
    return Draft(
        main_module="index.js",
        compatibility_date="2026-08-01",
        parts=(Part("index.js", "application/javascript+module", code),),
        bindings=tuple(bindings),
        **fields,
    )


def says_fine(*_: Any, **__: Any) -> Inspection:
    """Stands for a runtime that started the version and found one fetch handler."""
    return Inspection(
        exports=(Export(name="default", kind="object", handlers=("fetch",)),), startup_ms=3
    )


def make_version(
    worker: Worker | str = "shop", draft: Draft | None = None, **given: Any
) -> Version:
    """An uploaded version that is in no deployment; makes the Worker when it is missing."""
    version, _ = upload_version(
        worker_name=worker if isinstance(worker, str) else worker.name,
        draft=draft or make_draft(),
        author=given.pop("author", None),
        source=given.pop("source", "wrangler"),
        triggered_by=given.pop("triggered_by", "version_upload"),
        now=given.pop("now", None) or timezone.now(),
        create=True,
        inspect=given.pop("inspect", says_fine),
        **given,
    )
    return version


def make_worker(name: str = "shop", versions: int = 1) -> Worker:
    """A Worker with that many more versions and no deployment. Beyond two they are copies in the
    database alone: an upload takes 10 ms."""
    for _ in range(min(versions, 2)):
        version = make_version(name)
    if versions > 2:
        _copy_version(version, versions - 2)
    return Worker.objects.get(name=name)


def _copy_version(version: Version, times: int) -> None:
    fields = _fields_of(version)
    numbers = range(version.number + 1, version.number + 1 + times)
    copies = [Version(**fields | {"id": uuid4(), "number": number}) for number in numbers]
    Version.objects.bulk_create(copies)
    parts = [_fields_of(part) | {"id": None} for part in version.modules.all()]
    VersionModule.objects.bulk_create(
        VersionModule(**part | {"version_id": copy.pk}) for copy in copies for part in parts
    )


def _fields_of(row: Model) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def make_deployment(worker: Worker, *shares: tuple[Version, float], **given: Any) -> Deployment:
    """`shares` live; without any, the newest version at 100%."""
    listed = shares or ((worker.versions.newest_first().first(), 100),)
    return deploying.deploy(
        worker=worker,
        shares=[(str(version.id), part) for version, part in listed],
        author=given.pop("author", None),
        source=given.pop("source", "dashboard"),
        force=given.pop("force", True),
        now=given.pop("now", None) or timezone.now(),
        **given,
    )


def make_edge(name: str = "local-1", **given: Any) -> Edge:
    """An edge that was heard of just now and has nothing yet."""
    now = timezone.now()
    fields: dict[str, Any] = {
        "token_sha256": secrets.token_hex(32),
        "created_on": now,
        "last_seen_on": now,
    }
    return Edge.objects.create(name=name, **(fields | given))


def make_propagation(edge: Edge, deployment: Deployment, after_ms: int = 61) -> Propagation:
    """`edge` got the revision of `deployment`, so long after it was made."""
    Edge.objects.filter(pk=edge.pk).update(applied_revision=deployment.revision)
    applied_on = deployment.created_on + timedelta(milliseconds=after_ms)
    return Propagation.objects.create(
        edge=edge, revision=deployment.revision, applied_on=applied_on
    )


def make_invocation(edge: Edge, deployment: Deployment, **given: Any) -> Invocation:
    """One line of the edge's log: the first listed version, drawn by percentage."""
    fields: dict[str, Any] = {
        "request_id": str(uuid4()),
        "ray": f"{secrets.token_hex(8)}-DEV",
        "hop": "proof",
        "worker": deployment.worker.name,
        "version_id": str(deployment.shares.all()[0].version_id),
        "deployment_id": str(deployment.id),
        "reason": "percentage",
        "override": "absent",
        "method": "GET",
        "path": "/",
        "status": 200,
        "started_on": timezone.now(),
        "duration_us": 12_000,
    }
    return Invocation.objects.create(edge=edge, **(fields | given))


def make_traffic(
    worker: str,
    requests: int,
    failed: int = 0,
    version_id: object = "",
    minutes_ago: int = 1,
    deployment_id: object = "",
) -> None:
    """Requests that an edge counted and timed in one whole minute, the `failed` ones with 500."""
    minute = (int(timezone.now().timestamp()) // 60 - minutes_ago) * 60
    told = (minute, worker, str(version_id), str(deployment_id), "external", "percentage", "absent")
    rows = [Counted(*told, 2, "", requests - failed), Counted(*told, 5, "5xx", failed)]
    rollup.add_counts("local-1", [row for row in rows if row.requests])
    digest = TDigest.from_values([12_000.0] * requests, max_centroids=CENTROIDS).to_bytes()
    sketch = base64.b64encode(digest).decode()
    timed = Timed(minute, worker, str(version_id), "external", requests, 12_000 * requests, sketch)
    rollup.add_latencies("local-1", [timed])
    live = Deployment.objects.filter(worker__name=worker).newest_first().first()
    deployment = str(live.id) if live else ""
    called = Called(minute, worker, str(version_id), deployment, requests, failed, requests)
    rollup.add_callers("local-1", [called])
