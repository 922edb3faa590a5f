"""Two versions side by side: modules line by line, bindings and settings one by one.

Comparing takes bounded work: a bundle of many lines, or of few very long ones, is not compared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dashboard.comparison.bounded_matcher import BoundedMatcher, TooMuchWork, Work
from dashboard.workers import messages
from dashboard.workers.queries.module_text import ModuleText
from dashboard.workers.queries.version_facts import HIDDEN, Fact

Change: TypeAlias = Literal["same", "changed", "new", "gone"]
Kind: TypeAlias = Literal["same", "new", "gone", "gap"]

#: The longest line that people could still read.
LONGEST_LINE = 2_000
#: Unchanged lines around a change.
AROUND = 3


@dataclass(frozen=True, slots=True)
class DiffLine:
    """A line of a diff; a gap stands for `skipped` unchanged lines."""

    kind: Kind
    text: str = ""
    left: int | None = None
    right: int | None = None
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class FileChange:
    """One module on both sides; None where it is missing. `why` says why there are no lines."""

    name: str
    change: Change
    left: ModuleText | None
    right: ModuleText | None
    lines: tuple[DiffLine, ...] = ()
    why: str = ""

    @property
    def added(self) -> int:
        return sum(line.kind == "new" for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.kind == "gone" for line in self.lines)


@dataclass(frozen=True, slots=True)
class FactChange:
    name: str
    change: Change
    left: Fact | None
    right: Fact | None

    @property
    def is_secret(self) -> bool:
        """Its values look alike: hidden on both sides."""
        return HIDDEN in ((self.left or self.right or Fact("", "")).value,)


def files(
    left: Iterable[ModuleText],
    right: Iterable[ModuleText],
    whole: bool = False,
    work: Work | None = None,
) -> list[FileChange]:
    """Modules by name, in the order of the right side; those only on the left come last.

    All share `work`: when it is used up, the other modules are not compared line by line.
    """
    work = work or Work()
    before, after = ({f.name: f for f in side} for side in (left, right))
    names = [*after, *(name for name in before if name not in after)]
    return [_file(name, before.get(name), after.get(name), whole, work) for name in names]


def facts(left: Iterable[Fact], right: Iterable[Fact]) -> list[FactChange]:
    """Bindings or settings by name, unchanged ones too."""
    before, after = ({f.name: f for f in side} for side in (left, right))
    names = [*after, *(name for name in before if name not in after)]
    return [_fact(name, before.get(name), after.get(name)) for name in names]


def _fact(name: str, left: Fact | None, right: Fact | None) -> FactChange:
    return FactChange(name, _change(left, right, left == right), left, right)


def _file(
    name: str, left: ModuleText | None, right: ModuleText | None, whole: bool, work: Work
) -> FileChange:
    equal = left is not None and right is not None and left.sha256 == right.sha256
    change = _change(left, right, equal)
    if change == "same":
        return FileChange(name, change, left, right)
    lines: tuple[DiffLine, ...] = ()
    why = next((side.why for side in (left, right) if side and side.text is None), "")
    if not why:
        sides = (left.lines if left else [], right.lines if right else [])
        if any(len(line) > LONGEST_LINE for side in sides for line in side):
            why = messages.LINES_TOO_LONG
        else:
            lines, why = _lines(*sides, whole, work)
    return FileChange(name, change, left, right, lines, why)


def _change(left: object, right: object, equal: bool) -> Change:
    if left is None:
        return "new"
    if right is None:
        return "gone"
    return "same" if equal else "changed"


def _lines(
    left: Sequence[str], right: Sequence[str], whole: bool, work: Work
) -> tuple[tuple[DiffLine, ...], str]:
    around = max(len(left), len(right)) if whole else AROUND
    try:
        groups = list(BoundedMatcher(left, right, work).get_grouped_opcodes(around))
    except TooMuchWork:
        return (), messages.TOO_DIFFERENT
    if not groups:
        return (), messages.LINE_BREAKS_ONLY
    return tuple(_shown(groups, left, right)), ""


def _shown(
    groups: Sequence[Sequence[tuple[str, int, int, int, int]]],
    left: Sequence[str],
    right: Sequence[str],
) -> Iterator[DiffLine]:
    shown = 0
    for group in groups:
        if group[0][1] > shown:
            yield DiffLine("gap", skipped=group[0][1] - shown)
        for tag, start, end, at, until in group:
            if tag == "equal":
                for i in range(end - start):
                    yield DiffLine("same", left[start + i], start + i + 1, at + i + 1)
            else:
                yield from (DiffLine("gone", left[i], left=i + 1) for i in range(start, end))
                yield from (DiffLine("new", right[i], right=i + 1) for i in range(at, until))
        shown = group[-1][2]
    if shown < len(left):
        yield DiffLine("gap", skipped=len(left) - shown)
