"""The pause after wrong passwords: django-axes counts and refuses, this tells how it stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.strangers.client_address import address_group


@dataclass(frozen=True, slots=True)
class LoginAttempts:
    """How many more wrong passwords a name has from an address; `until` is set in the pause."""

    left: int
    until: datetime | None = None

    @property
    def seconds(self) -> int:
        """How long the pause still lasts; never 0, which would say that it is over."""
        if self.until is None:
            return 0
        return max(1, math.ceil((self.until - timezone.now()).total_seconds()))

    @property
    def minutes(self) -> int:
        return math.ceil(self.seconds / 60)


def login_attempts_left(request: HttpRequest, name: str | None) -> LoginAttempts:
    """By the same rows that django-axes decides by."""
    AxesProxyHandler.update_request(request)  # a form without a password never got that far
    handler = AxesProxyHandler.get_implementation()
    (rows,) = handler.get_user_attempts(request, {"username": name})
    failed = list(rows.order_by("attempt_time"))
    left = settings.AXES_FAILURE_LIMIT - sum(row.failures_since_start for row in failed)
    return LoginAttempts(left) if left > 0 else LoginAttempts(0, _end(left, failed))


def _end(left: int, failed: list[AccessAttempt]) -> datetime:
    """When enough is forgotten, oldest first. There is a row for each browser."""
    for row in failed:
        left += row.failures_since_start
        if left > 0:
            break
    ends_at: datetime = row.attempt_time + settings.AXES_COOLOFF_TIME
    return ends_at


def address(request: HttpRequest) -> str | None:
    """Clients whose attempts count together; see `address_group`.

    What is no address counts as one place of its own, so that it can be tried no more often.
    """
    return address_group(request.META.get("REMOTE_ADDR", ""))
