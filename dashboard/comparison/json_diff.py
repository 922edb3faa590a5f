"""Two documents side by side: the paths at which they differ, and their lines in pairs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from dashboard.comparison.bounded_matcher import BoundedMatcher, TooMuchWork, Work
from dashboard.comparison.list_alignment import align, canonical
from dashboard.comparison.noise import MISSING

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
#: Deeper values are compared as a whole.
DEEPEST = 60
#: Longer keys are shortened in paths: a path is made for each place below one.
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Change:
    """`kind` is changed, added, removed or order; places in lists are those of the left side."""

    path: str
    kind: str
    before: Any
    after: Any

    @property
    def sign(self) -> str:
        return {"added": "+", "removed": "−"}.get(self.kind, "~")


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of one side; `value` is the part that differs."""

    number: int
    lead: str
    value: str = ""
    tail: str = ""


@dataclass(frozen=True, slots=True)
class LinePair:
    """A line of both sides, or of one. `path` is that of the change in it, if any."""

    left: Cell | None
    right: Cell | None
    path: str = ""


@dataclass
class Walk:
    """The result of a comparison; `left` and `right` count lines."""

    changes: list[Change] = field(default_factory=list)
    rows: list[LinePair] = field(default_factory=list)
    left: int = 0
    right: int = 0

    def row(self, left: Any, right: Any, path: str = "") -> None:
        """One row of up to two lines, each (lead, value, tail)."""
        self.left += left is not None
        self.right += right is not None
        one = Cell(self.left, *left) if left else None
        self.rows.append(LinePair(one, Cell(self.right, *right) if right else None, path))


def walk_json(left: Any, right: Any) -> Walk:
    """Every path at which two JSON documents differ; the order of an object's keys is none."""
    walk = Walk()
    _both(walk, left, right, _Place())
    return walk


def walk_text(left: str, right: str) -> Walk:
    """The same by lines; a line that only the right side has is `line 3+`, after the third."""
    walk = Walk()
    ours, theirs = left.split("\n"), right.split("\n")
    for tag, i, i_stop, j, j_stop in _opcodes(ours, theirs):
        if tag == "equal":
            for line in ours[i:i_stop]:
                walk.row((line, "", ""), (line, "", ""))
        else:
            _lines(walk, ours[i:i_stop], theirs[j:j_stop], i)
    return walk


