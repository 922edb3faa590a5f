"""Deletes the probes of old verifications; their result stays, since a deployment may stay live."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard.cloud.models import Verification

KEEP = timedelta(days=30)


def prune_probes(now: datetime) -> None:
    Verification.objects.filter(ended_at__lt=now - KEEP).exclude(probes=[]).update(probes=[])
