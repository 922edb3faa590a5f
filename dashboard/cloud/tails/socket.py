"""The WebSocket of a tail. Its URL comes from the API and is a bearer secret."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from django.conf import settings
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from dashboard.cloud import messages
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.egress.hosts import parse_host
from dashboard.cloud.egress.public_addresses import Address, resolve_public
from dashboard.egress.addresses import AddressRefused, is_local, resolve
from dashboard.egress.client import trusted_authorities

PROTOCOL = Subprotocol("trace-v1")
OPEN_SECONDS = 12.0
PING_SECONDS = 20.0
MOST_BYTES = 1_000_000
"""Of one message."""


def open_socket(url: str, base_url: str) -> ClientConnection:
    """`base_url` is the API's, which named `url`. Raises `CloudError`."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "wss" else 80)
        address = _address(parts.scheme, host, port, base_url)
        sock = socket.create_connection((str(address), port), timeout=OPEN_SECONDS)
    except (AddressRefused, OSError, ValueError) as error:
        raise CloudError(Kind.UNREACHABLE, messages.tail_unreachable(str(error))) from error
    sock.settimeout(None)
    tls: ssl.SSLContext | None = trusted_authorities() if parts.scheme == "wss" else None
    try:
        connection = connect(
            url,
            sock=sock,
            ssl=tls,
            server_hostname=host if tls else None,
            subprotocols=[PROTOCOL],
            compression=None,
            proxy=None,
            user_agent_header="Sluice",
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=1.0,
            max_size=MOST_BYTES,
            legacy=True,  # a plain connection: no redirect, no reconnection of its own
        )
        connection.send('{"debug":false}')
    except (WebSocketException, OSError) as error:
        sock.close()
        text = messages.tail_unreachable(type(error).__name__)  # the error may name the URL
        raise CloudError(Kind.UNREACHABLE, text) from error
    return connection


def _address(scheme: str, host: str, port: int, base_url: str) -> Address:
    """The API's own host, which the settings name, or a public one over TLS. Raises
    `AddressRefused` or `CloudError`."""
    api = urlsplit(base_url)
    if is_local(host):
        if (
            scheme != "ws"
            or port not in settings.CLOUD_LOOPBACK_PORTS
            or not is_local(api.hostname or "")
        ):
            raise AddressRefused("it leads back to this machine.")
        return resolve_public(parse_host(f"{host}:{port}", settings.CLOUD_LOOPBACK_PORTS))
    if scheme != "wss":
        raise AddressRefused("it is not encrypted.")
    if host == (api.hostname or "").lower():
        return resolve(host, port)
    return resolve_public(parse_host(f"{host}:{port}", ()))
