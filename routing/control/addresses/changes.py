"""Add, replace and remove routes and custom domains: atomic, audited, published."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from routing.control import audit, revision
from routing.control.addresses import refusals
from routing.control.addresses.zones import check_host, zone_names
from routing.models import CustomDomain, Worker, WorkerRoute
from routing.rules.addresses.matching import share_hosts
from routing.rules.addresses.pattern import (
    PatternInvalid,
    RoutePattern,
    canonical_host,
    host_pattern,
    is_host_name,
    parse_pattern,
)

ACTION = "worker.addresses"
_OWNER = "worker__name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Who changes addresses. Without `may_share_hosts` nothing can be added to a host that another
    Worker answers: it would take requests from that one."""

    actor: AbstractBaseUser | None
    source: str
    now: datetime
    may_share_hosts: bool = True


@dataclass(frozen=True, slots=True)
class Requested:
    """A pattern or a host name; `zone` is the name that the client gave with it, or ""."""

    text: str
    zone: str = ""


def set_routes(worker: Worker, requested: Sequence[Requested], change: Change) -> list[WorkerRoute]:
    """Makes these all of the Worker's routes. Raises `AddressRefused`."""
    with _changing([worker], change):
        wanted = _checked_patterns(requested)
        _refuse_taken(wanted, worker)
        worker.routes.exclude(pattern__in=wanted).delete()
        present = {route.pattern for route in worker.routes.all()}
        for pattern in wanted.keys() - present:
            _create_route(pattern, wanted[pattern], worker, change)
        return list(worker.routes.all())


def add_route(requested: Requested, worker: Worker | None, change: Change) -> WorkerRoute:
    """Without a Worker the route switches less specific ones off. Raises `AddressRefused`."""
    with _changing([worker], change):
        [(pattern, zone)] = _checked_patterns([requested]).items()
        _refuse_taken([pattern], None)
        return _create_route(pattern, zone, worker, change)


def change_route(
    route: WorkerRoute, requested: Requested, worker: Worker | None, change: Change
) -> WorkerRoute:
    """Another pattern or another Worker. Raises `AddressRefused`."""
    with _changing([route.worker, worker], change):
        [(pattern, zone)] = _checked_patterns([requested]).items()
        if pattern != route.pattern:
            _refuse_taken([pattern], None)
            _refuse_shared(parse_pattern(pattern), worker, change)
        route.pattern, route.zone, route.worker = pattern, zone, worker
        route.save(update_fields=["pattern", "zone", "worker"])
        return route


def remove_route(route: WorkerRoute, change: Change) -> None:
    with _changing([route.worker], change):
        route.delete()


def set_domains(
    worker: Worker,
    requested: Sequence[Requested],
    change: Change,
    *,
    replace: bool = False,
    may_move: bool = False,
) -> list[CustomDomain]:
    """Adds custom domains; with `replace` these are all. With `may_move` one of another Worker
    moves here, unless it is the only address that Worker has. Raises `AddressRefused`."""
    hosts = {canonical_host(one.text): one.zone for one in requested}
    domains = CustomDomain.objects.filter(hostname__in=hosts).select_related("worker")
    owners = (domain.worker for domain in domains)
    with _changing(chain([worker], owners), change):
        zones = zone_names()
        wanted = {host: _checked_host(host, zones, zone) for host, zone in hosts.items()}
        if replace:
            worker.domains.exclude(hostname__in=wanted).delete()
        for host, zone in wanted.items():
            _take_domain(host, zone, worker, change, may_move=may_move)
        return list(worker.domains.all())


def remove_domain(domain: CustomDomain, change: Change) -> None:
    with _changing([domain.worker], change):
        domain.delete()


def has_address(worker: Worker) -> bool:
    """False if only service bindings reach it."""
    return worker.subdomain_enabled or worker.routes.exists() or worker.domains.exists()


@contextmanager
def _changing(workers: Iterable[Worker | None], change: Change) -> Iterator[None]:
    """Audits and publishes what changes inside. None is for routes without a Worker. `workers` are
    read once no one else can change them."""
    with transaction.atomic():
        revision.lock()
        concerned = list({w.pk if w else None: w for w in workers}.values())
        before = [_state(worker) for worker in concerned]
        yield
        for worker, earlier in zip(concerned, before, strict=True):
            _record(worker, earlier, change)


def _record(worker: Worker | None, before: dict[str, list[str]], change: Change) -> None:
    after = _state(worker)
    if after == before:
        return
    if worker is None:
        revision.advance_without_worker()
    elif worker.deployments.exists():
        revision.advance(worker)
    audit.record(
        ACTION,
        worker.name if worker else "",
        actor=change.actor,
        source=change.source,
        now=change.now,
        before=before,
        after=after,
    )


def _state(worker: Worker | None) -> dict[str, list[str]]:
    routes = WorkerRoute.objects.filter(worker=worker).values_list("pattern", flat=True)
    domains = worker.domains.values_list("hostname", flat=True) if worker else ()
    return {"routes": sorted(routes), "domains": sorted(domains)}


def _checked_patterns(requested: Iterable[Requested]) -> dict[str, str]:
    """Canonical pattern → zone. Raises `AddressRefused`."""
    zones, found = zone_names(), {}
    for one in requested:
        try:
            pattern = parse_pattern(one.text)
        except PatternInvalid as error:
            raise refusals.bad_pattern(one.text, error.problem) from error
        found[str(pattern)] = check_host(pattern.host, zones, one.zone)
    return found


def _checked_host(host: str, zones: list[str], zone: str) -> str:
    if not is_host_name(host):
        raise refusals.bad_host(host)
    return check_host(host, zones, zone)


def _refuse_taken(patterns: Iterable[str], worker: Worker | None) -> None:
    """`worker` may have them already."""
    for route in WorkerRoute.objects.filter(pattern__in=list(patterns)).select_related("worker"):
        if worker is None or route.worker_id != worker.pk:
            raise refusals.taken(route.pattern, route.worker.name if route.worker else "")


def _refuse_shared(pattern: RoutePattern, worker: Worker | None, change: Change) -> None:
    if change.may_share_hosts:
        return
    routes = WorkerRoute.objects.exclude(worker=worker).filter(worker__isnull=False)
    domains = CustomDomain.objects.exclude(worker=worker)
    answered = chain(
        ((parse_pattern(text), owner) for text, owner in routes.values_list("pattern", _OWNER)),
        ((host_pattern(host), owner) for host, owner in domains.values_list("hostname", _OWNER)),
    )
    for theirs, owner in answered:
        if share_hosts(pattern, theirs):
            raise refusals.shared_host(pattern.host, owner)


def _create_route(pattern: str, zone: str, worker: Worker | None, change: Change) -> WorkerRoute:
    _refuse_shared(parse_pattern(pattern), worker, change)
    return WorkerRoute.objects.create(
        pattern=pattern, zone=zone, worker=worker, created_at=change.now
    )


def _take_domain(host: str, zone: str, worker: Worker, change: Change, *, may_move: bool) -> None:
    domain = CustomDomain.objects.filter(hostname=host).select_related("worker").first()
    if domain is None:
        _refuse_shared(host_pattern(host), worker, change)
        CustomDomain.objects.create(hostname=host, zone=zone, worker=worker, created_at=change.now)
        return
    owner = domain.worker
    if owner.pk == worker.pk:
        return
    if not may_move:
        raise refusals.taken(host, owner.name)
    domain.worker = worker
    domain.save(update_fields=["worker"])
    if not has_address(owner):
        raise refusals.taken_last(host, owner.name)
