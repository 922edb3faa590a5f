"""The audit trail: one entry per change, in the transaction of the change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser

from routing.models import AuditEntry
from routing.trail.origin import current
from routing.trail.seal import seal_after_commit


def record(
    action: str,
    subject: str,
    *,
    actor: AbstractBaseUser | None,
    source: str,
    now: datetime,
    before: Any = None,
    after: Any = None,
) -> None:
    """Adds an entry. Call it within the change's transaction; its seal follows the commit."""
    origin = current()
    entry = AuditEntry.objects.create(
        at=now,
        actor=actor.get_username() if actor else "system",
        action=action,
        subject=subject,
        source=source,
        before=before,
        after=after,
        request_id=origin.request_id,
        token=origin.token,
        address=origin.address,
    )
    seal_after_commit(entry.pk)
