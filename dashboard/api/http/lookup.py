"""Rows named in a path, or the refusal their endpoint gives."""

from __future__ import annotations

from uuid import UUID

from dashboard.api import messages
from dashboard.api.http.errors import ApiError, no_version, no_worker
from routing.models import Deployment, Version, Worker
from routing.rules.names import WORKER_NAME


def worker_named(name: str, missing: ApiError | None = None) -> Worker:
    """The Worker of that name; raises `missing`, by default 10007."""
    worker = Worker.objects.filter(name=name).first() if WORKER_NAME.fullmatch(name) else None
    if worker is None:
        raise missing or no_worker()
    return worker


def worker_by_name_or_id(name_or_id: str) -> Worker:
    """A name, or the tag that the API calls its id."""
    worker = Worker.objects.filter(tag=name_or_id).first() if name_or_id.isalnum() else None
    return worker or worker_named(name_or_id)


def latest_version(worker: Worker) -> Version | None:
    """The most recent upload, deployed or not."""
    return worker.versions.newest_first().select_related("author").first()


def version_of(worker: Worker, version_id: str) -> Version:
    """A version of this Worker by id, whatever its age."""
    version = worker.versions.select_related("author").filter(id=_uuid(version_id)).first()
    if version is None:
        raise no_version()
    return version


def deployment_of(worker: Worker, deployment_id: str) -> Deployment:
    """A deployment of this Worker by id."""
    deployment = worker.deployments.with_shares().filter(id=_uuid(deployment_id)).first()
    if deployment is None:
        raise ApiError(404, (10007, messages.NO_DEPLOYMENT))
    return deployment


def _uuid(text: str) -> UUID:
    """The id in canonical form only, as clients compare ids as text; else an id of nothing."""
    try:
        parsed = UUID(text)
    except ValueError:
        return UUID(int=0)
    return parsed if str(parsed) == text else UUID(int=0)
