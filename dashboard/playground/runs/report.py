"""A run in words and marks: does the observed split match, did a key stick, an override hold?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.playground.runs.statistics import Sent, Tally, tallies
from dashboard.statistics.binomial import exact_interval, expected_range
from routing.rules.split import TOTAL, format_percentage

CELL = 24
"""The grid's unit; its view box scales."""


@dataclass(frozen=True, slots=True)
class Stood:
    """How one version stood when the run began."""

    id: str
    weight: int
    role: str
    word: str
    tag: str = ""

    @property
    def percentage(self) -> str:
        return format_percentage(self.weight)

    @property
    def short(self) -> str:
        return self.id[:8]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`tone` is ok, warn, danger or plain."""

    tone: str
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One version in the table; `observed` and `interval` are percentages."""

    tally: Tally
    stood: Stood | None
    observed: str
    interval: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One request in the grid; `shape` is a role, or `none` where nothing answered."""

    number: int
    x: int
    y: int
    shape: str
    sent: Sent
    stood: Stood | None


@dataclass(frozen=True, slots=True)
class Grid:
    width: int
    height: int
    columns: int
    marks: list[Mark]

    @property
    def failed(self) -> list[Mark]:
        return [m for m in self.marks if m.sent.failed]

    @property
    def label(self) -> str:
        counts: dict[str, int] = {}
        for m in self.marks:
            word = m.stood.word.lower() if m.stood else "without a version"
            counts[word] = counts.get(word, 0) + 1
        words = ", ".join(f"{count} {word}" for word, count in counts.items())
        return f"One mark per request: {words or 'none yet'}; {len(self.failed)} failed"


def lines(sent: Sequence[Sent], stood: Sequence[Stood]) -> list[Line]:
    """By version, in the order of the split; versions that nobody expected come last."""
    found, by_id = [], {s.id: s for s in stood}
    for tally in tallies(sent, [s.id for s in stood]):
        limits = exact_interval(tally.count, len(sent))
        observed = f"{100 * tally.count / len(sent):.1f}%" if sent else "–"
        interval = f"{100 * limits.low:.1f}% to {100 * limits.high:.1f}%" if sent else "–"
        found.append(Line(tally, by_id.get(tally.version), observed, interval))
    return found


def grid(sent: Sequence[Sent], stood: Sequence[Stood], total: int) -> Grid:
    """As many places as requests were typed for, so that nothing moves while they fill."""
    columns = 20 if total <= 100 else 25 if total <= 250 else 40
    by_id = {s.id: s for s in stood}
    marks = []
    for k, one in enumerate(sent):
        who = by_id.get(one.version)
        shape = who.role if who else "none"
        x, y = k % columns * CELL, k // columns * CELL
        marks.append(Mark(k + 1, x, y, shape, one, who))
    rows = -(-total // columns)
    return Grid(columns * CELL, rows * CELL, columns, marks)


def verdict(sent: Sequence[Sent], stood: Sequence[Stood], expected: dict[str, Any]) -> Verdict:
    """What the run shows, by what was predicted: an override, a key, or chance."""
    answered = [s for s in sent if s.version]
    if not answered:
        return Verdict("danger" if sent else "plain", "No version answered.", _problem(sent))
    other = sum(s.deployment != expected.get("deployment_id") for s in answered)
    if other:
        words = f"{other:,} of {len(answered):,} answers were decided by another one than was live."
        return Verdict("warn", "The deployment changed meanwhile, so nothing is judged.", words)
    if expected.get("reason") == "percentage":
        return _by_chance(answered, stood)
    return _all_one(answered, stood, expected)


def _all_one(answered: Sequence[Sent], stood: Sequence[Stood], expected: dict[str, Any]) -> Verdict:
    wanted = next(iter(expected.get("versions", ())), "")
    name = next((f"{s.word.lower()} {s.short}" for s in stood if s.id == wanted), wanted[:8])
    strayed = sum(s.version != wanted for s in answered)
    by_key = expected.get("reason") == "affinity"
    why = "the version key sticks" if by_key else "the override held"
    if not strayed:
        return Verdict("ok", f"All {len(answered):,} ran {name}: {why}.")
    title = f"{strayed:,} of {len(answered):,} did not run {name}."
    rule = "The same key" if by_key else "An applied override"
    return Verdict("danger", title, f"{rule} must give the same version each time.")


def _by_chance(answered: Sequence[Sent], stood: Sequence[Stood]) -> Verdict:
    """The first version's count against exact binomial quantiles, with the exact interval."""
    first, count = stood[0], len(answered)
    split = " / ".join(s.percentage.removesuffix("%") for s in stood)
    hits = sum(s.version == first.id for s in answered)
    low, high = expected_range(count, first.weight / TOTAL)
    allowed = f"{low:,} to {high:,}" if low != high else f"exactly {low:,}"
    share, limits = f"{100 * hits / count:.1f}%", exact_interval(hits, count)
    interval = f"{100 * limits.low:.1f}% to {100 * limits.high:.1f}%"
    detail = (
        f"With {count:,} draws, {allowed} {first.word.lower()} answers are within chance "
        f"(95%, exact binomial). There were {hits:,}: {share}, 95% interval {interval} (exact)."
    )
    if low <= hits <= high:
        return Verdict("ok", f"Matches the configured {split}.", detail)
    rarely = " One run in twenty falls outside by chance: send again to tell." if low < high else ""
    return Verdict("warn", f"Not what {split} lets expect.", detail + rarely)


def _problem(sent: Sequence[Sent]) -> str:
    return next((s.problem for s in sent if s.problem), "")
