"""Overrides of a Worker: the switch, and links to versions: listed, made, revoked."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field, StrictBool

from dashboard.api.http.auth import ApiRequest, actor_of, may_administer, may_deploy, may_read
from dashboard.api.sluice.errors import Refused
from dashboard.api.sluice.lookup import Listing, worker_at
from dashboard.api.sluice.schemas import Input
from dashboard.overrides import links, protection
from dashboard.overrides.choices import version_to_share
from dashboard.overrides.report import link_as_json, shared_as_json, switch_as_json
from dashboard.times.durations import parse_duration
from routing.models import OverrideLink, Worker

router = Router(tags=["Overrides"])
OVERRIDES = "/workers/{name}/overrides"
LINKS = OVERRIDES + "/links"


class Switch(Schema):
    """Whether an override needs a permission, and how many links are live."""

    worker: str
    protected: bool
    live_links: int


class SwitchInput(Input):
    protected: StrictBool


class LinkInput(Input):
    """The version, the duration ("8h", at most "30d"), a note, and the path the link leads to."""

    version_id: str = Field("", max_length=100, description="The candidate, if left out.")
    lasts: str = Field("1d", max_length=20)
    note: str = Field("", max_length=200)
    path: str = Field("/", max_length=1001)


class LinkItem(Schema):
    """One link: `state` is live, expired or revoked. `leave_url` is the way out."""

    id: str
    worker: str
    version_id: str
    state: str
    note: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None
    leave_url: str


class LinkMade(LinkItem):
    """With what opens it: given this once."""

    url: str
    permission: str


class LinkListing(Listing):
    """Those that are live, or all of them."""

    show: Literal["live", "all"] = "live"


@router.get(OVERRIDES, auth=may_read, response=Switch)
def get_overrides(request: ApiRequest, name: str) -> Any:
    """Whether the Worker protects its overrides."""
    return _switch(worker_at(name))


@router.put(OVERRIDES, auth=may_administer, response=Switch)
def set_overrides(request: ApiRequest, name: str, given: SwitchInput) -> Any:
    """Protects the Worker's overrides, or opens them to anyone."""
    worker = worker_at(name)
    protection.protect(worker, on=given.protected, by=actor_of(request))
    return _switch(worker)


@router.get(LINKS, auth=may_read, response=list[LinkItem])
def list_links(request: ApiRequest, name: str, listing: Query[LinkListing]) -> Any:
    """The Worker's links. What opens them is not among it."""
    now = timezone.now()
    rows = links.of_worker(worker_at(name), now, ended=listing.show == "all")
    return [link_as_json(link, now) for link in rows.select_related("worker")[: listing.limit]]


@router.post(LINKS, auth=may_deploy, response={201: LinkMade})
def share_version(request: ApiRequest, name: str, given: LinkInput) -> Any:
    """Shares a version of the active deployment. The address and the permission are given once."""
    worker, by = worker_at(name), actor_of(request)
    try:
        lasts = parse_duration(given.lasts)
    except ValueError as error:
        raise Refused(422, "invalid", str(error), "lasts") from error
    version = version_to_share(worker, given.version_id)
    shared = links.share(version, by, lasts=lasts, note=given.note, path=given.path)
    return Status(201, shared_as_json(shared, by.now))


@router.post(LINKS + "/{link_id}/revoke", auth=may_deploy, response=LinkItem)
def revoke_link(request: ApiRequest, name: str, link_id: UUID) -> Any:
    """Ends a link; one that had ended stays as it is."""
    by, link = actor_of(request), links.link_of(worker_at(name), str(link_id))
    links.revoke(link, by)
    link.refresh_from_db()
    return link_as_json(link, by.now)


def _switch(worker: Worker) -> dict[str, Any]:
    live = OverrideLink.objects.live(timezone.now()).filter(worker=worker).count()
    return switch_as_json(worker, live)
