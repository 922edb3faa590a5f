"""The request itself: to an edge's proof listener on this machine's loopback, and nowhere else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from dashboard.playground.answer import Answer, Timing
from dashboard.playground.request import Request, SendFailed

KEPT = 1024 * 1024
"""Bytes of a body that are read and kept; the page shows fewer."""
TIMEOUT = httpx.Timeout(10.0, connect=2.0)
DEADLINE = 20.0
"""Seconds for the whole answer, also when it trickles."""


def connect(connections: int = 1) -> httpx.Client:
    """A client for one send or many: no proxy or setting of the environment, nothing followed.

    Safe to share between threads. Connections are plain HTTP on loopback, so no certificate is
    read; each request has one of its own, as an idle one may be closed under it.
    """
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=0)
    return httpx.Client(
        trust_env=False, verify=False, follow_redirects=False, timeout=TIMEOUT, limits=limits
    )


def send(request: Request, client: httpx.Client | None = None) -> Answer:
    """Sends it once; raises `SendFailed` when no whole answer comes. Touches no database."""
    if client is None:
        with connect() as client:
            return send(request, client)
    clock = _Clock()
    with _failures(request.edge):
        response = client.send(_prepared(request, clock), stream=True)
        try:
            body, truncated = _read(response, clock.started + DEADLINE)
        finally:
            response.close()
    return _answer(request, response, body, truncated, clock)


@dataclass
class _Clock:
    """When each phase ended; httpcore calls it as `trace`."""

    started: float = field(default_factory=time.monotonic)
    marks: dict[str, float] = field(default_factory=dict)

    def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.marks[event.partition(".")[2]] = time.monotonic()

    def timing(self) -> Timing:
        end = time.monotonic()
        connected = self.marks.get("connect_tcp.complete", self.started)
        written = self.marks.get("send_request_body.complete", connected)
        first = self.marks.get("receive_response_headers.complete", end)
        spans = (connected - self.started, written - connected, first - written, end - first)
        return Timing(*(max(0.0, span) * 1000 for span in spans))


def _prepared(request: Request, clock: _Clock) -> httpx.Request:
    host, port = request.address
    return httpx.Request(
        request.method,
        httpx.URL(scheme="http", host=host, port=port, path="/"),
        headers=request.headers,
        content=request.body or None,
        # The target is written as it is, so that nothing in it can become an address.
        extensions={"target": request.target, "timeout": TIMEOUT.as_dict(), "trace": clock},
    )


@contextmanager
def _failures(edge: str) -> Iterator[None]:
    """What may go wrong on the way, in words."""
    try:
        yield
    except httpx.ConnectError as error:
        words = f"{edge} does not accept connections: {error}. Is it running?"
        raise SendFailed("The edge is away", words) from error
    except httpx.TimeoutException as error:
        raise SendFailed("No answer in time", _timeout_words(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SendFailed("The answer is broken", f"{edge} sent no HTTP: {error}") from error


def _read(response: httpx.Response, deadline: float) -> tuple[bytes, bool]:
    """At most `KEPT` bytes as they came, and whether there were more."""
    body = b""
    for chunk in response.iter_raw(16 * 1024):
        body += chunk
        if len(body) > KEPT:
            return body[:KEPT], True
        if time.monotonic() > deadline:
            raise httpx.ReadTimeout(f"the answer took longer than {DEADLINE:.0f} s")
    return body, False


def _answer(
    request: Request, response: httpx.Response, body: bytes, truncated: bool, clock: _Clock
) -> Answer:
    lines = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in response.headers.raw]
    stamps = {n.lower()[9:]: v for n, v in lines if n.lower().startswith("x-sluice-")}
    return Answer(
        edge=request.edge,
        status=response.status_code,
        headers=[(n, v) for n, v in lines if not n.lower().startswith("x-sluice-")],
        body=body,
        truncated=truncated,
        timing=clock.timing(),
        stamps=stamps,
    )


def _timeout_words(error: httpx.TimeoutException) -> str:
    if isinstance(error, httpx.ConnectTimeout):
        return "The edge did not accept the connection within 2 s."
    return "The Worker was silent for 10 s or took more than 20 s. It may have acted all the same."
