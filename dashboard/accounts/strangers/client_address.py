"""Which addresses count as one client."""

from __future__ import annotations

from ipaddress import IPv6Address, IPv6Network, ip_address

from django.http import HttpRequest


def address_group(text: str) -> str | None:
    """An IPv4 address, or the /64 that one line of IPv6 has for itself; None for other text."""
    try:
        given = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(given, IPv6Address) and not given.ipv4_mapped:
        return str(IPv6Network((int(given), 64), strict=False).network_address)
    return str(getattr(given, "ipv4_mapped", given))


def client_of(request: HttpRequest) -> str:
    """The group of the caller's address. What is no address counts as one client of its own."""
    return address_group(request.META.get("REMOTE_ADDR", "")) or ""
