"""A comparison in words: the verdict, each difference, and the lines with their tones."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.comparison.compare import IDENTITY, USUAL, Comparison, Found
from dashboard.comparison.json_diff import Row

SHOWN = 3_000
"""Lines of a body that are shown; differences beyond them are listed all the same."""
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Verdict:
    tone: str
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its tone: same, real or noise. `number` is set where a difference begins."""

    row: Row
    tone: str
    number: int = 0


def verdict(found: Comparison) -> Verdict:
    """Whether anything is left when noise is taken away."""
    real, noise = found.real, _noise(found.masked)
    if real:
        title = f"{len(real)} real difference{'s'[: len(real) != 1]}."
        return Verdict("warn", title, f"{_kinds(real)} {noise}".strip())
    if not found.masked:
        return Verdict("ok", "No difference.", "Status, headers and body are the same.")
    return Verdict("ok", "No difference that matters.", noise)


def place(found: Found) -> str:
    """Where it is: `$.lines[1].vat`, `header x-plan`, `line 4`, `status`."""
    if found.part == "header":
        return "header " + found.change.path.removeprefix("$.").strip('$["]')
    return found.change.path


def sentence(found: Found) -> str:
    """What happened there."""
    change = found.change
    if change.kind == "order":
        words = "The same elements in another order"
    elif change.kind == "added":
        words = f"New: {short(change.after)}"
    elif change.kind == "removed":
        words = f"Gone: {short(change.before)}"
    else:
        words = f"{short(change.before)} became {short(change.after)}"
    return words + ("; stable varies here too, but never like this" if found.unlike else "")


def short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def marked(rows: Sequence[Row], found: Sequence[Found], part: str, start: int = 0) -> list[Line]:
    """The lines to show; real differences are numbered from `start` + 1 on."""
    masked = {f.change.path: f.masked for f in found if f.part == part}
    lines, number, before = [], start, ""
    for row in rows[:SHOWN]:
        tone = "same" if not row.path else "noise" if masked.get(row.path) else "real"
        begins = tone == "real" and row.path != before
        number += begins
        lines.append(Line(row, tone, number if begins else 0))
        before = row.path
    return lines


def _kinds(real: Sequence[Found]) -> str:
    counts = Counter(f.change.kind for f in real)
    words = [
        f"{count} value{'s'[: count != 1]} {kind}" if kind != "order" else f"{count} in other order"
        for kind, count in sorted(counts.items(), key=lambda item: item[0] != "changed")
    ]
    return ", ".join(words) + "."


def _noise(masked: Sequence[Found]) -> str:
    """Why the rest does not count."""
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
