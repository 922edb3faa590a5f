"""May this deployment happen? The one door in front of `routing.control.deploy`.

The question is asked inside the deployment's own transaction, under the lock of the desired state,
so that a rollout, a policy or another deployment of the same moment is seen. A deployment that
needs review is undone before it is committed, and becomes a proposal instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from dashboard.reviews import messages
from dashboard.reviews.models import DeployHold
from dashboard.reviews.policies.edits import effective
from dashboard.reviews.proposals.request_review import Request
from dashboard.reviews.review_check import (
    AsksForReview,
    RememberedInspection,
    ReviewNeeded,
    check_live_upload,
    check_review,
    open_review,
)
from routing.control import deploy as routing_deploy
from routing.control.deploy import ANY, DeployRefused, active_deployment
from routing.control.upload import upload_version
from routing.models import Deployment, Version, Worker

__all__ = ["DeployHeld", "ReviewNeeded", "delete_worker", "deploy", "permit_for", "upload"]

ATTEMPTS = 3
"""How often a deployment is tried again whose review was no longer needed a moment later."""


class DeployHeld(DeployRefused):
    """A hold is in the way; `hold` says whose. Nothing has changed."""

    def __init__(self, hold: DeployHold, message: str) -> None:
        super().__init__("held", message)
        self.hold = hold


def deploy(
    *,
    worker: Worker,
    by_token: bool,
    rollout_id: UUID | None = None,
    plan: Mapping[str, Any] | None = None,
    approved: bool = False,
    takes_away: bool = False,
    **asked: Any,
) -> Deployment:
    """As `routing.control.deploy.deploy`; also raises `DeployHeld`, and `ReviewNeeded` with the
    proposal that it became. `rollout_id` names the rollout that deploys, by `plan`: its own hold
    does not stop it, nor a policy that its review satisfied. `takes_away` is for its way back and
    its steps down, which no policy stops. `approved` is for `carry_out` alone."""
    for _ in range(ATTEMPTS):
        try:
            return _deploy(worker, by_token, rollout_id, plan, approved or takes_away, asked)
        except AsksForReview:
            request = _request(worker, asked)
        proposal = open_review(request, asked.get("expected", ANY))
        if proposal is not None:
            raise ReviewNeeded.of(proposal, request.now)
    raise DeployRefused("review", "The policy of this Worker changes too often. Try again.")


def upload(*, worker_name: str, by_token: bool, **asked: Any) -> tuple[Version, Deployment | None]:
    """As `routing.control.upload.upload_version`. A live upload also raises `DeployHeld`, before
    its version is started or stored, and `ReviewNeeded`: then the version is there, not
    deployed."""
    holds = permit_for(worker_name, by_token=by_token)
    if not asked.get("live"):
        return upload_version(worker_name=worker_name, permit=holds, **asked)
    holds()
    usual = (upload_version.__kwdefaults__ or {})["inspect"]
    inspect = RememberedInspection(asked.pop("inspect", usual))
    expected, author = asked.get("expected", ANY), asked["author"]

    def permit() -> None:
        holds()
        check_live_upload(worker_name, expected, author, asked["now"])

    try:
        return upload_version(worker_name=worker_name, permit=permit, inspect=inspect, **asked)
    except AsksForReview:
        version, _ = upload_version(
            worker_name=worker_name, inspect=inspect, **(asked | {"live": False})
        )
    try:
        return version, deploy(
            worker=version.worker,
            by_token=by_token,
            shares=[(str(version.id), 100)],
            author=author,
            source=asked["source"],
            message=asked.get("deploy_message", ""),
            triggered_by=asked["triggered_by"],
            expected=expected,
            now=asked["now"],
        )
    except ReviewNeeded as needed:
        uploaded = messages.uploaded(version, str(needed))
        raise ReviewNeeded(needed.proposal, uploaded) from needed


def delete_worker(*, worker: Worker, by_token: bool, **asked: Any) -> None:
    """As `routing.control.deploy.delete_worker`; raises `DeployHeld` while a rollout runs. After a
    rollback tokens wait here too: to delete a Worker and upload it again would be a way around the
    hold. So it would be around a policy of the Worker's own, which is deleted with it."""

    def permit() -> None:
        kinds = DeployHold.Kind.values if by_token else [DeployHold.Kind.RUNNING]
        hold = _holds(worker.name).filter(kind__in=kinds).order_by("-kind").first()
        if hold is not None:
            raise DeployHeld(hold, messages.held_delete(hold))
        policy = effective(worker)
        if by_token and policy.own and policy.policy.rules:
            raise DeployRefused("review", messages.policy_delete(worker.name))

    routing_deploy.delete_worker(worker=worker, permit=permit, **asked)


def permit_for(
    worker_name: str, *, by_token: bool, rollout_id: UUID | None = None
) -> Callable[[], None]:
    """What `routing` asks before it deploys; raises `DeployHeld`."""

    def permit() -> None:
        for hold in _holds(worker_name):
            ours = hold.rollout_id == rollout_id
            if hold.kind == DeployHold.Kind.RUNNING and not ours:
                raise DeployHeld(hold, messages.held(hold))
            if hold.kind == DeployHold.Kind.AFTER_ROLLBACK and by_token:
                raise DeployHeld(hold, messages.held(hold))

    return permit


def _deploy(
    worker: Worker,
    by_token: bool,
    rollout_id: UUID | None,
    plan: Mapping[str, Any] | None,
    passes: bool,
    asked: dict[str, Any],
) -> Deployment:
    """Deploys, then looks at the policy unless it `passes`: what that raises undoes it."""
    holds = permit_for(worker.name, by_token=by_token, rollout_id=rollout_id)
    before: list[Deployment | None] = []

    def permit() -> None:
        holds()
        before.append(active_deployment(worker))

    with transaction.atomic():
        deployment = routing_deploy.deploy(worker=worker, permit=permit, **asked)
        if not passes:
            now: datetime = asked["now"]
            check_review(deployment, before[0], asked["shares"], rollout_id, plan, now)
    return deployment


def _request(worker: Worker, asked: Mapping[str, Any]) -> Request:
    return Request(
        worker=worker,
        pairs=asked["shares"],
        author=asked["author"],
        source=asked["source"],
        now=asked["now"],
        message=asked.get("message", ""),
        triggered_by=asked.get("triggered_by", "deployment"),
        force=asked.get("force", False),
    )


def _holds(worker_name: str) -> Any:
    return DeployHold.objects.filter(worker__name=worker_name).select_related("worker")
