"""The table: one line for each fault, the worst of its rounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.base.figures import table
from benchmarks.torture.judge import Outcome, Round

HEAD = (
    "fault",
    "rounds",
    "requests",
    "refused",
    "reset",
    "5xx",
    "timeout",
    "in flight",
    "recover s",
    "answered",
    "counted",
    "lost",
    "as expected",
)


def rows(rounds: Iterable[Round]) -> list[tuple[str, ...]]:
    """Sums over the rounds of a fault; the longest recovery."""
    by_fault: dict[str, list[Round]] = {}
    for one in rounds:
        by_fault.setdefault(one.fault, []).append(one)
    return [_row(name, of_fault) for name, of_fault in by_fault.items()]


def _row(name: str, rounds: Sequence[Round]) -> tuple[str, ...]:
    def failed(outcome: Outcome) -> str:
        return str(sum(one.cost.failed[outcome] for one in rounds))

    unknown = any(one.counted.has_unknown_gap for one in rounds)
    broken = sum(bool(one.violations) for one in rounds)
    return (
        name,
        str(len(rounds)),
        str(sum(one.cost.requests for one in rounds)),
        *(failed(o) for o in (Outcome.refused, Outcome.reset, Outcome.error, Outcome.timeout)),
        str(sum(one.cost.in_flight for one in rounds)),
        f"{max(one.cost.recover_seconds for one in rounds):.1f}",
        str(sum(one.counted.answered for one in rounds)),
        str(sum(one.counted.counted for one in rounds)),
        f"{sum(one.counted.missing for one in rounds)}{' + gap' if unknown else ''}",
        "yes" if not broken else f"NO ({broken} of {len(rounds)})",
    )


def printed(rounds: Sequence[Round]) -> str:
    """The table, what the pages said, and every violation."""
    lines = [table(HEAD, rows(rounds)), "", "What the pages said, the last time:"]
    last = {one.fault: one.said for one in rounds}
    lines += [f"  {name}: {said}" for name, said in last.items()]
    broken = [(one.fault, why) for one in rounds for why in one.violations]
    if broken:
        lines += ["", "Not as expected:", *(f"  {fault}: {why}" for fault, why in broken)]
    return "\n".join(lines)
