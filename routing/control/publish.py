"""Tables → snapshot, in a constant number of queries."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from django.conf import settings
from django.db.models import Prefetch, QuerySet

from routing import snapshot
from routing.control import override_policies, revision
from routing.control.addresses.published import (
    PublishedAddresses,
    addresses_of,
    disabled_routes,
)
from routing.control.bindings.state_bindings import with_capability
from routing.control.bindings.stored_secrets import StoredValues
from routing.control.objects.home import edge_names
from routing.control.objects.published import (
    PublishedObjects,
    deleted_objects,
    objects_of,
    objects_of_version,
)
from routing.control.worker_settings import consumers
from routing.models import (
    Deployment,
    Edge,
    GroupExit,
    RemovedWorker,
    Share,
    Version,
    VersionModule,
    VersionQuerySet,
    Worker,
    deployable,
    runs_in,
)
from routing.rules.decide import Target
from routing.rules.permissions.permission import UNPROTECTED, Protection
from routing.rules.split import VersionWeight
from routing.secret_encryption import DecryptionFailed, decrypt_binding
from routing.transactions.read_transaction import read_transaction

log = logging.getLogger(__name__)


def publish(since: int | None = None, group: str | None = None) -> snapshot.Snapshot:
    """The desired state; with `since` (a revision), only what changed after it; with `group`, only
    what the edges of that group run.

    `since` beyond the newest revision, as after a reset, gives the whole state. All of it is as of
    one moment, and keeps nobody from deploying.
    """
    with read_transaction():
        newest = revision.current()
        change = since is not None and 0 < since <= newest
        after = since if change and since is not None else 0
        changed = Worker.objects.filter(changed_revision__gt=after)
        if group is not None:
            changed = changed.filter(runs_in(group))
        workers, withheld = _workers(changed)
        for name, why in withheld.items():
            log.error("the Worker %s is left out of what edges get: %s", name, why)
        return snapshot.Snapshot(
            revision=newest,
            domain=settings.DOMAIN,
            workers=tuple(workers),
            base=since if change else None,
            removed=_removed(after, group) if change else (),
            withheld=withheld,
            disabled_routes=disabled_routes(),
            deleted_objects=deleted_objects(),
        )


def _removed(after: int, group: str | None) -> tuple[str, ...]:
    """Names of Workers that edges have to drop. A group's edges learn no name of another group."""
    removed = RemovedWorker.objects.filter(revision__gt=after)
    if group is None:
        return tuple(sorted(removed.values_list("name", flat=True)))
    left = GroupExit.objects.filter(group=group, revision__gt=after)
    names = removed.filter(everywhere=True).values_list("name", flat=True)
    return tuple(sorted({*names, *left.values_list("name", flat=True)}))


def withheld_workers() -> dict[str, str]:
    """Deployed Workers that cannot be published → the reason."""
    with read_transaction():
        return _workers(Worker.objects.all())[1]


def _workers(rows: QuerySet[Worker]) -> tuple[list[snapshot.WorkerSpec], dict[str, str]]:
    """Deployed Workers by name, and those that cannot be published, with the reason. A constant
    number of queries, without a term per Worker."""
    active = Deployment.objects.active(rows)
    shares: defaultdict[UUID, list[Share]] = defaultdict(list)
    for share in Share.objects.filter(deployment__in=active).select_related("version"):
        shares[share.deployment_id].append(share)
    modules: defaultdict[UUID, list[VersionModule]] = defaultdict(list)
    for module in _modules().filter(version__shares__deployment__in=active):
        modules[module.version_id].append(module)
    others = _recent_ids(rows)
    overrides = override_policies.policies(rows)
    addresses = addresses_of(rows)
    objects = objects_of(rows)
    workers, withheld = [], {}
    stored = StoredValues()
    for deployment in active.select_related("worker__objects_edge").order_by("worker__name"):
        ids = others.get(deployment.worker_id, [])
        try:
            worker = _worker(deployment, shares[deployment.pk], modules, ids, objects, stored)
            more = addresses.get(deployment.worker_id, PublishedAddresses())
            workers.append(
                replace(
                    worker,
                    overrides=overrides.get(deployment.worker_id),
                    hostnames=(*worker.hostnames, *more.domains),
                    routes=tuple(more.routes),
                )
            )
        except DecryptionFailed as error:
            withheld[deployment.worker.name] = str(error)
    return workers, withheld


def target(
    worker: Worker,
    deployment: Deployment,
    *,
    requested: Iterable[str] = (),
    edge: Edge | None = None,
    protection: Protection = UNPROTECTED,
) -> Target:
    """`worker` as the rules see it, for explanations. `requested` are version ids of a header,
    `protection` is how its overrides are checked (`override_policies`).

    With `edge`, as that edge decides: by the deployment that it has, with the newer one's versions
    `pending`.
    """
    current = _deployment_at(worker, deployment, edge)
    shares = current.rule_shares()
    here = {share.version_id for share in shares}
    newest = {share.version_id for share in deployment.rule_shares()}
    own = set(_recent_ids(Worker.objects.filter(pk=worker.pk)).get(worker.pk, ()))
    return Target(
        worker=worker.name,
        deployment_id=str(current.id),
        shares=shares,
        other_versions=frozenset(own - here - newest),
        pending=frozenset(newest - here),
        foreign=_owners(requested, worker),
        workers=frozenset(Worker.objects.values_list("name", flat=True)),
        protection=protection,
    )


