"""Which elements of two JSON lists belong together: by an id, by being equal, by being alike."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any

#: Names under which an element says who it is, best first.
IDENTITIES = ("id", "uuid", "key", "sku", "slug", "code", "name")
#: Longer lists are paired by place.
LONGEST = 2_000
_ALIKE = 60

Pair = tuple[int | None, int | None]


def canonical(value: Any) -> str:
    """Equal for equal JSON; 1, 1.0 and true stay apart."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def align(left: Sequence[Any], right: Sequence[Any]) -> tuple[list[Pair], bool]:
    """Pairs of places in the order to show them, and whether common elements changed places."""
    if max(len(left), len(right)) > LONGEST:
        matched = {i: i for i in range(min(len(left), len(right)))}
    elif (found := _by_identity(left, right)) is not None:
        matched = found
    else:
        matched = _by_value(left, right)
    places = [matched[i] for i in sorted(matched)]
    return _interleaved(len(left), len(right), matched), places != sorted(places)


def _by_identity(left: Sequence[Any], right: Sequence[Any]) -> dict[int, int] | None:
    """None unless every element has an id of its own and half of them are on both sides."""
    if not left or not right or not all(isinstance(v, dict) for v in (*left, *right)):
        return None
    for name in IDENTITIES:
        ours, theirs = (_names(side, name) for side in (left, right))
        common = ours.keys() & theirs.keys()
        if len(ours) == len(left) and len(theirs) == len(right):
            if 2 * len(common) >= min(len(left), len(right)):
                return {ours[value]: theirs[value] for value in common}
    return None


def _names(side: Sequence[Any], name: str) -> dict[str, int]:
    scalars = (str, int)
    return {canonical(v[name]): i for i, v in enumerate(side) if isinstance(v.get(name), scalars)}


def _by_value(left: Sequence[Any], right: Sequence[Any]) -> dict[int, int]:
    """Equal ones first, in order and then wherever they are; the rest by likeness, then place."""
    ours, theirs = [canonical(v) for v in left], [canonical(v) for v in right]
    matched: dict[int, int] = {}
    for i, j, size in SequenceMatcher(None, ours, theirs, autojunk=False).get_matching_blocks():
        matched |= {i + k: j + k for k in range(size)}
    _match_moved(ours, theirs, matched)
    rest = [i for i in range(len(left)) if i not in matched]
    free = [j for j in range(len(right)) if j not in set(matched.values())]
    if len(rest) <= _ALIKE and len(free) <= _ALIKE:
        rest, free = _match_alike(left, right, rest, free, matched)
    # Strings and numbers that are left have nothing in common but their places.
    matched |= dict(zip(rest, free, strict=False))
    return matched


def _match_moved(ours: list[str], theirs: list[str], matched: dict[int, int]) -> None:
    taken = set(matched.values())
    places: dict[str, list[int]] = defaultdict(list)
    for j, text in enumerate(theirs):
        if j not in taken:
            places[text].append(j)
    for i, text in enumerate(ours):
        if i not in matched and places[text]:
            matched[i] = places[text].pop(0)


def _match_alike(
    left: Sequence[Any],
    right: Sequence[Any],
    rest: list[int],
    free: list[int],
    matched: dict[int, int],
) -> tuple[list[int], list[int]]:
    """Objects that share most of their fields; returns what is left over on both sides."""
    scored = [(_likeness(left[i], right[j]), -abs(i - j), i, j) for i in rest for j in free]
    for score, _, i, j in sorted(scored, key=lambda s: (-s[0], -s[1], s[2])):
        if score > 0.25 and i in rest and j in free:
            matched[i] = j
            rest, free = [k for k in rest if k != i], [k for k in free if k != j]
    return rest, free


def _likeness(one: Any, other: Any) -> float:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return 0.0
    every = one.keys() | other.keys()
    same = [k for k in one.keys() & other.keys() if canonical(one[k]) == canonical(other[k])]
    return len(same) / len(every) if every else 1.0


def _interleaved(left: int, right: int, matched: dict[int, int]) -> list[Pair]:
    """The left side's order, with what only the right side has after what it follows there."""
    back = {j: i for i, j in matched.items()}
    after: dict[int | None, list[int]] = defaultdict(list)
    anchor: int | None = None
    for j in range(right):
        if j in back:
            anchor = back[j]
        else:
            after[anchor].append(j)
    pairs: list[Pair] = [(None, j) for j in after[None]]
    for i in range(left):
        pairs.append((i, matched.get(i)))
        pairs += [(None, j) for j in after[i]]
    return pairs


def same_elements(left: Sequence[Any], right: Sequence[Any]) -> bool:
    """Whether both lists hold the same elements, in any order."""
    return Counter(map(canonical, left)) == Counter(map(canonical, right))
