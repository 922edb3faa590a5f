"""Writes the rows of a version."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec
from django.contrib.auth.base_user import AbstractBaseUser

from routing.agent.inspection.inspection import Inspection
from routing.control import audit
from routing.control.bindings.datasets import create_datasets
from routing.control.upload.workers import next_number
from routing.models import (
    Module,
    ObjectBinding,
    ServiceBinding,
    StateBinding,
    Version,
    VersionModule,
    Worker,
)
from routing.secret_encryption import encrypt_binding
from routing.snapshot import VersionSpec
from routing.upload_draft import Draft


@dataclass(frozen=True, slots=True)
class By:
    """Who uploads, from where, for what, and when."""

    author: AbstractBaseUser | None
    source: str
    triggered_by: str
    now: datetime


def write_version(
    worker: Worker, draft: Draft, candidate: VersionSpec, inspected: Inspection, by: By
) -> Version:
    version = Version.objects.create(
        id=uuid.UUID(candidate.id),
        worker=worker,
        number=next_number(worker),
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
