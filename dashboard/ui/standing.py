"""Which version is stable and which the candidate: "Who is which" of the design, once for all.

Stable is the version of a deployment that last held 100 %; if neither ever did, the lower number.
A version kept at 0 % after another one was promoted past it is "Previous", not a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Case, Count, F, OuterRef, Prefetch, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from routing.models import Deployment, DeploymentQuerySet, Share, Version
from routing.rules.split import TOTAL, format_percentage


class Role(StrEnum):
    """How a version stands; each has its own mark, colour and word (design, section 3)."""

    STABLE = "stable"
    CANDIDATE = "candidate"
    STAGED = "staged"
    PREVIOUS = "previous"
    FORMER = "former"
    ROLLED_BACK = "rolled-back"
    NEVER = "never"
    PREVIEW = "preview"


WORDS = {
    Role.STABLE: "Stable",
    Role.CANDIDATE: "Candidate",
    Role.STAGED: "Candidate",
    Role.PREVIOUS: "Previous",
    Role.FORMER: "Previously deployed",
    Role.ROLLED_BACK: "Rolled back",
    Role.NEVER: "Never deployed",
    Role.PREVIEW: "By its own address",
}


#: Columns of a version that no list shows; some are large.
HEAVY = ("bindings", "exports", "annotations", "runtime", "compatibility_flags")


@dataclass(frozen=True, slots=True)
class Standing:
    """One version with its role; `weight` is None outside the deployment, where `position` is."""

    version: Version
    role: Role
    weight: int | None = None
    position: int = field(default=0, compare=False)

    @property
    def word(self) -> str:
        return WORDS[self.role]

    @property
    def is_stable(self) -> bool:
        return self.role is Role.STABLE

    @property
    def is_candidate(self) -> bool:
        return self.role in (Role.CANDIDATE, Role.STAGED)

    @property
    def percentage(self) -> str:
        return "" if self.weight is None else format_percentage(self.weight)

    @property
    def phrase(self) -> str:
        """ "Candidate 25%", for labels and announcements."""
        return f"{self.word} {self.percentage}".strip()


def with_standings(deployments: DeploymentQuerySet) -> DeploymentQuerySet:
    """Deployments ready for `of`, in a constant number of queries."""
    shares = with_history(Share.objects.select_related("version__author"))
    shares = shares.defer(*(f"version__{name}" for name in HEAVY))
    return deployments.select_related("author").prefetch_related(Prefetch("shares", shares))


def with_history(shares: QuerySet[Share]) -> QuerySet[Share]:
    """Shares that know when their version last held 100 %, and whether it stayed in ever since.

    Both are looked up only where they are not plain: when it has 100 % itself, and above 0 %.
    """
    same = Share.objects.filter(
        version=OuterRef("version"), deployment__number__lte=OuterRef("deployment__number")
    )
    full = same.filter(weight=TOTAL).order_by("-deployment__number")
    since = same.filter(deployment__number__gt=OuterRef("full_at")).order_by()
    count = Subquery(since.values("version").annotate(n=Count("pk")).values("n"))
    last = Subquery(full.values("deployment__number")[:1])
    number = F("deployment__number")
    return shares.annotate(
        full_at=Case(When(weight=TOTAL, then=number), default=last),
    ).annotate(
        kept=Case(When(weight=0, then=Coalesce(count, 0)), default=0),
        place=number,
    )


def standings(shares: Iterable[Share]) -> list[Standing]:
    """The versions of one deployment as bars and rows show them: candidate first, stable last.

    The shares come from `with_history`.
    """
    listed = list(shares)
    if not listed:
        return []
    stable = max(listed, key=_claim)
    rest = [s for s in listed if s is not stable]
    return [Standing(s.version, _role(s), s.weight, s.position) for s in rest] + [
        Standing(stable.version, Role.STABLE, stable.weight, stable.position)
    ]


def of(deployment: Deployment) -> list[Standing]:
    """The standings of a deployment that came `with_standings`."""
    return standings(deployment.shares.all())


def phrase(found: Iterable[Standing]) -> str:
    """ "Candidate 25%, stable 75%": the split in words."""
    words = ", ".join(s.phrase.lower() for s in found)
    return words[:1].upper() + words[1:]


def _claim(share: Share) -> tuple[int, int]:
    full_at: int | None = getattr(share, "full_at", None)
    return (full_at or 0, -share.version.number)


def _role(share: Share) -> Role:
    if share.weight:
        return Role.CANDIDATE
    full_at: int | None = getattr(share, "full_at", None)
    if full_at and getattr(share, "kept", 0) == getattr(share, "place", 0) - full_at:
        return Role.PREVIOUS
    return Role.STAGED
