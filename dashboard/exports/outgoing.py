"""The one door to other machines: named hosts only, addresses checked as the connection is made.

A host must be in SLUICE_EXPORT_HOSTS. Its name is resolved here, every address must be of the kind
that the name promises, and the request goes to that very address: a name that changes its mind in
between (DNS rebinding) changes nothing. Redirects are not followed, proxies not used.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

import certifi
import httpx
from django.conf import settings

from dashboard.exports.destination import Destination, DestinationInvalid
from dashboard.sending.deadline import Deadline

TIMEOUT = httpx.Timeout(15.0, connect=5.0)
SECONDS = 60.0
"""For the whole of one request, also where each byte comes in time."""
ANSWER = 2048
"""Bytes of an answer that are read, to say what went wrong."""

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class SendFailed(Exception):
    """The batch was not taken; the message is fit for people and holds no secret."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    text: str


def check_host(host: str) -> None:
    """Raises `DestinationInvalid` for a host that the settings do not name."""
    if host.lower() not in settings.EXPORT_HOSTS:
        raise DestinationInvalid(
            f"Nothing may be sent to {host[:100]}: it is not in SLUICE_EXPORT_HOSTS. "
            "Whoever runs Sluice can add it."
        )


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes,
    auth: httpx.Auth | None = None,
) -> Answer:
    """One request to an allowed host; raises `SendFailed` when no answer comes."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    deadline = Deadline(SECONDS)
    try:
        check_host(host)
        address = _resolve(host, parts.port or (443 if parts.scheme == "https" else 80))
        asked = httpx.Request(
            method,
            httpx.URL(url).copy_with(host=str(address)),
            headers={**headers, "Host": parts.netloc},
            content=body,
            extensions=_extensions(parts.scheme, host, deadline),
        )
        with deadline, _client() as client:
            return _read(client.send(asked, auth=auth, stream=True))
    except DestinationInvalid as error:
        raise SendFailed(str(error)) from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        late = f"the answer took longer than {SECONDS:g} s" if deadline.passed else ""
        raise SendFailed(f"{host}: {late or error or type(error).__name__}") from error


def _client() -> httpx.Client:
    return httpx.Client(trust_env=False, follow_redirects=False, verify=_trusted())


def _extensions(scheme: str, host: str, deadline: Deadline) -> dict[str, Any]:
    """The certificate is checked against the name, not against the address."""
    named = {"sni_hostname": host} if scheme == "https" else {}
    return {**named, "timeout": TIMEOUT.as_dict(), "trace": deadline.trace}


@lru_cache(maxsize=1)
def _trusted() -> ssl.SSLContext:
    """The authorities that this machine trusts (SSL_CERT_FILE adds a private one), and Mozilla's:
    small images have none of their own."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


def checked(answer: Answer, destination: Destination) -> None:
    """Raises `SendFailed` unless the answer is a 2xx; what it said is shown without secrets."""
    if 200 <= answer.status < 300:
        return
    said = answer.text
    for secret in destination.secrets:
        said = said.replace(secret, "REDACTED")
    words = f"{destination.host} answered {answer.status}"
    if 300 <= answer.status < 400:
        raise SendFailed(f"{words}: redirects are not followed.")
    raise SendFailed(f"{words}{': ' + ' '.join(said.split())[:300] if said.strip() else ''}")


def fits(host: str, address: Address) -> bool:
    """May a connection to `host` go to `address`? Names of other machines never lead back here,
    nor to addresses that belong to no machine or to a cloud's metadata service."""
    plain = getattr(address, "ipv4_mapped", None) or address
    if _is_local(host):
        return bool(plain.is_loopback)
    return not (
        plain.is_loopback or plain.is_link_local or plain.is_unspecified or plain.is_multicast
    )


def _resolve(host: str, port: int) -> Address:
    """The first address; all of them must fit."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SendFailed(f"{host}: the name has no address ({error}).") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]
    for address in addresses:
        if not fits(host, address):
            raise SendFailed(f"{host}: its name leads to {address}, where nothing may be sent.")
    # `localhost` is IPv6 first on many machines, and servers on it often are not.
    return min(addresses, key=lambda a: a.version)


def _is_local(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _read(response: httpx.Response) -> Answer:
    body = b""
    try:
        for chunk in response.iter_raw():
            body += chunk
            if len(body) >= ANSWER:
                break
    finally:
        response.close()
    return Answer(response.status_code, body[:ANSWER].decode("utf-8", "replace"))
