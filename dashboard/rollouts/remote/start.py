"""Starts a rollout of a Worker of a connected account, or refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from dashboard.accounts.actor import Actor
from dashboard.cloud.accounts.access import capabilities_of, guarded, provider_of
from dashboard.cloud.accounts.connect import ConnectRefused
from dashboard.cloud.models import CloudAccount
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.provider.interface import Provider
from dashboard.cloud.provider.roles import roles_of
from dashboard.cloud.provider.values import DeploymentSummary, Share, VersionSummary
from dashboard.rollouts.decisions.plan import Plan
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.remote import checks, messages
from dashboard.rollouts.remote.approvals import required_for
from dashboard.rollouts.remote.models import RemoteRollout, VersionRef
from dashboard.rollouts.remote.story import audited, record
from dashboard.smoketests.suites.document import Suite


class StartRefused(Exception):
    """No rollout was started. `code` is a key of `messages.REFUSALS`; `rollout` runs already."""

    def __init__(self, code: str, rollout: RemoteRollout | None = None, **facts: Any) -> None:
        super().__init__(messages.refusal(code, facts))
        self.code, self.rollout = code, rollout


def running_on(account: CloudAccount, name: str) -> RemoteRollout | None:
    """A database constraint allows only one."""
    rows = RemoteRollout.objects.active().with_account()
    return rows.filter(account=account, worker_name=name).first()


def keep_account(sender: type[CloudAccount], account: CloudAccount, **kwargs: Any) -> None:
    """A running rollout would end without a rollback: nothing could be deployed any more."""
    if RemoteRollout.objects.active().filter(account=account).exists():
        raise ConnectRefused(messages.ROLLOUT_RUNS, "account")


def start(
    account: CloudAccount,
    name: str,
    version_id: str,
    plan: Plan,
    by: Actor,
    *,
    expected: str | None = None,
    suite: Suite | None = None,
) -> RemoteRollout:
    """Of a version that is not stable; it keeps traffic that it has. Reads the account first, and
    deploys nothing. Raises `StartRefused` or `CloudError`; nothing has changed then."""
    if running := running_on(account, name):
        raise StartRefused("running", running)
    if not capabilities_of(account)[Capability.DEPLOY].works:
        raise StartRefused("no_deploy")
    if plan.external.sources or plan.external.recheck:
        raise StartRefused("external")
    if suite is not None and (problem := checks.problem_of(suite)):
        raise StartRefused(f"suite_{problem}", most=checks.MOST)
    provider = provider_of(account)
    listed, versions = guarded(account, lambda: _read(provider, name), by.now)
    live = _live(listed, expected)
    stable, weight = _roles(listed, versions, version_id)
    details = [provider.version(name, id_) for id_ in (stable.version_id, version_id)]
    refs = [_ref(detail.summary) for detail in details]
    rollout = RemoteRollout(
        account=account,
        worker_name=name,
        stable_version=refs[0],
        candidate_version=refs[1],
        owner=by.actor,
        source=by.source,
        plan=plan.as_json(),
        reason="started",
        since=by.now,
        started_at=by.now,
        deployment_id=live.id,
        checks=checks.stored(suite) if suite else [],
        required=required_for(details[0], details[1], weight).as_json(),
    )
    _take_over(rollout, weight, by.now)
    return _created(rollout, plan, by)


def _read(
    provider: Provider, name: str
) -> tuple[Sequence[DeploymentSummary], Sequence[VersionSummary]]:
    return provider.deployments(name), provider.versions(name)


def _live(listed: Sequence[DeploymentSummary], expected: str | None) -> DeploymentSummary:
    if not listed:
        raise StartRefused("nothing_live")
    if expected and listed[0].id != expected:
        raise StartRefused("conflict", author=listed[0].author or "Another client")
    return listed[0]


def _roles(
    listed: Sequence[DeploymentSummary], versions: Sequence[VersionSummary], version_id: str
) -> tuple[Share, int]:
    """The stable version, and the candidate's current weight."""
    numbers = {version.id: version.number for version in versions}
    if version_id not in numbers:
        raise StartRefused("unknown_version")
    roles = roles_of(listed, 0, numbers)
    if roles is None:
        raise StartRefused("unusual_split")
    if roles.stable.version_id == version_id:
        raise StartRefused("already_live")
    other = roles.candidate
    if other is None or other.version_id != version_id:
        if other is not None and other.percentage:
            raise StartRefused("two_candidates", number=numbers.get(other.version_id, 0))
        return roles.stable, 0
    return roles.stable, round(other.percentage * 1000)


def _ref(version: VersionSummary) -> dict[str, Any]:
    return asdict(VersionRef(version.id, version.number, version.tag[:100], version.author))


def _take_over(rollout: RemoteRollout, weight: int, now: datetime) -> None:
    """A candidate with traffic keeps its share: the rollout begins at the last step that is not
    above it. It is live already."""
    if not weight:
        return
    rollout.weight, steps = weight, rollout.terms.steps
    rollout.step = max((i for i, step in enumerate(steps) if step.weight <= weight), default=-1)
    rollout.had_traffic = rollout.review_confirmed = True
    rollout.state = (State.RAMPING if rollout.step >= 0 else State.REVIEW).value
    rollout.ready_at = now


def _created(rollout: RemoteRollout, plan: Plan, by: Actor) -> RemoteRollout:
    facts = {"percentage": rollout.percentage, "steps": plan.as_json()["steps"]}
    try:
        with transaction.atomic():
            rollout.save()
            record(rollout, "started", facts, by.now, by.actor)
            audited(rollout, "start", by.source, by.now, by.actor, plan=rollout.plan)
    except IntegrityError as error:
        running = running_on(rollout.account, rollout.worker_name)
        if running is None:
            raise
        raise StartRefused("running", running) from error
    return rollout