def _deployment_at(worker: Worker, newest: Deployment, edge: Edge | None) -> Deployment:
    """The deployment that `edge` applies: an older one until the newest is propagated."""
    if edge is None or edge.has(worker.name, newest.revision):
        return newest
    older = worker.deployments.filter(revision__lte=edge.revision_of(worker.name))
    return older.newest_first().with_shares().first() or newest


def hostname(worker_name: str) -> str:
    """The Worker's host name on every edge."""
    return f"{worker_name}.{settings.DOMAIN}"


def url_of(host: str) -> str:
    """The public URL of a host name, without a path."""
    public = urlsplit(settings.EDGE_PUBLIC_URL)
    return f"{public.scheme}://{host}{port_of_url()}"


def port_of_url() -> str:
    """The port in public URLs, such as `:8787`; "" for the scheme's default."""
    port = urlsplit(settings.EDGE_PUBLIC_URL).port
    return f":{port}" if port else ""


def whole_versions(versions: VersionQuerySet) -> VersionQuerySet:
    """Versions with everything that an edge runs, except module contents."""
    return versions.prefetch_related(Prefetch("modules", _modules()))


def preview_of(worker: Worker, version: Version) -> snapshot.Preview:
    """One of `whole_versions`, for an edge to run as a preview."""
    objects = objects_of_version(version)
    spec = _version(version, worker.name, version.modules.all(), objects, StoredValues())
    return snapshot.Preview(worker=worker.name, version=spec)


def _modules() -> QuerySet[VersionModule]:
    return VersionModule.objects.defer("module__content").select_related("module")


def _worker(
    deployment: Deployment,
    shares: Sequence[Share],
    modules: Mapping[UUID, Sequence[VersionModule]],
    others: Sequence[str],
    objects: PublishedObjects,
    stored: StoredValues,
) -> snapshot.WorkerSpec:
    newest_first = sorted(shares, key=lambda share: -share.version.number)
    live = {str(share.version_id) for share in shares}
    name = deployment.worker.name
    return snapshot.WorkerSpec(
        name=name,
        hostnames=_hostnames(deployment.worker),
        deployment=snapshot.DeploymentSpec(
            id=str(deployment.id),
            shares=tuple(VersionWeight(str(s.version_id), s.weight) for s in newest_first),
            counts=_counts(deployment),
        ),
        versions=tuple(
            _version(s.version, name, modules[s.version_id], objects, stored) for s in newest_first
        ),
        other_versions=tuple(i for i in others if i not in live),
        objects_edge=edge_names(deployment.worker)
        if objects.classes_of(deployment.worker_id)
        else (),
        tail_consumers=consumers(deployment.worker.settings),
    )


def _counts(deployment: Deployment) -> snapshot.CountSpec | None:
    counts = deployment.counts
    return msgspec.convert(counts, snapshot.CountSpec) if counts else None


def _hostnames(worker: Worker) -> tuple[str, ...]:
    """Empty if switched off (`workers_dev = false`): only service bindings reach the Worker."""
    return (hostname(worker.name),) if worker.subdomain_enabled else ()


def _version(
    row: Version,
    worker_name: str,
    modules: Iterable[VersionModule],
    objects: PublishedObjects,
    stored: StoredValues,
) -> snapshot.VersionSpec:
    bindings = (
        stored.with_value(with_capability(decrypt_binding(b), worker_name)) for b in row.bindings
    )
    return snapshot.VersionSpec(
        id=str(row.id),
        number=row.number,
        created_on=timestamp(row.created_on),
        compatibility_date=row.compatibility_date,
        tag=row.tag,
        message=row.message,
        main_module=row.main_module,
        body_part=row.body_part,
        compatibility_flags=tuple(row.compatibility_flags),
        modules=tuple(map(_module, modules)),
        bindings=tuple(objects.bound(binding, row.worker_id) for binding in bindings),
        exports=tuple(msgspec.convert(e, snapshot.Export) for e in row.exports),
        assets=row.assets_spec,
        objects=objects.classes_of(row.worker_id),
    )


def timestamp(moment: datetime) -> str:
    """Fixed-width ISO 8601 in UTC, so sorting the text sorts by time."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _module(row: VersionModule) -> snapshot.ModuleSpec:
    return snapshot.ModuleSpec(
        name=row.name,
        content_type=row.content_type,
        sha256=row.module_id,
        size=row.module.size,
    )


def _recent_ids(workers: QuerySet[Worker]) -> dict[int, list[str]]:
    """Ids of deployable versions by Worker, newest first. One query."""
    rows = deployable(workers).order_by("worker_id", "-number").values_list("worker_id", "id")
    ids: defaultdict[int, list[str]] = defaultdict(list)
    for worker_id, version_id in rows:
        ids[worker_id].append(str(version_id))
    return ids


def _owners(requested: Iterable[str], worker: Worker) -> dict[str, str]:
    """Requested ids that belong to another Worker → its name."""
    ids = [i for i in map(as_uuid, requested) if i]
    rows = Version.objects.filter(id__in=ids).exclude(worker=worker)
    return {str(i): name for i, name in rows.values_list("id", "worker__name")}


def as_uuid(text: str) -> UUID | None:
    """None if `text` is not a UUID."""
    try:
        return UUID(text)
    except ValueError:
        return None
