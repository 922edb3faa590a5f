"""Versions with their roles (stable, candidate, …), for bars, rows and texts.

The stable version follows from a Worker's whole history (`routing.rules.lineage`). A version that
stays at 0% after another one was promoted past it is "Previous", not a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from routing.models import Share, Version
from routing.rules.lineage import Lineage
from routing.rules.split import format_percentage


class Role(StrEnum):
    """Each role has its own mark, color and word."""

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


#: Columns that lists do not need; some are large.
HEAVY = ("bindings", "exports", "annotations", "runtime", "compatibility_flags")


@dataclass(frozen=True, slots=True)
class Standing:
    """One version with its role. `weight` is None outside the active deployment; `position` is its
    place in the stored split.

    `rolled_back`: a deployment once rolled back from it, so no page suggests it.
    """

    version: Version
    role: Role
    weight: int | None = None
    position: int = field(default=0, compare=False)
    rolled_back: bool = field(default=False, compare=False)

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
    def name(self) -> str:
        """ "#63 v1.42.0", "#63" without a tag, "new" before it is uploaded."""
        if not self.version.number:
            return "new"
        return f"#{self.version.number} {self.version.tag}".strip()

    @property
    def again(self) -> bool:
        """Whether it is a candidate again after a roll back. Every page shows it."""
        return self.rolled_back and self.is_candidate

    @property
    def phrase(self) -> str:
        """ "Candidate #63 v1.42.0 25%", for labels and announcements."""
        return f"{self.word} {self.name} {self.percentage}".strip()

    @property
    def inline(self) -> str:
        """The same inside a sentence; the tag keeps its case."""
        return self.phrase[:1].lower() + self.phrase[1:]


def standings(shares: Iterable[Share], history: Lineage) -> list[Standing]:
    """The roles in one deployment: candidate first, stable last. `history` is the lineage up to and
    including this deployment."""
    listed = [
        Standing(
            share.version,
            _role(share, history),
            share.weight,
            share.position,
            share.version.number in history.rolled_back,
        )
        for share in shares
    ]
    return sorted(listed, key=lambda standing: standing.is_stable)


def phrase(roles: Iterable[Standing]) -> str:
    """ "Candidate #63 v1.42.0 25%, stable #62 v1.41.2 75%": the split in words."""
    words = inline(roles)
    return words[:1].upper() + words[1:]


def inline(roles: Iterable[Standing]) -> str:
    """The same inside a sentence."""
    return ", ".join(standing.inline for standing in roles)


def _role(share: Share, history: Lineage) -> Role:
    number = share.version.number
    if number == history.stable:
        return Role.STABLE
    if share.weight:
        return Role.CANDIDATE
    was_stable = number in history.live_since_full and number not in history.rolled_back
    return Role.PREVIOUS if was_stable else Role.STAGED
