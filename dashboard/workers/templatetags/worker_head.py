"""{% worker_head %}: a Worker's name, its tabs and what is live, on every page about it."""

from __future__ import annotations

from typing import Any

from django import template
from django.db.models import Exists, Max, OuterRef
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person
from dashboard.discussion.models import Attention
from dashboard.live.pages import presence
from dashboard.live.pages.fragments import sequence
from dashboard.reviews.proposals.deployment.emergency import (
    unacknowledged_emergencies,
    unacknowledged_on_worker,
)
from dashboard.rollouts.actions.start import running_on
from dashboard.workers.deploy.choice import way_back
from dashboard.workers.queries.worker_queries import WorkerRow, worker_row
from routing.control.publish import url_of
from routing.models import Worker

register = template.Library()

DEPLOYMENTS = "workers:detail"
ROLL_BACK = "workers:rollback"
ROLLOUT = "rollouts:detail"

#: (word, route, the other routes that belong to it).
TABS = [
    (
        "Deployments",
        DEPLOYMENTS,
        {"workers:deployments", "workers:deployment", "workers:split", "workers:rollback"},
    ),
    (
        "Rollout",
        "rollouts:worker",
        {
            *("rollouts:detail", "rollouts:record", "rollouts:backtest", "rollouts:hooks"),
            "rollouts:change-plan",
            *("rollouts:hook", "rollouts:hook-act"),
        },
    ),
    (
        "Checks",
        "smoketests:checks",
        {
            *("smoketests:suite", "smoketests:new", "smoketests:yaml", "smoketests:edit"),
            *("smoketests:run", "playground:import_checks"),
        },
    ),
    (
        "Versions",
        "workers:versions",
        {
            *("workers:version", "workers:module", "workers:compare", "workers:diff"),
            "workers:edit",
        },
    ),
    ("Observability", "observability:worker", set[str]()),
    ("Invocations", "invocations:worker", set[str]()),
    ("Live log", "invocations:log", set[str]()),
    ("Conversation", "discussion:worker", {"discussion:open", "discussion:reply"}),
    ("Settings", "workers:settings", {"workers:delete", "overrides:worker", "overrides:share"}),
]

#: Pages with a form that changes what is live: no second one opens over them.
FORMS = {"workers:split", ROLL_BACK, "workers:edit"}


@register.inclusion_tag("workers/page/_head.html", takes_context=True)
def worker_head(context: Context) -> dict[str, Any]:
    """Nothing on pages about no Worker. The name is the heading of the tabs' own pages."""
    request: HttpRequest = context.get("request") or HttpRequest()
    match = getattr(request, "resolver_match", None)
    here = match.view_name if match else ""
    if match is None or not any(here == route or here in others for _, route, others in TABS):
        return {}
    read_at = context.get("sequence") or sequence()  # before the rows are read
    found = Worker.objects.filter(name=match.kwargs["name"]).annotate(
        newest=Max("versions__number"),
        unacknowledged_on_worker=Exists(unacknowledged_on_worker()),
        needs_attention=Exists(Attention.objects.filter(worker=OuterRef("pk"), ended_at=None)),
    )
    worker = found.first()
    if worker is None:
        return {}
    row = context.get("row")
    row = row if isinstance(row, WorkerRow) else worker_row(worker)
    tabs = [
        (word, reverse(route, args=[worker.name]), _current(here, route, others))
        for word, route, others in TABS
    ]
    rollout = running_on(worker) if row.deployment and here != DEPLOYMENTS else None
    can = permission(request.user, Role.OPERATOR)
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "worker": worker,
        "row": row,
        "tabs": tabs,
        "is_tab": any(current == "page" for _, _, current in tabs),
        "shows_strip": here != DEPLOYMENTS,
        "is_form": here in FORMS,
        "on_conversation": here.startswith("discussion:"),
        "can_go_back": here not in {DEPLOYMENTS, ROLL_BACK} and way_back(row) is not None,
        "rollout": rollout,
        "abort_here": here == ROLLOUT and can.allowed and rollout and not rollout.goes_back,
        "production": url_of(row.hostname) if row.hostname else "",
        "can": can,
        "emergencies": unacknowledged_emergencies(worker)
        if worker.unacknowledged_on_worker
        else [],
        "others": presence.others(person(request), worker.name),
        "sequence": read_at,
        "ill": context.get("ill"),
    }


def _current(here: str, route: str, others: set[str]) -> str:
    """As `aria-current` says it: this page, or the tab that it belongs to."""
    return "page" if here == route else "true" if here in others else ""
