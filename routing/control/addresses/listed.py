"""The URLs of a Worker, and the one to show first."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Value

from routing.control.publish import hostname, port_of_url, url_of
from routing.models import Worker
from routing.rules.addresses.pattern import PatternInvalid, RoutePattern, parse_pattern


@dataclass(frozen=True, slots=True)
class ProductionAddress:
    """`host` and `path` of a request that reaches the Worker. `kind`: `own`, `domain` or `route`;
    `text` is the pattern of a route. `url` is "" for a pattern with a wildcard in the host."""

    kind: str
    text: str
    host: str
    path: str
    url: str


def production_addresses(worker: Worker) -> list[ProductionAddress]:
    """The one to show first comes first: a custom domain, then its own host name, then routes. One
    query."""
    hosts = worker.domains.order_by().values_list(Value(1), "hostname")
    patterns = worker.routes.order_by().values_list(Value(2), "pattern")
    texts = sorted(hosts.union(patterns, all=True))
    domains = [_of_domain(text) for kind, text in texts if kind == 1]
    routes = [found for kind, text in texts if kind == 2 and (found := _of_route(text))]
    own = hostname(worker.name)
    mine = (
        [ProductionAddress("own", own, own, "/", url_of(own))] if worker.subdomain_enabled else []
    )
    return [*domains, *mine, *sorted(routes, key=lambda one: not one.url)]


def production_host(worker: Worker) -> str:
    """The host name of requests that reach the Worker as a whole: its own, or a custom domain's,
    or of a route; its own one if it has none at all."""
    if worker.subdomain_enabled:
        return hostname(worker.name)
    addresses = [one for one in production_addresses(worker) if one.url]
    return addresses[0].host if addresses else hostname(worker.name)


def _of_domain(host: str) -> ProductionAddress:
    return ProductionAddress("domain", host, host, "/", f"{_scheme('')}://{host}{_port('')}")


def _of_route(text: str) -> ProductionAddress | None:
    try:
        pattern = parse_pattern(text)
    except PatternInvalid:
        return None
    path = pattern.path
    url = f"{_scheme(pattern.scheme)}://{pattern.host}{_port(pattern.scheme)}{path.rstrip('/')}"
    return ProductionAddress("route", text, _host(pattern), path, url if pattern.apex else "")


def _host(pattern: RoutePattern) -> str:
    return pattern.host if pattern.apex else f"www.{pattern.host}"


def _scheme(wanted: str) -> str:
    return wanted or settings.EDGE_PUBLIC_URL.partition(":")[0]


def _port(wanted: str) -> str:
    """The port of public URLs is that of their own scheme only."""
    return port_of_url() if not wanted or wanted == _scheme("") else ""
