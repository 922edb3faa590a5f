"""The gate: the only caller of `routing.control.deploy`.

Holds and policy are checked inside the deployment's own transaction, under the lock of the desired
state, so that a concurrent rollout, policy or deployment is seen. A deployment that needs a review
is rolled back in the database and becomes a proposal.
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
    CachedInspection,
    NeedsProposal,
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
"""Attempts when the policy changes while a deployment is checked."""


class DeployHeld(DeployRefused):
    """`hold` prevents this deployment. Nothing has changed."""

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
    reduces_traffic: bool = False,
    **options: Any,
) -> Deployment:
    """Deploys as `routing.control.deploy.deploy` does. Also raises `DeployHeld`, and `ReviewNeeded`
    with the proposal. `rollout_id`: the rollout that deploys, by `plan`; its own hold does not
    apply, nor a policy that its review satisfied. `reduces_traffic`: a rollback or a step down,
    which needs no review. `approved` is for `deploy_approved` only."""
    for _ in range(ATTEMPTS):
        try:
            return _deploy(worker, by_token, rollout_id, plan, approved or reduces_traffic, options)
        except NeedsProposal:
            request = _request(worker, options)
        proposal = open_review(request, options.get("expected", ANY))
        if proposal is not None:
            raise ReviewNeeded.of(proposal, request.now)
    raise DeployRefused("review", "The policy of this Worker changes too often. Try again.")


def upload(
    *, worker_name: str, by_token: bool, **options: Any
) -> tuple[Version, Deployment | None]:
    """Uploads as `routing.control.upload.upload_version` does. A live upload also raises
    `DeployHeld`, before the version starts, and `ReviewNeeded`, after the version was stored but
    not deployed."""
    holds = permit_for(worker_name, by_token=by_token)
    if not options.get("live"):
        return upload_version(worker_name=worker_name, permit=holds, **options)
    holds()
    usual = (upload_version.__kwdefaults__ or {})["inspect"]
    inspect = CachedInspection(options.pop("inspect", usual))
    expected, author = options.get("expected", ANY), options["author"]

    def permit() -> None:
        holds()
        check_live_upload(worker_name, expected, author, options["now"])

    try:
        return upload_version(worker_name=worker_name, permit=permit, inspect=inspect, **options)
    except NeedsProposal:
        if options["draft"].migration is not None:
            raise DeployRefused("review", messages.migration_needs_review(worker_name)) from None
        version, _ = upload_version(
            worker_name=worker_name, inspect=inspect, **(options | {"live": False})
        )
    try:
        return version, deploy(
            worker=version.worker,
            by_token=by_token,
            shares=[(str(version.id), 100)],
            author=author,
            source=options["source"],
            message=options.get("deploy_message", ""),
            triggered_by=options["triggered_by"],
            expected=expected,
            now=options["now"],
        )
    except ReviewNeeded as needed:
        uploaded = messages.uploaded(version, str(needed))
        raise ReviewNeeded(needed.proposal, uploaded) from needed


def delete_worker(*, worker: Worker, by_token: bool, **options: Any) -> None:
    """Deletes as `routing.control.deploy.delete_worker` does. Raises `DeployHeld` while a rollout
    runs. A token is also refused after a rollback and for a Worker with its own policy: deleting
    and uploading the Worker again would bypass the hold or the policy."""

    def permit() -> None:
        kinds = DeployHold.Kind.values if by_token else [DeployHold.Kind.RUNNING]
        hold = _holds(worker.name).filter(kind__in=kinds).order_by("-kind").first()
        if hold is not None:
            raise DeployHeld(hold, messages.held_delete(hold))
        policy = effective(worker)
        if by_token and policy.own and policy.policy.rules:
            raise DeployRefused("review", messages.policy_delete(worker.name))

    routing_deploy.delete_worker(worker=worker, permit=permit, **options)


def permit_for(
    worker_name: str, *, by_token: bool, rollout_id: UUID | None = None
) -> Callable[[], None]:
    """A check that `routing` calls before it deploys; raises `DeployHeld`."""

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
    options: dict[str, Any],
) -> Deployment:
    """Deploys, then checks the policy unless it `passes`; an exception undoes the deployment."""
    holds = permit_for(worker.name, by_token=by_token, rollout_id=rollout_id)
    before: list[Deployment | None] = []

    def permit() -> None:
        holds()
        before.append(active_deployment(worker))

    with transaction.atomic():
        deployment = routing_deploy.deploy(worker=worker, permit=permit, **options)
        if not passes:
            now: datetime = options["now"]
            check_review(deployment, before[0], options["shares"], rollout_id, plan, now)
    return deployment


def _request(worker: Worker, options: Mapping[str, Any]) -> Request:
    return Request(
        worker=worker,
        pairs=options["shares"],
        author=options["author"],
        source=options["source"],
        now=options["now"],
        message=options.get("message", ""),
        triggered_by=options.get("triggered_by", "deployment"),
        force=options.get("force", False),
    )


def _holds(worker_name: str) -> Any:
    return DeployHold.objects.filter(worker__name=worker_name).select_related("worker")
