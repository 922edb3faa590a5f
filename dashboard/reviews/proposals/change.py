"""What a request changes, and whose change it is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from dashboard.fleet.deployment_cache import lineage_of
from dashboard.reviews.policies.change import Change, Split, VersionFacts, change_between
from dashboard.reviews.proposals.models import Proposal
from routing.models import Deployment, Version, Worker
from routing.rules.split import Percentage, parse_split

REQUESTED = ("asked", "resumed")
"""Codes of the events whose person requested the change."""


def change_of(
    worker: Worker, before: Deployment | None, pairs: Sequence[tuple[str, Percentage]]
) -> Change:
    """The change from `before` to `pairs`. Ignores deleted versions, which `routing.control.deploy`
    refuses. Raises `SplitRefused`."""
    shares = {share.version_id: share.weight for share in parse_split(pairs)}
    had = {str(share.version_id): share.weight for share in before.shares.all()} if before else {}
    rows = worker.versions.filter(pk__in={UUID(key) for key in (*shares, *had)})
    facts = {str(version.pk): facts_of(version) for version in rows}
    history = lineage_of(before) if before else None
    return change_between(_split(had, facts), _split(shares, facts), history)


def replaced_by(proposal: Proposal) -> Deployment | None:
    """The deployment that the request replaces; None for the first one."""
    if not proposal.from_deployment_id:
        return None
    return Deployment.objects.filter(pk=proposal.from_deployment_id).with_shares().first()


def owners_of(proposal: Proposal) -> set[str]:
    """Usernames of the people whose own change this is: they requested it, or uploaded or deployed
    one of its versions."""
    ids = [UUID(version_id) for version_id, _ in proposal.shares]
    change = change_of(proposal.worker, replaced_by(proposal), proposal.pairs)
    ids = [UUID(part.version_id) for part in change.parts] or ids
    requested = proposal.events.filter(code__in=REQUESTED).values_list("username", flat=True)
    uploaded = Version.objects.filter(pk__in=ids).values_list("author__username", flat=True)
    deployed = Deployment.objects.filter(shares__version__in=ids).values_list(
        "author__username", flat=True
    )
    author = proposal.author.username if proposal.author else ""
    return {name for name in (author, *requested, *uploaded, *deployed) if name}


def facts_of(version: Version) -> VersionFacts:
    """A version as input of the rules."""
    plain = [row for row in version.bindings if "fingerprint" not in row]
    secret = [row for row in version.bindings if "fingerprint" in row]
    return VersionFacts(
        id=str(version.pk),
        number=version.number,
        bindings={row["name"]: json.dumps(row, sort_keys=True) for row in plain},
        secrets={row["name"]: row["fingerprint"] for row in secret},
        compatibility=" ".join((version.compatibility_date, *version.compatibility_flags)),
    )


def _split(shares: dict[str, int], facts: dict[str, VersionFacts]) -> Split:
    return [(facts[key], weight) for key, weight in shares.items() if key in facts]


def listed(pairs: Iterable[tuple[str, Any]]) -> list[list[str]]:
    """`pairs` as stored in a proposal: ids and percentages as text."""
    shares = parse_split([(str(UUID(str(key))), value) for key, value in pairs])
    return [[share.version_id, f"{share.weight / 1000:g}"] for share in shares]
