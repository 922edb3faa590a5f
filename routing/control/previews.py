"""Preview URLs of single versions: `<first 8 of the id>-<worker>` and `<alias>-<worker>`.

Every uploaded version has them, deployed or not. They ignore percentages, overrides and version
keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from uuid import UUID

from routing import snapshot
from routing.control import messages
from routing.control.objects import messages as object_messages
from routing.control.publish import hostname, preview_of, url_of, whole_versions
from routing.models import Version, VersionQuerySet, Worker, runs_in

PREFIX = 8
"""Digits of the id. Of two versions with the same prefix the newer one answers."""
_LONGEST = 63  # of a label in DNS
_PREFIX = re.compile(rf"[0-9a-f]{{{PREFIX}}}")


class PreviewUnknown(LookupError):
    """No version has this URL. The message says why; "" if no Worker matches either."""


def preview_url(worker: Worker, version: Version, alias: str = "") -> str:
    """The version's URL by its id, or by `alias`.

    "" if the Worker's previews are off, the name is too long for DNS, or the version implements
    Durable Objects.
    """
    if version.object_classes:
        return ""
    label = f"{alias or str(version.id)[:PREFIX]}-{worker.name}"
    return url_of(hostname(label)) if worker.previews_enabled and len(label) <= _LONGEST else ""


def find_preview(label: str, group: str | None = None) -> snapshot.Preview:
    """The version at `label`, as an edge runs it. With `group`, only of Workers that its edges run.
    Raises `PreviewUnknown`.

    A Worker's own name wins over a preview, an id over an alias, a longer Worker's name over a
    shorter one.
    """
    starts = {name: start for start, name in _readings(label)}
    named = Worker.objects.filter(name__in=[label, *starts])
    if group is not None:
        named = named.filter(runs_in(group))
    workers = sorted(named, key=lambda w: -len(w.name))
    if workers and workers[0].name == label:
        raise PreviewUnknown(_why_silent(workers[0]))
    for worker in workers:
        version = _version(worker, starts[worker.name]) if worker.previews_enabled else None
        if version is not None and version.object_classes:
            raise PreviewUnknown(object_messages.no_preview(worker.name))
        if version is not None:
            return preview_of(worker, version)
    raise PreviewUnknown(_why_not(workers[0], starts[workers[0].name]) if workers else "")


def address_taken(label: str, worker_name: str) -> str:
    """What answers at `label` instead of a version of `worker_name`; "" if nothing does.

    Either a Worker of that name, or a version of a Worker with a longer name, as in `find_preview`.
    """
    starts = {name: start for start, name in _readings(label) if len(name) > len(worker_name)}
    others = sorted(Worker.objects.filter(name__in=[label, *starts]), key=lambda w: -len(w.name))
    for other in others:
        if other.name == label:
            return messages.taken_by_worker(label)
        if other.previews_enabled and _in_use(other, starts[other.name]):
            return messages.taken_by_version_of(other.name)
    return ""


def shadowed_alias(worker: Worker) -> Version | None:
    """The newest version of another Worker whose alias URL is `worker`'s own."""
    starts = {name: start for start, name in _readings(worker.name)}
    for other in Worker.objects.filter(name__in=starts):
        versions = other.versions.select_related("worker").with_alias(starts[other.name])
        version = versions.newest_first().first()
        if version is not None:
            return version
    return None


def _in_use(worker: Worker, start: str) -> bool:
    versions = worker.versions.all()
    return _beginning(versions, start).exists() or versions.with_alias(start).exists()


def _readings(label: str) -> Iterator[tuple[str, str]]:
    """Each way to split the label at a dash: (prefix or alias, Worker name)."""
    for dash in re.finditer("-", label):
        start, name = label[: dash.start()], label[dash.end() :]
        if start and name:
            yield start, name


def _version(worker: Worker, start: str) -> Version | None:
    versions = whole_versions(worker.versions.newest_first())
    return _beginning(versions, start).first() or versions.with_alias(start).first()


def _beginning(versions: VersionQuerySet, start: str) -> VersionQuerySet:
    if not _PREFIX.fullmatch(start):
        return versions.none()
    rest = 32 - PREFIX
    return versions.filter(id__range=(UUID(start + "0" * rest), UUID(start + "f" * rest)))


def _why_silent(worker: Worker) -> str:
    """Why an edge has no route for the Worker's own host name."""
    if not worker.deployments.exists():
        return messages.not_deployed(worker.name)
    if not worker.subdomain_enabled:
        return messages.switched_off(worker.name)
    return messages.not_propagated(worker.name)


def _why_not(worker: Worker, start: str) -> str:
    if not worker.previews_enabled:
        return messages.previews_off(worker.name)
    return messages.no_preview(worker.name, start)
