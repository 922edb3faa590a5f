"""Sessions of `wrangler tail`. A session's URL gives access until it expires."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from ninja import Schema

from dashboard.accounts.models import User
from dashboard.accounts.tokens import hash_token
from dashboard.api.http.auth import ApiRequest, check_worker, may_read
from dashboard.api.http.envelope import Envelope, Failure, ok, resource
from dashboard.api.http.errors import ApiError, bad_request
from dashboard.api.http.lookup import worker_named
from dashboard.api.resources.scripts import SCRIPT
from dashboard.api.tail import messages
from dashboard.api.tail.trace_events import FilterInvalid, parse_filters
from dashboard.limits.answers import RETRY_SECONDS
from dashboard.live.logs import subscriptions
from dashboard.live.models import Tail
from dashboard.misbehavior import faults
from routing.models import Worker

router = resource("Tails")
TAILS = SCRIPT + "/tails"
LASTS = timedelta(hours=6)
MOST = 20
"""Sessions of one Worker at a time."""
EACH, EACH_IN_ALL = 10, 30
"""Sessions of one person for one Worker, and for all Workers."""


class TailInput(Schema):
    """The client's filters; see `trace_events`."""

    filters: list[dict[str, Any]] = []


class TailItem(Schema):
    """`url` is the WebSocket's URL. It includes a secret, so only the creator gets it, once."""

    id: str
    url: str
    expires_at: str


@router.post(TAILS, auth=may_read, response=Envelope[TailItem])
def create_tail(
    request: ApiRequest, account_id: str, script_name: str, given: TailInput | None = None
) -> dict[str, Any]:
    """Opens a session. Edges are notified before the client connects."""
    check_worker(request, request.auth.token)
    worker = worker_named(script_name)
    filters, address = given.filters if given else [], request.META.get("REMOTE_ADDR", "")
    try:
        parse_filters(filters, address)
    except FilterInvalid as error:
        raise bad_request(str(error)) from error
    _make_room(worker, request.auth.user)
    secret = secrets.token_urlsafe(24)
    now = timezone.now()
    tail = Tail.objects.create(
        token=request.auth.token,
        worker=worker.name,
        secret_sha256=hash_token(secret),
        filters=filters,
        client_ip=address,
        created_on=now,
        expires_on=now + LASTS,
        watch=subscriptions.watch(worker.name),
    )
    return ok(_tail_item(request, tail, secret))


@router.get(TAILS, auth=may_read, response=Envelope[TailItem | None])
def list_tails(request: ApiRequest, account_id: str, script_name: str) -> dict[str, Any]:
    """The newest open session, or null, without the secret in its URL."""
    tail = _open(worker_named(script_name)).order_by("-created_on").first()
    return ok(_tail_item(request, tail, "") if tail else None)


@router.delete(TAILS + "/{tail_id}", auth=may_read, response=Envelope[None] | Failure)
def delete_tail(
    request: ApiRequest, account_id: str, script_name: str, tail_id: str
) -> dict[str, Any]:
    """Ends a session. Succeeds if it has ended already."""
    check_worker(request, request.auth.token)
    worker = worker_named(script_name)
    try:
        tail = Tail.objects.filter(worker=worker.name, id=UUID(tail_id)).first()
    except ValueError:
        raise ApiError(404, (10007, messages.NO_TAIL)) from None
    if tail is not None:
        end_session(tail)
    return ok(None)


def end_session(tail: Tail) -> None:
    """Deletes the session and its watch."""
    if tail.watch_id is not None:
        subscriptions.unwatch(tail.watch_id)
    Tail.objects.filter(pk=tail.pk).delete()


def _open(worker: Worker) -> Any:
    return Tail.objects.filter(worker=worker.name, expires_on__gt=timezone.now())


def _make_room(worker: Worker, person: User) -> None:
    """Deletes sessions that expired or lost their watch. If a Worker has too many, the person with
    the most loses their oldest one to a person with fewer. Raises `ApiError` over a limit."""
    Tail.objects.filter(expires_on__lte=timezone.now()).delete()
    Tail.objects.filter(worker=worker.name, watch=None).delete()
    counts = Counter(_open(worker).values_list("token__user", flat=True))
    most_viewers = faults().tail_viewers
    if most_viewers is not None and counts.total() >= most_viewers:
        raise _too_many(messages.tails_of_worker(most_viewers))
    if counts[person.pk] >= EACH:
        raise _too_many(messages.tails_of_worker_and_person(EACH))
    if Tail.objects.filter(token__user=person).count() >= EACH_IN_ALL:
        raise _too_many(messages.tails_of_person(EACH_IN_ALL))
    if counts.total() < MOST:
        return
    greediest, most = counts.most_common(1)[0]
    if most <= counts[person.pk] + 1:
        raise _too_many(messages.tails_of_worker(MOST))
    end_session(_open(worker).filter(token__user=greediest).order_by("created_on")[0])


def _too_many(message: str) -> ApiError:
    return ApiError(429, (10057, message), retry_after=RETRY_SECONDS)


def _tail_item(request: ApiRequest, tail: Tail, secret: str) -> dict[str, Any]:
    scheme = "wss" if request.is_secure() else "ws"
    url = f"{scheme}://{request.get_host()}/client/v4/tails/{tail.id}/{secret}"
    expires = f"{tail.expires_on:%Y-%m-%dT%H:%M:%SZ}"
    return {"id": str(tail.id), "url": url, "expires_at": expires}
