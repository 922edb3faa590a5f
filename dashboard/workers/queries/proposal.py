"""A requested split, and the roles after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from dashboard.fleet.version_roles import Role, Standing
from dashboard.workers import messages
from routing.models import Version
from routing.rules.lineage import Lineage, Member
from routing.rules.split import TOTAL, VersionWeight, format_percentage, parse_split

#: The steps that the editor offers, in per cent.
PRESETS = (0, 1, 5, 10, 25, 50, 100)


@dataclass(frozen=True, slots=True)
class Proposal:
    """`shares` in the order to store; `after` as bars show it."""

    shares: tuple[VersionWeight, ...]
    after: tuple[Standing, ...]

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """As `routing.control.deploy` takes them."""
        return [(s.version_id, format_percentage(s.weight).rstrip("%")) for s in self.shares]

    @property
    def numbers(self) -> str:
        """ "10% / 90%": candidate, then stable."""
        return " / ".join(s.percentage for s in self.after)


@dataclass(frozen=True, slots=True)
class Move:
    """The candidate's weight before and after; `all` is the weight that changes versions."""

    before: int
    after: int
    all: int

    @property
    def weight(self) -> int:
        return abs(self.after - self.before)

    @property
    def back(self) -> bool:
        return self.after < self.before

    @property
    def points(self) -> str:
        return format_percentage(self.weight)


def move(live: Sequence[Standing], proposal: Proposal, version: Version) -> Move:
    """What the change does to `version`'s share of the requests, and to all of them."""
    before = {s.version.pk: s.weight or 0 for s in live}
    after = {s.version.pk: s.weight or 0 for s in proposal.after}
    gains = (max(0, weight - before.get(key, 0)) for key, weight in after.items())
    return Move(before.get(version.pk, 0), after.get(version.pk, 0), sum(gains))


def submit_label(live: Sequence[Standing], proposal: Proposal) -> str:
    """The label of the button that deploys `proposal`."""
    first = proposal.after[0]
    if live and (len(proposal.after) == 1 or first.role is Role.PREVIOUS):
        return messages.PROMOTE
    if first.role is Role.STAGED and first.version.pk not in {s.version.pk for s in live}:
        return messages.STAGE
    return messages.deploy(proposal.numbers)


def is_live(live: Sequence[Standing], proposal: Proposal) -> bool:
    """Whether exactly this split is live: then there is nothing to deploy."""
    before = {str(s.version.pk): s.weight for s in live}
    return before == {share.version_id: share.weight for share in proposal.shares}


def propose(
    chosen: Standing | Version,
    text: str,
    beside: Version | None,
    live: list[Standing],
    keep: bool = False,
    history: Lineage | None = None,
) -> Proposal:
    """`chosen` at `text` per cent, `beside` at the rest; raises `SplitRefused`. `live` is what is.

    At 100% the other version leaves the deployment, unless `keep` leaves it at 0%. By `history`,
    traffic for a version that `beside` replaced makes it stable again.
    """
    version = chosen.version if isinstance(chosen, Standing) else chosen
    rolled_back = isinstance(chosen, Standing) and chosen.rolled_back
    if beside is None:
        return full_traffic(version, text)
    split = parse_split([(str(version.id), text.strip()), (str(beside.id), _rest(text))])
    if split[0].weight == TOTAL:
        return _promoted(version, beside, keep)
    role = Role.CANDIDATE if split[0].weight else Role.STAGED
    if _is_stable_then(version, beside, split, history):
        after = (
            Standing(beside, Role.CANDIDATE, split[1].weight, rolled_back=True),
            Standing(version, Role.STABLE, split[0].weight),
        )
        return Proposal(_as_listed(split, live), after)
    after = (
        Standing(version, role, split[0].weight, rolled_back=rolled_back),
        Standing(beside, Role.STABLE, split[1].weight),
    )
    return Proposal(_as_listed(split, live), after)


def _is_stable_then(
    version: Version, beside: Version, split: tuple[VersionWeight, ...], history: Lineage | None
) -> bool:
    if history is None:
        return False
    numbers = (version.number, beside.number)
    members = [Member(n, share.weight) for n, share in zip(numbers, split, strict=True)]
    return history.stable_of(members) == version.number


def full_traffic(version: Version, text: str = "100") -> Proposal:
    """One version at 100%."""
    return Proposal(
        parse_split([(str(version.id), text.strip())]), (Standing(version, Role.STABLE, TOTAL),)
    )


def next_step(weight: int) -> int | None:
    """The next preset above `weight`, in per cent."""
    return next((p for p in PRESETS if p * 1000 > weight), None)


def _promoted(version: Version, beside: Version, keep: bool) -> Proposal:
    if not keep:
        return full_traffic(version)
    after = (Standing(beside, Role.PREVIOUS, 0), Standing(version, Role.STABLE, TOTAL))
    return Proposal(
        (VersionWeight(str(version.id), TOTAL), VersionWeight(str(beside.id), 0)), after
    )


def _rest(text: str) -> Decimal:
    """100 minus the number; where there is none, `parse_split` refuses the number itself."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return Decimal(0)
    fits = number.is_finite() and 0 <= number <= 100
    return Decimal(100) - number if fits else Decimal(0)


def _as_listed(split: tuple[VersionWeight, ...], live: list[Standing]) -> tuple[VersionWeight, ...]:
    """The stored order never changes while the two versions stay the same."""
    order = [str(s.version.pk) for s in sorted(live, key=lambda s: s.position)]
    if sorted(order) != sorted(s.version_id for s in split):
        return split
    return tuple(sorted(split, key=lambda s: order.index(s.version_id)))
