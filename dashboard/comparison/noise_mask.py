"""Where stable differs from itself, and whether another difference is of the same sort."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from dashboard.comparison.json_diff import Change
from dashboard.comparison.noise import MISSING, key_shape, kind, varies_alike

SELF = "stable differs from itself"


class Noise:
    """Judges each change by the differences between stable's two answers."""

    def __init__(self, changes: Sequence[Change], document: Any) -> None:
        self.at = {change.path: change for change in changes}
        self.everywhere = _everywhere(changes, document)
        self.lists = {_list_of(c.path) for c in changes if c.kind in ("added", "removed")} - {""}
        self.shapes = {_shaped(c.path) for c in changes if c.kind in ("added", "removed")}

    def judge(self, change: Change) -> tuple[str, bool]:
        """The reason if it is noise; and whether stable varies there in another way."""
        seen = self.at.get(change.path)
        if seen is not None:
            if seen.kind == "order" or varies_alike(seen.before, seen.after, change.after):
                return SELF, False
            return "", True
        if any(above in self.at for above in _above(change.path)):
            return SELF, False
        if change.kind in ("added", "removed"):
            varies = _list_of(change.path) in self.lists or _shaped(change.path) in self.shapes
            return (SELF if varies else ""), False
        star = re.sub(r"\[\d+\]", "[*]", change.path)
        if kinds := self.everywhere.get(star):
            alike = kind(change.after) in kinds
            return (f"{SELF}, in every element" if alike else ""), not alike
        return "", False


def _everywhere(changes: Sequence[Change], document: Any) -> dict[str, set[str]]:
    """Paths with `[*]` that vary in nearly all elements → the kinds of values there."""
    places: dict[str, list[Change]] = {}
    for change in changes:
        if change.kind == "changed" and "[" in change.path:
            places.setdefault(re.sub(r"\[\d+\]", "[*]", change.path), []).append(change)
    return {
        path: {kind(value) for c in there for value in (c.before, c.after)}
        for path, there in places.items()
        if len(there) > 1 and len(there) >= 0.75 * _count(document, steps(path)[1:])
    }


def _count(value: Any, below: Sequence[str]) -> int:
    """How many values a path with `[*]` leads to."""
    if not below:
        return 1
    if below[0] == "[*]":
        return sum(_count(v, below[1:]) for v in value) if isinstance(value, list) else 0
    if not isinstance(value, dict):
        return 0
    inner = value.get(_key(below[0]), MISSING)
    return 0 if inner is MISSING else _count(inner, below[1:])


def _key(one: str) -> str:
    """The key of a step: `.name` or `["odd name"]`. One that was shortened leads nowhere."""
    if one.startswith("."):
        return one[1:]
    try:
        return str(json.loads(one[1:-1]))
    except ValueError:
        return ""


def steps(path: str) -> list[str]:
    """`$`, `.name`, `["odd name"]`, `[0]`, `[+0]`, `[*]`."""
    return re.findall(r'^\$|\.[^.\[]+|\["(?:[^"\\]|\\.)*"\]|\[(?:\+?\d+|\*)\]', path)


def _above(path: str) -> list[str]:
    """The paths that contain this one."""
    parts = steps(path)
    return ["".join(parts[:k]) for k in range(1, len(parts))]


def _list_of(path: str) -> str:
    """The list whose element this path is; empty when it is none."""
    match = re.fullmatch(r"(.*)\[\+?\d+\]", path)
    return match[1] if match else ""


def _shaped(path: str) -> str:
    """The path with a key that looks made up replaced by its shape; empty without such a key."""
    parent, dot, key = path.rpartition(".")
    if not dot:
        match = re.fullmatch(r'(.*)\["(.*)"\]', path)
        parent, key = (match[1], match[2]) if match else ("", "")
    shape = key_shape(key)
    return f"{parent}.{shape}" if shape != key else ""
