"""Is a version well? The edges' own word about its process, and the flags for its failures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from dashboard.observability.failure_rate import FailureRate
from dashboard.observability.flags import open_flags
from dashboard.observability.models import Flag
from dashboard.ui.propagation import SILENT_AFTER
from routing.batches import SIZE
from routing.models import Edge

#: State of a process at an edge → kind, words. Worst first.
STATES = {
    "failed": ("failed", "cannot start"),
    "hung": ("hung", "hangs"),
    "backoff": ("crashing", "crash loop"),
}
#: Rule of a flag → words, what its callers are compared with.
RULES = {
    Flag.Rule.STABLE: ("harm found", "stable in the same minutes"),
    Flag.Rule.PAST: ("errors rising", "the hour before"),
    Flag.Rule.HIGH: ("errors high", ""),
}


@dataclass(frozen=True, slots=True)
class Health:
    """`kind` is ok, failed, hung, crashing or errors; `words` say it, `detail` where and why.

    `flagged_at` is set where it stays until a person acknowledges it.
    """

    kind: str = "ok"
    words: str = ""
    detail: str = ""
    flagged_at: datetime | None = None

    @property
    def ok(self) -> bool:
        return self.kind == "ok"


WELL = Health()


def health(version_ids: Iterable[object], now: datetime | None = None) -> dict[str, Health]:
    """The health of each version by its id as text: two queries however many there are."""
    ids = {str(version_id) for version_id in version_ids}
    return dict.fromkeys(ids, WELL) | unwell(ids, now)


def unwell(ids: set[str] | None = None, now: datetime | None = None) -> dict[str, Health]:
    """Unhealthy versions among `ids`, or of all when None; two queries."""
    few = ids if ids is not None and len(ids) <= SIZE else None
    flagged = {
        flag.version_id: _flagged(flag)
        for flag in open_flags(few)
        if ids is None or flag.version_id in ids
    }
    return flagged | _by_processes(ids, (now or timezone.now()) - SILENT_AFTER)


def _flagged(flag: Flag) -> Health:
    words, compared_with = RULES[Flag.Rule(flag.rule)]
    detail = f"{FailureRate(flag.failing, max(flag.failing, flag.callers))}"
    if compared_with:
        compared = FailureRate(
            flag.compared_failing, max(flag.compared_failing, flag.compared_callers)
        )
        detail += f"; {compared_with} {compared}"
    if not flag.unknown:
        detail += ". Counted by caller"
    elif flag.unknown == flag.callers:
        detail += ". Assumes independent requests"
    else:
        detail += ". Counted by caller where callers are known"
    return Health("errors", words, detail, flag.raised_at)


def _by_processes(ids: set[str] | None, heard_since: datetime) -> dict[str, Health]:
    """Reports of thousands of versions are long: only what is needed is decoded, and nothing of a
    report in which no such state occurs at all."""
    edges = Edge.objects.filter(last_seen_on__gt=heard_since)
    sick: defaultdict[str, list[tuple[str, _Process]]] = defaultdict(list)
    for edge, status in edges.values_list("name", Cast("status", TextField())):
        if not any(f'"{state}"' in status for state in STATES):
            continue
        for version_id, process in (_decoder.decode(status).versions or {}).items():
            if process.state in STATES and (ids is None or version_id in ids):
                sick[version_id].append((edge, process))
    return {version_id: _worst(cases) for version_id, cases in sick.items()}


class _Process(msgspec.Struct, gc=False):
    state: str = ""
    restarts: int | None = 0
    message: str | None = ""


class _Status(msgspec.Struct):
    versions: dict[str, _Process] | None = None


_decoder = msgspec.json.Decoder(_Status)


def _worst(cases: list[tuple[str, _Process]]) -> Health:
    _, process = min(cases, key=lambda case: list(STATES).index(case[1].state))
    kind, words = STATES[process.state]
    edges = ", ".join(sorted(edge for edge, _ in cases))
    restarts = process.restarts or 0
    times = f", {restarts} restart{'s' if restarts > 1 else ''}" if restarts else ""
    message = f": {process.message}" if process.message else ""
    return Health(kind, words, f"at {edges}{times}{message}"[:500])
