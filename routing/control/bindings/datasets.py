"""Datasets of Analytics Engine: an upload creates those that it is bound to."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser

from routing.control import audit
from routing.models import StateBinding, StateNamespace
from routing.models.namespaces import DATASET


def create_datasets(
    bindings: list[StateBinding], *, author: AbstractBaseUser | None, source: str, now: datetime
) -> None:
    """Those of `bindings` that do not exist. The caller holds `revision.lock()`. Two queries and an
    audit entry for each, none without such bindings."""
    names = {row.reference for row in bindings if row.kind == DATASET}
    if not names:
        return
    rows = StateNamespace.objects.filter(kind=DATASET, key__in=names)
    for name in sorted(names - set(rows.values_list("key", flat=True))):
        StateNamespace.objects.create(kind=DATASET, key=name, title=name, created_at=now)
        audit.record(
            "dataset.create", name, actor=author, source=source, now=now, after={"id": name}
        )
