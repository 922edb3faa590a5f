"""Versions with their roles, as bars, rows and texts show them: "Who is which" of the design.

Who is stable follows from a Worker's whole history (`routing.rules.lineage`). A version that stays
at 0% after another one was promoted past it is "Previous", not a candidate.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from routing.models import Share, Version
from routing.rules.lineage import Lineage
from routing.rules.split import format_percentage


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
    """One version with its role; `weight` is None outside the deployment, where `position` is.

    `rolled_back` is whether a deployment ever went back from it: no page offers it by itself.
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
        """ "#63 v1.42.0", or "#63" without a tag; a version that is not uploaded yet has none."""
        if not self.version.number:
            return "new"
        return f"#{self.version.number} {self.version.tag}".strip()

    @property
    def again(self) -> bool:
        """Whether it was rolled back and is a candidate all the same, which every page says."""
        return self.rolled_back and self.is_candidate

    @property
    def phrase(self) -> str:
        """ "Candidate #63 v1.42.0 25%", for labels and announcements."""
        return f"{self.word} {self.name} {self.percentage}".strip()

    @property
    def inline(self) -> str:
        """The same within a sentence: a tag stays as it was written."""
        return self.phrase[:1].lower() + self.phrase[1:]


def standings(shares: Iterable[Share], history: Lineage) -> list[Standing]:
    """The versions of one deployment as bars and rows show them: candidate first, stable last.

    `history` is the lineage up to and with this deployment.
    """
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


def phrase(found: Iterable[Standing]) -> str:
    """ "Candidate #63 v1.42.0 25%, stable #62 v1.41.2 75%": the split in words."""
    words = inline(found)
    return words[:1].upper() + words[1:]


def inline(found: Iterable[Standing]) -> str:
    """The same within a sentence."""
    return ", ".join(standing.inline for standing in found)


def _role(share: Share, history: Lineage) -> Role:
    number = share.version.number
    if number == history.stable:
        return Role.STABLE
    if share.weight:
        return Role.CANDIDATE
    kept = number in history.stayed and number not in history.rolled_back
    return Role.PREVIOUS if kept else Role.STAGED
