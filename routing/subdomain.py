"""Whether a Worker answers at its own host name, and its previews at theirs."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from routing import audit, revision
from routing.models import Worker


def set_subdomain(
    *,
    worker: Worker,
    enabled: bool,
    previews: bool,
    author: AbstractBaseUser | None,
    source: str,
    now: datetime,
) -> Worker:
    """The Worker with both switches set; a change is audited and reaches the edges."""
    with transaction.atomic():
        revision.lock()
        held = Worker.objects.get(pk=worker.pk)
        before = _switches(held)
        held.subdomain_enabled, held.previews_enabled = enabled, previews
        if _switches(held) == before:
            return held
        held.save(update_fields=["subdomain_enabled", "previews_enabled"])
        if held.deployments.exists():
            revision.advance(held)
        audit.record(
            "worker.subdomain",
            held.name,
            actor=author,
            source=source,
            now=now,
            before=before,
            after=_switches(held),
        )
    return held


def _switches(worker: Worker) -> dict[str, bool]:
    return {"enabled": worker.subdomain_enabled, "previews_enabled": worker.previews_enabled}
