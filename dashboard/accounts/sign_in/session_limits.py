"""When a session ends by itself: idle, old, or too long since the provider confirmed its person.

The cookie's 12 hours count from the last activity; these limits hold whatever the person does. A
session through the provider is shorter, so that a person who was removed there is out here by then.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from django.conf import settings

from dashboard.accounts.sign_in.browsers import browser_of, is_idle


class End(StrEnum):
    """Why a session ended; `messages.SESSION_ENDED` has the texts."""

    IDLE = "idle"
    AGE = "age"
    PROVIDER = "provider"


def end_of(session: Mapping[str, Any], now: datetime) -> End | None:
    """The reason why this session is over at `now`; None while it lasts."""
    if is_idle(session, now):
        return End.IDLE
    signed_in_at = browser_of(session).signed_in_at
    if signed_in_at is None:  # of an earlier release: it counts from the next click
        return None
    if began_at_provider(session) and now - signed_in_at > settings.OIDC_SESSION_LIMIT:
        return End.PROVIDER
    return End.AGE if now - signed_in_at > settings.SESSION_LIMIT else None


def began_at_provider(session: Mapping[str, Any]) -> bool:
    """Whether the person came in through OpenID Connect."""
    records = session.get(AUTHENTICATION_METHODS_SESSION_KEY)
    if not isinstance(records, list):
        return False
    return any(record.get("method") == "socialaccount" for record in records)
