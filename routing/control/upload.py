"""Upload a version: resolve inherited bindings, start it once, then save it.

The version is started before the transaction, because that may take seconds. The inherited bindings
are compared again inside the transaction, so that nothing stale is written.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import msgspec
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction

from routing.agent.inspection.inspection import Inspection, Refused, inspect
from routing.control import audit, deploy, messages, revision
from routing.control.datasets import create_datasets
from routing.control.inherited_bindings import resolve
from routing.control.objects.migrations import RecordedKeys, apply_migration, check_exports
from routing.control.objects.upload import plan_objects
from routing.control.service_targets import unresolved_own
from routing.control.signals import version_uploaded
from routing.control.state_bindings import check_namespaces
from routing.control.stored_secrets import check_stored_secrets
from routing.models import (
    ALIAS,
    Deployment,
    Module,
    ObjectBinding,
    ServiceBinding,
    StateBinding,
    Version,
    VersionModule,
    Worker,
)
from routing.models.object_namespaces import new_key
from routing.rules.names import is_worker_name
from routing.secret_encryption import DecryptionFailed, decrypt_binding, encrypt_binding
from routing.snapshot import BindingSpec, VersionSpec
from routing.transactions.after_commit import send_after_commit
from routing.upload_draft import SECRET_TYPES, Draft, UploadRefused

_FURTHEST_EAST = timedelta(hours=14)  # wrangler writes the date of the machine it runs on
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
    by = _By(author, source, triggered_by, now)
    worker = _base(worker_name, create, based_on)
    _check_alias(draft, worker_name)
    _check_date(draft.compatibility_date, now)
    resolved = resolve(draft, _latest(worker), keep, strict)
    _check_assets(resolved)
    _check_references(resolved)
    keys = RecordedKeys(new_key)
    planned = plan_objects(resolved, worker_name, worker, live=live, new_key=keys)
    candidate = planned.draft.version(
        version_id=str(uuid.uuid4()),
        number=_next_number(worker),
        created_on=now.isoformat(),
        objects=planned.objects.specs,
    )
    inspected = _started(inspect, candidate, resolved, worker_name)
    check_exports(planned.objects, inspected.exports)
    Module.stage(resolved.modules(), now)
    with transaction.atomic():
        revision.lock()
        worker = _base(worker_name, create, based_on)
        keys.rewind()
        again = resolve(draft, _latest(worker), keep, strict)
        replanned = plan_objects(again, worker_name, worker, live=live, new_key=keys)
        if (again.bindings, replanned.objects) != (resolved.bindings, planned.objects):
            raise UploadRefused("concurrent", messages.BINDINGS_CHANGED)
        _check_references(resolved)
        worker = worker or create_worker(name=worker_name, author=author, source=source, now=now)
        _merge_settings(worker, settings or {})
        apply_migration(worker, planned.objects, actor=author, source=source, now=now)
        version = _write(worker, planned.draft, candidate, inspected, by)
        if live:
            return version, _deploy(version, by, deploy_message, expected, permit)
        _announce(worker)
    return version, None


def _announce(worker: Worker) -> None:
    """Notifies edges and pages of a version that is not deployed."""
    if worker.deployments.exists():
        revision.advance(worker)  # so that the edges can tell this id from an unknown one
    else:
        send_after_commit(version_uploaded, Version, "announce version", worker=worker.name)


def create_worker(
    *, name: str, author: AbstractBaseUser | None, source: str, now: datetime
) -> Worker:
    """A Worker without versions. Raises `UploadRefused` if the name is invalid or taken."""
    if not is_worker_name(name):
        raise UploadRefused("name", messages.worker_name_invalid(name))
    try:
        with transaction.atomic():
            worker = Worker.objects.create(name=name, tag=secrets.token_hex(16), created_on=now)
            after = {"tag": worker.tag}
            audit.record("worker.create", name, actor=author, source=source, now=now, after=after)
    except IntegrityError as error:
        raise UploadRefused("exists", messages.worker_exists(name)) from error
    return worker


def draft_of(version: Version) -> Draft:
    """The draft that `version` was uploaded as, secrets included, to base a copy on. A secret that
    cannot be decrypted becomes `inherit`: it can be set again, but not copied."""
    parts = version.modules.select_related("module")
    return Draft(
        main_module=version.main_module,
        body_part=version.body_part,
        compatibility_date=version.compatibility_date,
        compatibility_flags=tuple(version.compatibility_flags),
        parts=tuple(part.as_part() for part in parts),
        bindings=tuple(map(_open_or_inherit, version.bindings)),
        runtime=version.runtime,
        assets=version.assets_spec,
    )


def _open_or_inherit(row: Mapping[str, Any]) -> BindingSpec:
    try:
        return decrypt_binding(row)
    except DecryptionFailed:
        return BindingSpec(name=row["name"], type="inherit")


@dataclass(frozen=True, slots=True)
class _By:
    """Who uploads, from where, for what, and when."""

    author: AbstractBaseUser | None
    source: str
    triggered_by: str
    now: datetime


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


def _base(name: str, create: bool, copied: Version | None) -> Worker | None:
    """The Worker to upload to. Refuses a changed copy of a version that is not the latest."""
    worker = _worker(name, create)
    latest = _latest(worker)
    if copied is None or (latest is not None and latest.pk == copied.pk):
        return worker
    message = messages.DELETED_IN_BETWEEN
    if latest is not None:
        message = messages.version_in_between(latest.number, latest.id)
    raise UploadRefused("concurrent", message)


def _worker(name: str, create: bool) -> Worker | None:
    worker = Worker.objects.filter(name=name).first()
    if worker is None and not create:
        raise UploadRefused("no_worker", messages.NO_WORKER)
    if worker is None and not is_worker_name(name):
        raise UploadRefused("name", messages.worker_name_invalid(name))
    return worker


def _check_date(date: str, now: datetime) -> None:
    """Refuses a date that is in the future everywhere on earth. The runtime may limit it later."""
    latest = (now.astimezone(UTC) + _FURTHEST_EAST).date().isoformat()
    if date[:4].isdigit() and date > latest:
        raise UploadRefused("compatibility", messages.date_in_future(date, latest))


def _check_assets(draft: Draft) -> None:
    """Refuses a binding to static assets that the version does not have."""
    for binding in draft.bindings:
        if binding.type == "assets" and draft.assets is None:
            raise UploadRefused("binding", messages.no_assets_to_bind(binding.name))


def _check_references(draft: Draft) -> None:
    """Refuses bindings to namespaces and secrets that do not exist."""
    check_namespaces(draft.bindings)
    check_stored_secrets(draft.bindings)


def _check_alias(draft: Draft, worker_name: str) -> None:
    """Refuses an alias whose host name is a Worker's, where the version would never answer."""
    alias = draft.annotations.get(ALIAS)
    label = f"{alias}-{worker_name}"
    if alias and Worker.objects.filter(name=label).exists():
        raise UploadRefused("alias", messages.alias_taken(alias, label))


