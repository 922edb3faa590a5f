"""One request, ready for the wire: built once, sent as often as needed, from any thread."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeAlias
from urllib.parse import urlsplit

from django.utils import timezone

from dashboard.fleet.edge_condition import SILENT_AFTER
from dashboard.sending import messages
from routing.control.publish import hostname
from routing.loopback import loopback_id
from routing.models import Edge
from routing.rules.header.fields import as_sent
from routing.rules.override import read_override

OVERRIDES = "Cloudflare-Workers-Version-Overrides"
VERSION_KEY = "Cloudflare-Workers-Version-Key"


class SendFailed(Exception):
    """No answer. `title` is what happened, the message what to do."""

    def __init__(self, title: str, message: str) -> None:
        super().__init__(message)
        self.title = title


Lines: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Socket:
    """The outbound socket of an edge's agent, for edges on other machines."""

    edge_id: int


@dataclass(frozen=True, slots=True)
class Unreachable:
    """An edge that cannot be sent to: title and text of the failure."""

    title: str
    text: str


Address: TypeAlias = tuple[str, int] | Socket | Unreachable
"""Host and port on this loopback, or a socket."""


def _as_they_are(lines: Lines) -> Lines:
    return lines


@dataclass(frozen=True, slots=True)
class WireRequest:
    """`target` and `lines` are written unchanged.

    `complete` runs on sending and adds the permission that an override of a protected Worker needs.
    It does no query.
    """

    worker: str
    method: str
    target: bytes
    lines: Lines
    body: bytes
    edge: str
    address: Address
    complete: Callable[[Lines], Lines] = field(default=_as_they_are, compare=False, repr=False)
    #: One of the Worker's addresses; "" for its own host name.
    host: str = ""

    def with_override(self, value: str) -> WireRequest:
        """The same request with another override header; none where `value` is empty."""
        return self._with(OVERRIDES, value)

    def with_key(self, key: str) -> WireRequest:
        """The same request with another version key; none where it is empty."""
        return self._with(VERSION_KEY, key)

    def pinned_to(self, version_id: str) -> WireRequest:
        """The same request to one version; override members for other Workers stay as they are."""
        before = next((v for n, v in self.lines if n.lower() == OVERRIDES.lower()), "")
        own = f'{self.worker}="{version_id}"'
        both = f"{before}, {own}"
        # The later member of a name wins; a header that does not parse would take ours along.
        usable = bool(before) and read_override([both], self.worker).requested == version_id
        return self.with_override(both if usable else own)

    def through(self, edge: Edge) -> WireRequest:
        """The same request through another edge; raises `SendFailed`."""
        return replace(self, edge=edge.name, address=address_of(edge))

    @property
    def host_name(self) -> str:
        return self.host or hostname(self.worker)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """All header lines in their order; the host is this Worker's and no other's."""
        lines = [("Host", self.host_name), *self.complete(self.lines)]
        if self.body:
            lines.append(("Content-Length", str(len(self.body))))
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in lines]

    def _with(self, name: str, value: str) -> WireRequest:
        lines = tuple((n, v) for n, v in self.lines if n.lower() != name.lower())
        added = ((name, as_sent(value)),) if value.strip() else ()
        return replace(self, lines=lines + added)


def get(worker: str, edge: Edge, target: str = "/") -> WireRequest:
    """A GET without headers of its own; raises `SendFailed`."""
    return WireRequest(worker, "GET", target.encode("ascii"), (), b"", edge.name, address_of(edge))


def proof_edges(worker: str = "") -> list[Edge]:
    """The edges with a proof listener, the last one to report first. With `worker` only those that
    run it."""
    edges = Edge.objects.running(worker).exclude(proof_url="").exclude(last_seen_on=None)
    return list(edges.order_by("-last_seen_on").defer("status", "lagging"))


def proof_edge(worker: str = "", name: str = "") -> Edge:
    """The edge of that name; without a name the last one to report. Raises `SendFailed`."""
    edges = proof_edges(worker)
    if not edges:
        raise SendFailed(messages.NOT_SENT, messages.NO_EDGE)
    named = [edge for edge in edges if edge.name == name] if name else edges
    if not named:
        raise SendFailed(messages.NOT_SENT, messages.UNKNOWN_EDGE.format(edge=name))
    return named[0]


def address_of(edge: Edge, now: datetime | None = None) -> Address:
    """How to reach the edge's proof listener from this process. Raises `SendFailed` for an edge
    whose agent names a listener elsewhere."""
    if edge.loopback in ("", loopback_id()):
        return own_address(edge.proof_url)
    if not edge.relays:
        return Unreachable(messages.NOT_SENT, messages.TOO_OLD.format(edge=edge.name))
    silent = (now or timezone.now()) - edge.last_seen_on if edge.last_seen_on else SILENT_AFTER
    if silent >= SILENT_AFTER:
        text = messages.NOT_CONNECTED.format(edge=edge.name, seconds=round(silent.total_seconds()))
        return Unreachable(messages.AWAY, text)
    return Socket(edge.pk)


def own_address(url: str) -> tuple[str, int]:
    """Host and port of a loopback address; raises `SendFailed` for every other one."""
    refused = SendFailed(messages.NOT_SENT, messages.NOT_LOOPBACK)
    try:
        parts = urlsplit(url)
        address, port = ipaddress.ip_address(parts.hostname or ""), parts.port
    except ValueError as error:
        raise refused from error
    if parts.scheme != "http" or parts.username is not None or not address.is_loopback or not port:
        raise refused
    return str(address), port
