"""Which URLs a pattern matches, and which of several patterns wins: the most specific one.

The host counts first, then the path, then the scheme. A route wins over a custom domain of the same
host name, as at Cloudflare.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from routing.rules.addresses.pattern import RoutePattern


@dataclass(frozen=True, slots=True)
class Address:
    """URLs that lead to `worker`; "" is none: it switches less specific patterns off."""

    pattern: RoutePattern
    worker: str
    is_domain: bool = False


def matches_host(pattern: RoutePattern, host: str) -> bool:
    """`host` is in lower case and without a port."""
    if host == pattern.host:
        return pattern.apex
    return pattern.subdomains and host.endswith(f".{pattern.host}")


def matches(pattern: RoutePattern, scheme: str, host: str, path: str) -> bool:
    """`path` is as the request has it, with its query: only a final `*` matches a query."""
    if pattern.scheme and pattern.scheme != scheme:
        return False
    if not matches_host(pattern, host):
        return False
    return path.startswith(pattern.path) if pattern.is_prefix else path == pattern.path


def covers(pattern: RoutePattern, suffix: str) -> bool:
    """Does it match every name below `suffix`?"""
    return pattern.subdomains and (suffix == pattern.host or suffix.endswith(f".{pattern.host}"))


def share_hosts(one: RoutePattern, other: RoutePattern) -> bool:
    """Is there a host name that both match?"""
    return any(
        (theirs.apex and matches_host(mine, theirs.host))
        or (theirs.subdomains and covers(mine, theirs.host))
        for mine, theirs in ((one, other), (other, one))
    )


def most_specific_first(addresses: Iterable[Address]) -> list[Address]:
    """The order in which they are tried. Ties, which a store should not have, go by name."""
    return sorted(addresses, key=_order)


def winner(addresses: Iterable[Address], scheme: str, host: str, path: str) -> Address | None:
    """The address that a request belongs to; None if no pattern matches."""
    for address in most_specific_first(addresses):
        if matches(address.pattern, scheme, host, path):
            return address
    return None


def until_all_match(ordered: Iterable[Address]) -> Iterator[Address]:
    """Leaves out those behind one that matches every URL of its hosts. All must match these
    hosts."""
    for address in ordered:
        yield address
        pattern = address.pattern
        if pattern.is_prefix and pattern.path == "/" and not pattern.scheme:
            return


def _order(address: Address) -> tuple[object, ...]:
    pattern = address.pattern
    return (
        pattern.subdomains,
        -pattern.host.count("."),
        pattern.apex,
        pattern.is_prefix,
        -len(pattern.path),
        not pattern.scheme,
        address.is_domain,
        str(pattern),
        address.worker,
    )
