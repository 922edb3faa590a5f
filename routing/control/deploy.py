"""Deploy, roll back and delete: atomic, and conditional on the deployment the caller expects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet

from routing.control import audit, messages, revision
from routing.control.objects import messages as object_messages
from routing.control.objects.crossing import versions_before_migration
from routing.control.objects.migrations import delete_namespaces
from routing.control.secret_consent import secret_changes
from routing.models import (
    DEPLOYABLE,
    Deployment,
    Share,
    Version,
    Worker,
    deployable,
    recent_versions,
)
from routing.rules import split
from routing.snapshot import CountSpec

ANY: Final = "any"
"""As `expected`: whatever is active now."""


class DeployRefused(Exception):
    """Nothing changed. `code` is that of `SplitRefused`, or `unknown_version`, `too_old`,
    `migration`, `secrets_changed`, `message` or `conflict`. The message says what to do."""

    def __init__(self, code: str, message: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.names = names


class DeployConflict(DeployRefused):
    """Another deployment came first: `active` (None: there is none)."""

    def __init__(self, active: Deployment | None) -> None:
        facts = (active.id, active.author_email, active.source) if active else (None, "", "")
        super().__init__("conflict", messages.not_expected(*facts))
        self.active = active


def deploy(
    *,
    worker: Worker,
    shares: Sequence[tuple[str, Any]],
    author: AbstractBaseUser | None,
    source: str,
    now: datetime,
    message: str = "",
    expected: UUID | str | None = ANY,
    triggered_by: str = "deployment",
    force: bool = False,
    permit: Callable[[], None] | None = None,
    counts: CountSpec | None = None,
) -> Deployment:
    """Makes `shares` ((version id, percentage) in the order to keep) the active deployment.

    `expected` is the id of the deployment that should be active, None for none, `ANY` for no
    condition. `force` consents to a change of secrets (`secret_consent`). `permit` runs once other
    deployments are locked out, and raises `DeployRefused` to stop this one. `counts` asks edges to
    count its requests in finer blocks than minutes. Raises `DeployRefused` or `DeployConflict`;
    then nothing has changed.
    """
    parsed = _parsed(shares)
    with transaction.atomic():
        revision.lock()
        if permit is not None:
            permit()
        active = active_deployment(worker)
        _check_expected(active, expected)
        versions = _versions(worker, parsed)
        _check_migrations(worker, versions)
        if not force:
            _check_secrets(active, parsed, versions)
        deployment = Deployment.objects.create(
            worker=worker,
            number=active.number + 1 if active else 1,
            revision=revision.advance(worker),
            created_on=now,
            author=cast(Any, author),  # AUTH_USER_MODEL, which routing may not import
            author_email=getattr(author, "email", "") or "",
            source=source,
            triggered_by=triggered_by,
            message=message[:1000],
            is_rollback=_is_rollback(active, versions),
            counts=asdict(counts) if counts else None,
        )
        _write_shares(deployment, parsed, versions)
        _record(deployment, active, parsed, now)
    return deployment


def _parsed(shares: Sequence[tuple[str, Any]]) -> tuple[split.VersionWeight, ...]:
    try:
        return split.parse_split([(normal_id(v), p) for v, p in shares])
    except split.SplitRefused as error:
        raise DeployRefused(error.code, messages.split_refused(error)) from error


def rollback(
    *,
    worker: Worker,
    version_id: str,
    author: AbstractBaseUser | None,
    source: str,
    message: str,
    now: datetime,
    expected: UUID | str | None = ANY,
    force: bool = False,
    permit: Callable[[], None] | None = None,
) -> Deployment:
    """Deploys one earlier version at 100%, with the reason as `message`. Raises as `deploy`."""
    return deploy(
        worker=worker,
        shares=[(version_id, 100)],
        author=author,
        source=source,
        message=message,
        expected=expected,
        triggered_by="rollback",
        now=now,
        force=force,
        permit=permit,
    )


def delete_worker(
    *,
    worker: Worker,
    author: AbstractBaseUser | None,
    source: str,
    now: datetime,
    permit: Callable[[], None] | None = None,
) -> None:
    """Deletes the Worker with its versions and deployments, with an entry in the audit trail."""
    with transaction.atomic():
        revision.lock()
        if permit is not None:
            permit()
        audit.record(
            "worker.delete",
            worker.name,
            actor=author,
            source=source,
            now=now,
            before={"tag": worker.tag, "versions": worker.versions.count()},
        )
        revision.advance_removed(worker)
        delete_namespaces(worker.object_namespaces.values_list("key", flat=True), now)
        Worker.objects.filter(pk=worker.pk).delete()


def active_deployment(worker: Worker) -> Deployment | None:
    """The newest deployment of `worker` with its shares, or None before the first."""
    return worker.deployments.newest_first().with_shares().first()


def normal_id(text: object) -> str:
    """A version id in canonical form. Text that is not a UUID is returned unchanged."""
    try:
        return str(UUID(str(text)))
    except ValueError:
        return str(text)


def _check_expected(active: Deployment | None, expected: UUID | str | None) -> None:
    if expected == ANY:
        return
    if (str(active.id) if active else None) != (normal_id(expected) if expected else None):
        raise DeployConflict(active)


def _versions(worker: Worker, shares: Sequence[split.VersionWeight]) -> list[Version]:
    """The versions of `shares`, in that order. Raises if one is not this Worker's or too old."""
    ids = [share.version_id for share in shares if _is_uuid(share.version_id)]
    allowed = _by_id(recent_versions(worker), ids)
    if len(allowed) < len(ids):
        allowed = _by_id(deployable([worker]), ids)
    for share in shares:
        if share.version_id not in allowed:
            raise _not_deployable(worker, share.version_id)
    return [allowed[share.version_id] for share in shares]


