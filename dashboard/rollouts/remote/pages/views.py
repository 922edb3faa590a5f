"""The page of one remote rollout, its actions and its approvals."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages as toasts
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.pages.accounts import while_on
from dashboard.limits.answers import give_place_back
from dashboard.rollouts import messages
from dashboard.rollouts.remote.actions import ACTIONS, LONGEST, ActionRefused, vote
from dashboard.rollouts.remote.models import RemoteApproval, RemoteRollout
from dashboard.rollouts.remote.pages.context import detail_page
from dashboard.rollouts.remote.story import Moved
from dashboard.ui.page import page

TEMPLATE = "rollouts/remote/detail.html"


@require_GET
@while_on
@never_cache
def detail(request: HttpRequest, slug: str, name: str, rollout_id: UUID) -> HttpResponse:
    """Reads itself again every 5 seconds; `turn` is that of the buttons in the browser."""
    give_place_back(request)  # `readings` limits what waits for an answer
    rollout = _rollout(slug, name, rollout_id)
    given = request.GET.get("turn", "")
    turn = int(given) if given.isdecimal() and len(given) < 12 else rollout.turn
    context = detail_page(rollout, person(request), timezone.now(), turn)
    return page(request, TEMPLATE, context, partial="polled")


@requires(Role.OPERATOR)
@while_on
@require_POST
def act(request: HttpRequest, slug: str, name: str, rollout_id: UUID, verb: str) -> HttpResponse:
    """Runs an action. `turn` is that of the page."""
    if verb not in ACTIONS:
        raise Http404
    rollout = _rollout(slug, name, rollout_id)
    if request.POST.get("turn", "") != str(rollout.turn):
        return _conflict(request, rollout)
    reason = request.POST.get("reason", "").strip()[:LONGEST]
    try:
        ACTIONS[verb](rollout, actor_of(request), reason)
    except Moved:
        return _conflict(request, _rollout(slug, name, rollout_id))
    except ActionRefused as error:
        toasts.warning(request, messages.nothing_changed(error))
    except CloudError as error:
        toasts.warning(request, messages.nothing_changed(error))
    return redirect(rollout)


@requires(Role.VIEWER)
@while_on
@require_POST
def decide(request: HttpRequest, slug: str, name: str, rollout_id: UUID) -> HttpResponse:
    """Approves or rejects. Whose word counts is the policy's matter, not the role's alone."""
    rollout = _rollout(slug, name, rollout_id)
    kind = request.POST.get("kind", "")
    if kind not in RemoteApproval.Kind.values:
        raise Http404
    comment = request.POST.get("comment", "").strip()
    try:
        vote(rollout, person(request), kind, comment, actor_of(request))
    except ActionRefused as error:
        toasts.warning(request, messages.nothing_changed(error))
    return redirect(rollout)


def _conflict(request: HttpRequest, rollout: RemoteRollout) -> HttpResponse:
    """The rollout has changed since the page was rendered: answers 409 and names who changed it."""
    moved = rollout.events.order_by("-pk").first()
    context = detail_page(rollout, person(request), timezone.now(), rollout.turn, moved)
    return page(request, TEMPLATE, context, status=409)


def _rollout(slug: str, name: str, rollout_id: UUID) -> RemoteRollout:
    rows = RemoteRollout.objects.with_account()
    return get_object_or_404(rows, pk=rollout_id, account__slug=slug, worker_name=name)
