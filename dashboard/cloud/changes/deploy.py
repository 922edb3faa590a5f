"""Deploys through an account's provider. The change is stored first, so that a crash cannot lose
its marker."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.cloud.accounts.access import guarded, provider_of
from dashboard.cloud.accounts.checklist import Check, State
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.models import CloudAccount, CloudChange
from dashboard.cloud.provider.values import DeploymentSummary, DeployResult, DeployState, Share
from dashboard.cloud.readings import forget
from dashboard.cloud.verification.start import begin


@dataclass(frozen=True, slots=True)
class MadeChange:
    """`change` is None if nothing was sent, since another deployment was live (`STALE`)."""

    result: DeployResult
    change: CloudChange | None


def deploy(
    account: CloudAccount,
    worker: str,
    shares: Sequence[Share],
    *,
    expected: str | None,
    message: str,
    by: Actor,
) -> MadeChange:
    """Makes `shares` live if the deployment `expected` is. Raises `CloudError`: nothing was sent,
    or the API refused it."""
    change = _stored(account, worker, shares, expected, message, by)
    try:
        result = send(change, by.now)
    except CloudError as error:
        change.delete()
        _note_not_sent(account, worker, error.message, by)
        raise
    if result.state is DeployState.STALE:
        change.delete()
        _note_not_sent(account, worker, str(result.state), by)
        return MadeChange(result, None)
    _store_result(change, result, by)
    return MadeChange(result, change)


def new_change(
    account: CloudAccount,
    worker: str,
    shares: Sequence[Share],
    *,
    expected: str,
    message: str,
    made_by: str,
    now: datetime,
) -> CloudChange:
    """Stored before it is sent, unsure until its result is known."""
    return CloudChange.objects.create(
        account=account,
        worker=worker,
        marker=secrets.token_hex(6),
        before_id=expected,
        shares=[[share.version_id, share.percentage] for share in shares],
        message=message[:1000],
        state=str(DeployState.UNSURE),
        made_by=made_by,
        made_at=now,
    )


def send(change: CloudChange, now: datetime) -> DeployResult:
    """Calls the API once. Raises `CloudError`: nothing was sent, or the API refused it."""
    account, worker = change.account, change.worker
    shares = [Share(version_id, percentage) for version_id, percentage in change.shares]

    def deploy() -> DeployResult:
        return provider_of(account).deploy(
            worker,
            shares,
            expected=change.before_id or None,
            message=change.message,
            marker=change.marker,
        )

    try:
        result = guarded(account, deploy, now)
    except CloudError as error:
        if error.kind is Kind.FORBIDDEN:
            _note_permission(account, State.MISSING)
        raise
    finally:
        forget(account, f"deployments.{worker}")
    if result.state not in (DeployState.UNSURE, DeployState.STALE):
        _note_permission(account, State.WORKS)
    return result


def others_as_json(others: Sequence[DeploymentSummary]) -> list[dict[str, Any]]:
    """For `CloudChange.others`."""
    return [
        {
            "id": other.id,
            "author": other.author,
            "source": other.source,
            "message": other.message,
            "created_at": other.created_at.isoformat(),
            "shares": [[share.version_id, share.percentage] for share in other.shares],
        }
        for other in others
    ]


def subject(account: CloudAccount, worker: str) -> str:
    """Of audit entries."""
    return f"cloudflare worker {account.slug}/{worker}"


def _stored(
    account: CloudAccount,
    worker: str,
    shares: Sequence[Share],
    expected: str | None,
    message: str,
    by: Actor,
) -> CloudChange:
    listed = [[share.version_id, share.percentage] for share in shares]
    after = {"shares": listed, "message": message}
    with transaction.atomic():
        by.record("cloud.deploy", subject(account, worker), before=expected, after=after)
        return new_change(
            account,
            worker,
            shares,
            expected=expected or "",
            message=message,
            made_by=by.actor.username if by.actor else "",
            now=by.now,
        )


def _note_not_sent(account: CloudAccount, worker: str, why: str, by: Actor) -> None:
    by.record("cloud.not_deployed", subject(account, worker), after=why)


def _store_result(change: CloudChange, result: DeployResult, by: Actor) -> None:
    change.state, change.others = str(result.state), others_as_json(result.others)
    done = {"state": change.state, "deployment": result.ours.id if result.ours else ""}
    with transaction.atomic():
        change.save(update_fields=["state", "others"])
        by.record("cloud.deployed", subject(change.account, change.worker), after=done)
    if result.state in (DeployState.LIVE, DeployState.OVERWROTE):
        begin(change.account, change.worker, change.marker, by)


def _note_permission(account: CloudAccount, state: State) -> None:
    """The first deployment shows whether the token may deploy."""
    given = account.checklist.get(str(Check.DEPLOY), {})
    if given.get("state") != state:
        account.checklist[str(Check.DEPLOY)] = {"state": str(state), "detail": ""}
        account.save(update_fields=["checklist"])
