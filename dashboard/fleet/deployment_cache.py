"""A cache of deployments with the roles of their versions. Neither ever changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from uuid import UUID

from dashboard.fleet import active_deployments
from dashboard.fleet.bounded_cache import BoundedCache
from dashboard.fleet.version_roles import HEAVY, Standing, standings
from routing.models import Deployment, Share
from routing.rules.lineage import History, Lineage, Member, lineage
from routing.transactions.batches import batches


@dataclass(frozen=True, slots=True)
class CachedDeployment:
    """A deployment and the roles of its versions. The author's name may change, so only the id is
    here."""

    id: UUID
    created_on: datetime
    author_id: int | None
    author_email: str
    source: str
    message: str
    is_rollback: bool
    standings: tuple[Standing, ...]


MOST = 4096
_deployments: BoundedCache[UUID, CachedDeployment] = BoundedCache(MOST)
_lineages: BoundedCache[UUID, Lineage] = BoundedCache(MOST)


def roles_of_deployments(deployments: Iterable[Deployment]) -> dict[UUID, list[Standing]]:
    """Deployment id → roles. One query for those not in the cache.

    Each caller gets its own copies of the versions: pages run in several threads, and Django loads
    deferred columns into the instance. Related rows may have changed since.
    """
    return roles_by_deployment_id(d.pk for d in deployments)


def roles_of_deployment(deployment: Deployment) -> list[Standing]:
    """For several deployments use `roles_of_deployments`, which takes one query."""
    return roles_of_deployments([deployment])[deployment.pk]


def roles_by_deployment_id(ids: Iterable[UUID]) -> dict[UUID, list[Standing]]:
    """As `roles_of_deployments`, by id."""
    wanted = set(ids)
    found = cached_deployments(wanted)
    return {pk: _own(found[pk].standings) if pk in found else [] for pk in wanted}


def _own(shared: tuple[Standing, ...]) -> list[Standing]:
    return [replace(standing, version=copy(standing.version)) for standing in shared]


def cached_deployments(ids: Iterable[UUID]) -> dict[UUID, CachedDeployment]:
    """Deployments by id, one query per 500. For long lists.

    The versions are shared with other threads: do not read their `HEAVY` columns.
    """
    wanted = set(ids)
    found = _deployments.get_many(wanted)
    for missing in batches(wanted - found.keys()):
        found |= _learn(set(missing))
    return found


def forget() -> None:
    """Clears the caches; for tests that count queries."""
    _deployments.clear()
    active_deployments.forget()
    _lineages.clear()


def lineage_of(deployment: Deployment) -> Lineage | None:
    """Which versions had 100% and which were rolled back, up to this deployment. None if it was
    deleted."""
    found = _lineages.get_many([deployment.pk])
    if not found:
        found = _lineages_in({(deployment.worker_id, deployment.number): deployment.pk})
        _lineages.update(found)
    return found.get(deployment.pk)


def _learn(ids: set[UUID]) -> dict[UUID, CachedDeployment]:
    shares = Share.objects.filter(deployment__in=ids).select_related("version", "deployment")
    by_deployment: defaultdict[UUID, list[Share]] = defaultdict(list)
    for share in shares.defer(*(f"version__{name}" for name in HEAVY)):
        by_deployment[share.deployment_id].append(share)
    splits = [listed[0].deployment for listed in by_deployment.values() if len(listed) > 1]
    lineages = _lineages_in({(d.worker_id, d.number): d.pk for d in splits})
    _lineages.update(lineages)
    new = {
        pk: _deployed(listed, lineages.get(pk) or _full_traffic(listed))
        for pk, listed in by_deployment.items()
    }
    _deployments.update(new)
    return new


def _full_traffic(shares: list[Share]) -> Lineage:
    """The lineage of one version at 100%: it is stable whatever came before."""
    return lineage([[Member(s.version.number, s.weight) for s in shares]])


def _lineages_in(wanted: dict[tuple[int, int], UUID]) -> dict[UUID, Lineage]:
    """The lineages of deployments, by Worker and number. One query reads the whole histories of
    these Workers as plain numbers."""
    workers = {worker for worker, _ in wanted}
    if not workers:
        return {}
    rows = Share.objects.filter(deployment__worker__in=workers).values_list(
        "deployment__worker", "deployment__number", "version__number", "weight"
    )
    ordered = rows.order_by("deployment__worker", "deployment__number")
    found: dict[UUID, Lineage] = {}
    for worker, of_worker in groupby(ordered, key=itemgetter(0)):
        history = History()
        for number, listed in groupby(of_worker, key=itemgetter(1)):
            history.add([Member(*row[2:]) for row in listed])
            if pk := wanted.get((worker, number)):
                found[pk] = history.lineage()
    return found


def _deployed(shares: list[Share], history: Lineage) -> CachedDeployment:
    """From the shares of one deployment."""
    made = shares[0].deployment
    return CachedDeployment(
        id=made.pk,
        created_on=made.created_on,
        author_id=made.author_id,
        author_email=made.author_email,
        source=made.source,
        message=made.message,
        is_rollback=made.is_rollback,
        standings=tuple(standings(shares, history)),
    )
