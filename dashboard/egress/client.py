"""One HTTP request to another machine: hosts by allow list, addresses checked on connecting.

A host must be in SLUICE_EXPORT_HOSTS, or for APIs of Cloudflare accounts in SLUICE_CLOUD_HOSTS. Its
name is resolved here, every address must be of the kind that the name promises, and the request
goes to that very address: a name that changes its mind in between (DNS rebinding) changes nothing.
Redirects are not followed, proxies not used.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, TypeAlias
from urllib.parse import urlsplit

import certifi
import httpx
from django.conf import settings

from dashboard.egress.addresses import AddressRefused, resolve
from dashboard.sending.deadline import Deadline

CONNECT_SECONDS = 5.0
READ_SECONDS = 15.0
SECONDS = 60.0
"""For the whole of one request, also where each byte comes in time."""
ANSWER_BYTES = 2048
"""Read from an answer by default: enough to show what went wrong."""

Hosts: TypeAlias = Literal["EXPORT_HOSTS", "CLOUD_HOSTS"]
"""The setting that names the hosts."""


class SendFailed(Exception):
    """No answer, or not a usable one. The message is fit for people and holds no secret."""


class NotSent(SendFailed):
    """Nothing reached the other machine: it was not connected to."""


class HostNotAllowed(ValueError):
    """The settings do not name this host."""


@dataclass(frozen=True, slots=True)
class EgressResponse:
    """`text` is the beginning of the body; `truncated` whether there was more. Names of `headers`
    are in lower case."""

    status: int
    text: str
    truncated: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def redirects(self) -> bool:
        return 300 <= self.status < 400


def check_host(host: str, hosts: Hosts = "EXPORT_HOSTS") -> None:
    """Raises `HostNotAllowed` for a host that this setting does not name."""
    if host.lower() not in getattr(settings, hosts):
        raise HostNotAllowed(
            f"Nothing may be sent to {host[:100]}: it is not in SLUICE_{hosts}. "
            "Ask an administrator of this system to add it."
        )


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes = b"",
    auth: httpx.Auth | None = None,
    seconds: float | None = None,
    most_bytes: int = ANSWER_BYTES,
    hosts: Hosts = "EXPORT_HOSTS",
) -> EgressResponse:
    """One request to a host of the setting `hosts`, within `seconds` in all (`SECONDS` by default).

    Reads at most `most_bytes` of the answer. Raises `SendFailed` when no answer comes, `NotSent` if
    it never reached the host.
    """
    limit = SECONDS if seconds is None else seconds
    # A limit of the caller's own ends a silent read as well, at that time and with its words.
    read_seconds = READ_SECONDS if seconds is None else limit + READ_SECONDS
    parts = urlsplit(url)
    host = parts.hostname or ""
    deadline = Deadline(limit)
    try:
        check_host(host, hosts)
        address = resolve(host, parts.port or (443 if parts.scheme == "https" else 80))
        outgoing = httpx.Request(
            method,
            httpx.URL(url).copy_with(host=str(address)),
            headers={**headers, "Host": parts.netloc.rpartition("@")[2]},
            content=body,
            extensions=_extensions(parts.scheme, host, deadline, limit, read_seconds),
        )
        with deadline, _client() as client:
            return _read(client.send(outgoing, auth=auth, stream=True), deadline, most_bytes)
    except HostNotAllowed as error:
        raise NotSent(str(error)) from error
    except (AddressRefused, httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL) as error:
        raise NotSent(f"{host}: {error or type(error).__name__}") from error
    except (httpx.HTTPError, OSError) as error:
        late = f"the answer took longer than {limit:g} s" if deadline.passed else ""
        raise SendFailed(f"{host}: {late or error or type(error).__name__}") from error


def _client() -> httpx.Client:
    return httpx.Client(trust_env=False, follow_redirects=False, verify=trusted_authorities())


def _extensions(
    scheme: str, host: str, deadline: Deadline, limit: float, read_seconds: float
) -> dict[str, Any]:
    """The certificate is checked against the name, not against the address."""
    named = {"sni_hostname": host} if scheme == "https" else {}
    timeout = httpx.Timeout(read_seconds, connect=min(CONNECT_SECONDS, limit))
    return {**named, "timeout": timeout.as_dict(), "trace": deadline.trace}


@lru_cache(maxsize=1)
def trusted_authorities() -> ssl.SSLContext:
    """The authorities that this machine trusts (SSL_CERT_FILE adds a private one), and Mozilla's:
    small images have none of their own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def _read(response: httpx.Response, deadline: Deadline, most_bytes: int) -> EgressResponse:
    body = b""
    try:
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > most_bytes:
                break
    finally:
        response.close()
    if deadline.passed:  # a body that was cut looks like one that ended
        raise httpx.ReadTimeout("")
    text = body[:most_bytes].decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in response.headers.items()}
    return EgressResponse(response.status_code, text, len(body) > most_bytes, headers)
