"""Which elements of two JSON lists belong together: by an id, by being equal, by being alike."""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from collections.abc import Sequence
from typing import Any

from dashboard.comparison.bounded_matcher import BoundedMatcher, TooMuchWork, Work

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
    elif (by_identity := _by_identity(left, right)) is not None:
        matched = by_identity
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
    matched = _in_order(ours, theirs)
    _match_moved(ours, theirs, matched)
    taken = set(matched.values())
    rest = [i for i in range(len(left)) if i not in matched]
    free = [j for j in range(len(right)) if j not in taken]
    if len(rest) <= _ALIKE and len(free) <= _ALIKE:
        rest, free = _match_alike(left, right, rest, free, matched)
    # Strings and numbers that are left have nothing in common but their places.
    matched |= dict(zip(rest, free, strict=False))
    return matched


def _in_order(ours: list[str], theirs: list[str]) -> dict[int, int]:
    """Equal ones without any that changed places; none where finding them is too much work."""
    matched: dict[int, int] = {}
    try:
        blocks = BoundedMatcher(ours, theirs, Work(), autojunk=False).get_matching_blocks()
    except TooMuchWork:
        return matched
    for i, j, size in blocks:
        matched |= {i + k: j + k for k in range(size)}
    return matched


def _match_moved(ours: list[str], theirs: list[str], matched: dict[int, int]) -> None:
    taken = set(matched.values())
    places: dict[str, deque[int]] = defaultdict(deque)
    for j, text in enumerate(theirs):
        if j not in taken:
            places[text].append(j)
    for i, text in enumerate(ours):
        if i not in matched and places[text]:
            matched[i] = places[text].popleft()


def _match_alike(
    left: Sequence[Any],
    right: Sequence[Any],
    rest: list[int],
    free: list[int],
    matched: dict[int, int],
) -> tuple[list[int], list[int]]:
    """Objects that share most of their fields; returns what is left over on both sides."""
    ours = {i: _fields(left[i]) for i in rest}
    theirs = {j: _fields(right[j]) for j in free}
    scored = [(_likeness(ours[i], theirs[j]), -abs(i - j), i, j) for i in rest for j in free]
    for score, _, i, j in sorted(scored, key=lambda s: (-s[0], -s[1], s[2])):
        if score > 0.25 and i in rest and j in free:
            matched[i] = j
            rest, free = [k for k in rest if k != i], [k for k in free if k != j]
    return rest, free


def _fields(element: Any) -> dict[str, str] | None:
    """An object's fields as text; None where it is none."""
    return {k: canonical(v) for k, v in element.items()} if isinstance(element, dict) else None


def _likeness(one: dict[str, str] | None, other: dict[str, str] | None) -> float:
    if one is None or other is None:
        return 0.0
    every = one.keys() | other.keys()
    same = [k for k in one.keys() & other.keys() if one[k] == other[k]]
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
