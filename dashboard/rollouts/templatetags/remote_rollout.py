"""{% remote_rollout account name %}: on a Worker's page, its running rollout or a link to start."""

from __future__ import annotations

from typing import Any

from django import template

from dashboard.cloud.models import CloudAccount
from dashboard.rollouts.remote import messages
from dashboard.rollouts.remote.start import running_on

register = template.Library()


@register.inclusion_tag("rollouts/remote/_on_worker.html")
def remote_rollout(account: CloudAccount, name: str) -> dict[str, Any]:
    """One query."""
    rollout = running_on(account, name)
    return {
        "account": account,
        "name": name,
        "rollout": rollout,
        "title": messages.title(rollout.state, rollout.percentage) if rollout else "",
        "sentence": messages.reason(rollout.reason, rollout.facts) if rollout else "",
    }
