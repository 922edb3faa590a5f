"""The table: one line for each fault."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.base.figures import table
from benchmarks.cluster.rounds import Round

HEAD = (
    "fault",
    "requests",
    "failed",
    "counted",
    "complete again s",
    "next deployment s",
    "seen meanwhile",
)


def printed(rounds: Sequence[Round]) -> str:
    lines = [table(HEAD, [_row(one) for one in rounds])]
    broken = [(one.fault, why) for one in rounds for why in one.violations]
    if broken:
        lines += ["", "Not as expected:", *(f"  {fault}: {why}" for fault, why in broken)]
    return "\n".join(lines)


def _row(one: Round) -> tuple[str, ...]:
    exact = one.counted.answered if not one.counted.off_by else one.counted.counted
    return (
        one.fault,
        str(len(one.answers)),
        str(len(one.failures)),
        f"{exact} of {one.counted.answered}",
        f"{one.complete_after:.1f}",
        f"{one.deployed_after:.2f}",
        one.seen,
    )
