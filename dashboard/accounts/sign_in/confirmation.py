"""People whose only way in is the OpenID Connect provider: what works without it, and how long.

Nothing tells Sluice that a person was removed at the provider. So they sign in nowhere else, and
their API tokens stop when the provider has not confirmed them for SLUICE_OIDC_CONFIRM_DAYS.
"""

from __future__ import annotations

from datetime import datetime

from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.db.models import Max

from dashboard.accounts.models import User


def belongs_to_provider(user: User) -> bool:
    """Whether the provider, where there is one, is the only way in. A password is another."""
    if not settings.OIDC_URL or user.by_token_only or user.has_usable_password():
        return False
    return bool(SocialAccount.objects.filter(user_id=user.pk).exists())


def confirmation_lapsed(user: User, now: datetime) -> bool:
    """Whether the provider last confirmed this person too long ago for their API tokens."""
    limit = settings.OIDC_CONFIRM_LIMIT
    if not settings.OIDC_URL or limit is None:
        return False
    if user.by_token_only or user.has_usable_password():
        return False
    rows = SocialAccount.objects.filter(user_id=user.pk)
    last: datetime | None = rows.aggregate(last=Max("last_login"))["last"]
    return last is not None and now - last > limit
