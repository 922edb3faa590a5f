"""When people last asked for something."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from dashboard.accounts.models import User

SEEN_EVERY = timedelta(minutes=1)


class SeenMiddleware:
    """At most one write a minute and person; pages that only listen say it by their socket."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        user, now = request.user, timezone.now()
        if isinstance(user, User) and (user.last_seen is None or now - user.last_seen > SEEN_EVERY):
            note_seen(user, now)
        return response


def note_seen(person: User, now: datetime) -> bool:
    """Notes that they are here, at most once a minute; False for one who is off."""
    known = User.objects.filter(pk=person.pk, is_active=True)
    earlier = Q(seen_on=None) | Q(seen_on__lt=now - SEEN_EVERY)
    return bool(known.filter(earlier).update(seen_on=now)) or known.exists()
