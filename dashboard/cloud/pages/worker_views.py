"""The Deployments view of a Worker at Cloudflare, and deploying from it."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages as notices
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.cloud import messages
from dashboard.cloud.changes import settle as changes
from dashboard.cloud.changes.deploy import deploy as deploy_shares
from dashboard.cloud.client.errors import CloudError
from dashboard.cloud.models import CloudAccount, CloudChange, Verification
from dashboard.cloud.pages.accounts import account_named, while_on
from dashboard.cloud.pages.worker_page import Typed, worker_page
from dashboard.cloud.provider.values import DeployState, Share
from dashboard.cloud.verification.start import begin_again
from dashboard.limits.answers import give_place_back
from dashboard.ui.page import page


@require_GET
@while_on
@never_cache
def deployments(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The page reads itself again every 5 seconds."""
    give_place_back(request)  # `readings` limits what waits for an answer
    candidate = request.GET.get("candidate", "")
    context = worker_page(
        account_named(slug),
        name,
        person(request),
        timezone.now(),
        typed=Typed(candidate, "0", "") if candidate else None,
        opened_on=request.GET.get("opened", ""),
    )
    return page(request, "cloud/worker.html", context, partial="worker")


@requires(Role.OPERATOR)
@while_on
@require_POST
def deploy(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Deploys `candidate` at `percentage` beside `stable`, if `expected` is live. A refused form
    comes back as typed, on condition of what is live then."""
    account, sent = account_named(slug), request.POST
    typed = Typed(*(sent.get(key, "") for key in ("candidate", "percentage", "message")))
    shares = _shares(typed.candidate, sent.get("stable", ""), typed.percentage)
    problem = messages.BAD_SPLIT
    if shares is not None:
        expected = sent.get("expected") or None
        problem = _problem(request, account, name, shares, expected, typed.message.strip())
    if not problem:
        return redirect("cloud:worker", slug, name)
    context = worker_page(
        account, name, person(request), timezone.now(), typed=typed, refused=problem
    )
    return page(request, "cloud/worker.html", context, status=422)


@requires(Role.OPERATOR)
@while_on
@require_POST
def settle(request: HttpRequest, slug: str, name: str, change_id: int) -> HttpResponse:
    """Ends the note about a deployment: `keep` what is live, or `put_back` the other one."""
    account = account_named(slug)
    change = get_object_or_404(CloudChange, pk=change_id, account=account, worker=name)
    if request.POST.get("do") == "put_back":
        shares, expected = changes.other_side(change), request.POST.get("expected") or None
        problem = _problem(request, account, name, shares, expected, messages.PUT_BACK_MESSAGE)
        if problem:
            notices.error(request, problem)
            return redirect("cloud:worker", slug, name)
    changes.acknowledge(change, timezone.now())
    return redirect("cloud:worker", slug, name)


@requires(Role.OPERATOR)
@while_on
@require_POST
def verify(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Probes the deployment with `marker` again."""
    account = account_named(slug)
    row = get_object_or_404(
        Verification, account=account, worker=name, marker=request.POST.get("marker", "")
    )
    begin_again(row, actor_of(request))
    return redirect("cloud:worker", slug, name)


def _problem(
    request: HttpRequest,
    account: CloudAccount,
    name: str,
    shares: Sequence[Share],
    expected: str | None,
    message: str,
) -> str:
    """Deploys. Why nothing was sent; empty if something was."""
    try:
        made = deploy_shares(
            account, name, shares, expected=expected, message=message, by=actor_of(request)
        )
    except CloudError as error:
        return messages.not_deployed(error.message)
    if made.change is None:
        return messages.STALE
    if made.result.state is DeployState.LIVE:
        notices.success(request, messages.DEPLOYED)
    else:
        notices.warning(request, messages.change_note(made.change.state, made.change.others)[0])
    return ""


def _shares(candidate: str, stable: str, percentage: str) -> list[Share] | None:
    """None for what makes no split."""
    try:
        share = round(float(percentage), 3)
    except ValueError:
        return None
    if not candidate or not 0 <= share <= 100:
        return None
    if share == 100:
        return [Share(candidate, 100)]
    if not stable or candidate == stable:
        return None
    return [Share(candidate, share), Share(stable, round(100 - share, 3))]
