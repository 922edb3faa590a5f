"""{% forgotten_version row %}: on a Worker's page, the version that stays at 0% for too long."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission
from dashboard.rollouts.forgotten_versions.queries import forgotten_by, forgotten_in_deployment

register = template.Library()


@register.inclusion_tag("rollouts/_forgotten_on_worker.html", takes_context=True)
def forgotten_version(context: Context, row: Any) -> dict[str, Any]:
    """No query: the page has the deployment and the rollout already."""
    now, rollout = timezone.now(), context.get("rollout")
    if rollout:
        forgotten = forgotten_by(rollout, now)
    else:
        forgotten = forgotten_in_deployment(row.deployment, row.standings, now)
    request = context["request"]
    return {
        "f": forgotten,
        "user": request.user,
        "csrf_token": context.get("csrf_token"),
        "can": permission(request.user, Role.OPERATOR),
    }
