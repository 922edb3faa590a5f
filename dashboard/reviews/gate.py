"""May this deployment happen? The one door in front of `routing.deploy`.

The question is asked inside the deployment's own transaction, under the lock of the desired state,
so that a rollout that starts in the same moment is seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from dashboard.reviews import messages
from dashboard.reviews.models import DeployHold
from routing import deploy as routing_deploy
from routing.deploy import DeployRefused
from routing.models import Deployment, Version, Worker
from routing.upload import upload_version


class DeployHeld(DeployRefused):
    """A hold is in the way; `hold` says whose. Nothing has changed."""

    def __init__(self, hold: DeployHold, message: str) -> None:
        super().__init__("held", message)
        self.hold = hold


def deploy(
    *, worker: Worker, by_token: bool, rollout_id: UUID | None = None, **asked: Any
) -> Deployment:
    """As `routing.deploy.deploy`; also raises `DeployHeld`. `rollout_id` names the rollout that
    deploys, which its own hold does not stop."""
    permit = permit_for(worker.name, by_token=by_token, rollout_id=rollout_id)
    return routing_deploy.deploy(worker=worker, permit=permit, **asked)


def upload(*, worker_name: str, by_token: bool, **asked: Any) -> tuple[Version, Deployment | None]:
    """As `routing.upload.upload_version`; a live upload also raises `DeployHeld`, before its
    version is started or stored."""
    permit = permit_for(worker_name, by_token=by_token)
    if asked.get("live"):
        permit()
    return upload_version(worker_name=worker_name, permit=permit, **asked)


def delete_worker(*, worker: Worker, by_token: bool, **asked: Any) -> None:
    """As `routing.deploy.delete_worker`; raises `DeployHeld` while a rollout runs. After a rollback
    tokens wait here too: to delete a Worker and upload it again would be a way around the hold."""

    def permit() -> None:
        kinds = DeployHold.Kind.values if by_token else [DeployHold.Kind.RUNNING]
        hold = _holds(worker.name).filter(kind__in=kinds).order_by("-kind").first()
        if hold is not None:
            raise DeployHeld(hold, messages.held_delete(hold))

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


def _holds(worker_name: str) -> Any:
    return DeployHold.objects.filter(worker__name=worker_name).select_related("worker")
