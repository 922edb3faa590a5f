"""One request, ready for the wire: built once, sent as often as needed, from any thread."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from urllib.parse import urlsplit

from routing.control.publish import hostname
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


def _as_they_are(lines: Lines) -> Lines:
    return lines


@dataclass(frozen=True, slots=True)
class WireRequest:
    """`address` is always on loopback; `target` and `lines` are written unchanged.

    `complete` runs on sending and adds the permission that an override of a protected Worker needs.
    It does no query.
    """

    worker: str
    method: str
    target: bytes
    lines: Lines
    body: bytes
    edge: str
    address: tuple[str, int]
    complete: Callable[[Lines], Lines] = field(default=_as_they_are, compare=False, repr=False)

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
        return replace(self, edge=edge.name, address=own_address(edge.proof_url))

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """All header lines in their order; the host is this Worker's and no other's."""
        lines = [("Host", hostname(self.worker)), *self.complete(self.lines)]
        if self.body:
            lines.append(("Content-Length", str(len(self.body))))
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in lines]

    def _with(self, name: str, value: str) -> WireRequest:
        lines = tuple((n, v) for n, v in self.lines if n.lower() != name.lower())
        added = ((name, as_sent(value)),) if value.strip() else ()
        return replace(self, lines=lines + added)


def get(worker: str, edge: Edge, target: str = "/") -> WireRequest:
    """A GET without headers of its own; raises `SendFailed`."""
    address = own_address(edge.proof_url)
    return WireRequest(worker, "GET", target.encode("ascii"), (), b"", edge.name, address)


def proof_edges(worker: str = "") -> list[Edge]:
    """The edges with a proof listener, the last one to report first. With `worker` only those that
    run it."""
    edges = Edge.objects.running(worker).exclude(proof_url="").exclude(last_seen_on=None)
    return list(edges.order_by("-last_seen_on"))


def proof_edge() -> Edge:
    """The last one to report. Raises `SendFailed` when there is none."""
    edges = proof_edges()
    if not edges:
        raise SendFailed("Not sent", "No edge is connected. Start one, then send again.")
    return edges[0]


def own_address(url: str) -> tuple[str, int]:
    """Host and port of a loopback address; raises `SendFailed` for every other one."""
    refused = SendFailed("Not sent", "The edge names a proof address that is not on this machine.")
    try:
        parts = urlsplit(url)
        address, port = ipaddress.ip_address(parts.hostname or ""), parts.port
    except ValueError as error:
        raise refused from error
    if parts.scheme != "http" or parts.username is not None or not address.is_loopback or not port:
        raise refused
    return str(address), port
