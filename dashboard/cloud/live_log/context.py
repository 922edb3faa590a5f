"""What the live log of a Worker at Cloudflare shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from dashboard.cloud import messages
from dashboard.cloud.accounts.access import capabilities_of, client_of
from dashboard.cloud.live_log.rows import LogFilter, LogRow, Source, chosen, merged
from dashboard.cloud.models import CloudAccount, CloudTail, CloudTailEvent
from dashboard.cloud.proof.stored_logs import StoredRequest
from dashboard.cloud.provider.capabilities import Capability
from dashboard.cloud.provider.values import VersionSummary
from dashboard.cloud.readings import LOGS, Reading, reading
from dashboard.cloud.tails.watches import TailStatus, status_of, watch
from dashboard.cloud.worker_readings import deployments_of, versions_of

SHOWN = 100
READ = 1_000
"""Events that are searched."""
STORED = timedelta(minutes=15)
WATCH_SECONDS = 20
"""The page reads itself every 2 s; a tail of all requests stays open no longer than needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLogPage:
    """`stored` are invocations in Workers Logs; `why_no_tail`, `why_no_logs` say why a source is
    off, and are empty while it is on."""

    account: CloudAccount
    name: str
    problem: tuple[str, str] | None
    tail: TailStatus
    tail_words: tuple[str, str]
    why_no_tail: str
    stored: Reading[Sequence[StoredRequest]]
    why_no_logs: str
    rows: Sequence[LogRow]
    versions: Sequence[VersionSummary]
    given: LogFilter
    paused: bool
    query: str


def live_log_page(
    account: CloudAccount, name: str, given: LogFilter, now: datetime, *, paused: bool
) -> LiveLogPage:
    """At most three calls, shared by all viewers. Watches all requests unless it is paused."""
    can = capabilities_of(account)
    why_no_tail = "" if can[Capability.PROOF].works else messages.WHY["no_tail"]
    tail, tailed = TailStatus(), list[LogRow]()
    if not why_no_tail:
        tail, tailed = _tail(account, name, now, paused=paused)
    why_no_logs = "" if can[Capability.PROOF_LATER].works else messages.WHY["no_logs"]
    stored: Reading[Sequence[StoredRequest]] = Reading()
    if not why_no_logs:
        stored = stored_requests(account, name, now)
    listed = deployments_of(account, name, now).value or ()
    rows = merged(tailed, [stored_row(request) for request in stored.value or ()])
    return LiveLogPage(
        account=account,
        name=name,
        problem=messages.PROBLEMS.get(account.problem),
        tail=tail,
        tail_words=messages.TAIL_STATES[str(tail.state)],
        why_no_tail=why_no_tail,
        stored=stored,
        why_no_logs=why_no_logs,
        rows=chosen(rows, given, SHOWN),
        versions=versions_of(account, name, listed, now).value or (),
        given=given,
        paused=paused,
        query=_query(given),
    )


def stored_requests(
    account: CloudAccount, name: str, now: datetime
) -> Reading[Sequence[StoredRequest]]:
    def read() -> Sequence[StoredRequest]:
        return client_of(account).stored_requests(name, now - STORED, now, 4 * SHOWN)

    return reading(account, f"requests.{name}", read, now, LOGS)


def _tail(
    account: CloudAccount, name: str, now: datetime, *, paused: bool
) -> tuple[TailStatus, list[LogRow]]:
    """Three queries."""
    if paused:
        row = CloudTail.objects.filter(
            account=account, worker=name, scope=CloudTail.Scope.ALL
        ).first()
    else:
        row = watch(account, name, now, seconds=WATCH_SECONDS, scope=CloudTail.Scope.ALL)
    if row is None:
        return TailStatus(), []
    events = row.received.order_by("-at")[:READ]
    return status_of(row, now), [tail_row(event) for event in events]


def tail_row(event: CloudTailEvent) -> LogRow:
    detail = event.detail
    lines = [(line["level"], line["message"]) for line in detail.get("logs", ())]
    lines += [
        ("error", f"{error['name']}: {error['message']}") for error in detail.get("exceptions", ())
    ]
    return LogRow(
        event.ray,
        event.at,
        event.version_id,
        detail.get("method", ""),
        detail.get("url", ""),
        event.outcome,
        event.status,
        event.wall_ms,
        (Source.TAIL,),
        tuple(lines),
    )


def stored_row(request: StoredRequest) -> LogRow:
    log = request.log
    return LogRow(
        log.ray,
        request.at,
        log.version_id,
        request.method,
        request.url,
        log.outcome,
        log.status,
        log.wall_ms,
        (Source.LOGS,),
        request.lines,
    )


def _query(given: LogFilter) -> str:
    """The filter as a link has it."""
    pairs = {
        "version": given.version_id,
        "bad": "1" if given.bad_only else "",
        "q": given.text,
    }
    return urlencode({key: value for key, value in pairs.items() if value})
