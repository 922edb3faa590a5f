"""{% remote_reviews %}: in the inbox, rollouts of connected accounts that wait for approvals."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from dashboard.cloud.accounts.access import capabilities_of
from dashboard.cloud.provider.capabilities import Capability, Level
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.remote import approvals
from dashboard.rollouts.remote.models import RemoteRollout

register = template.Library()
LISTED = 50


@register.inclusion_tag("rollouts/remote/_reviews.html", takes_context=True)
def remote_reviews(context: Context) -> dict[str, Any]:
    """Two queries. Each row: rollout, valid approvals, needed ones, advisory, whether it waits for
    this person."""
    now, user = timezone.now(), context["request"].user
    waiting = RemoteRollout.objects.with_account().filter(state=State.REVIEW.value)
    rows = []
    for rollout in waiting.order_by("since")[:LISTED]:
        needed = approvals.requirement_of(rollout).approvals
        if not needed:
            continue
        valid = approvals.valid_approvals(rollout, approvals.newest_votes(rollout), now)
        level = capabilities_of(rollout.account)[Capability.APPROVALS].level
        mine = approvals.waits_for(rollout, user, now)
        rows.append((rollout, len(valid), needed, level is not Level.FULL, mine))
    return {"rows": rows}
