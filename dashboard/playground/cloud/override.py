"""Whether an override will be applied to a Worker, and whether it was. Pure.

Cloudflare does not say why a version ran, so an override is known to be applied only if nothing
else reaches the version: at 0%.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.cloud.proof.judge import Verdict
from routing.rules.header.fields import OVERRIDES, lines_named
from routing.rules.override import read_override


@dataclass(frozen=True, slots=True)
class Forecast:
    """`kind` names a text. `asked` is the version in the header; `share` its percentage now."""

    worker: str
    kind: str
    asked: str = ""
    share: float | None = None


def forecast(
    worker: str, lines: Sequence[tuple[str, str]], shares: Mapping[str, float] | None
) -> Forecast:
    """`shares` are percentages of the live deployment by version id; None if it was not read."""
    header = [value for value in lines_named(OVERRIDES, lines)]
    reading = read_override(header, worker)
    if reading.outcome is not None:
        return Forecast(worker, str(reading.outcome))
    asked = reading.requested or ""
    if shares is None:
        return Forecast(worker, "unread", asked)
    kind = "applied" if asked in shares else "not_in_deployment"
    return Forecast(worker, kind, asked, shares.get(asked))


def outcome(asked: str, share: float | None, verdict: Verdict) -> str:
    """What became of an override of the version `asked` (empty without one), whose percentage was
    `share`."""
    if not asked:
        return "absent"
    if not verdict.confirmed:
        return "unknown"
    if verdict.version_id != asked:
        return "other"
    return "applied" if share == 0 else "consistent"
