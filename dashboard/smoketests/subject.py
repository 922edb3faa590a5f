"""Which version a run tests: the one that is named, or the candidate of the active deployment."""

from __future__ import annotations

from uuid import UUID

from dashboard.fleet.deployment_cache import roles_of_deployment
from routing.control.deploy import active_deployment
from routing.models import Version, Worker


class NoSubject(Exception):
    """There is nothing to test. `code` is `unknown_version` or `no_candidate`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def candidate_of(worker: Worker) -> Version | None:
    """The version of the active deployment that is not stable."""
    deployment = active_deployment(worker)
    others = [s for s in roles_of_deployment(deployment) if not s.is_stable] if deployment else []
    return others[0].version if others else None


def version_under_test(worker: Worker, version_id: str = "") -> Version:
    """The version called `version_id`; without an id, the candidate. Raises `NoSubject`."""
    if not version_id:
        if candidate := candidate_of(worker):
            return candidate
        raise NoSubject(
            "no_candidate", f"{worker.name} has no candidate. Stage a version at 0%, or name one."
        )
    try:
        version = worker.versions.filter(id=UUID(version_id)).first()
    except ValueError:
        version = None
    if version is None:
        raise NoSubject("unknown_version", f"{worker.name} has no version {version_id}.")
    return version
