"""Which version of a split is stable and which the candidate. Pure.

Cloudflare does not say: the one that was deployed alone last is stable, else the older one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.cloud.provider.values import DeploymentSummary, Share

FULL = 99.9995


@dataclass(frozen=True, slots=True)
class SplitRoles:
    """`candidate` is None for a version that has all traffic."""

    stable: Share
    candidate: Share | None = None


def roles_of(
    listed: Sequence[DeploymentSummary], place: int, numbers: Mapping[str, int]
) -> SplitRoles | None:
    """Roles in the deployment at `place` of the newest-first list; None for more than two versions,
    or if nothing says which one is older. `numbers` are of versions, a missing one is oldest."""
    shares = listed[place].shares
    if len(shares) == 1:
        return SplitRoles(shares[0])
    if len(shares) != 2:
        return None
    first, second = shares
    ids = {first.version_id, second.version_id}
    for earlier in listed[place + 1 :]:
        alone = _alone(earlier)
        if alone in ids:
            stable = first if first.version_id == alone else second
            return SplitRoles(stable, second if stable is first else first)
        if alone is not None:
            break
    if numbers.get(first.version_id, 0) == numbers.get(second.version_id, 0):
        return None
    older = min(shares, key=lambda share: numbers.get(share.version_id, 0))
    return SplitRoles(older, second if older is first else first)


def _alone(deployment: DeploymentSummary) -> str | None:
    full = [share for share in deployment.shares if share.percentage >= FULL]
    return full[0].version_id if full else None
