"""Which IP addresses are public, and those of a host."""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from dashboard.cloud.egress.values import Host
from dashboard.egress.addresses import AddressRefused

Address: TypeAlias = IPv4Address | IPv6Address
_UNICAST = IPv6Network("2000::/3")
_TUNNELS = (IPv6Network("2001::/32"), IPv6Network("2002::/16"))
"""Teredo and 6to4: an IPv4 address hides in them."""
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether the address belongs to a machine that anyone on the internet reaches."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if address in _NAT64:
        return is_public(IPv4Address(int(address) & 0xFFFFFFFF))
    hidden = any(address in tunnel for tunnel in _TUNNELS)
    return address in _UNICAST and address.is_global and not hidden


def resolve_public(host: Host) -> Address:
    """The address to connect to. Every address of the name must be public; a local host is this
    loopback, without a look-up. Raises `AddressRefused`."""
    if host.local:
        is_name = host.name == "localhost" or host.name.endswith(".localhost")
        return IPv4Address("127.0.0.1") if is_name else ip_address(host.name)
    try:
        entries = socket.getaddrinfo(host.name, host.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise AddressRefused(f"the name has no address ({error}).") from error
    addresses = [ip_address(str(entry[4][0]).partition("%")[0]) for entry in entries]
    for address in addresses:
        if not is_public(address):
            raise AddressRefused(f"its name leads to {address}, which is not a public address.")
    if not addresses:
        raise AddressRefused("the name has no address.")
    return min(addresses, key=lambda address: address.version)
