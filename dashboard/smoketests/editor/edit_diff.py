"""What changed from one edit to another, as lines of YAML. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from dashboard.comparison.bounded_matcher import BoundedMatcher, TooMuchWork, Work

CONTEXT = 3
MOST_LINES = 2_000


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`tone` is gone, new, same, or skip for lines that are left out; numbers are 0 where a side
    has no such line."""

    tone: str
    text: str
    before: int = 0
    after: int = 0


def diff_lines(before: str, after: str) -> list[DiffLine]:
    """The lines that changed with a few around them; at most `MOST_LINES`. Two edits that have too
    little in common are shown as all lines gone and all new."""
    left, right = before.splitlines(), after.splitlines()
    try:
        return list(islice(_lines(left, right), MOST_LINES))
    except TooMuchWork:
        gone = [DiffLine("gone", text, before=n) for n, text in enumerate(left, 1)]
        new = [DiffLine("new", text, after=n) for n, text in enumerate(right, 1)]
        return gone[: MOST_LINES // 2] + new[: MOST_LINES // 2]


def _lines(left: list[str], right: list[str]) -> Iterator[DiffLine]:
    matcher = BoundedMatcher(left, right, Work(), autojunk=len(left) > 2_000)
    for number, group in enumerate(matcher.get_grouped_opcodes(CONTEXT)):
        if number:
            yield DiffLine("skip", "")
        for tag, i, i_end, j, j_end in group:
            if tag == "equal":
                for k in range(i_end - i):
                    yield DiffLine("same", left[i + k], i + k + 1, j + k + 1)
                continue
            for k in range(i, i_end):
                yield DiffLine("gone", left[k], before=k + 1)
            for k in range(j, j_end):
                yield DiffLine("new", right[k], after=k + 1)
