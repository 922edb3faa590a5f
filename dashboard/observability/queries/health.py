"""Is a version well? The edges' own word about its process, and the flags for its failures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db.models import TextField
from django.db.models.functions import Cast
from django.utils import timezone

from dashboard.fleet.edge_condition import SILENT_AFTER
from dashboard.observability.flags.failure_rate import FailureRate
from dashboard.observability.flags.flags import open_flags
from dashboard.observability.models import Flag
from routing.agent.base.process_end import EndKind
from routing.models import Edge
from routing.transactions.batches import SIZE

#: State of a process at an edge → kind, words. Worst first.
STATES = {
    "failed": ("failed", "cannot start"),
    "hung": ("hung", "hangs"),
    "backoff": ("crashing", "crash loop"),
}
#: Kind of a process's last unexpected end → words, where it runs again. Worst first; `edge` is no
#: fault of the version.
ENDS: dict[str, str] = {
    EndKind.memory: "ran out of memory",
    EndKind.hang: "hung and was replaced",
    EndKind.crash: "crashed",
    EndKind.start: "could not start",
}
#: How long such an end needs attention: a crash loop has a new one by then.
RECENT_END = timedelta(minutes=15)
#: Rule of a flag → words, what its callers are compared with.
RULES = {
    Flag.Rule.STABLE: ("harm found", "stable in the same minutes"),
    Flag.Rule.PAST: ("errors rising", "the hour before"),
    Flag.Rule.HIGH: ("errors high", ""),
}


@dataclass(frozen=True, slots=True)
class Health:
    """`words` say it, `detail` where and why.

    `kind` is ok, failed, hung, crashing, errors, or ended: it runs again after an unexpected end a
    moment ago.

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
    return flagged | unwell_processes(ids, now)


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


def unwell_processes(ids: set[str] | None, now: datetime | None = None) -> dict[str, Health]:
    """As `unwell`, by what edges report of processes alone; one query.

    Reports of thousands of versions are long: only what is needed is decoded, and nothing of a
    report in which neither such a state nor an end occurs at all.
    """
    now = now or timezone.now()
    edges = Edge.objects.filter(last_seen_on__gt=now - SILENT_AFTER)
    sick: defaultdict[str, list[_Case]] = defaultdict(list)
    for edge, status in edges.values_list("name", Cast("status", TextField())):
        if not any(word in status for word in _SIGNS):
            continue
        for version_id, process in (_decoder.decode(status).versions or {}).items():
            if (ids is None or version_id in ids) and (case := _case(edge, process, now)):
                sick[version_id].append(case)
    return {version_id: _worst(cases) for version_id, cases in sick.items()}


class _End(msgspec.Struct, gc=False):
    kind: str = ""
    at: datetime | None = None
    message: str = ""


class _Process(msgspec.Struct, gc=False):
    state: str = ""
    restarts: int | None = 0
    message: str | None = ""
    end: _End | None = None


class _Status(msgspec.Struct):
    versions: dict[str, _Process] | None = None


_decoder = msgspec.json.Decoder(_Status)
_SIGNS = ('"end": {', '"end":{', *(f'"{state}"' for state in STATES))


@dataclass(frozen=True, slots=True)
class _Case:
    """What is wrong with a version at one edge; a lower `rank` is worse."""

    rank: int
    edge: str
    kind: str
    words: str
    detail: str


def _case(edge: str, process: _Process, now: datetime) -> _Case | None:
    restarts = process.restarts or 0
    times = f", {restarts} restart{'s' if restarts > 1 else ''}" if restarts else ""
    if process.state in STATES:
        kind, words = STATES[process.state]
        message = f": {process.message}" if process.message else ""
        return _Case(list(STATES).index(process.state), edge, kind, words, times + message)
    end = process.end
    if end is None or end.at is None or end.kind not in ENDS or now - end.at > RECENT_END:
        return None
    kinds, message = [str(kind) for kind in ENDS], f": {end.message}" if end.message else ""
    detail = f" at {end.at:%H:%M:%S} UTC, runs again{times}{message}"
    rank = len(STATES) + kinds.index(end.kind)
    return _Case(rank, edge, "ended", ENDS[end.kind], detail)


def _worst(cases: list[_Case]) -> Health:
    worst = min(cases, key=lambda case: case.rank)
    edges = ", ".join(sorted(case.edge for case in cases))
    return Health(worst.kind, worst.words, f"at {edges}{worst.detail}"[:500])
