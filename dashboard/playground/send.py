"""The request itself: to an edge's proof listener on this machine's loopback, and nowhere else."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import urlsplit

import httpx

from dashboard.playground.compose import Composed
from routing.models import Edge
from routing.publish import hostname

SHOWN = 256 * 1024
"""Bytes of a body that are read and shown."""
TIMEOUT = httpx.Timeout(10.0, connect=2.0)
DEADLINE = 20.0
"""Seconds for the whole answer, also when it trickles."""


class SendFailed(Exception):
    """No answer came. `title` says what happened, the message what to do."""

    def __init__(self, title: str, message: str) -> None:
        super().__init__(message)
        self.title = title


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the proof listener."""

    edge: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    truncated: bool
    elapsed_ms: float
    #: What the listener stamped on the answer; the log line is the truth, this comes sooner.
    stamps: dict[str, str] = field(default_factory=dict)

    @property
    def status_words(self) -> str:
        try:
            return f"{self.status} {HTTPStatus(self.status).phrase}"
        except ValueError:
            return str(self.status)

    @property
    def ray(self) -> str:
        return next((v for n, v in self.headers if n.lower() == "cf-ray"), "")

    @property
    def text(self) -> str | None:
        """The body as text, or None where it is none."""
        kind = next((v for n, v in self.headers if n.lower() == "content-type"), "")
        coded = any(n.lower() == "content-encoding" and v != "identity" for n, v in self.headers)
        if coded or b"\0" in self.body[:1024]:
            return None
        charset = kind.lower().partition("charset=")[2].split(";")[0].strip(" \"'") or "utf-8"
        try:
            return self.body.decode(charset, "replace")
        except LookupError:
            return self.body.decode("utf-8", "replace")


def proof_edge() -> Edge:
    """The edge to ask: the one heard of last. Raises `SendFailed` when there is none."""
    edges = Edge.objects.exclude(proof_url="").exclude(last_seen_on=None)
    edge = edges.order_by("-last_seen_on").first()
    if edge is None:
        raise SendFailed("Not sent", "No edge is connected. Start one, then send again.")
    return edge


def send(asked: Composed, edge: Edge) -> Answer:
    """Sends it once, following nothing; raises `SendFailed` when no whole answer comes."""
    request = _request(asked, edge)
    started = time.monotonic()
    try:
        # No proxies from the environment: the address is a loopback one.
        with httpx.Client(trust_env=False, follow_redirects=False, timeout=TIMEOUT) as client:
            response = client.send(request, stream=True)
            body, truncated = _read(response, asked, started + DEADLINE)
    except httpx.ConnectError as error:
        raise SendFailed(
            "The edge is away", f"{edge.name} does not accept connections: {error}. Is it running?"
        ) from error
    except httpx.TimeoutException as error:
        raise SendFailed("No answer in time", _timeout_words(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SendFailed("The answer is broken", f"{edge.name} sent no HTTP: {error}") from error
    return _answer(edge, response, body, truncated, started)


def _request(asked: Composed, edge: Edge) -> httpx.Request:
    host, port = own_address(edge.proof_url)
    lines = [("Host", hostname(asked.worker)), *asked.lines]
    body = asked.body.encode("utf-8", "surrogatepass") if asked.acts else b""
    if body:
        lines.append(("Content-Length", str(len(body))))
    return httpx.Request(
        asked.method,
        httpx.URL(scheme="http", host=host, port=port, path="/"),
        headers=[(name.encode("ascii"), value.encode("latin-1")) for name, value in lines],
        content=body or None,
        # The target is written as it is, so that nothing in it can become an address.
        extensions={"target": asked.target, "timeout": TIMEOUT.as_dict()},
    )


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


def _read(response: httpx.Response, asked: Composed, deadline: float) -> tuple[bytes, bool]:
    """At most `SHOWN` bytes as they came, and whether there were more."""
    body = b""
    try:
        for chunk in response.iter_raw(16 * 1024):
            body += chunk
            if len(body) > SHOWN:
                return body[:SHOWN], True
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout(f"the answer took longer than {DEADLINE:.0f} s")
    finally:
        response.close()
    return body, False


def _answer(
    edge: Edge, response: httpx.Response, body: bytes, truncated: bool, started: float
) -> Answer:
    lines = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in response.headers.raw]
    stamps = {n.lower()[9:]: v for n, v in lines if n.lower().startswith("x-sluice-")}
    return Answer(
        edge=edge.name,
        status=response.status_code,
        headers=[(n, v) for n, v in lines if not n.lower().startswith("x-sluice-")],
        body=body,
        truncated=truncated,
        elapsed_ms=(time.monotonic() - started) * 1000,
        stamps=stamps,
    )


def _timeout_words(error: httpx.TimeoutException) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "The edge did not accept the connection within 2 s."
    return "The Worker was silent for 10 s or took more than 20 s. It may have acted all the same."
