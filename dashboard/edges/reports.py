"""An edge's report: which revision it has since when, and the state of each process."""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec
from django.utils import timezone

from dashboard.live.signals import edge_reported
from dashboard.ui.storable_text import storable
from routing import revision
from routing.after_commit import send_after_commit
from routing.models import Edge, Propagation


class ReportInvalid(ValueError):
    """The report cannot be read; the message says where."""


class VersionReport(msgspec.Struct):
    state: str
    since: str = ""
    restarts: int = 0
    message: str = ""


class Report(msgspec.Struct):
    revision: int
    applied_on: str = ""
    proof_url: str = ""
    public_url: str = ""
    versions: dict[UUID, VersionReport] = {}
    workers: dict[str, Any] = {}
    shipping: dict[str, Any] = {}


def accept(edge: Edge, body: bytes) -> None:
    """Stores the report; a newly reached revision is remembered with the time it was heard of.

    The control plane's clock dates it: deployments are dated by it too, so the two compare.
    """
    try:
        report = msgspec.json.decode(body, type=Report)
    except msgspec.MsgspecError as error:
        raise ReportInvalid(str(error)) from error
    if report.proof_url and not _is_own_edge(report.proof_url):
        raise ReportInvalid(f"proof_url={report.proof_url!r}: expected http://<loopback address>.")
    now = timezone.now()
    applied = min(report.revision, revision.current())
    if applied != edge.applied_revision:
        Propagation.objects.get_or_create(edge=edge, revision=applied, defaults={"applied_on": now})
    status = storable(msgspec.to_builtins(report))
    before, states = _states(edge.status), _states(status)
    news = applied != edge.applied_revision or states != before
    Edge.objects.filter(pk=edge.pk).update(
        applied_revision=applied,
        last_seen_on=now,
        proof_url=report.proof_url,
        status=status,
    )
    if news:
        turned = _differences(before, states)
        send_after_commit(edge_reported, Edge, "announce report", edge=edge.name, states=turned)


def _states(status: dict[str, Any]) -> dict[str, str]:
    return {name: version["state"] for name, version in status.get("versions", {}).items()}


def _differences(before: dict[str, str], now: dict[str, str]) -> dict[str, tuple[str, str]]:
    both = {i: (before.get(i, ""), now.get(i, "")) for i in before.keys() | now.keys()}
    return {i: states for i, states in both.items() if states[0] != states[1]}


def _is_own_edge(url: str) -> bool:
    """The playground sends to this address, so it must be this machine's."""
    parts = urlsplit(url)
    try:
        address = ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        return False
    return parts.scheme == "http" and address.is_loopback and not parts.username
