"""Standings as looked up before: no deployment ever changes, nor does what came before it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from cachetools import FIFOCache

from dashboard.ui.standing import HEAVY, Standing, standings, with_history
from routing.models import Deployment, Share

MOST = 4096
_known: FIFOCache[UUID, tuple[Standing, ...]] = FIFOCache(MOST)


def standings_of(deployments: Iterable[Deployment]) -> dict[UUID, list[Standing]]:
    """The standings of each deployment by its id, in one query for those not known yet.

    Everybody who asks gets the same versions, so nothing may be read from them that can change:
    neither their author nor their Worker.
    """
    return standings_by_id(d.pk for d in deployments)


def standings_by_id(ids: Iterable[UUID]) -> dict[UUID, list[Standing]]:
    """The same, for deployments of which only the ids are at hand."""
    wanted = set(ids)
    found = {pk: known for pk in wanted if (known := _known.get(pk)) is not None}
    if missing := wanted - found.keys():
        found |= _learn(missing)
    return {pk: list(found.get(pk, ())) for pk in wanted}


def forget() -> None:
    """As if this process had just started: for tests that count queries."""
    _known.clear()


def _learn(ids: set[UUID]) -> dict[UUID, tuple[Standing, ...]]:
    shares = with_history(Share.objects.filter(deployment__in=ids).select_related("version"))
    by_deployment: defaultdict[UUID, list[Share]] = defaultdict(list)
    for share in shares.defer(*(f"version__{name}" for name in HEAVY)):
        by_deployment[share.deployment_id].append(share)
    new = {pk: tuple(standings(listed)) for pk, listed in by_deployment.items()}
    _known.update(new)
    return new
