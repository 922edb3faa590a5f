"""Session store: Django's table with a column for the person.

As in Django's documentation, "Extending database-backed session engines".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from dashboard.accounts.models import Session, User
from dashboard.accounts.sign_in import browsers, second_factor
from dashboard.accounts.sign_in.session_limits import end_of


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        return _owned(super().create_model_instance(data), data)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        return _owned(await super().acreate_model_instance(data), data)


def still_signed_in(scope: Mapping[str, Any]) -> User | None:
    """Who holds the session that let this WebSocket in, as the database has it now; None when it
    was ended, has expired, or its password was changed."""
    stored = SessionStore(scope["session"].session_key).load()
    user = User.objects.filter(pk=stored.get(SESSION_KEY, 0), is_active=True).first()
    if user is None or end_of(stored, timezone.now()) or second_factor.is_due_in(stored):
        return None
    stored_hash = stored.get(HASH_SESSION_KEY, "")
    good = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return user if any(constant_time_compare(stored_hash, one) for one in good) else None


def end_others(user: User, current: str | None) -> None:
    """Ends all sessions of `user` except `current`."""
    Session.objects.filter(user=user).exclude(pk=current).delete()


def _owned(session: Any, data: dict[str, Any]) -> Session:
    assert isinstance(session, Session)
    session.user_id = data.get(SESSION_KEY)
    browser = browsers.browser_of(data)
    session.user_agent, session.address = browser.user_agent, browser.address
    session.signed_in_at, session.active_at = browser.signed_in_at, browser.active_at
    return session
