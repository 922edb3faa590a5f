"""What a confirmed address may look like: `name` or `name:port`. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from dashboard.cloud import messages
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.egress.values import Host
from dashboard.egress.addresses import is_local

TLS_PORTS = frozenset({443, 2053, 2083, 2087, 2096, 8443})
"""Where Cloudflare serves https."""
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"({_LABEL}\.)*{_LABEL}")
_ADDRESS = re.compile(r"(?P<name>[^:\s]+)(:(?P<port>[1-9][0-9]{0,4}))?")


def parse_host(address: str, local_ports: Collection[int]) -> Host:
    """Raises `CloudError` for a user name, a path, an IP address in any notation, a port where
    Cloudflare has no https, and this machine, except at `local_ports`."""
    match = _ADDRESS.fullmatch(address.lower())
    if match is None or len(match["name"]) > 253:
        raise _refused(messages.BAD_HOST)
    name, port = match["name"], int(match["port"] or 443)
    if is_local(name):
        if port not in local_ports:
            raise _refused(messages.HOST_IS_LOCAL)
        return Host(name, port, local=True)
    if not _NAME.fullmatch(name) or _may_be_a_number(name) or "." not in name:
        raise _refused(messages.BAD_HOST)
    if port not in TLS_PORTS:
        raise _refused(messages.BAD_PORT)
    return Host(name, port, local=False)


def _may_be_a_number(name: str) -> bool:
    """`127.1`, `2130706433`, `0x7f.1` and the like: resolvers take them for addresses, and no
    top-level domain begins with a digit."""
    return name.rpartition(".")[2][:1].isdigit()


def _refused(message: str) -> CloudError:
    return CloudError(Kind.NOT_ALLOWED, message)
