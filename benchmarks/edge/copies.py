"""Fills a control plane with copies of one Worker, without uploading each."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from itertools import islice
from typing import Any

from routing.models import Deployment, DesiredState, Share, Version, VersionModule, Worker


def copy(name: str, count: int) -> None:
    """`count` Workers `copy-N` with the versions and percentages of the Worker's newest
    deployment. Edges get them with the next revision."""
    source = Worker.objects.get(name=name)
    deployed = source.deployments.newest_first().first()
    assert deployed is not None
    revision = DesiredState.objects.get().revision
    workers = Worker.objects.bulk_create(
        (
            _copied(source, name=f"copy-{n}", changed_revision=revision + 1 + n)
            for n in range(count)
        ),
        batch_size=500,
    )
    shares = list(deployed.shares.select_related("version"))
    versions = {
        (worker.pk, share.version_id): _copied(share.version, id=uuid.uuid4(), worker=worker)
        for worker in workers
        for share in shares
    }
    _create(Version, versions.values())
    modules = {s.version_id: list(VersionModule.objects.filter(version=s.version)) for s in shares}
    _create(
        VersionModule,
        (
            _copied(module, version=version)
            for (_, original), version in versions.items()
            for module in modules[original]
        ),
    )
    deployments = {
        worker.pk: _copied(deployed, id=uuid.uuid4(), worker=worker, revision=revision + 1 + n)
        for n, worker in enumerate(workers)
    }
    _create(Deployment, deployments.values())
    _create(
        Share,
        (
            _copied(
                share,
                deployment=deployments[worker.pk],
                version=versions[worker.pk, share.version_id],
            )
            for worker in workers
            for share in shares
        ),
    )
    DesiredState.objects.update(revision=revision + count)


def _copied(row: Any, **changes: Any) -> Any:
    fields = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields}
    if row._meta.pk.get_internal_type().endswith("AutoField"):
        del fields[row._meta.pk.attname]
    if "tag" in fields and isinstance(row, Worker):
        fields["tag"] = uuid.uuid4().hex
    for name, value in changes.items():
        fields.pop(f"{name}_id", None)
        fields[name] = value
    return type(row)(**fields)


def _create(model: Any, copies: Iterable[Any]) -> None:
    rows = iter(copies)
    while chunk := list(islice(rows, 500)):
        model.objects.bulk_create(chunk)
