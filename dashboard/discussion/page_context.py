"""The context of the Conversation tab. A constant number of queries."""

from __future__ import annotations

from typing import Any

from dashboard.accounts.models import Role, User
from dashboard.accounts.permissions import permission
from dashboard.discussion import queries
from dashboard.discussion.models import Attention, HandOver, Look
from dashboard.discussion.pins import KINDS
from dashboard.live.pages import presence
from routing.control.deploy import active_deployment
from routing.models import Worker


def context_of(worker: Worker, me: User, show: str) -> dict[str, Any]:
    people = queries.people_to_mention()
    rows, total = queries.threads_of(worker, show, me, [user.username for user in people])
    return {
        "worker": worker,
        "threads": rows,
        "total": total,
        "show": show,
        "counts": queries.counts_of(worker, me),
        "newest": queries.newest_comment(worker),
        "people": people,
        "kinds": KINDS,
        "here": presence.others(me, worker.name, shown=20),
        "can": permission(me, Role.OPERATOR),
        "is_admin": me.may(Role.ADMIN),
        **_care_of(worker),
    }


def _care_of(worker: Worker) -> dict[str, Any]:
    """The open hand-over and attention, and who looked at the active deployment."""
    deployment = active_deployment(worker)
    open_one = {"worker": worker, "ended_at": None}
    active = str(deployment.id) if deployment else ""
    looks = Look.objects.filter(worker=worker, deployment_id=active)
    return {
        "deployment": deployment,
        "shares": deployment.shares.select_related("version") if deployment else (),
        "looks": list(looks.order_by("-at")),
        "hand_over": HandOver.objects.select_related("to").filter(**open_one).first(),
        "attention": Attention.objects.select_related("owner").filter(**open_one).first(),
    }
