"""What a token can do: each capability is tried once with a harmless call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from dashboard.cloud.client import values
from dashboard.cloud.client.calls import CloudClient
from dashboard.cloud.client.errors import CloudError, Kind


class Check(StrEnum):
    """`LOGS` gives errors and latency by version, and finds past requests."""

    WORKERS = "workers"
    CODE = "code"
    TAIL = "tail"
    COUNTS = "counts"
    ADDRESSES = "addresses"
    LOGS = "logs"
    DEPLOY = "deploy"


class State(StrEnum):
    """`UNTRIED`: it would change something, or there was nothing to try it on."""

    WORKS = "works"
    MISSING = "missing"
    UNTRIED = "untried"
    FAILED = "failed"


PERMISSIONS: Mapping[Check, str] = {
    Check.WORKERS: "Workers Scripts: Read",
    Check.CODE: "Workers Scripts: Read",
    Check.TAIL: "Workers Tail: Read",
    Check.COUNTS: "Account Analytics: Read",
    Check.ADDRESSES: "Zone: Read, Workers Routes: Read",
    Check.LOGS: "Workers Observability: Edit",
    Check.DEPLOY: "Workers Scripts: Edit",
}


@dataclass(frozen=True, slots=True)
class Result:
    """`detail` is the API's own message when a check failed, else a number."""

    state: State
    detail: str = ""


def run_checklist(client: CloudClient, now: datetime) -> dict[Check, Result]:
    """At most nine calls. Only a tail is created, and deleted at once."""
    workers: list[values.Worker] = []

    def listed() -> str:
        workers.extend(client.workers())
        return str(len(workers))

    results = {Check.WORKERS: _tried(listed)}
    first = next((w for w in workers if w.deployed_on), workers[0] if workers else None)
    name = first.name if first else ""
    results[Check.CODE] = _tried(lambda: _code(client, first)) if first else Result(State.UNTRIED)
    results[Check.TAIL] = _tried(lambda: _tail(client, name)) if first else Result(State.UNTRIED)
    results[Check.COUNTS] = _tried(lambda: _counts(client, now))
    results[Check.ADDRESSES] = (
        _tried(lambda: str(len(client.routes(name)))) if first else Result(State.UNTRIED)
    )
    results[Check.LOGS] = _tried(lambda: _logs(client, now))
    return results | {Check.DEPLOY: Result(State.UNTRIED)}


def works(checklist: Mapping[str, Any]) -> dict[str, bool | None]:
    """A stored checklist for the table of capabilities: None where it is not known."""
    known = {State.WORKS: True, State.MISSING: False}
    return {name: known.get(given["state"]) for name, given in checklist.items()}


def _tried(call: Callable[[], str]) -> Result:
    try:
        return Result(State.WORKS, call())
    except CloudError as error:
        missing = error.kind is Kind.FORBIDDEN
        return Result(State.MISSING if missing else State.FAILED, error.message)


def _code(client: CloudClient, worker: values.Worker) -> str:
    versions = client.versions(worker.name)
    if versions:
        client.has_code(worker.id, versions[0].id)
    return ""


def _tail(client: CloudClient, name: str) -> str:
    client.close_tail(name, client.open_tail(name).id)
    return name


def _counts(client: CloudClient, now: datetime) -> str:
    return str(len(client.counts(now - timedelta(minutes=10), now)))


def _logs(client: CloudClient, now: datetime) -> str:
    until = int(now.timestamp() * 1000)
    client.telemetry(
        {
            "queryId": "sluice",
            "view": "events",
            "limit": 1,
            "timeframe": {"from": until - 60_000, "to": until},
            "parameters": {"datasets": ["cloudflare-workers"], "filters": []},
        }
    )
    return ""
