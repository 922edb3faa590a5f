"""Upload a version: resolve inherited bindings, start it once, then save it.

The version is started before the transaction, because that may take seconds. The inherited bindings
are compared again inside the transaction, so that nothing stale is written.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from routing.agent.inspection.inspection import Inspection, Refused, inspect
from routing.control import deploy, messages, revision
from routing.control.bindings.inherited_bindings import resolve
from routing.control.bindings.service_targets import unresolved_own
from routing.control.objects.migrations import (
    ObjectPlan,
    RecordedKeys,
    apply_migration,
    check_exports,
)
from routing.control.objects.upload import plan_objects
from routing.control.signals import version_uploaded
from routing.control.upload.checks import check_alias, check_assets, check_date, check_references
from routing.control.upload.version_rows import By, write_version
from routing.control.upload.workers import create_worker, latest_version, next_number, target_worker
from routing.control.worker_settings import check_consumers
from routing.models import Deployment, Module, Version, Worker
from routing.models.object_namespaces import new_key
from routing.snapshot import VersionSpec
from routing.transactions.after_commit import send_after_commit
from routing.upload_draft import SECRET_TYPES, Draft, UploadRefused

Inspect = Callable[..., Inspection]


def upload_version(
    *,
    worker_name: str,
    draft: Draft,
    author: AbstractBaseUser | None,
    source: str,
    triggered_by: str,
    now: datetime,
    keep: frozenset[str] = SECRET_TYPES,
    strict: bool = True,
    create: bool = False,
    live: bool = False,
    deploy_message: str = "",
    expected: UUID | str | None = deploy.ANY,
    based_on: Version | None = None,
    settings: Mapping[str, Any] | None = None,
    inspect: Inspect = inspect,
    permit: Callable[[], None] | None = None,
) -> tuple[Version, Deployment | None]:
    """Saves a version of `worker_name`; with `live` also deploys it at 100%, in one transaction.

    `keep` lists binding types to copy from the latest version unless the draft redefines them.
    `strict` refuses an `inherit` binding without a source instead of dropping it. `create` allows
    the first version of a new Worker. `expected` and `permit` are those of `deploy`. `based_on` is
    the version that the draft is a changed copy of; it must still be the latest. `settings` are
    merged into the Worker's. Raises `UploadRefused` or `DeployConflict`; then nothing is saved.
    """
    check_consumers(worker_name, settings or {})
    request = _Request(worker_name, draft, keep, strict, create, live, based_on, now)
    by = By(author, source, triggered_by, now)
    keys = RecordedKeys(new_key)
    plan = request.plan(keys)
    candidate = plan.version(now)
    inspected = _started(inspect, candidate, plan.resolved, worker_name)
    check_exports(plan.objects, inspected.exports)
    Module.stage(plan.resolved.modules(), now)
    with transaction.atomic():
        revision.lock()
        worker = _unchanged(plan, request, keys).worker
        worker = worker or create_worker(name=worker_name, author=author, source=source, now=now)
        _merge_settings(worker, settings or {})
        apply_migration(worker, plan.objects, actor=author, source=source, now=now)
        version = write_version(worker, plan.draft, candidate, inspected, by)
        if live:
            return version, _deploy(version, by, deploy_message, expected, permit)
        _announce(worker)
    return version, None


def _unchanged(plan: _Plan, request: _Request, keys: RecordedKeys) -> _Plan:
    """The plan once more. Raises `UploadRefused` if another change came in between."""
    keys.rewind()
    again = request.plan(keys)
    if (again.resolved.bindings, again.objects) != (plan.resolved.bindings, plan.objects):
        raise UploadRefused("concurrent", messages.BINDINGS_CHANGED)
    return again


def _announce(worker: Worker) -> None:
    """Notifies edges and pages of a version that is not deployed."""
    if worker.deployments.exists():
        revision.advance(worker)  # so that the edges can tell this id from an unknown one
    else:
        send_after_commit(version_uploaded, Version, "announce version", worker=worker.name)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the upload comes to, as the database is now. `resolved` is the draft with the bindings
    that it inherits; `draft` also names the namespaces of its Durable Objects."""

    worker: Worker | None
    resolved: Draft
    draft: Draft
    objects: ObjectPlan

    def version(self, now: datetime) -> VersionSpec:
        return self.draft.version(
            version_id=str(uuid.uuid4()),
            number=next_number(self.worker),
            created_on=now.isoformat(),
            objects=self.objects.specs,
        )


@dataclass(frozen=True, slots=True)
class _Request:
    """The arguments of `upload_version` that decide what is uploaded."""

    worker_name: str
    draft: Draft
    keep: frozenset[str]
    strict: bool
    create: bool
    live: bool
    based_on: Version | None
    now: datetime

    def plan(self, new_key: Callable[[], str]) -> _Plan:
        """Raises `UploadRefused`."""
        worker = target_worker(self.worker_name, self.create, self.based_on)
        check_alias(self.draft, self.worker_name)
        check_date(self.draft.compatibility_date, self.now)
        resolved = resolve(self.draft, latest_version(worker), self.keep, self.strict)
        check_assets(resolved)
        check_references(resolved)
        objects = plan_objects(resolved, self.worker_name, worker, live=self.live, new_key=new_key)
        return _Plan(worker, resolved, objects.draft, objects.objects)


def _started(
    inspect: Inspect, candidate: VersionSpec, resolved: Draft, worker_name: str
) -> Inspection:
    try:
        inspected = inspect(candidate, resolved.modules(), worker=worker_name)
    except Refused as error:
        raise UploadRefused(error.kind, str(error)) from error
    if problem := unresolved_own(resolved.bindings, worker_name, inspected.exports):
        raise UploadRefused("service", messages.service_unresolved(problem.binding, problem))
    return inspected


def _merge_settings(worker: Worker, settings: Mapping[str, Any]) -> None:
    if settings:
        worker.settings = {**worker.settings, **settings}
        worker.save(update_fields=["settings"])


def _deploy(
    version: Version,
    by: By,
    message: str,
    expected: UUID | str | None,
    permit: Callable[[], None] | None,
) -> Deployment:
    return deploy.deploy(
        worker=version.worker,
        shares=[(str(version.id), 100)],
        author=by.author,
        source=by.source,
        message=message,
        expected=expected,
        triggered_by=by.triggered_by,
        now=by.now,
        permit=permit,
    )
