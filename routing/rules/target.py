"""One Worker as the decision sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routing.rules.override import Outcome
from routing.rules.permissions.permission import UNPROTECTED, Protection
from routing.rules.split import VersionWeight


@dataclass(frozen=True, slots=True)
class Target:
    """A Worker, its deployment, and its surroundings.

    Only the first three fields decide the version. The others distinguish outcomes of refused
    overrides: an edge without them reports `unknown_version` more often, and routes the same.
    """

    worker: str
    deployment_id: str
    #: Newest version first (see affinity.walk_order); the weights sum to TOTAL.
    shares: tuple[VersionWeight, ...]
    #: Ids of this Worker's versions outside the deployment.
    other_versions: frozenset[str] = frozenset()
    #: Ids in the newest deployment that this edge does not have yet.
    pending: frozenset[str] = frozenset()
    #: Version id -> name of the other Worker that it belongs to.
    foreign: Mapping[str, str] = field(default_factory=dict, hash=False)
    #: Names of all Workers, so that a real name is not taken for a typo.
    workers: frozenset[str] = frozenset()
    #: Whether overrides need a permission here, and how one is checked.
    protection: Protection = field(default=UNPROTECTED, hash=False)

    def weight(self, version_id: str) -> int | None:
        """The weight of a version of the deployment; None for any other id. 0 is a weight."""
        for share in self.shares:
            if share.version_id == version_id:
                return share.weight
        return None

    def own_ids(self) -> frozenset[str]:
        """Ids of all versions of this Worker."""
        return self.other_versions | self.pending | {share.version_id for share in self.shares}

    def match(self, requested: str) -> Outcome:
        """The outcome of an override with this id (spec, "The decision", step 5)."""
        # Pending first: an edge cannot answer with what it does not have, whatever its Target
        # lists.
        if requested in self.pending:
            return Outcome.not_propagated
        if self.weight(requested) is not None:
            return Outcome.applied
        if requested in self.other_versions:
            return Outcome.not_in_deployment
        return Outcome.unknown_version
