"""Percentages: which ones a deployment may have, and the version that a draw picks.

Percentages are stored as whole weights of 0.001% each, so that sums are exact.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeAlias

#: The sum of the weights of a deployment. Never change it: version keys hash modulo this number,
#: and another number would move every key (spec, "Affinity").
TOTAL = 100_000

Percentage: TypeAlias = int | float | str | Decimal
Code: TypeAlias = Literal["count", "duplicate", "range", "decimals", "sum", "single"]

_UNIT = Decimal("0.001")
_NOISE = Decimal("0.000001")
"""Closer to a whole unit than this, the rest is arithmetic on floats: 100 - 66.6 is
33.400000000000006."""
# Plain decimals only: Decimal() alone would also take "1e1", "1_0" and digits of other scripts.
_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class VersionWeight:
    """A version and its part of the traffic: `weight` is 0..TOTAL, in units of 0.001%."""

    version_id: str
    weight: int


class SplitRefused(ValueError):
    """Invalid percentages. `facts` are those of `routing.control.messages.split_refused`."""

    def __init__(self, code: Code, **facts: object) -> None:
        super().__init__(code)
        self.code: Code = code
        self.facts: Mapping[str, object] = facts


def parse_split(pairs: Sequence[tuple[str, Percentage]]) -> tuple[VersionWeight, ...]:
    """The shares of a deployment, in the listed order, with weights that sum to exactly TOTAL.

    `pairs` are (version id, percentage 0..100). Floats are rounded where they are off by less than
    0.000001. If the sum is off by 0.001, the larger share takes the difference. Raises
    SplitRefused for anything else (spec, "Deployments").
    """
    _check_ids([version_id for version_id, _ in pairs])
    shares = [VersionWeight(version_id, _weight(version_id, value)) for version_id, value in pairs]
    if len(shares) == 1 and shares[0].weight != TOTAL:
        raise SplitRefused("single", percentage=format_percentage(shares[0].weight))
    return _balanced(shares)


def percentage(weight: int) -> float:
    """A weight as a percentage with up to three decimals: 33333 -> 33.333."""
    return weight / 1000


def format_percentage(weight: int) -> str:
    """A weight as people read it: 0 -> "0%", 12500 -> "12.5%", 33333 -> "33.333%"."""
    whole, thousandths = divmod(weight, 1000)
    return f"{whole}.{thousandths:03}".rstrip("0").rstrip(".") + "%"


def walk(shares: Sequence[VersionWeight], point: int) -> str:
    """The version at `point` of 0..TOTAL-1, with the shares laid end to end in the list's order.

    Raises ValueError if the point is beyond the shares.
    """
    rest = point
    for share in shares:
        if rest < share.weight:
            return share.version_id
        rest -= share.weight
    raise ValueError(f"point {point} lies outside shares that sum to {point - rest}")


def pick(shares: Sequence[VersionWeight], draw: float) -> str:
    """The version that a random draw in [0, 1) chooses. Raises ValueError for another draw."""
    if not 0 <= draw < 1:
        raise ValueError(f"draw must be in [0, 1), not {draw}")
    return walk(shares, int(draw * TOTAL))


def _check_ids(ids: Sequence[str]) -> None:
    if not 1 <= len(ids) <= 2:
        raise SplitRefused("count", count=len(ids))
    if len(set(ids)) < len(ids):
        raise SplitRefused("duplicate", version=ids[0])


def _weight(version_id: str, value: Percentage) -> int:
    number = _decimal(value)
    # Comparing is exact; arithmetic on Decimals rounds to 28 digits, so it comes after the checks.
    if number is None or not 0 <= number <= 100:
        raise SplitRefused("range", version=version_id, value=_short(value))
    rounded = number.quantize(_UNIT)
    if rounded != number:
        raise SplitRefused("decimals", version=version_id, value=_short(value), rounded=rounded)
    return int(rounded * 1000)


def _decimal(value: object) -> Decimal | None:
    """The exact finite number that was written, or None. A float is its shortest decimal."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, float):
        number = Decimal(float.__repr__(value))
        return _without_noise(number) if number.is_finite() else None
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and _PLAIN.fullmatch(value.strip()):
        return Decimal(value.strip())
    return None


def _without_noise(number: Decimal) -> Decimal:
    """The whole unit that a float is meant to be, if it is that close to one."""
    if abs(number) > 1000:
        return number
    rounded = number.quantize(_UNIT)
    return rounded if abs(rounded - number) < _NOISE else number


def _balanced(shares: Sequence[VersionWeight]) -> tuple[VersionWeight, ...]:
    missing = TOTAL - sum(share.weight for share in shares)
    if abs(missing) > 1:
        raise SplitRefused(
            "sum",
            sum=format_percentage(TOTAL - missing),
            verb="raise" if missing > 0 else "lower",
            difference=format_percentage(abs(missing)),
        )
    larger = max(shares, key=lambda share: share.weight)
    return tuple(
        VersionWeight(share.version_id, share.weight + missing) if share is larger else share
        for share in shares
    )


def _short(value: object) -> str:
    # int refuses to print numbers of thousands of digits.
    try:
        text = repr(value)
    except ValueError:
        return "a number that long"
    return text if len(text) <= 40 else text[:39] + "…"
