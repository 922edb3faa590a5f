"""Deletes the lines and hook requests of rollouts that ended long ago."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from dashboard.rollouts.decisions.states import ENDED
from dashboard.rollouts.hooks.models import HookDelivery
from dashboard.rollouts.models import RemoteRolloutEvent, Rollout, RolloutEvent

MOST = 500
"""Rollouts in one go: a long transaction would make others wait."""
MOST_REQUESTS = 5000
"""Hook requests in one go."""


def prune(now: datetime) -> int:
    """Deletes expired rows; returns how many. A rollout's plan, outcome and times stay."""
    oldest = now - timedelta(days=settings.KEEP_ROLLOUTS)
    ended = Rollout.objects.filter(
        state__in=[state.value for state in sorted(ENDED)],
        ended_at__lt=oldest,
        events__isnull=False,
    )
    ids = list(ended.order_by("ended_at").values_list("pk", flat=True).distinct()[:MOST])
    lines = RolloutEvent.objects.filter(rollout__in=ids).delete()[0] if ids else 0
    return lines + _prune_remote(oldest) + _prune_hook_requests(oldest)


def _prune_remote(oldest: datetime) -> int:
    """Events of ended rollouts of connected accounts."""
    rows = RemoteRolloutEvent.objects.filter(rollout__ended_at__lt=oldest)
    ids = list(rows.order_by("pk").values_list("pk", flat=True)[:MOST_REQUESTS])
    return RemoteRolloutEvent.objects.filter(pk__in=ids).delete()[0] if ids else 0


def _prune_hook_requests(oldest: datetime) -> int:
    """Those that are not tried again, of rollouts that ended before `oldest`, and old tests."""
    over = Q(rollout=None) | Q(rollout__ended_at__lt=oldest)
    rows = HookDelivery.objects.filter(over, created_at__lt=oldest, next_try_at=None)
    ids = list(rows.order_by("created_at").values_list("pk", flat=True)[:MOST_REQUESTS])
    return HookDelivery.objects.filter(pk__in=ids).delete()[0] if ids else 0
