"""Counts every line of the access log, shipped or not. Pure.

Counting has to be cheap: lines are grouped by their raw fields, and only the few distinct groups
are interpreted when the tally is reported. Latencies become t-digests, which can be merged. RPC
calls share a connection and are not in the log one by one, so they are not counted.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from fastdigest import TDigest

from routing.agent.access_log.caller_counts import CallerMemory, Calls, Group
from routing.agent.access_log.log_line import Line, Meaning, meaning
from routing.compile import names

CENTROIDS = 100
"""Maximum per t-digest: about 1.7 kB, and p99 within about 1.5%."""

FAILURES = ("exception", "5xx", "runtime")
"""Errors that are the version's own; a 4xx is the caller's."""

NO_TRAFFIC = ("preview", "probe")
"""Kinds of requests that no user of a Worker sent."""

_CRASH_BYTES = len("Internal Server Error")


class _Seen(NamedTuple):
    """Fields that requests are grouped by."""

    minute: int
    listener: str
    route: str | None
    outcome: str | None
    version: str | None
    deployment: str | None
    status: int
    flags: str | None
    crashed: bool


class Count(NamedTuple):
    """`minute` is its first second since 1970. `hop` is external, internal, preview (a version's
    own address) or probe (the playground); the last two are not traffic of a deployment."""

    minute: int
    worker: str
    version_id: str
    deployment_id: str
    hop: str
    reason: str
    override: str
    status_class: int
    error: str


class Tally:
    """Requests of one piece of log. Tallies can be joined in any order."""

    def __init__(self) -> None:
        self._seen: defaultdict[_Seen, tuple[list[int], list[int]]] = defaultdict(_empty)

    def add(self, line: Line, started_on: float) -> None:
        """Counts the request of `line`, which started at `started_on` (seconds)."""
        seen = _Seen(
            int(started_on) // 60 * 60,
            line.listener,
            line.route,
            line.outcome,
            line.version,
            line.deployment,
            line.status,
            line.flags,
            has_crashed(line),
        )
        durations, callers = self._seen[seen]
        durations.append(line.duration_us)
        if caller := line.caller_identity:
            callers.append(hash(caller))

    def join(self, other: Tally) -> None:
        for seen, (durations, callers) in other._seen.items():
            ours = self._seen[seen]
            ours[0].extend(durations)
            ours[1].extend(callers)

    def requests(self) -> Iterator[tuple[Count, list[int]]]:
        """Counts with durations in µs; the same count may occur several times."""
        for seen, (durations, _) in self._seen.items():
            if not meaning(seen.route, seen.outcome).is_rpc:
                yield _count(seen), durations

    def calls(self) -> dict[Group, Calls]:
        """Callers by version and minute, without requests that are not traffic."""
        found: defaultdict[Group, Calls] = defaultdict(Calls)
        for seen, (durations, callers) in self._seen.items():
            count = _count(seen)
            is_rpc = meaning(seen.route, seen.outcome).is_rpc
            if count.worker and not is_rpc and count.hop not in NO_TRAFFIC:
                group = Group(count.minute, count.worker, count.version_id, count.deployment_id)
                found[group].add(len(durations), callers, failed=count.error in FAILURES)
        return found

    def told(self, known: CallerMemory | None = None) -> dict[str, list[Any]]:
        """What is sent to the control plane: `counts` are (*Count, requests), `latency` are
        (minute, worker, version id, hop, requests, sum in µs, t-digest of µs as Base64), `callers`
        as in `CallerMemory.rows` without those already counted."""
        requests: defaultdict[Count, int] = defaultdict(int)
        spans: defaultdict[tuple[int, str, str, str], list[int]] = defaultdict(list)
        for count, durations in self.requests():
            requests[count] += len(durations)
            spans[count.minute, count.worker, count.version_id, count.hop] += durations
        return {
            "counts": [[*count, n] for count, n in sorted(requests.items())],
            "latency": [[*key, len(d), sum(d), _digest(d)] for key, d in sorted(spans.items())],
            "callers": (known or CallerMemory()).rows(self.calls()),
        }


def has_crashed(line: Line) -> bool:
    """workerd answers an uncaught exception with 21 bytes and no content type."""
    return line.status == 500 and line.typed is None and line.tx == _CRASH_BYTES


def error_kind(status: int, flags: str, *, crashed: bool) -> str:
    """exception, 5xx, 4xx, runtime, or "" for success. `runtime`: Envoy answered because the
    version's process did not."""
    if crashed:
        return "exception"
    if status >= 500:
        return "runtime" if flags.strip("-") else "5xx"
    return "4xx" if status >= 400 else ""


def _count(seen: _Seen) -> Count:
    meant = meaning(seen.route, seen.outcome)
    return Count(
        seen.minute,
        meant.worker,
        names.parse_cluster(seen.version or "")[0] if meant.worker else "",
        seen.deployment or "",
        _hop(seen.listener, meant),
        meant.reason,
        meant.override if meant.worker else "absent",
        seen.status // 100,
        error_kind(seen.status, seen.flags or "", crashed=seen.crashed),
    )


def _hop(listener: str, meant: Meaning) -> str:
    if meant.worker and meant.kind == names.PREVIEW:
        return "preview"
    if listener == "proof":
        return "probe"
    return "internal" if listener == "internal" else "external"


def _empty() -> tuple[list[int], list[int]]:
    """Durations in µs and a hash per caller."""
    return [], []


def _digest(durations: list[int]) -> str:
    return base64.b64encode(
        TDigest.from_values(durations, max_centroids=CENTROIDS).to_bytes()
    ).decode()
