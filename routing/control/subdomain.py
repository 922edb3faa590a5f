"""Whether a Worker answers at its own host name, and its previews at theirs."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from routing.control import audit, revision
from routing.models import AuditEntry, Worker

ACTION = "worker.subdomain"
UNDO_WITHIN = timedelta(minutes=2)
"""How long a failed deployment may undo the switch that came before it."""


def set_subdomain(
    *,
    worker: Worker,
    enabled: bool,
    previews: bool,
    author: AbstractBaseUser | None,
    source: str,
    now: datetime,
) -> Worker:
    """The Worker with both switches set. A change is audited and published."""
    with transaction.atomic():
        revision.lock()
        locked = Worker.objects.get(pk=worker.pk)
        before = _switches(locked)
        locked.subdomain_enabled, locked.previews_enabled = enabled, previews
        if _switches(locked) == before:
            return locked
        locked.save(update_fields=["subdomain_enabled", "previews_enabled"])
        if locked.deployments.exists():
            revision.advance(locked)
        audit.record(
            ACTION,
            locked.name,
            actor=author,
            source=source,
            now=now,
            before=before,
            after=_switches(locked),
        )
    return locked


def undo_switch_off(
    *, worker: Worker, author: AbstractBaseUser, source: str, now: datetime
) -> bool:
    """Switches the Worker's host name on again if the same client just switched it off.

    wrangler switches it off before it sends the routes that replace it. When the routes are
    refused, this restores the Worker. Returns whether anything changed.
    """
    last = AuditEntry.objects.filter(action=ACTION, subject=worker.name).order_by("-pk").first()
    if last is None or last.before is None or last.after is None:
        return False
    if not last.before["enabled"] or last.after["enabled"]:
        return False
    if (last.actor, last.source) != (author.get_username(), source) or now - last.at > UNDO_WITHIN:
        return False
    set_subdomain(
        worker=worker,
        enabled=True,
        previews=last.before["previews_enabled"],
        author=author,
        source=source,
        now=now,
    )
    return True


def _switches(worker: Worker) -> dict[str, bool]:
    return {"enabled": worker.subdomain_enabled, "previews_enabled": worker.previews_enabled}
