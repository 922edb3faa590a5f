"""Sends a request to an edge's proof listener: on this loopback, or through the agent's socket."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from dashboard.sending import messages
from dashboard.sending.answer import Answer, EndedBy, Timing, answer_of
from dashboard.sending.deadline import Cancellation, Deadline
from dashboard.sending.relay.loss import Loss
from dashboard.sending.relay.send import send_over_socket
from dashboard.sending.wire_request import SendFailed, Socket, Unreachable, WireRequest

MOST_BYTES = 1024 * 1024
"""Bytes of a body that are read."""
DEADLINE = 20.0
"""Seconds for everything, also when the answer trickles."""
TIMEOUT = httpx.Timeout(2 * DEADLINE, connect=2.0)
"""httpx' limits are for each read and write; but for connecting, the deadline comes first."""


def _connect() -> httpx.Client:
    """A client for one request: no proxy or setting of the environment, nothing followed.

    Connections are plain HTTP on loopback, so no certificate is read. A client costs 0.3 ms. It is
    never shared between threads: where no connection may stay idle, httpcore's pool can give one
    that has just become idle to the next request and then close it under that request, which ended
    about one of 4,000 sends with "Bad file descriptor".
    """
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
    return httpx.Client(
        trust_env=False, verify=False, follow_redirects=False, timeout=TIMEOUT, limits=limits
    )


def send(request: WireRequest, cancellation: Cancellation | None = None) -> Answer:
    """Sends once; no query in this thread.

    Ends after `DEADLINE` seconds, or when `cancellation` is set, with the body as far as it
    came. Raises `SendFailed` without status and headers.
    """
    if isinstance(request.address, Socket):
        return send_over_socket(
            request,
            request.address,
            seconds=DEADLINE,
            max_bytes=MOST_BYTES,
            cancellation=cancellation,
        )
    if isinstance(request.address, Unreachable):
        raise SendFailed(request.address.title, request.address.text)
    return _send_directly(request, request.address, cancellation)


def _send_directly(
    request: WireRequest, address: tuple[str, int], cancellation: Cancellation | None
) -> Answer:
    deadline = Deadline(DEADLINE, cancellation)
    clock = PhaseClock(deadline)
    with _connect() as client, deadline, _failures(request.edge, deadline):
        response = client.send(_prepared(request, address, clock), stream=True)
        try:
            body, ended_by = read_body(response, deadline)
        finally:
            response.close()
    return _answer(request, response, body, ended_by, clock)


@dataclass
class PhaseClock:
    """When each phase ended; httpcore calls it as `trace`."""

    deadline: Deadline
    started: float = field(default_factory=time.monotonic)
    marks: dict[str, float] = field(default_factory=dict)

    def __call__(self, event: str, info: dict[str, Any]) -> None:
        self.deadline.trace(event, info)
        self.marks[event.partition(".")[2]] = time.monotonic()

    def timing(self) -> Timing:
        end = time.monotonic()
        connected = self.marks.get("connect_tcp.complete", self.started)
        connected = self.marks.get("start_tls.complete", connected)
        written = self.marks.get("send_request_body.complete", connected)
        first = self.marks.get("receive_response_headers.complete", end)
        spans = (connected - self.started, written - connected, first - written, end - first)
        return Timing(*(max(0.0, span) * 1000 for span in spans))


def _prepared(request: WireRequest, address: tuple[str, int], clock: PhaseClock) -> httpx.Request:
    host, port = address
    return httpx.Request(
        request.method,
        httpx.URL(scheme="http", host=host, port=port, path="/"),
        headers=request.headers,
        content=request.body or None,
        # The target is written as it is, so that nothing in it can become an address.
        extensions={"target": request.target, "timeout": TIMEOUT.as_dict(), "trace": clock},
    )


@contextmanager
def _failures(edge: str, deadline: Deadline) -> Iterator[None]:
    """Turns errors of httpx into `SendFailed`."""
    try:
        yield
    except httpx.HTTPError as error:
        raise _late(deadline) or _failure(edge, error) from error
    except httpx.InvalidURL as error:
        raise SendFailed(
            messages.BROKEN, messages.NO_HTTP.format(edge=edge, error=error)
        ) from error


def _late(deadline: Deadline) -> SendFailed | None:
    if deadline.cancelled:
        return SendFailed(*messages.LOST[Loss.cancelled])
    if deadline.passed:
        return SendFailed(messages.LATE, messages.NOTHING_WITHIN.format(seconds=DEADLINE))
    return None


def _failure(edge: str, error: httpx.HTTPError) -> SendFailed:
    if isinstance(error, httpx.ConnectError):
        return SendFailed(messages.AWAY, messages.NO_CONNECTION.format(edge=edge, error=error))
    if isinstance(error, httpx.ConnectTimeout):
        return SendFailed(messages.LATE, messages.NOT_ACCEPTED)
    if isinstance(error, httpx.TimeoutException):
        return SendFailed(messages.LATE, messages.MAYBE)
    return SendFailed(messages.BROKEN, messages.NO_HTTP.format(edge=edge, error=error))


def read_body(response: httpx.Response, deadline: Deadline) -> tuple[bytes, EndedBy]:
    """At most `MOST_BYTES` bytes, and why they are not all."""
    body = bytearray()
    try:
        # Without a chunk size: httpx would hold back what has come until a chunk is full.
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > MOST_BYTES:
                return bytes(body[:MOST_BYTES]), EndedBy.size
    except httpx.HTTPError:
        return bytes(body), _early(deadline) or EndedBy.broken
    framed = {"content-length", "transfer-encoding"} & set(response.headers)
    # A framed body is known to be complete; any other just ends.
    return bytes(body), EndedBy.nothing if framed else _early(deadline)


def _early(deadline: Deadline) -> EndedBy:
    if deadline.cancelled:
        return EndedBy.cancelled
    return EndedBy.time if deadline.passed else EndedBy.nothing


def _answer(
    request: WireRequest,
    response: httpx.Response,
    body: bytes,
    ended_by: EndedBy,
    clock: PhaseClock,
) -> Answer:
    lines = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in response.headers.raw]
    return answer_of(request.edge, response.status_code, lines, body, ended_by, clock.timing())
