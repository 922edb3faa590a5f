"""Seals entries without a seal and deletes expired ones."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from routing.trail import origin
from routing.trail.retention import prune
from routing.trail.seal import seal_all


def tidy(now: datetime) -> None:
    with origin.begin():
        seal_all()
        prune(now, settings.KEEP_AUDIT)
