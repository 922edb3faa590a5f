"""The switch: does an override of this Worker need a permission?"""

from __future__ import annotations

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.overrides import keys
from routing.control import revision
from routing.models import OverrideLink, Worker


class OverrideRefused(Exception):
    """Nothing changed. `code` is for programs; `field` names what was wrong, if one thing was."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.field = code, field


def protect(worker: Worker, *, on: bool, by: Actor) -> bool:
    """Sets the switch and tells the edges; False where it stood like that already."""
    with transaction.atomic():
        revision.lock()
        changed = Worker.objects.filter(pk=worker.pk).exclude(overrides_protected=on)
        if not changed.update(overrides_protected=on):
            return False
        worker.overrides_protected = on
        if on:
            keys.ensure(worker, by.now)
        tell_edges(worker)
        by.record("override.protect", worker.name, before={"on": not on}, after={"on": on})
    return True


def rotate_key(worker: Worker, *, drop: bool, by: Actor) -> int:
    """A new signing key. With `drop` every permission signed before ends now, links included;
    returns how many links that were."""
    with transaction.atomic():
        revision.lock()
        keys.rotate(worker, by.now, drop=drop)
        ended = 0
        if drop:
            live = OverrideLink.objects.live(by.now).filter(worker=worker)
            ended = live.update(revoked_at=by.now, revoked_by=by.actor)
        tell_edges(worker)
        by.record("override.key", worker.name, after={"older_end_now": drop, "links_ended": ended})
    return ended


def tell_edges(worker: Worker) -> None:
    """A new revision; nothing to tell while nothing is deployed. The caller holds the lock."""
    if worker.deployments.exists():
        revision.advance(worker)
