"""This machine's own addresses, which Worker code must not connect to."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path

_V4 = Path("/proc/net/fib_trie")
_V6 = Path("/proc/net/if_inet6")


def own_networks() -> tuple[str, ...]:
    """As networks of one address each, without loopback ones, which are never public."""
    return parse(_read(_V4), _read(_V6))


def parse(fib_trie: str, if_inet6: str) -> tuple[str, ...]:
    """The addresses in the two files of /proc/net."""
    found: set[ipaddress.IPv4Address | ipaddress.IPv6Address] = set()
    for address in re.findall(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL", fib_trie):
        found.add(ipaddress.IPv4Address(address))
    for line in if_inet6.splitlines():
        found.add(ipaddress.IPv6Address(int(line.split()[0], 16)))
    return tuple(
        f"{address}/{address.max_prefixlen}"
        for address in sorted(found, key=lambda a: (a.version, int(a)))
        if not address.is_loopback
    )


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def url_host(address: str) -> str:
    """As URLs write it: an IPv6 address has brackets."""
    return f"[{address}]" if ":" in address else address
