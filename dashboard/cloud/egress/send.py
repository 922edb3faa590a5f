"""Sends one request to a Worker's confirmed address, on a new connection to a public address."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from django.utils import timezone

from dashboard.cloud import messages
from dashboard.cloud.egress.public_addresses import Address, resolve_public
from dashboard.cloud.egress.values import (
    Destination,
    Host,
    SentRequest,
    WorkerRequest,
)
from dashboard.cloud.proof.evidence import PROBE_HEADER
from dashboard.egress.addresses import AddressRefused
from dashboard.egress.client import trusted_authorities
from dashboard.sending import messages as sending_messages
from dashboard.sending.answer import Answer
from dashboard.sending.deadline import Cancellation, Deadline
from dashboard.sending.send import DEADLINE, TIMEOUT, PhaseClock, read_body
from dashboard.sending.wire_request import SendFailed

CONNECT_SECONDS = 5.0
_METHOD = re.compile(r"[A-Z][A-Z0-9-]{0,19}")
_TARGET = re.compile(rb"/[\x21-\x7e]*")
_OURS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", PROBE_HEADER}
)
"""Header lines that Sluice writes itself."""


def send(
    destination: Destination,
    request: WorkerRequest,
    cancellation: Cancellation | None = None,
    *,
    nonce: str = "",
    seconds: float = DEADLINE,
) -> SentRequest:
    """Does no query, so any thread may send. A redirect is an answer. Raises `SendFailed` without
    an answer, or for a request that is none."""
    _check(request)
    nonce, sent_at = nonce or new_nonce(), timezone.now()
    host = destination.host
    address = _address(host)
    deadline = Deadline(seconds, cancellation)
    clock = PhaseClock(deadline)
    with _client(host) as client, deadline, _failures(host, deadline, seconds):
        response = client.send(_prepared(host, address, request, nonce, clock), stream=True)
        try:
            body, ended_by = read_body(response, deadline)
        finally:
            response.close()
    lines = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in response.headers.raw]
    answer = Answer(host.name, response.status_code, lines, body, ended_by, clock.timing())
    return SentRequest(destination, request, nonce, str(address), sent_at, answer)


def new_nonce() -> str:
    """128 bits."""
    return secrets.token_hex(16)


def _check(request: WorkerRequest) -> None:
    """A target that begins with a path cannot name another host."""
    if not _METHOD.fullmatch(request.method) or not _TARGET.fullmatch(request.target):
        raise SendFailed(sending_messages.NOT_SENT, messages.BAD_REQUEST)


def _address(host: Host) -> Address:
    try:
        return resolve_public(host)
    except AddressRefused as error:
        text = messages.host_refused(host.name, str(error))
        raise SendFailed(sending_messages.NOT_SENT, text) from error


def _client(host: Host) -> httpx.Client:
    """For one request: no proxy, no setting of the environment, no redirect."""
    limits = httpx.Limits(max_connections=1, max_keepalive_connections=0)
    verify = False if host.local else trusted_authorities()
    return httpx.Client(trust_env=False, verify=verify, follow_redirects=False, limits=limits)


def _prepared(
    host: Host, address: Address, request: WorkerRequest, nonce: str, clock: PhaseClock
) -> httpx.Request:
    """The certificate is checked against the name, the connection goes to the address."""
    name = {} if host.local else {"sni_hostname": host.name}
    timeout = httpx.Timeout(TIMEOUT.read, connect=CONNECT_SECONDS)
    extensions: dict[str, Any] = {"timeout": timeout.as_dict(), "trace": clock}
    return httpx.Request(
        request.method,
        httpx.URL(scheme=host.scheme, host=str(address), port=host.port, path="/"),
        headers=_header_lines(host, request, nonce),
        content=request.body or None,
        extensions=extensions | name | {"target": request.target},
    )


def _header_lines(host: Host, request: WorkerRequest, nonce: str) -> list[tuple[bytes, bytes]]:
    lines = [("Host", host.authority), (PROBE_HEADER, nonce)]
    lines += [(name, value) for name, value in request.lines if name.lower() not in _OURS]
    if request.body:
        lines.append(("Content-Length", str(len(request.body))))
    try:
        return [(name.encode("ascii"), value.encode("latin-1")) for name, value in lines]
    except UnicodeEncodeError as error:
        raise SendFailed(sending_messages.NOT_SENT, messages.BAD_REQUEST) from error


@contextmanager
def _failures(host: Host, deadline: Deadline, seconds: float) -> Iterator[None]:
    try:
        yield
    except httpx.HTTPError as error:
        raise _failure(host, error, deadline, seconds) from error
    except httpx.InvalidURL as error:
        raise SendFailed(sending_messages.NOT_SENT, messages.BAD_REQUEST) from error


def _failure(host: Host, error: httpx.HTTPError, deadline: Deadline, seconds: float) -> SendFailed:
    if deadline.cancelled:
        return SendFailed(sending_messages.NOT_SENT, sending_messages.LEFT)
    if isinstance(error, httpx.LocalProtocolError):
        return SendFailed(sending_messages.NOT_SENT, messages.BAD_REQUEST)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        text = messages.no_connection(host.name, str(error))
        return SendFailed(messages.HOST_AWAY, text)
    if deadline.passed or isinstance(error, httpx.TimeoutException):
        text = sending_messages.NOTHING_WITHIN.format(seconds=seconds)
        return SendFailed(sending_messages.LATE, text)
    return SendFailed(sending_messages.BROKEN, messages.no_http(host.name, str(error)))