def _opcodes(ours: list[str], theirs: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """As `difflib` has them. Two texts with too little in common are compared line by line."""
    try:
        matcher = BoundedMatcher(ours, theirs, Work(), autojunk=len(ours) > 2_000)
        return matcher.get_opcodes()
    except TooMuchWork:
        both = min(len(ours), len(theirs))
        pairs = (("equal" if ours[k] == theirs[k] else "replace", k) for k in range(both))
        rest = ("replace", both, len(ours), both, len(theirs))
        return [*((tag, k, k + 1, k, k + 1) for tag, k in pairs), rest]


def _lines(walk: Walk, ours: Sequence[str], theirs: Sequence[str], start: int) -> None:
    for k in range(max(len(ours), len(theirs))):
        before = ours[k] if k < len(ours) else MISSING
        after = theirs[k] if k < len(theirs) else MISSING
        more = k - len(ours) + 1
        place = start + k + 1 if more <= 0 else start + len(ours)
        path = f"line {place}" + ("" if more <= 0 else "+" if more == 1 else f"+{more}")
        walk.changes.append(Change(path, _kind(before, after), before, after))
        one, other = (None if v is MISSING else ("", v, "") for v in (before, after))
        walk.row(one, other, path)


def step(path: str, key: str) -> str:
    """The path of a field."""
    if len(key) > LONGEST_KEY:
        key = f"{key[:100]}…{hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()[:12]}"
    return f"{path}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{path}[{json.dumps(key)}]"


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a walk is: the path, the text before a value and behind it on each side."""

    path: str = "$"
    lead: str = ""
    tails: tuple[str, str] = ("", "")
    depth: int = 0

    @property
    def indent(self) -> str:
        return self.lead[: len(self.lead) - len(self.lead.lstrip(" "))]

    def inside(self, path: str, name: str, tails: tuple[str, str]) -> _Place:
        return _Place(path, f"{self.indent}  {name}", tails, self.depth + 1)

    def bracket(self, walk: Walk, opening: str, path: str = "") -> None:
        one, other = ((self.lead + opening, "", ""),) * 2
        if opening in "}]":
            one, other = ((self.indent + opening + tail, "", "") for tail in self.tails)
        walk.row(one, other, path)


def _both(walk: Walk, left: Any, right: Any, at: _Place) -> None:
    if left is MISSING or right is MISSING:
        _differs(walk, left, right, at)
    elif canonical(left) == canonical(right):
        lines = zip(_print(left, at, 0), _print(right, at, 1), strict=True)
        for one, other in lines:
            walk.row(("".join(one), "", ""), ("".join(other), "", ""))
    elif at.depth < DEEPEST and isinstance(left, dict) and isinstance(right, dict):
        _objects(walk, left, right, at)
    elif at.depth < DEEPEST and isinstance(left, list) and isinstance(right, list):
        _lists(walk, left, right, at)
    else:
        _differs(walk, left, right, at)


def _differs(walk: Walk, left: Any, right: Any, at: _Place) -> None:
    walk.changes.append(Change(at.path, _kind(left, right), left, right))
    ours = _print(left, at, 0) if left is not MISSING else []
    theirs = _print(right, at, 1) if right is not MISSING else []
    for one, other in zip_longest(ours, theirs):
        walk.row(one, other, at.path)


def _objects(walk: Walk, left: dict[str, Any], right: dict[str, Any], at: _Place) -> None:
    at.bracket(walk, "{")
    ours, theirs = list(left), list(right)
    for key in _merged(ours, theirs):
        commas = (_comma([key] == ours[-1:]), _comma([key] == theirs[-1:]))
        name = f"{json.dumps(key, ensure_ascii=False)}: "
        inside = at.inside(step(at.path, key), name, commas)
        _both(walk, left.get(key, MISSING), right.get(key, MISSING), inside)
    at.bracket(walk, "}")


def _lists(walk: Walk, left: list[Any], right: list[Any], at: _Place) -> None:
    pairs, moved = align(left, right)
    if moved:
        walk.changes.append(Change(f"{at.path} order", "order", left, right))
    at.bracket(walk, "[", f"{at.path} order" if moved else "")
    for i, j in pairs:
        one = left[i] if i is not None else MISSING
        other = right[j] if j is not None else MISSING
        path = f"{at.path}[{i}]" if i is not None else f"{at.path}[+{j}]"
        commas = (_comma(i == len(left) - 1), _comma(j == len(right) - 1))
        _both(walk, one, other, at.inside(path, "", commas))
    at.bracket(walk, "]")


def _print(value: Any, at: _Place, side: int) -> list[tuple[str, str, str]]:
    """The lines of a value, each (lead, value, tail)."""
    lines = json.dumps(value, indent=2, ensure_ascii=False).split("\n")
    last = len(lines) - 1
    return [
        (at.indent if k else at.lead, line, at.tails[side] if k == last else "")
        for k, line in enumerate(lines)
    ]


def _merged(left: list[str], right: list[str]) -> Iterable[str]:
    """The left side's keys, with the right side's own after the key that they follow there."""
    on_left = set(left)
    behind: dict[str | None, list[str]] = {}
    anchor: str | None = None  # the last key of both sides; None before the first one
    for key in right:
        if key in on_left:
            anchor = key
        else:
            behind.setdefault(anchor, []).append(key)
    out = list(behind.get(None, ()))
    for key in left:
        out += [key, *behind.get(key, ())]
    return out


def _comma(last: bool) -> str:
    return "" if last else ","


def _kind(before: Any, after: Any) -> str:
    if before is MISSING:
        return "added"
    return "removed" if after is MISSING else "changed"
