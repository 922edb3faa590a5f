"""How a Worker's overrides are checked: tables → the snapshot, and arguments of the rules.

Only public keys leave the database. A Worker without protection and shared links has no policy, and
its routes stay simple.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from routing import snapshot
from routing.models import OverrideKey, OverrideLink, Worker
from routing.rules.permissions.permission import UNPROTECTED, Protection

LONGEST = timedelta(days=30)
"""The longest life of a link, and so of a retired key."""


def policies(workers: QuerySet[Worker]) -> dict[int, snapshot.Overrides]:
    """The policies among `workers`, by primary key. Three queries."""
    now = timezone.now()
    links = OverrideLink.objects.unexpired(now)
    checked = workers.filter(
        Q(overrides_protected=True) | Exists(links.filter(worker=OuterRef("pk")))
    )
    protected = dict(checked.values_list("pk", "overrides_protected"))
    keys: defaultdict[int, dict[str, str]] = defaultdict(dict)
    for worker_id, key_id, public in _checked_keys(protected, now):
        keys[worker_id][key_id] = public
    revoked: defaultdict[int, list[str]] = defaultdict(list)
    for worker_id, link_id in _revoked(protected, now):
        revoked[worker_id].append(str(link_id))
    return {
        pk: snapshot.Overrides(
            protected=is_protected, keys=keys[pk], revoked=tuple(sorted(revoked[pk]))
        )
        for pk, is_protected in protected.items()
    }


def protection(worker: Worker) -> Protection:
    """As the rules read it, for explanations."""
    policy = policies(Worker.objects.filter(pk=worker.pk)).get(worker.pk)
    if policy is None:
        return UNPROTECTED
    keys = {key_id: base64.b64decode(public) for key_id, public in policy.keys.items()}
    return Protection(policy.protected, keys, frozenset(policy.revoked))


def _checked_keys(workers: Iterable[int], now: datetime) -> QuerySet[OverrideKey, tuple]:  # type: ignore[type-arg]
    lasting = Q(retired_at=None) | Q(retired_at__gt=now - LONGEST)
    rows = OverrideKey.objects.filter(lasting, worker__in=list(workers)).order_by("key_id")
    return rows.values_list("worker_id", "key_id", "public")


def _revoked(workers: Iterable[int], now: datetime) -> QuerySet[OverrideLink, tuple]:  # type: ignore[type-arg]
    rows = OverrideLink.objects.unexpired(now).filter(worker__in=list(workers))
    return rows.exclude(revoked_at=None).values_list("worker_id", "id")