def _latest(worker: Worker | None) -> Version | None:
    return worker.versions.newest_first().first() if worker else None


def _next_number(worker: Worker | None) -> int:
    latest = _latest(worker)
    return latest.number + 1 if latest else 1


def _merge_settings(worker: Worker, settings: Mapping[str, Any]) -> None:
    if settings:
        worker.settings = {**worker.settings, **settings}
        worker.save(update_fields=["settings"])


def _write(
    worker: Worker, draft: Draft, candidate: VersionSpec, inspected: Inspection, by: _By
) -> Version:
    version = Version.objects.create(
        id=uuid.UUID(candidate.id),
        worker=worker,
        number=_next_number(worker),
        tag=draft.tag,
        message=draft.message,
        author=cast(Any, by.author),  # AUTH_USER_MODEL, which routing may not import
        author_email=getattr(by.author, "email", "") or "",
        source=by.source,
        triggered_by=by.triggered_by,
        created_on=by.now,
        main_module=draft.main_module,
        body_part=draft.body_part,
        compatibility_date=draft.compatibility_date,
        compatibility_flags=list(draft.compatibility_flags),
        bindings=[encrypt_binding(b) for b in draft.bindings],
        exports=msgspec.to_builtins(inspected.exports),
        annotations=dict(draft.annotations),
        runtime=dict(draft.runtime),
        assets=msgspec.to_builtins(draft.assets) if draft.assets else None,
        asset_set=draft.assets.manifest if draft.assets else None,
        migration_tag=worker.migration_tag,
        object_classes=msgspec.to_builtins(candidate.objects) or None,
        startup_time_ms=inspected.startup_ms,
        etag=_etag(candidate),
    )
    _write_modules(version, draft)
    ServiceBinding.objects.bulk_create(ServiceBinding.rows_of(version))
    bound = StateBinding.objects.bulk_create(StateBinding.rows_of(version))
    create_datasets(bound, author=by.author, source=by.source, now=by.now)
    ObjectBinding.objects.bulk_create(ObjectBinding.rows_of(version))
    audit.record(
        "version.upload",
        worker.name,
        actor=by.author,
        source=by.source,
        now=by.now,
        after={"id": candidate.id, "number": version.number, "tag": version.tag},
    )
    return version


def _deploy(
    version: Version,
    by: _By,
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


def _write_modules(version: Version, draft: Draft) -> None:
    """Links the version to its modules. Content is stored once for all versions."""
    Module.store(draft.modules())
    VersionModule.objects.bulk_create(
        VersionModule(
            version=version,
            module_id=part.sha256,
            position=position,
            name=part.name,
            content_type=part.content_type,
        )
        for position, part in enumerate(draft.parts)
    )


def _etag(candidate: VersionSpec) -> str:
    """A hash of the modules' names, types and content, in order, and of the static assets."""
    listing = "\n".join(f"{m.name}\0{m.content_type}\0{m.sha256}" for m in candidate.modules)
    if candidate.assets:
        listing += f"\n{candidate.assets.manifest}"
    return hashlib.sha256(listing.encode()).hexdigest()
