"""The page of one rollout, and its actions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages as toasts
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission, person, requires
from dashboard.live.pages.fragments import sequence
from dashboard.rollouts.actions.actions import ACTIONS, ActionRefused, ActionRequest
from dashboard.rollouts.actions.commands import commands_of
from dashboard.rollouts.conductor.advance import Stale
from dashboard.rollouts.decisions.plan import PlanError, parse_weight
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.page.push import for_everyone
from dashboard.ui.page import page
from routing.control.deploy import DeployRefused

LONGEST_REASON = 500


@require_GET
def detail(request: HttpRequest, name: str, rollout_id: UUID) -> HttpResponse:
    """One rollout; open pages follow over the socket."""
    rollout = _rollout(name, rollout_id)
    return page(request, "rollouts/page/detail.html", _context(request, rollout))


@requires(Role.OPERATOR)
@require_POST
def act(request: HttpRequest, name: str, rollout_id: UUID, verb: str) -> HttpResponse:
    """Runs an action. `turn` is that of the page."""
    if verb not in ACTIONS:
        raise Http404
    rollout = _rollout(name, rollout_id)
    turn = request.POST.get("turn", "")
    if turn != str(rollout.turn):
        return _conflict(request, rollout)
    reason = request.POST.get("reason", "").strip()[:LONGEST_REASON]
    try:
        to = parse_weight(request.POST["to"]) if "to" in request.POST else None
        ACTIONS[verb](
            rollout, ActionRequest(person(request), "dashboard", timezone.now(), reason, to=to)
        )
    except Stale as stale:
        return _conflict(request, stale.rollout)
    except (ActionRefused, DeployRefused, PlanError) as error:
        toasts.warning(request, f"Nothing changed. {error}")
    return redirect("rollouts:detail", name, rollout_id)


def _conflict(request: HttpRequest, rollout: Rollout) -> HttpResponse:
    """The rollout has changed since the page was rendered: answers 409 and names who changed it."""
    last = rollout.events.order_by("-pk").first()
    context = _context(request, rollout) | {"moved": last}
    return page(request, "rollouts/page/detail.html", context, status=409)


def _context(request: HttpRequest, rollout: Rollout) -> dict[str, Any]:
    read_at = sequence()  # before the rows are read
    context = for_everyone(rollout)
    return context | {
        "sequence": read_at,
        "commands": commands_of(
            rollout, context["page"].buttons, request.build_absolute_uri("/api")
        ),
        "can": permission(request.user, Role.OPERATOR),
    }


def _rollout(name: str, rollout_id: UUID) -> Rollout:
    return get_object_or_404(Rollout.objects.with_versions(), pk=rollout_id, worker__name=name)
