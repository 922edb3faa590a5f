"""The switches of a Worker's host name and previews."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils import timezone
from ninja import Schema

from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.lookup import worker_named
from dashboard.api.resources.scripts import SCRIPT
from dashboard.api.serializers.schemas import AccountSubdomain, Subdomain
from routing.control.publish import port_of_url
from routing.control.subdomain import set_subdomain
from routing.models import Worker

router = resource("Subdomain")
SUBDOMAIN = SCRIPT + "/subdomain"


class SubdomainInput(Schema):
    """Whether the Worker answers at its own host name, and its previews at theirs."""

    enabled: bool
    previews_enabled: bool | None = None


@router.get(
    "/accounts/{account_id}/workers/subdomain",
    auth=may_read,
    response=Envelope[AccountSubdomain],
)
def get_account_subdomain(request: ApiRequest, account_id: str) -> dict[str, Any]:
    """The domain of all Workers, and `/#`.

    Older wranglers print `https://<worker>.<subdomain>.workers.dev`, which could be another
    account's Worker at Cloudflare. With `/#` the rest becomes a fragment of this server's URL.
    """
    return ok({"subdomain": f"{settings.DOMAIN}{port_of_url()}/#"})


@router.get(SUBDOMAIN, auth=may_read, response=Envelope[Subdomain])
def get_subdomain(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """Whether this Worker answers at its own host name."""
    return ok(subdomain_item(worker_named(script_name)))


@router.post(SUBDOMAIN, auth=may_deploy, response=Envelope[Subdomain])
def post_subdomain(
    request: ApiRequest, account_id: str, script_name: str, given: SubdomainInput
) -> dict[str, Any]:
    """Sets the switches. Without `previews_enabled`, previews follow `enabled`."""
    previews = given.enabled if given.previews_enabled is None else given.previews_enabled
    return ok(
        subdomain_item(set_switches(request, script_name, enabled=given.enabled, previews=previews))
    )


@router.delete(SUBDOMAIN, auth=may_deploy, response=Envelope[Subdomain])
def delete_subdomain(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """The same as `enabled: false`."""
    return ok(subdomain_item(set_switches(request, script_name, enabled=False, previews=False)))


def subdomain_item(worker: Worker) -> dict[str, bool]:
    """The two switches."""
    return {"enabled": worker.subdomain_enabled, "previews_enabled": worker.previews_enabled}


def set_switches(request: ApiRequest, name: str, *, enabled: bool, previews: bool) -> Worker:
    """Sets both switches."""
    return set_subdomain(
        worker=worker_named(name),
        enabled=enabled,
        previews=previews,
        author=request.auth.user,
        source=request.auth.source,
        now=timezone.now(),
    )
