"""Routes and custom domains of one Worker, as wrangler sets them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.utils import timezone
from ninja import Query, Schema

from dashboard.api import messages
from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, ok, page_info, resource
from dashboard.api.http.errors import ApiError, unsupported
from dashboard.api.http.lookup import worker_named
from dashboard.api.resources.scripts import SCRIPT
from dashboard.api.serializers.addresses import (
    DomainChangeset,
    DomainItem,
    RouteItem,
    domain_item,
    refusal,
    route_item,
)
from routing.control.addresses.changes import (
    Change,
    Requested,
    remove_domain,
    set_domains,
    set_routes,
)
from routing.control.addresses.refusals import AddressRefused
from routing.control.addresses.zones import zone_of_id
from routing.control.publish import hostname
from routing.control.subdomain import undo_switch_off
from routing.models import CustomDomain, Worker
from routing.rules.addresses.pattern import canonical_host
from routing.rules.addresses.zones import zone_id

router = resource("Routes and custom domains")
DOMAINS = "/accounts/{account_id}/workers/domains"


class RouteInput(Schema):
    """A pattern; the zone by name or id, or by the pattern's host."""

    pattern: str
    zone_name: str = ""
    zone_id: str = ""


class DomainInput(Schema):
    """A host name; the zone by name or id, or by the host name."""

    hostname: str
    zone_name: str | None = None
    zone_id: str | None = None
    enabled: bool | None = None
    previews_enabled: bool | None = None


class DomainRecords(Schema):
    """All custom domains of a Worker."""

    origins: list[DomainInput]
    override_scope: bool = False
    override_existing_origin: bool = False
    override_existing_dns_record: bool = False


class AttachInput(DomainInput):
    """A custom domain and its Worker."""

    service: str
    environment: str = "production"


class DomainFilter(Schema):
    """All given ones have to match."""

    hostname: str = ""
    service: str = ""
    zone_id: str = ""
    zone_name: str = ""
    page: int = 1


