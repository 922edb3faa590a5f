"""{% worker_head %}: a Worker's name, its tabs and what is live, on every page about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.db.models import Exists, Max, OuterRef
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person
from dashboard.discussion.models import Attention
from dashboard.live.pages import presence
from dashboard.live.pages.fragments import sequence
from dashboard.reviews.models import Proposal
from dashboard.reviews.proposals.deployment.emergency import (
    unacknowledged_emergencies,
    unacknowledged_on_worker,
)
from dashboard.rollouts.actions.start import running_on
from dashboard.rollouts.models import Rollout
from dashboard.ui.page import as_context
from dashboard.workers.deploy.choice import way_back
from dashboard.workers.queries.worker_queries import WorkerRow, worker_row
from routing.control.addresses.listed import production_addresses
from routing.models import Worker

register = template.Library()

DEPLOYMENTS = "workers:detail"
ROLL_BACK = "workers:rollback"
ROLLOUT = "rollouts:detail"


@dataclass(frozen=True, slots=True)
class Tab:
    """`others`: routes of pages that belong to it."""

    words: str
    route: str
    others: frozenset[str] = frozenset()

    def current(self, here: str) -> str:
        """For `aria-current`: this page, or one that belongs to it."""
        return "page" if here == self.route else "true" if here in self.others else ""


def _tab(words: str, route: str, *others: str) -> Tab:
    return Tab(words, route, frozenset(others))


REFUSED_SETTINGS = ("workers:add-address", "workers:groups", "workers:delete")
"""Forms of the Settings page: a refusal is that page again."""

TABS = [
    _tab(
        "Deployments",
        DEPLOYMENTS,
        *("workers:deployments", "workers:deployment", "workers:split", ROLL_BACK),
    ),
    _tab(
        "Rollout",
        "rollouts:worker",
        *(ROLLOUT, "rollouts:record", "rollouts:backtest", "rollouts:hooks"),
        *("rollouts:change-plan", "rollouts:hook", "rollouts:hook-act"),
    ),
    _tab(
        "Checks",
        "smoketests:checks",
        *("smoketests:suite", "smoketests:new", "smoketests:yaml", "smoketests:edit"),
        *("smoketests:run", "playground:import_checks"),
    ),
    _tab(
        "Versions",
        "workers:versions",
        *("workers:version", "workers:module", "workers:compare", "workers:diff", "workers:edit"),
    ),
    _tab("Observability", "observability:worker"),
    _tab("Invocations", "invocations:worker"),
    _tab("Live log", "invocations:log"),
    _tab(
        "Schedules",
        "workers:schedules",
        *("workers:schedule-run", "workers:add-schedule", "workers:edit-schedule"),
    ),
    _tab("Conversation", "discussion:worker", "discussion:open", "discussion:reply"),
    _tab("Settings", "workers:settings", *REFUSED_SETTINGS, "overrides:worker", "overrides:share"),
]

#: Pages with a form that changes what is live: no second one opens over them.
FORMS = {"workers:split", ROLL_BACK, "workers:edit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerHead:
    """The head of a page about a Worker. `is_tab`: this is a tab's own page, whose heading is the
    Worker's name. `is_form`: the page has a form of its own that changes what is live."""

    request: HttpRequest
    csrf_token: object
    worker: Worker
    row: WorkerRow
    tabs: Sequence[tuple[str, str, str]]
    is_tab: bool
    shows_strip: bool
    is_form: bool
    on_conversation: bool
    can_go_back: bool
    rollout: Rollout | None
    abort_here: bool
    production: str
    production_text: str
    more_addresses: int
    can: Permission
    emergencies: Sequence[Proposal]
    others: object
    sequence: tuple[object, ...]
    ill: object


@register.inclusion_tag("workers/page/_head.html", takes_context=True)
def worker_head(context: Context) -> dict[str, Any]:
    """Nothing on pages about no Worker."""
    request: HttpRequest = context.get("request") or HttpRequest()
    match = getattr(request, "resolver_match", None)
    here = match.view_name if match else ""
    if match is None or not any(tab.current(here) for tab in TABS):
        return {}
    read_at = context.get("sequence") or sequence()  # before the rows are read
    worker = _worker(match.kwargs["name"])
    return as_context(_head(context, request, worker, here, read_at)) if worker else {}


def _worker(name: str) -> Worker | None:
    workers = Worker.objects.filter(name=name).annotate(
        newest=Max("versions__number"),
        unacknowledged_on_worker=Exists(unacknowledged_on_worker()),
        needs_attention=Exists(Attention.objects.filter(worker=OuterRef("pk"), ended_at=None)),
    )
    return workers.first()


def _head(
    context: Context, request: HttpRequest, worker: Worker, here: str, read_at: tuple[object, ...]
) -> WorkerHead:
    row = context.get("row")
    row = row if isinstance(row, WorkerRow) else worker_row(worker)
    rollout = running_on(worker) if row.deployment and here != DEPLOYMENTS else None
    can = permission(request.user, Role.OPERATOR)
    addresses = production_addresses(worker)
    shown = next((one for one in addresses if one.url), None)
    in_emergency = getattr(worker, "unacknowledged_on_worker", False)
    return WorkerHead(
        request=request,
        csrf_token=context.get("csrf_token"),
        worker=worker,
        row=row,
        tabs=[(t.words, reverse(t.route, args=[worker.name]), t.current(here)) for t in TABS],
        is_tab=any(tab.route == here for tab in TABS) or here in REFUSED_SETTINGS,
        shows_strip=here != DEPLOYMENTS,
        is_form=here in FORMS,
        on_conversation=here.startswith("discussion:"),
        can_go_back=here not in {DEPLOYMENTS, ROLL_BACK} and way_back(row) is not None,
        rollout=rollout,
        abort_here=here == ROLLOUT and can.allowed and bool(rollout and not rollout.goes_back),
        production=shown.url if shown else "",
        production_text=shown.text if shown else "",
        more_addresses=len(addresses) - 1 if shown else 0,
        can=can,
        emergencies=unacknowledged_emergencies(worker) if in_emergency else [],
        others=presence.others(person(request), worker.name),
        sequence=read_at,
        ill=context.get("ill"),
    )
