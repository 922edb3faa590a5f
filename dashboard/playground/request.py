"""One request, ready for the wire: built once, sent as often as needed, from any thread."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from dashboard.playground.compose import OVERRIDES, VERSION_KEY, Composed
from routing.models import Edge
from routing.publish import hostname
from routing.rules.fields import as_sent


class SendFailed(Exception):
    """No answer came. `title` says what happened, the message what to do."""

    def __init__(self, title: str, message: str) -> None:
        super().__init__(message)
        self.title = title


@dataclass(frozen=True, slots=True)
class Request:
    """`address` is a loopback one, always; `target` and `lines` are written as they are."""

    worker: str
    method: str
    target: bytes
    lines: tuple[tuple[str, str], ...]
    body: bytes
    edge: str
    address: tuple[str, int]

    def with_override(self, value: str) -> Request:
        """The same request with another override header; none where `value` is empty."""
        return self._with(OVERRIDES, value)

    def with_key(self, key: str) -> Request:
        """The same request with another version key; none where it is empty."""
        return self._with(VERSION_KEY, key)

    def _with(self, name: str, value: str) -> Request:
        lines = tuple((n, v) for n, v in self.lines if n.lower() != name.lower())
        added = ((name, as_sent(value)),) if value.strip() else ()
        return replace(self, lines=lines + added)

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """All header lines in their order; the host is the Worker's and nobody else's."""
        lines = [("Host", hostname(self.worker)), *self.lines]
        if self.body:
            lines.append(("Content-Length", str(len(self.body))))
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in lines]


def build(asked: Composed, edge: Edge) -> Request:
    """The request in `asked`, for the proof listener of `edge`; raises `SendFailed`."""
    filled = asked.filled
    return Request(
        worker=filled.worker,
        method=filled.method,
        target=filled.target,
        lines=tuple(filled.lines),
        body=filled.content,
        edge=edge.name,
        address=own_address(edge.proof_url),
    )


def proof_edge() -> Edge:
    """The edge to ask: the one heard of last. Raises `SendFailed` when there is none."""
    edges = Edge.objects.exclude(proof_url="").exclude(last_seen_on=None)
    edge = edges.order_by("-last_seen_on").first()
    if edge is None:
        raise SendFailed("Not sent", "No edge is connected. Start one, then send again.")
    return edge


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