@router.get(SCRIPT + "/routes", auth=may_read, response=Envelope[list[RouteItem]])
def list_script_routes(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """The routes of a Worker."""
    return ok([route_item(route) for route in worker_named(script_name).routes.all()])


@router.put(SCRIPT + "/routes", auth=may_deploy, response=Envelope[list[RouteItem]])
def put_routes(
    request: ApiRequest, account_id: str, script_name: str, given: list[RouteInput]
) -> dict[str, Any]:
    """Makes these all routes of the Worker. A refusal switches its host name on again, if the same
    client just switched it off."""
    worker = worker_named(script_name)
    with _undoing(request, worker):
        wanted = [_requested(one.pattern, one.zone_name, one.zone_id) for one in given]
        routes = set_routes(worker, wanted, change_of(request))
    return ok([route_item(route) for route in routes])


@router.post(SCRIPT + "/domains/changeset", auth=may_deploy, response=Envelope[DomainChangeset])
def post_domains(
    request: ApiRequest, account_id: str, script_name: str, given: list[DomainInput]
) -> dict[str, Any]:
    """What setting these custom domains would change. Changes nothing."""
    worker, hosts = worker_named(script_name), {canonical_host(one.hostname) for one in given}
    known = CustomDomain.objects.filter(hostname__in=hosts).select_related("worker")
    present = {domain.hostname: domain for domain in known}
    updated = [
        {**domain_item(domain), "modified": domain.worker_id != worker.pk}
        for domain in present.values()
    ]
    removed = worker.domains.exclude(hostname__in=hosts).select_related("worker")
    return ok(
        {
            "added": [{"hostname": host} for host in sorted(hosts - present.keys())],
            "removed": [domain_item(domain) for domain in removed],
            "updated": updated,
            "conflicting": [],
        }
    )


@router.put(SCRIPT + "/domains/records", auth=may_deploy, response=Envelope[list[DomainItem]])
def put_domains(
    request: ApiRequest, account_id: str, script_name: str, given: DomainRecords
) -> dict[str, Any]:
    """Makes these all custom domains of the Worker. With `override_existing_origin` one of another
    Worker moves here, unless it is the only address that Worker has."""
    worker = worker_named(script_name)
    may_move = given.override_existing_origin and not request.auth.token.workers
    with _undoing(request, worker):
        domains = set_domains(
            worker,
            _domains(given.origins),
            change_of(request),
            replace=bool(given.origins),
            may_move=may_move,
        )
    return ok([domain_item(domain) for domain in domains])


@router.get(DOMAINS, auth=may_read, response=Envelope[list[DomainItem]])
def list_domains(
    request: ApiRequest, account_id: str, wanted: Query[DomainFilter]
) -> dict[str, Any]:
    """Custom domains, all on page 1."""
    found = _found(wanted) if wanted.page == 1 else []
    return ok(
        [domain_item(domain) for domain in found],
        page_info(wanted.page, 1000, len(found), len(found)),
    )


@router.get(DOMAINS + "/records", auth=may_read, response=Envelope[list[DomainItem]])
def list_domain_records(
    request: ApiRequest, account_id: str, wanted: Query[DomainFilter]
) -> dict[str, Any]:
    """The same list, as wrangler asks for it. Its first page is 0."""
    return ok([domain_item(domain) for domain in (_found(wanted) if wanted.page <= 1 else [])])


@router.get(DOMAINS + "/records/{domain_id}", auth=may_read, response=Envelope[DomainItem])
def get_domain_record(request: ApiRequest, account_id: str, domain_id: str) -> dict[str, Any]:
    """A custom domain."""
    return ok(domain_item(_domain(domain_id)))


@router.put(DOMAINS, auth=may_deploy, response=Envelope[DomainItem])
def attach_domain(request: ApiRequest, account_id: str, given: AttachInput) -> dict[str, Any]:
    """Adds a custom domain to a Worker."""
    worker = worker_named(given.service)
    with refusals():
        domains = set_domains(worker, _domains([given]), change_of(request))
    host = canonical_host(given.hostname)
    return ok(domain_item(next(domain for domain in domains if domain.hostname == host)))


@router.get(DOMAINS + "/{domain_id}", auth=may_read, response=Envelope[DomainItem])
def get_domain(request: ApiRequest, account_id: str, domain_id: str) -> dict[str, Any]:
    """A custom domain."""
    return ok(domain_item(_domain(domain_id)))


@router.delete(DOMAINS + "/{domain_id}", auth=may_deploy, response=Envelope[None])
def detach_domain(request: ApiRequest, account_id: str, domain_id: str) -> dict[str, Any]:
    """Removes a custom domain."""
    remove_domain(_domain(domain_id), change_of(request))
    return ok(None)


def change_of(request: ApiRequest) -> Change:
    caller = request.auth
    return Change(
        actor=caller.user,
        source=caller.source,
        now=timezone.now(),
        may_share_hosts=not caller.token.workers,
    )


@contextmanager
def refusals() -> Iterator[None]:
    """Answers a refused change with Cloudflare's code."""
    try:
        yield
    except AddressRefused as error:
        raise refusal(error) from error


@contextmanager
def _undoing(request: ApiRequest, worker: Worker) -> Iterator[None]:
    """wrangler has switched the Worker's host name off before this call; a refusal undoes it."""
    try:
        with refusals():
            yield
    except ApiError as error:
        caller = request.auth
        undo_switch_off(worker=worker, author=caller.user, source=caller.source, now=timezone.now())
        # wrangler sends routes and domains at the same time, and either may undo it.
        worker.refresh_from_db(fields=["subdomain_enabled"])
        if worker.subdomain_enabled:
            (code, text), *others = error.problems
            stays = messages.host_stays_on(hostname(worker.name))
            raise ApiError(error.status, (code, f"{text} {stays}"), *others) from error
        raise


def _domains(given: Sequence[DomainInput]) -> list[Requested]:
    """Raises `ApiError` for what a custom domain cannot do here."""
    for one in given:
        if one.previews_enabled or one.enabled is False:
            raise unsupported(messages.DOMAIN_SWITCHES)
    return [_requested(one.hostname, one.zone_name or "", one.zone_id or "") for one in given]


def _requested(text: str, zone_name: str, given_id: str) -> Requested:
    zone = canonical_host(zone_name)
    if given_id and not zone:
        zone = zone_of_id(given_id) or given_id
    return Requested(text, zone)


def _found(wanted: DomainFilter) -> list[CustomDomain]:
    rows = CustomDomain.objects.select_related("worker")
    if wanted.hostname:
        rows = rows.filter(hostname=canonical_host(wanted.hostname))
    if wanted.service:
        rows = rows.filter(worker__name=wanted.service)
    if wanted.zone_name:
        rows = rows.filter(zone=canonical_host(wanted.zone_name))
    return [row for row in rows if wanted.zone_id in ("", zone_id(row.zone))]


def _domain(domain_id: str) -> CustomDomain:
    domain = CustomDomain.objects.filter(pk=domain_id).select_related("worker").first()
    if domain is None:
        raise ApiError(404, (100114, messages.NO_DOMAIN))
    return domain
