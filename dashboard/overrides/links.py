"""Links that open the production address on a chosen version, for people without header tools."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, User
from dashboard.overrides import keys, messages
from dashboard.overrides.protection import OverrideRefused, tell_edges
from dashboard.times.durations import format_duration
from routing.compile.names import LEAVE_PATH, LINK_PATH
from routing.control import revision
from routing.control.addresses.listed import production_host
from routing.control.deploy import active_deployment
from routing.control.override_policies import LONGEST
from routing.control.publish import hostname, url_of
from routing.models import OverrideLink, OverrideLinkQuerySet, Version, Worker
from routing.rules.permissions.permission import PERMISSION_NAME, Permission

SHORTEST = timedelta(minutes=5)
USUAL = timedelta(days=1)
MOST = 100
"""Links of one Worker that have not expired. Edges know each one that was revoked."""
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1000}")


@dataclass(frozen=True, slots=True)
class Shared:
    """A link that was just made. `token` is stored nowhere: the page displays it once."""

    link: OverrideLink
    token: str
    path: str = "/"

    @property
    def url(self) -> str:
        where = "" if self.path == "/" else f"&path={quote(self.path, safe='/')}"
        return f"{url_of(self.link.host)}{LINK_PATH}?permission={self.token}{where}"

    @property
    def leave_url(self) -> str:
        return leave_url(self.link.host)

    @property
    def header(self) -> str:
        """The same permission for programs, which send it beside the override header."""
        return f"{PERMISSION_NAME}: {self.token}"


def leave_url(host: str) -> str:
    """Where a browser gives the cookie back."""
    return f"{url_of(host)}{LEAVE_PATH}"


def share(
    version: Version, by: Actor, *, lasts: timedelta = USUAL, note: str = "", path: str = "/"
) -> Shared:
    """A link to this version, which must be in the active deployment. Raises `OverrideRefused`."""
    _check(lasts, note, path)
    worker = version.worker
    with transaction.atomic():
        revision.lock()
        _check_person(by)
        _check_reachable(version)
        if OverrideLink.objects.unexpired(by.now).filter(worker=worker).count() >= MOST:
            raise OverrideRefused("too_many", messages.too_many_links(worker.name, MOST))
        signer = keys.ensure(worker, by.now)
        link = OverrideLink.objects.create(
            worker=worker,
            version=version,
            host=production_host(worker),
            note=note.strip(),
            created_by=by.actor,
            created_at=by.now,
            expires_at=(by.now + lasts).replace(microsecond=0),
        )
        tell_edges(worker)
        _record("override.link", link, by)
    return Shared(link, signer.token(_permission(link)), path)


def revoke(link: OverrideLink, by: Actor) -> bool:
    """The edges refuse it from the next revision on; False if it has already ended."""
    with transaction.atomic():
        revision.lock()
        return _revoke(OverrideLink.objects.filter(pk=link.pk), by) > 0


def revoke_all_by(sender: Any, *, person: User, by: Actor, **_: Any) -> None:
    """A person who is switched off leaves no open link behind."""
    revision.lock()
    _revoke(OverrideLink.objects.filter(created_by=person), by)


def of_worker(worker: Worker, now: datetime, *, ended: bool = False) -> OverrideLinkQuerySet:
    """Its live links, those that expire first on top; with `ended` all of them, newest first."""
    rows = worker.override_links.select_related("version", "created_by", "revoked_by")
    return rows.order_by("-created_at") if ended else rows.live(now).order_by("expires_at")


def link_of(worker: Worker, link_id: str) -> OverrideLink:
    """One of its links, live or not. Raises `OverrideRefused`."""
    try:
        link = of_worker(worker, worker.created_on, ended=True).filter(pk=UUID(link_id)).first()
    except ValueError:
        link = None
    if link is None:
        raise OverrideRefused("unknown_link", messages.unknown_link(worker.name, link_id), "id")
    return link


def _permission(link: OverrideLink) -> Permission:
    return Permission(
        id=str(link.pk),
        person=link.created_by.username if link.created_by else "system",
        worker=link.worker.name,
        version_id=str(link.version_id),
        expires_at=int(link.expires_at.timestamp()),
        host=link.host,
    )


def _revoke(links: OverrideLinkQuerySet, by: Actor) -> int:
    """How many ended. The caller holds the lock of the desired state."""
    live = list(links.live(by.now).select_related("worker", "version", "created_by"))
    OverrideLink.objects.filter(pk__in=[link.pk for link in live]).update(
        revoked_at=by.now, revoked_by=by.actor
    )
    for link in live:
        _record("override.revoke", link, by)
    for worker in {link.worker_id: link.worker for link in live}.values():
        tell_edges(worker)
    return len(live)


def _check(lasts: timedelta, note: str, path: str) -> None:
    if not SHORTEST <= lasts <= LONGEST:
        limits = format_duration(SHORTEST), format_duration(LONGEST)
        raise OverrideRefused("invalid", messages.duration_outside(*limits), "lasts")
    if len(note.strip()) > 200:
        raise OverrideRefused("invalid", messages.NOTE_TOO_LONG, "note")
    if not _PATH.fullmatch(path):
        raise OverrideRefused("invalid", messages.PATH_INVALID, "path")


def _check_person(by: Actor) -> None:
    """A person who was switched off a moment ago gets no new link."""
    if by.actor and not User.objects.get(pk=by.actor.pk).may(Role.OPERATOR):
        raise OverrideRefused("not_allowed", messages.MAY_NOT_SHARE)


def _check_reachable(version: Version) -> None:
    worker, active = version.worker, active_deployment(version.worker)
    if not worker.subdomain_enabled and production_host(worker) == hostname(worker.name):
        raise OverrideRefused("no_address", messages.no_address(worker.name))
    if active is None or version.pk not in {share.version_id for share in active.shares.all()}:
        message = messages.not_in_deployment(version.number)
        raise OverrideRefused("not_in_deployment", message, "version_id")


def _record(action: str, link: OverrideLink, by: Actor) -> None:
    facts = {
        "link": str(link.pk),
        "version_id": str(link.version_id),
        "expires_at": link.expires_at.isoformat(),
        "note": link.note,
    }
    by.record(action, link.worker.name, after=facts)
