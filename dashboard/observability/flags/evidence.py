"""What speaks against the live versions of Workers, from the counts of their callers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from django.db.models import Q, Sum

from dashboard.fleet.deployment_cache import roles_of_deployments
from dashboard.fleet.version_roles import Standing
from dashboard.observability.flags.rules import (
    NONE,
    Callers,
    Finding,
    against_candidate,
    against_itself,
    too_high,
)
from dashboard.observability.models import CallerCount
from routing.models import Deployment

MINUTE = 60
LATELY = 5 * MINUTE
PAST = 60 * MINUTE
LONGEST = 86_400
"""Seconds of a deployment that are compared with stable: what fails shows in a day."""

Minutes = Mapping[int, Callers]


class Sums(NamedTuple):
    """Callers of one version under one deployment, in the last minutes and in the hour before."""

    version_id: str
    deployment_id: str
    lately: Callers
    past: Callers


def findings(minute: int) -> Iterator[tuple[Deployment, str, Finding]]:
    """(deployment, version id, the first rule that finds something) of the minutes before `minute`
    (seconds since 1970). A constant number of queries; two while nothing fails."""
    suspects = _suspects(minute)
    if not suspects:
        return
    active = {d.worker.name: d for d in _active(suspects)}
    sums = _sums(list(active), minute)
    live = roles_of_deployments(active.values())
    splits = {pk: standings for pk, standings in live.items() if len(standings) > 1}
    minutes = _minutes(active, splits, minute)
    for name, deployment in active.items():
        for standing in live[deployment.id]:
            version = str(standing.version.id)
            lately = _total(
                s.lately
                for s in sums[name]
                if (s.version_id, s.deployment_id) == (version, str(deployment.id))
            )
            if standing.is_stable:
                past = _past(sums[name], deployment, splits.get(deployment.id, []))
                found = against_itself(lately, past)
            else:
                stable = str(splits[deployment.id][-1].version.id)
                of_deployment = minutes[str(deployment.id)]
                found = against_candidate(of_deployment[version], of_deployment[stable])
            if found := found or too_high(lately):
                yield deployment, version, found


def _past(sums: Iterable[Sums], deployment: Deployment, split: list[Standing]) -> Callers:
    """What the Worker did before: all versions but the candidate, before the last minutes or
    before this deployment."""
    candidate = str(split[0].version.id) if split else ""
    earlier = [s for s in sums if s.version_id != candidate]
    before = (s.lately for s in earlier if s.deployment_id != str(deployment.id))
    return _total(s.past for s in earlier) + _total(before)


def _suspects(minute: int) -> list[str]:
    """Workers with a failure in the last minutes: without one, no evidence has grown."""
    lately = CallerCount.objects.filter(failing__gt=0, start__gte=minute - LATELY, start__lt=minute)
    return sorted(set(lately.values_list("worker", flat=True)))


def _active(workers: list[str]) -> list[Deployment]:
    active = Deployment.objects.active().filter(worker__name__in=workers)
    return list(active.select_related("worker"))


def _sums(workers: list[str], minute: int) -> defaultdict[str, list[Sums]]:
    """The last five minutes and the hour before, by Worker."""
    border = minute - LATELY
    late, early = Q(start__gte=border), Q(start__lt=border)
    rows = (
        CallerCount.objects.filter(worker__in=workers, start__gte=border - PAST, start__lt=minute)
        .values_list("worker", "version_id", "deployment_id")
        .annotate(
            late_callers=Sum("callers", filter=late, default=0),
            late_failing=Sum("failing", filter=late, default=0),
            late_unknown=Sum("unknown", filter=late, default=0),
            past_callers=Sum("callers", filter=early, default=0),
            past_failing=Sum("failing", filter=early, default=0),
            past_unknown=Sum("unknown", filter=early, default=0),
        )
        .order_by()
    )
    found: defaultdict[str, list[Sums]] = defaultdict(list)
    for worker, version, deployment, *numbers in rows:
        lately, past = Callers(*numbers[:3]), Callers(*numbers[3:])
        found[worker].append(Sums(version, deployment, lately, past))
    return found


def _minutes(
    active: Mapping[str, Deployment], splits: Iterable[object], minute: int
) -> defaultdict[str, defaultdict[str, dict[int, Callers]]]:
    """Callers by deployment, version and minute, of deployments with two versions."""
    found: defaultdict[str, defaultdict[str, dict[int, Callers]]]
    found = defaultdict(lambda: defaultdict(dict))
    ids = [str(pk) for pk in splits]
    workers = [name for name, deployment in active.items() if str(deployment.id) in ids]
    rows = (
        CallerCount.objects.filter(worker__in=workers, deployment_id__in=ids)
        .filter(start__gte=minute - LONGEST, start__lt=minute)
        .values_list("deployment_id", "version_id", "start")
        .annotate(Sum("callers"), Sum("failing"), Sum("unknown"))
        .order_by()
    )
    for deployment, version, start, *numbers in rows:
        found[deployment][version][start] = Callers(*numbers)
    return found


def _total(many: Iterable[Callers]) -> Callers:
    return sum(many, NONE)
