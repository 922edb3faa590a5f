"""Changes of an edge: rename, drain, remove. Each with an entry in the audit trail."""

from __future__ import annotations

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.edges.registry.names import EdgeRefused, check_name
from dashboard.edges.registry.tokens import revoke_all
from routing.control import revision
from routing.control.objects import messages
from routing.control.objects.home import publish_again, workers_at
from routing.models import Edge, JoinToken


def rename(edge: Edge, name: str, by: Actor) -> bool:
    """False if it has that name. Its agent uses the new name from its next start. Raises
    `EdgeRefused`."""
    before = edge.name
    if before == name:
        return False
    with transaction.atomic():
        check_name(name, by.now, edge=edge)
        Edge.objects.filter(pk=edge.pk).update(name=name)
        by.record("edge.rename", name, before={"name": before}, after={"name": name})
        publish_again(edge)
    edge.name = name
    return True


def drain(edge: Edge, by: Actor, *, on: bool) -> bool:
    """Marks the edge as leaving, or not any more: it serves on, but its /readyz answers 503, so
    that a balancer sends it nothing new. False if it was so already."""
    with transaction.atomic():
        rows = Edge.objects.filter(pk=edge.pk, draining_at__isnull=on)
        changed = rows.update(draining_at=by.now if on else None)
        if changed and on:
            by.record("edge.drain", edge.name)
        elif changed:
            by.record("edge.undrain", edge.name)
    return bool(changed)


def remove(edge: Edge, by: Actor) -> bool:
    """Refuses its tokens from now on. Its requests and counts stay. False if it was removed
    before. Raises `EdgeRefused` while it has Durable Objects."""
    with transaction.atomic():
        revision.lock()  # no migration may choose it meanwhile
        if staying := [worker.name for worker in workers_at(edge)]:
            raise EdgeRefused(messages.objects_stay(edge.name, staying), "remove")
        removed = Edge.objects.filter(pk=edge.pk).update(removed_at=by.now, draining_at=None)
        if removed:
            JoinToken.objects.waiting(by.now).filter(edge=edge).update(revoked_at=by.now)
            revoke_all(edge, by.now)
            by.record("edge.remove", edge.name, before={"group": edge.group})
    return bool(removed)
