"""One request to a connected account's API, and what its failure means."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
from django.conf import settings

from dashboard.cloud import messages
from dashboard.cloud.client.errors import CloudError, Kind, kind_of
from dashboard.egress import client as egress
from dashboard.egress.addresses import is_local
from dashboard.egress.client import EgressResponse, HostNotAllowed, NotSent, SendFailed
from routing.snapshot import Secret

SECONDS = 12.0
WRITE_SECONDS = 25.0
MOST_BYTES = 16_000_000
VIEWER_LIMIT = 10057
"""Ten viewers tail this Worker already, dashboards included."""
CLOUDFLARE = "https://api.cloudflare.com/client/v4"


@dataclass(frozen=True, slots=True)
class Connection:
    """Where an account's API is. `account_id` is empty until one is chosen."""

    base_url: str
    account_id: str
    token: Secret


@dataclass(frozen=True, slots=True)
class Multipart:
    """A form with files, encoded."""

    content: bytes
    content_type: str


class Send(Protocol):
    """Sends one request. Raises `SendFailed` or `NotSent`."""

    def __call__(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> EgressResponse: ...


class Problem(msgspec.Struct, frozen=True):
    code: int = 0
    message: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """`result` stays undecoded until its type is known."""

    success: bool = False
    errors: tuple[Problem, ...] = ()
    result: msgspec.Raw = msgspec.Raw(b"null")
    result_info: msgspec.Raw = msgspec.Raw(b"null")


def checked_base_url(url: str) -> str:
    """The URL without a final slash. Raises `CloudError` for one that must not be called."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise CloudError(Kind.NOT_ALLOWED, messages.BAD_BASE_URL) from None
    host = (parts.hostname or "").lower()
    plain = not (parts.query or parts.fragment or parts.username or "@" in parts.netloc)
    if parts.scheme not in ("http", "https") or not host or not plain or "\\" in url:
        raise CloudError(Kind.NOT_ALLOWED, messages.BAD_BASE_URL)
    if is_local(host):
        if port not in settings.CLOUD_LOOPBACK_PORTS:
            raise CloudError(Kind.NOT_ALLOWED, messages.NOT_LOOPBACK)
    elif parts.scheme != "https":
        raise CloudError(Kind.NOT_ALLOWED, messages.HTTPS_ONLY)
    try:
        egress.check_host(host, "CLOUD_HOSTS")
    except HostNotAllowed as error:
        raise CloudError(Kind.NOT_ALLOWED, str(error)) from error
    return url.rstrip("/")


def send_checked(
    method: str, url: str, *, headers: Mapping[str, str], body: bytes, seconds: float
) -> EgressResponse:
    """To hosts of SLUICE_CLOUD_HOSTS only; the address is checked on connecting."""
    checked_base_url(url.partition("?")[0])
    return egress.request(
        method,
        url,
        headers=headers,
        body=body,
        seconds=seconds,
        most_bytes=MOST_BYTES,
        hosts="CLOUD_HOSTS",
    )


def exchange(
    connection: Connection, send: Send, method: str, path: str, body: Any, *, write: bool
) -> EgressResponse:
    """The answer, whatever its status. Raises `CloudError` without one."""
    headers = {
        "Authorization": f"Bearer {connection.token.reveal()}",
        "User-Agent": "Sluice",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
    }
    if isinstance(body, Multipart):
        content, headers["Content-Type"] = body.content, body.content_type
    else:
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            headers["Content-Type"] = "application/json"
    seconds = WRITE_SECONDS if write else SECONDS
    try:
        url = connection.base_url + path
        return send(method, url, headers=headers, body=content, seconds=seconds)
    except NotSent as error:
        raise CloudError(Kind.UNREACHABLE, str(error)) from error
    except SendFailed as error:
        raise CloudError(Kind.UNSURE if write else Kind.UNAVAILABLE, str(error)) from error


def is_viewer_limit(answer: EgressResponse) -> bool:
    """429 about one Worker's tails, not about the rate of calls."""
    if answer.status != 429:
        return False
    try:
        envelope = msgspec.json.decode(answer.text, type=Envelope)
    except (msgspec.DecodeError, UnicodeError):
        return False
    return any(problem.code == VIEWER_LIMIT for problem in envelope.errors)


def envelope_of(answer: EgressResponse, *, write: bool) -> Envelope:
    """The envelope of a successful answer. Raises `CloudError` for every other one."""
    if is_viewer_limit(answer):
        raise CloudError(Kind.TAIL_FULL, messages.TAIL_FULL, status=429, code=VIEWER_LIMIT)
    if answer.status == 429:
        wait = answer.headers.get("retry-after", "")
        seconds = float(wait) if wait.isdecimal() else 300.0
        raise CloudError(Kind.RATE_LIMITED, messages.RATE_LIMITED, status=429, wait=seconds)
    if answer.status >= 500:
        kind = Kind.UNSURE if write else Kind.UNAVAILABLE
        raise CloudError(kind, messages.server_error(answer.status), status=answer.status)
    try:
        envelope = msgspec.json.decode(answer.text, type=Envelope)
    except (msgspec.DecodeError, UnicodeError) as error:
        sure = not write or answer.status >= 300
        kind = Kind.UNREADABLE if sure else Kind.UNSURE
        raise CloudError(kind, messages.UNREADABLE, status=answer.status) from error
    if envelope.success and answer.status < 300:
        return envelope
    problem = envelope.errors[0] if envelope.errors else Problem()
    message = messages.refused(problem.message[:500], problem.code, answer.status)
    kind = kind_of(answer.status, problem.code)
    raise CloudError(kind, message, status=answer.status, code=problem.code)
