"""Whether a request may go to a Worker's confirmed address. Each admission is audited."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.permissions import permission
from dashboard.cloud import messages
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.egress.hosts import parse_host
from dashboard.cloud.egress.values import Destination
from dashboard.cloud.models import CloudAccount, FollowedWorker

SENDS = Role.OPERATOR
"""Who may send: requests act on production."""


def admit(
    account: CloudAccount, worker: str, by: Actor, *, method: str, target: str, count: int = 1
) -> Destination:
    """Where `count` requests may go. `by.actor` is None for Sluice's own probes. Raises
    `CloudError`."""
    destination = destination_of(account, worker)
    if by.actor is not None:
        allowed = permission(by.actor, SENDS)
        if not allowed:
            raise _refused(allowed.why)
    sent = {"host": destination.host.authority, "method": method, "count": count}
    with transaction.atomic():
        by.record(
            "cloud.request",
            f"cloudflare worker {account.slug}/{worker}",
            after={**sent, "path": target.partition("?")[0][:500]},
        )
    return destination


def why_off(account: CloudAccount, worker: str) -> str:
    """Why no request can be sent, for pages; empty if it can."""
    try:
        destination_of(account, worker)
    except CloudError as error:
        return error.message
    return ""


def destination_of(account: CloudAccount, worker: str) -> Destination:
    """Without a look at roles, and without audit. Raises `CloudError`."""
    if not settings.CLOUD_HOSTS or not settings.CLOUD_REQUESTS:
        raise _refused(messages.REQUESTS_OFF)
    followed = FollowedWorker.objects.filter(account=account, name=worker).first()
    if followed is None:
        raise _refused(messages.NOT_FOLLOWED)
    if not followed.address or followed.address_confirmed_at is None:
        raise _refused(messages.NOT_CONFIRMED)
    host = parse_host(followed.address, settings.CLOUD_LOOPBACK_PORTS)
    return Destination(account.pk, account.slug, worker, host)


def _refused(message: str) -> CloudError:
    return CloudError(Kind.NOT_ALLOWED, message)