def _by_id(versions: QuerySet[Version], ids: Sequence[str]) -> dict[str, Version]:
    return {str(version.id): version for version in versions.filter(pk__in=ids).defer("exports")}


def _not_deployable(worker: Worker, version_id: str) -> DeployRefused:
    version = _find(version_id)
    if version is None:
        return DeployRefused("unknown_version", messages.no_version(version_id))
    if version.worker_id != worker.pk:
        return DeployRefused(
            "unknown_version",
            messages.other_workers_version(version_id, version.worker.name, worker.name),
        )
    if version.is_before_migration:
        message = object_messages.before_migration(version.number, worker.name)
        return DeployRefused("migration", message)
    return DeployRefused(
        "too_old",
        messages.too_old(version_id, version.number, worker.name, DEPLOYABLE),
    )


def _find(version_id: str) -> Version | None:
    if not _is_uuid(version_id):
        return None
    return Version.objects.select_related("worker").filter(id=UUID(version_id)).first()


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _is_rollback(active: Deployment | None, versions: Sequence[Version]) -> bool:
    """One version at 100% that is older than the newest live one (spec, Deployments)."""
    if active is None or len(versions) != 1:
        return False
    return versions[0].number < max(s.version.number for s in active.shares.all())


def _check_migrations(worker: Worker, versions: Sequence[Version]) -> None:
    for version in versions_before_migration(worker, versions):
        message = object_messages.before_migration(version.number, worker.name)
        raise DeployRefused("migration", message)


def _check_secrets(
    active: Deployment | None, shares: Sequence[split.VersionWeight], versions: Sequence[Version]
) -> None:
    """Refuses a change of secrets that needs consent."""
    before = [(s.version, s.weight) for s in active.shares.all()] if active else []
    after = [(v, share.weight) for v, share in zip(versions, shares, strict=True)]
    for change in secret_changes(before, after):
        if change.needs_consent:
            version, newest = change.version, change.newest
            raise DeployRefused(
                "secrets_changed",
                messages.secrets_changed(version.id, version.number, newest.number, change.names),
                change.names,
            )


def _write_shares(
    deployment: Deployment, shares: Sequence[split.VersionWeight], versions: Sequence[Version]
) -> None:
    Share.objects.bulk_create(
        Share(deployment=deployment, version=version, position=position, weight=share.weight)
        for position, (share, version) in enumerate(zip(shares, versions, strict=True))
    )


def _record(
    deployment: Deployment,
    before: Deployment | None,
    after: Sequence[split.VersionWeight],
    now: datetime,
) -> None:
    audit.record(
        "deployment.create",
        deployment.worker.name,
        actor=deployment.author,
        source=deployment.source,
        now=now,
        before=_as_written(before.rule_shares()) if before else None,
        after=_as_written(after),
    )


def _as_written(shares: Sequence[split.VersionWeight]) -> dict[str, float]:
    return {share.version_id: split.percentage(share.weight) for share in shares}
