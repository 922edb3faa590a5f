"""The event of a deployment. Listens to the model, so that no caller is missed."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save

from dashboard.notifications.events import Event
from dashboard.notifications.notify import notify
from routing.models import Deployment, Share
from routing.rules.split import format_percentage

QUIET_SOURCES = ("rollout", "demo")
"""Rollouts have their own events."""


def connect() -> None:
    post_save.connect(_saved, sender=Deployment, dispatch_uid="notify of deployments")


def _saved(sender: Any, instance: Deployment, created: bool, **kwargs: Any) -> None:
    if not created or instance.source in QUIET_SOURCES:
        return
    worker = instance.worker.name
    notify(
        Event.DEPLOYED,
        now=instance.created_on,
        worker=worker,
        by=instance.author,
        facts={
            "deployment": str(instance.pk),
            "number": instance.number,
            "rollback": instance.is_rollback,
            "source": instance.source,
            "text": instance.message,
        },
        link=f"/workers/{worker}/",
    )


def live_words(deployment_id: str) -> str:
    """The split: "Now 25% #3 v1.42.0, 75% #2". Empty if the deployment was deleted."""
    shares = Share.objects.filter(deployment_id=deployment_id).select_related("version")
    parts = [
        f"{format_percentage(share.weight)} #{share.version.number} {share.version.tag}".rstrip()
        for share in shares.order_by("position")
    ]
    return f"Now {', '.join(parts)}" if parts else ""
