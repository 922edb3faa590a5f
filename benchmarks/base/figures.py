"""Quartiles, paired ratios, tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

__all__ = ["median", "paired", "percentile", "quartile", "table"]


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: always a value that was measured."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def quartile(values: Sequence[float]) -> float:
    """The lower quartile: what a cost comes to while others leave the machine alone."""
    return percentile(values, 25)


def paired(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median over rounds of ours / theirs, each pair measured within seconds."""
    return median([one / other for one, other in zip(ours, theirs, strict=True)])


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Markdown that is readable as it stands: the first column to the left, others to the right."""
    cells = [list(map(str, row)) for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    cells.insert(1, rule)
    return "\n".join(_line(row, widths) for row in cells)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0].ljust(widths[0])
    others = [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
    return f"| {' | '.join([first, *others])} |"
