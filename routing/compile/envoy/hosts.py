"""Host names that route patterns name: several Workers may share one, by path and scheme."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from routing.compile import names
from routing.compile.envoy.decision import worker_routes
from routing.rules.addresses.matching import (
    Address,
    covers,
    matches_host,
    most_specific_first,
    until_all_match,
)
from routing.rules.addresses.pattern import (
    PatternInvalid,
    RoutePattern,
    host_pattern,
    parse_pattern,
)
from routing.snapshot import Snapshot, WorkerSpec

_Object = dict[str, Any]
_ByHost = Mapping[str, list[Address]]
_TEXT = "No Worker answers at this URL.\n"

NO_WORKER_HERE: _Object = {
    "name": "no-worker",
    "match": {"prefix": "/"},
    "direct_response": {"status": 404, "body": {"inline_string": _TEXT}},
}
"""For URLs that no pattern of their host matches, or one without a Worker. Its name belongs to no
Worker."""


def hosts_with_routes(snapshot: Snapshot) -> dict[str, tuple[Address, ...]]:
    """By key of a scope, the addresses that match its hosts, most specific first: of each host name
    in a pattern, and of all names below one with a wildcard."""
    routed = _routed(snapshot)
    if not routed:
        return {}
    domains = {
        host.lower(): worker.name
        for worker in sorted(snapshot.workers, key=lambda w: w.name, reverse=True)
        for host in worker.hostnames
    }
    found: dict[str, tuple[Address, ...]] = {}
    for host, here in routed.items():
        shared = [a for a in _above(host, routed) if matches_host(a.pattern, host)]
        if shared and (own := domains.get(host)):
            shared.append(Address(host_pattern(host), own, is_domain=True))
        if shared:
            found[names.scope(names.PUBLIC, host)] = _ordered(shared)
        if any(address.pattern.subdomains for address in here):
            below = [a for a in _above(host, routed) if covers(a.pattern, host)]
            found[names.scope(names.WILDCARD, host)] = _ordered(below)
    return found


def scope_of_host(hosts: Mapping[str, object], host: str, domain: str) -> str:
    """The key in `hosts` (`hosts_with_routes`) that the host name leads to; "" if none. Wildcards
    match no name below `domain`: those are of Workers and previews."""
    exact = names.scope(names.PUBLIC, host)
    if exact in hosts:
        return exact
    if host.endswith(f".{domain}"):
        return ""
    labels = host.split(".")
    below = (names.scope(names.WILDCARD, ".".join(labels[n:])) for n in range(1, len(labels)))
    return next((key for key in below if key in hosts), "")


def exact_hosts(texts: Iterable[str]) -> set[str]:
    """Host names in these patterns, without those that begin with a wildcard."""
    patterns = [pattern for pattern in map(_parsed, texts) if pattern is not None]
    return {pattern.host for pattern in patterns if not pattern.subdomains}


def address_routes(address: Address, worker: WorkerSpec | None) -> list[_Object]:
    """Routes of one address; without a Worker they answer 404."""
    routes = worker_routes(worker) if worker else [NO_WORKER_HERE]
    limits = _limits(address.pattern)
    return [{**route, "match": _limited(route["match"], limits)} for route in routes]


def _routed(snapshot: Snapshot) -> dict[str, list[Address]]:
    """Addresses by the host of their pattern. Those that this release cannot read are left out."""
    found: defaultdict[str, list[Address]] = defaultdict(list)
    listed = [(text, worker.name) for worker in snapshot.workers for text in worker.routes]
    for text, name in [*listed, *((text, "") for text in snapshot.disabled_routes)]:
        pattern = _parsed(text)
        if pattern is not None:
            found[pattern.host].append(Address(pattern, name))
    return found


@lru_cache(maxsize=16_384)
def _parsed(text: str) -> RoutePattern | None:
    try:
        return parse_pattern(text)
    except PatternInvalid:
        return None


def _above(host: str, routed: _ByHost) -> list[Address]:
    """Addresses at `host` and at each name that it is below."""
    labels = host.split(".")
    suffixes = (".".join(labels[start:]) for start in range(len(labels)))
    return [address for suffix in suffixes for address in routed.get(suffix, ())]


def _ordered(addresses: Iterable[Address]) -> tuple[Address, ...]:
    return tuple(until_all_match(most_specific_first(addresses)))


def _limits(pattern: RoutePattern) -> tuple[str, list[_Object]]:
    """(prefix of the path, further headers to match)."""
    headers: list[_Object] = []
    if pattern.scheme:
        exact = {"string_match": {"exact": pattern.scheme}}
        headers.append({"name": "x-forwarded-proto", **exact})
    if pattern.is_prefix:
        return pattern.path, headers
    # Envoy's `path` ignores the query, and only a final * matches one.
    return "/", [{"name": ":path", "string_match": {"exact": pattern.path}}, *headers]


def _limited(match: _Object, limits: tuple[str, list[_Object]]) -> _Object:
    prefix, headers = limits
    both = [*headers, *match.get("headers", ())]
    return {**match, "prefix": prefix, **({"headers": both} if both else {})}
