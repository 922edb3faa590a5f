"""The texts of a comparison: the verdict, each difference, and the lines with their tones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.comparison.compare import IDENTITY, USUAL, Comparison, Difference
from dashboard.comparison.json_diff import LinePair

MOST_LINES = 3_000
"""Lines of a body on the page. The list of differences has those beyond them, too."""
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Verdict:
    tone: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A row with its tone: same, real or noise. `number` is set where a difference begins."""

    row: LinePair
    tone: str
    number: int = 0


def verdict(comparison: Comparison) -> Verdict:
    """Whether there are differences other than noise."""
    real, noise = comparison.real, _noise(comparison.masked)
    if real:
        title = f"{len(real)} real difference{'s'[: len(real) != 1]}."
        return Verdict("warn", title, f"{_kinds(real)} {noise}".strip())
    if not comparison.masked:
        return Verdict("ok", "No difference.", "Status, headers and body are the same.")
    return Verdict("ok", "No difference that matters.", noise)


def place(difference: Difference) -> str:
    """Where it is: `$.lines[1].vat`, `header x-plan`, `line 4`, `status`."""
    if difference.part == "header":
        return "header " + difference.change.path.removeprefix("$.").strip('$["]')
    return difference.change.path


def sentence(difference: Difference) -> str:
    """How the value changed."""
    change = difference.change
    if change.kind == "order":
        words = "The same elements in another order"
    elif change.kind == "added":
        words = f"New: {short(change.after)}"
    elif change.kind == "removed":
        words = f"Gone: {short(change.before)}"
    else:
        words = f"{short(change.before)} became {short(change.after)}"
    return words + ("; stable varies here too, but not in this way" if difference.unlike else "")


def short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def marked_lines(
    rows: Sequence[LinePair], differences: Sequence[Difference], part: str, start: int = 0
) -> list[MarkedLine]:
    """The lines of a page; real differences are numbered from `start` + 1."""
    masked = {d.change.path: d.masked for d in differences if d.part == part}
    lines, number, before = [], start, ""
    for row in rows[:MOST_LINES]:
        tone = "same" if not row.path else "noise" if masked.get(row.path) else "real"
        begins = tone == "real" and row.path != before
        number += begins
        lines.append(MarkedLine(row, tone, number if begins else 0))
        before = row.path
    return lines


def _kinds(real: Sequence[Difference]) -> str:
    counts = Counter(f.change.kind for f in real)
    words = [
        f"{count} value{'s'[: count != 1]} {kind}" if kind != "order" else f"{count} in other order"
        for kind, count in sorted(counts.items(), key=lambda item: item[0] != "changed")
    ]
    return ", ".join(words) + "."


def _noise(masked: Sequence[Difference]) -> str:
    if not masked:
        return ""
    reasons = Counter(f.reason for f in masked)
    own, usual = reasons.pop(IDENTITY, 0), reasons.pop(USUAL, 0)
    itself = sum(reasons.values())
    parts = []
    if itself:
        differ = "differs" if itself == 1 else "differ"
        parts.append(f"{itself} {differ} between the two stable answers as well")
    if own:
        parts.append(f"{own} {'is' if own == 1 else 'are'} the version’s own name")
    if usual:
        words = (
            "is a header that always differs" if usual == 1 else "are headers that always differ"
        )
        parts.append(f"{usual} {words}")
    return f"{len(masked)} {'is' if len(masked) == 1 else 'are'} noise: {', '.join(parts)}."
