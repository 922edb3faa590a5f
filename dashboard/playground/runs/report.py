"""A run's result: whether the split matched, or the key or the override chose one version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.fleet.version_roles import Standing
from dashboard.playground.runs.statistics import Sent, Tally, tallies
from dashboard.statistics.binomial import exact_interval, expected_range
from routing.rules.split import TOTAL, format_percentage

CELL = 24
"""Units of the grid's view box."""


@dataclass(frozen=True, slots=True)
class VersionRole:
    """One version of the live deployment when the run began."""

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


def role_of(standing: Standing) -> VersionRole:
    version = standing.version
    return VersionRole(
        str(version.id), standing.weight or 0, str(standing.role), standing.word, version.tag
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """`tone` is ok, warn, danger or plain."""

    tone: str
    title: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class VersionResult:
    """One version in the table; `observed` and `interval` are percentages."""

    tally: Tally
    version: VersionRole | None
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
    version: VersionRole | None

    @property
    def version_words(self) -> str:
        if self.version:
            return f"{self.version.word} {self.version.short}"
        return self.sent.version[:8] or "No version"


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
            word = m.version.word.lower() if m.version else "without a version"
            counts[word] = counts.get(word, 0) + 1
        words = ", ".join(f"{count} {word}" for word, count in counts.items())
        return f"One mark per request: {words or 'none yet'}; {len(self.failed)} failed"


def results_by_version(sent: Sequence[Sent], roles: Sequence[VersionRole]) -> list[VersionResult]:
    """In the order of the split; versions outside it come last."""
    results, by_id = [], {role.id: role for role in roles}
    for tally in tallies(sent, [role.id for role in roles]):
        limits = exact_interval(tally.count, len(sent))
        observed = f"{100 * tally.count / len(sent):.1f}%" if sent else "–"
        interval = f"{100 * limits.low:.1f}% to {100 * limits.high:.1f}%" if sent else "–"
        results.append(VersionResult(tally, by_id.get(tally.version), observed, interval))
    return results


def observed_label(results: Sequence[VersionResult]) -> str:
    parts = [
        f"{r.version.word.lower()} {r.version.short} {r.observed}" for r in results if r.version
    ]
    return f"Observed: {', '.join(parts)}"


def grid(sent: Sequence[Sent], roles: Sequence[VersionRole], total: int) -> Grid:
    """A place for each of `total` requests, so that no mark moves while they arrive."""
    columns = 20 if total <= 100 else 25 if total <= 250 else 40
    by_id = {role.id: role for role in roles}
    marks = []
    for k, one in enumerate(sent):
        version = by_id.get(one.version)
        x, y = k % columns * CELL, k // columns * CELL
        marks.append(Mark(k + 1, x, y, version.role if version else "none", one, version))
    rows = -(-total // columns)
    return Grid(columns * CELL, rows * CELL, columns, marks)


def verdict(
    sent: Sequence[Sent], roles: Sequence[VersionRole], expected: dict[str, Any]
) -> Verdict:
    """The result against the prediction: by percentage, by version key or by override."""
    answered = [s for s in sent if s.version]
    if not answered:
        return Verdict("danger" if sent else "plain", "No version answered.", _problem(sent))
    other = sum(s.deployment != expected.get("deployment_id") for s in answered)
    if other:
        text = f"{other:,} of {len(answered):,} answers came from another deployment."
        return Verdict(
            "warn", "The deployment changed during the run, so there is no result.", text
        )
    if expected.get("reason") == "percentage":
        return _by_chance(answered, roles)
    return _all_one(answered, roles, expected)


def _all_one(
    answered: Sequence[Sent], roles: Sequence[VersionRole], expected: dict[str, Any]
) -> Verdict:
    expected_id = next(iter(expected.get("versions", ())), "")
    name = next(
        (f"{s.word.lower()} {s.short}" for s in roles if s.id == expected_id), expected_id[:8]
    )
    others = sum(s.version != expected_id for s in answered)
    by_key = expected.get("reason") == "affinity"
    why = "the version key sticks" if by_key else "the override applied"
    if not others:
        return Verdict("ok", f"All {len(answered):,} ran {name}: {why}.")
    title = f"{others:,} of {len(answered):,} did not run {name}."
    rule = "The same key" if by_key else "An applied override"
    return Verdict("danger", title, f"{rule} must give the same version each time.")


def _by_chance(answered: Sequence[Sent], roles: Sequence[VersionRole]) -> Verdict:
    """The first version's count against exact binomial quantiles."""
    first, count = roles[0], len(answered)
    split = " / ".join(s.percentage.removesuffix("%") for s in roles)
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
    rarely = " One run in 20 is outside by chance. Send again to check." if low < high else ""
    return Verdict("warn", f"Outside what {split} makes likely.", detail + rarely)


def _problem(sent: Sequence[Sent]) -> str:
    return next((s.problem for s in sent if s.problem), "")
