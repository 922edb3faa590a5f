"""An edge's report: its revision, and the state of each process."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from dashboard.edges import messages
from dashboard.edges.protocol import agent_report
from dashboard.edges.protocol.agent_report import AgentReport
from dashboard.fleet.edge_condition import SILENT_AFTER
from dashboard.live.signals import edge_reported
from dashboard.observability.flags.flags import judge_when_due
from dashboard.ui.http.storable_text import storable
from routing.control import revision
from routing.control.publish import as_uuid
from routing.models import Deployment, Edge, Propagation, Worker
from routing.transactions.after_commit import send_after_commit

_REPORTED = [
    "applied_revision",
    "desired_revision",
    "disk",
    "envoy_end",
    "envoy_ended_at",
    "lagging",
    "last_seen_on",
    "loopback",
    "proof_url",
    "relays",
    "delivers_events",
    "status",
    "up_at",
    *agent_report.FIELDS,
]


class ReportInvalid(ValueError):
    """The report cannot be read. The message names the field."""


class EndReport(msgspec.Struct):
    """The last unexpected end of a process: `kind` is a `routing.agent.state.state.EndKind`.
    Agents of earlier releases send no `message` with it."""

    kind: str
    at: str
    message: str = ""


class VersionReport(msgspec.Struct):
    """`starts` are the times when its process became ready; empty from agents of earlier
    releases. `cold_start_ms` is how long the last request that found no process waited."""

    state: str
    since: str = ""
    restarts: int = 0
    message: str = ""
    starts: list[str] = []
    end: EndReport | None = None
    cold_start_ms: int = 0


class WorkerLag(msgspec.Struct):
    """Why a Worker's newest deployment is not routed yet, and the id of the routed one: "" for
    none, None from agents of earlier releases."""

    error: str = ""
    deployment: str | None = None


class IsolationReport(msgspec.Struct):
    """The users that versions run as. `kind` is a `routing.agent.users.isolation.Kind`, "" from
    agents of earlier releases; `reason` is why isolation is not complete."""

    kind: str = ""
    reason: str = ""


class EnvoyEndReport(msgspec.Struct):
    """The last unexpected end of Envoy: `kind` is a `routing.agent.state.state.EndKind`."""

    kind: str
    at: str
    message: str = ""


class EnvoyReport(msgspec.Struct):
    """Envoy since the agent started, as `routing.agent.state.status.EnvoyFacts`. Empty from agents
    of earlier releases."""

    ends: int = 0
    end: EnvoyEndReport | None = None
    waited: int = 0
    sockets: int = 0


class Report(msgspec.Struct):
    """`desired` is the newest revision that the edge received; 0 from agents of earlier releases.
    `checks_permissions` is true for agents that check the permissions of protected overrides.
    `error` is a problem of the whole edge."""

    revision: int
    desired: int = 0
    applied_on: str = ""
    started_at: str = ""
    proof_url: str = ""
    public_url: str = ""
    versions: dict[UUID, VersionReport] = {}
    workers: dict[str, WorkerLag] = {}
    shipping: dict[str, Any] = {}
    checks_permissions: bool = False
    error: str = ""
    isolation: IsolationReport = msgspec.field(default_factory=IsolationReport)
    disk: str = ""
    envoy: EnvoyReport = msgspec.field(default_factory=EnvoyReport)
    loopback: str = ""
    relays: bool = False
    delivers_events: bool = False
    agent: AgentReport = msgspec.field(default_factory=AgentReport)


def accept(edge: Edge, body: bytes, address: str = "") -> Report:
    """Stores the report, and when new revisions were applied. `address` is where the agent connects
    from.

    Times are those of the control plane's clock, to compare with deployments.
    """
    try:
        report = msgspec.json.decode(body, type=Report)
    except ValueError as error:
        raise ReportInvalid(str(error)) from error
    if report.proof_url and not _is_own_edge(report.proof_url):
        raise ReportInvalid(messages.not_loopback(report.proof_url))
    now = timezone.now()
    newest = revision.current()
    reported = msgspec.to_builtins(report)
    if b"\\u" in body:  # JSON has no other way to write what `storable` replaces
        reported = storable(reported)
    before, states = _states(edge.status), _states(reported)
    ended = _ends(reported) - _ends(edge.status)
    was = (edge.applied_revision, edge.desired_revision, edge.lagging)
    reached = _take(edge, report, newest, now)
    edge.status = reported
    agent_report.take(edge, report.agent, address, now)
    Propagation.objects.bulk_create(
        [
            Propagation(edge=edge, revision=number, applied_on=now, up_at=edge.up_at)
            for number in sorted(reached)
        ],
        ignore_conflicts=True,
    )
    changes = {name: getattr(edge, name) for name in _REPORTED}
    Edge.objects.filter(pk=edge.pk).update(**changes)
    judge_when_due(now)
    lags = was != (edge.applied_revision, edge.desired_revision, edge.lagging)
    if states != before or ended or lags:
        send_after_commit(
            edge_reported,
            Edge,
            "announce report",
            edge=edge.name,
            states=_differences(before, states),
            ended={version_id for version_id, _ in ended},
        )
    return report


def _take(edge: Edge, report: Report, newest: int, now: datetime) -> set[int]:
    """Copies the report to `edge`. Returns the newly applied revisions."""
    applied, desired = min(report.revision, newest), min(report.desired, newest)
    lagging = _lagging(report)
    reached = {applied} - {edge.applied_revision}
    if edge.desired_revision:
        reached |= _reached(edge, desired, lagging)
    restarted = report.started_at != edge.status.get("started_at", "")
    if edge.last_seen_on is None or now - edge.last_seen_on > SILENT_AFTER or restarted:
        edge.up_at = now
    edge.applied_revision, edge.desired_revision, edge.lagging = applied, desired, lagging
    edge.last_seen_on, edge.proof_url = now, report.proof_url
    edge.loopback, edge.relays = storable(report.loopback)[:32], report.relays
    edge.delivers_events = report.delivers_events
    edge.disk = storable(report.disk)[:16]
    if report.envoy.end is not None:
        edge.envoy_end = storable(report.envoy.end.kind)[:16]
        # An edge whose clock is ahead must not warn for longer than others.
        edge.envoy_ended_at = min(now, parse_datetime(report.envoy.end.at) or now)
    return reached


def _lagging(report: Report) -> dict[str, dict[str, Any]]:
    """The value of `Edge.lagging`."""
    if not report.workers:
        return {}
    ids = [i for lag in report.workers.values() if (i := as_uuid(lag.deployment or ""))]
    rows = Deployment.objects.filter(pk__in=ids).values_list("pk", "revision")
    revisions = {str(pk): number for pk, number in rows}
    lagging: dict[str, dict[str, Any]] = storable(
        {
            name: {
                "error": lag.error,
                "deployment": lag.deployment or "",
                "revision": revisions.get(lag.deployment, 0)
                if lag.deployment is not None
                else report.revision,
            }
            for name, lag in report.workers.items()
        }
    )
    return lagging


def _reached(edge: Edge, desired: int, lagging: Mapping[str, Any]) -> set[int]:
    """The newest revisions of Workers that the edge applied since its last report."""
    caught_up = edge.lagging.keys() - lagging.keys()
    if desired == edge.desired_revision and not caught_up:
        return set()
    changed = Q(changed_revision__gt=edge.desired_revision) | Q(name__in=caught_up)
    workers = Worker.objects.filter(changed, changed_revision__lte=desired)
    return set(workers.exclude(name__in=lagging).values_list("changed_revision", flat=True))


def _states(status: dict[str, Any]) -> dict[str, str]:
    return {name: version["state"] for name, version in status.get("versions", {}).items()}


def _ends(status: dict[str, Any]) -> set[tuple[str, str]]:
    """(version, time) of the last unexpected end of each process."""
    versions = status.get("versions", {}).items()
    return {(name, end["at"]) for name, version in versions if (end := version.get("end"))}


def _differences(before: dict[str, str], now: dict[str, str]) -> dict[str, tuple[str, str]]:
    both = {i: (before.get(i, ""), now.get(i, "")) for i in before.keys() | now.keys()}
    return {i: states for i, states in both.items() if states[0] != states[1]}


def _is_own_edge(url: str) -> bool:
    """Whether the URL is on this machine: the playground sends requests to it."""
    parts = urlsplit(url)
    try:
        address = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return False
    return parts.scheme == "http" and address.is_loopback and not parts.username
