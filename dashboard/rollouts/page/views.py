"""The page of one rollout, and its actions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages as toasts
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person, requires
from dashboard.live.pages.fragments import Sequence, sequence
from dashboard.rollouts import messages
from dashboard.rollouts.actions.actions import ACTIONS, ActionRefused, ActionRequest
from dashboard.rollouts.actions.commands import commands_of
from dashboard.rollouts.conductor.advance import Stale
from dashboard.rollouts.decisions.plan import PlanError, parse_weight
from dashboard.rollouts.models import Rollout, RolloutEvent
from dashboard.rollouts.page.push import SharedDetail, for_everyone
from dashboard.ui.page import as_context, page
from routing.control.deploy import DeployRefused

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailPage(SharedDetail):
    """`moved`: what happened before an action that was refused for it."""

    sequence: Sequence
    commands: list[tuple[str, str]]
    can: Permission
    moved: RolloutEvent | None


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
        toasts.warning(request, messages.nothing_changed(error))
    return redirect("rollouts:detail", name, rollout_id)


def _conflict(request: HttpRequest, rollout: Rollout) -> HttpResponse:
    """The rollout has changed since the page was rendered: answers 409 and names who changed it."""
    context = _context(request, rollout, moved=rollout.events.order_by("-pk").first())
    return page(request, "rollouts/page/detail.html", context, status=409)


def _context(
    request: HttpRequest, rollout: Rollout, moved: RolloutEvent | None = None
) -> DetailPage:
    read_at = sequence()  # before the rows are read
    shared = for_everyone(rollout)
    return DetailPage(
        **as_context(replace(shared, pushed=False)),
        sequence=read_at,
        commands=commands_of(rollout, shared.page.buttons, request.build_absolute_uri("/api")),
        can=permission(request.user, Role.OPERATOR),
        moved=moved,
    )


def _rollout(name: str, rollout_id: UUID) -> Rollout:
    return get_object_or_404(Rollout.objects.with_versions(), pk=rollout_id, worker__name=name)
