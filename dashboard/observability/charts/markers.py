"""Deployments as dashed verticals on a chart. Those whose labels would cover each other share one.

x is in percent of the width. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_LETTER = 7.0
"""Pixels of a letter in a label."""
_GAP = 8.0


@dataclass(frozen=True, slots=True)
class Marker:
    """One deployment. `title` says it with its time."""

    x: float
    label: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Deployments with one label. It begins right of the last line, or ends left of the first
    (`before`) where the drawing ends. `newest` keeps its label on phones, too."""

    xs: tuple[float, ...]
    label: str
    title: str
    before: bool = False
    newest: bool = False

    @property
    def x(self) -> float:
        """Where the label stands."""
        return self.xs[0] if self.before else self.xs[-1]


def grouped(markers: Sequence[Marker], width: float) -> tuple[Group, ...]:
    """From left to right, for a drawing of that `width` in pixels."""
    groups: list[list[Marker]] = []
    for marker in sorted(markers, key=lambda m: m.x):
        groups.append([marker])
        while len(groups) > 1 and _reach(groups[-2], width)[1] > _reach(groups[-1], width)[0]:
            last = groups.pop()
            groups[-1] += last
    return tuple(_group(g, width, newest=g is groups[-1]) for g in groups)


def _group(markers: Sequence[Marker], width: float, *, newest: bool) -> Group:
    title = ", ".join(m.title or m.label for m in markers)
    xs = tuple(m.x for m in markers)
    return Group(xs, _label(markers), title, _is_before(markers, width), newest)


def _label(markers: Sequence[Marker]) -> str:
    first, last = markers[0].label, markers[-1].label
    if len(markers) == 1:
        return first
    return f"{first} → {last}" if len(markers) == 2 else f"{first} … {last}"


def _reach(markers: Sequence[Marker], width: float) -> tuple[float, float]:
    """From where to where lines and label go."""
    first, last, size = markers[0].x, markers[-1].x, _size(markers, width)
    return (first - size, last) if _is_before(markers, width) else (first, last + size)


def _is_before(markers: Sequence[Marker], width: float) -> bool:
    size = _size(markers, width)
    return markers[-1].x + size > 100 and markers[0].x >= size


def _size(markers: Sequence[Marker], width: float) -> float:
    return 100 * (_LETTER * len(_label(markers)) + _GAP) / width
