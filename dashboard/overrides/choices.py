"""What can be shared, and for how long: the versions of the active deployment."""

from __future__ import annotations

from uuid import UUID

from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.fleet.version_roles import Standing
from dashboard.overrides import messages
from dashboard.overrides.protection import OverrideRefused
from routing.control.deploy import active_deployment
from routing.models import Version, Worker

DURATIONS = (
    ("1h", "1 hour"),
    ("8h", "8 hours"),
    ("1d", "1 day"),
    ("7d", "7 days"),
    ("30d", "30 days"),
)


def standings(worker: Worker) -> list[Standing]:
    """The versions of the active deployment, the one that is not stable first."""
    active = active_deployment(worker)
    return (
        sorted(roles_of_deployment(active), key=lambda standing: standing.is_stable)
        if active
        else []
    )


def version_to_share(worker: Worker, version_id: str = "") -> Version:
    """The named one; without an id the one that is not stable. Raises `OverrideRefused`."""
    if version_id:
        return _named(worker, version_id)
    live = standings(worker)
    if not live or live[0].is_stable:
        raise OverrideRefused("no_candidate", messages.no_candidate(worker.name), "version_id")
    return live[0].version


def _named(worker: Worker, version_id: str) -> Version:
    try:
        version = worker.versions.filter(id=UUID(version_id)).first()
    except ValueError:
        version = None
    if version is None:
        message = messages.unknown_version(worker.name, version_id)
        raise OverrideRefused("unknown_version", message, "version_id")
    return version
