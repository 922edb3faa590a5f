"""The Deployments view of a Worker at Cloudflare, and deploying from it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from django.contrib import messages as notices
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.cloud import messages
from dashboard.cloud.accounts.access import guarded, provider_of
from dashboard.cloud.accounts.checklist import Check, State
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.models import CloudAccount, CloudChange
from dashboard.cloud.pages.accounts import account_named, while_on
from dashboard.cloud.pages.change_note import others_as_json
from dashboard.cloud.pages.readings import forget
from dashboard.cloud.pages.worker_page import worker_page
from dashboard.cloud.provider.values import DeployResult, DeployState, Share
from dashboard.limits.answers import give_place_back
from dashboard.ui.page import page


@require_GET
@while_on
@never_cache
def deployments(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """The page reads itself again every 5 seconds."""
    give_place_back(request)  # `readings` limits what waits for an answer
    context = worker_page(account_named(slug), name, person(request), timezone.now())
    return page(request, "cloud/worker.html", context, partial="worker")


@requires(Role.OPERATOR)
@while_on
@require_POST
def deploy(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """Deploys `candidate` at `percentage` beside `stable`, if `expected` is live."""
    account, sent = account_named(slug), request.POST
    shares = _shares(sent.get("candidate", ""), sent.get("stable", ""), sent.get("percentage", ""))
    if shares is None:
        notices.error(request, messages.BAD_SPLIT)
    else:
        expected = sent.get("expected") or None
        _deploy(request, account, name, shares, expected, sent.get("message", "").strip())
    return redirect("cloud:worker", slug, name)


@requires(Role.OPERATOR)
@while_on
@require_POST
def settle(request: HttpRequest, slug: str, name: str, change_id: int) -> HttpResponse:
    """Ends the note about a deployment: `keep` what is live, or `put_back` the other one."""
    account = account_named(slug)
    change = get_object_or_404(CloudChange, pk=change_id, account=account, worker=name)
    if request.POST.get("do") == "put_back":
        shares = [Share(version_id, share) for version_id, share in _other_side(change)]
        expected = request.POST.get("expected") or None
        if not _deploy(request, account, name, shares, expected, messages.PUT_BACK_MESSAGE):
            return redirect("cloud:worker", slug, name)
    change.acknowledged_at = timezone.now()
    change.save(update_fields=["acknowledged_at"])
    return redirect("cloud:worker", slug, name)


def _other_side(change: CloudChange) -> Sequence[tuple[str, float]]:
    """The deployment that is not live: theirs if ours overwrote it, else ours."""
    if change.state == DeployState.OVERWROTE and change.others:
        return [(version_id, share) for version_id, share in change.others[0]["shares"]]
    return [(version_id, share) for version_id, share in change.shares]


def _deploy(
    request: HttpRequest,
    account: CloudAccount,
    name: str,
    shares: Sequence[Share],
    expected: str | None,
    message: str,
) -> bool:
    """Whether something was sent. The change is stored before it is, so that a crash cannot lose
    its marker."""
    actor = actor_of(request)
    change = _started(account, name, shares, expected, message, actor)
    try:
        result = guarded(
            account,
            lambda: provider_of(account).deploy(
                name, shares, expected=expected, message=message, marker=change.marker
            ),
            actor.now,
        )
    except CloudError as error:
        change.delete()
        if error.kind is Kind.FORBIDDEN:
            _note_deploy(account, State.MISSING)
        notices.error(request, messages.not_deployed(error.message))
        return False
    forget(account, f"deployments.{name}")
    if result.state is DeployState.STALE:
        change.delete()
        notices.error(request, messages.STALE)
        return False
    _finished(request, change, result, actor)
    return True


def _started(
    account: CloudAccount,
    name: str,
    shares: Sequence[Share],
    expected: str | None,
    message: str,
    actor: Actor,
) -> CloudChange:
    listed = [[share.version_id, share.percentage] for share in shares]
    after = {"shares": listed, "message": message}
    with transaction.atomic():
        actor.record("cloud.deploy", _subject(account, name), before=expected, after=after)
        return CloudChange.objects.create(
            account=account,
            worker=name,
            marker=secrets.token_hex(6),
            before_id=expected or "",
            shares=listed,
            message=message[:1000],
            state=str(DeployState.UNSURE),
            made_by=actor.actor.username if actor.actor else "",
            made_at=actor.now,
        )


def _finished(
    request: HttpRequest, change: CloudChange, result: DeployResult, actor: Actor
) -> None:
    change.state, change.others = str(result.state), others_as_json(result.others)
    done = {"state": change.state, "deployment": result.ours.id if result.ours else ""}
    with transaction.atomic():
        change.save(update_fields=["state", "others"])
        actor.record("cloud.deployed", _subject(change.account, change.worker), after=done)
    if result.state is not DeployState.UNSURE:
        _note_deploy(change.account, State.WORKS)
    if result.state is DeployState.LIVE:
        notices.success(request, messages.DEPLOYED)
    else:
        notices.warning(request, messages.change_note(change.state, change.others)[0])


def _note_deploy(account: CloudAccount, state: State) -> None:
    """The first deployment shows whether the token may deploy."""
    given = account.checklist.get(str(Check.DEPLOY), {})
    if given.get("state") != state:
        account.checklist[str(Check.DEPLOY)] = {"state": str(state), "detail": ""}
        account.save(update_fields=["checklist"])


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


def _subject(account: CloudAccount, name: str) -> str:
    return f"cloudflare worker {account.slug}/{name}"
