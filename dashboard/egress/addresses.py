"""Which address a host name may lead to. Names of other machines never lead back to this one."""

from __future__ import annotations

import ipaddress
import socket
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class AddressRefused(OSError):
    """The name has no address, or one where nothing may be sent."""


def fits(host: str, address: Address) -> bool:
    """May a connection to `host` go to `address`? Names of other machines never lead back here,
    nor to addresses that belong to no machine or to a cloud's metadata service."""
    plain = getattr(address, "ipv4_mapped", None) or address
    if is_local(host):
        return bool(plain.is_loopback)
    return not (
        plain.is_loopback or plain.is_link_local or plain.is_unspecified or plain.is_multicast
    )


def resolve(host: str, port: int) -> Address:
    """The first address of `host`; raises `AddressRefused` unless all of them fit."""
    try:
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise AddressRefused(f"the name has no address ({error}).") from error
    addresses = [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries]
    for address in addresses:
        if not fits(host, address):
            raise AddressRefused(f"its name leads to {address}, where nothing may be sent.")
    # `localhost` is IPv6 first on many machines, and servers on it often are not.
    return min(addresses, key=lambda a: a.version)


def is_local(host: str) -> bool:
    """Whether the name promises this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
