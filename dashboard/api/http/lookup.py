"""The rows that addresses name; each raises the error its endpoint owes."""

from __future__ import annotations

from uuid import UUID

from dashboard.api.http.errors import ApiError, no_version, no_worker
from routing.models import Deployment, Version, Worker
from routing.rules.names import WORKER_NAME


def worker_named(name: str, missing: ApiError | None = None) -> Worker:
    """The Worker of that name; raises `missing`, by default 10007."""
    found = Worker.objects.filter(name=name).first() if WORKER_NAME.fullmatch(name) else None
    if found is None:
        raise missing or no_worker()
    return found


def worker_by_name_or_id(name_or_id: str) -> Worker:
    """A name, or the tag that the API calls its id."""
    found = Worker.objects.filter(tag=name_or_id).first() if name_or_id.isalnum() else None
    return found or worker_named(name_or_id)


def latest_version(worker: Worker) -> Version | None:
    """The most recent upload, deployed or not."""
    return worker.versions.newest_first().select_related("author").first()


def version_of(worker: Worker, version_id: str) -> Version:
    """A version of this Worker by id, whatever its age."""
    found = worker.versions.select_related("author").filter(id=_uuid(version_id)).first()
    if found is None:
        raise no_version()
    return found


def deployment_of(worker: Worker, deployment_id: str) -> Deployment:
    """A deployment of this Worker by id."""
    found = worker.deployments.with_shares().filter(id=_uuid(deployment_id)).first()
    if found is None:
        raise ApiError(404, (10007, "This deployment does not exist on this Worker."))
    return found


def _uuid(text: str) -> UUID:
    """Ids count letter for letter (clients compare them so); any other text belongs to nothing."""
    try:
        found = UUID(text)
    except ValueError:
        return UUID(int=0)
    return found if str(found) == text else UUID(int=0)
