"""What makes a password link good for one use."""

from __future__ import annotations

from django.contrib.auth.tokens import PasswordResetTokenGenerator

from dashboard.accounts.models import User


class Links(PasswordResetTokenGenerator):
    """Django's, which already ends with a new password or a sign-in, and after
    PASSWORD_RESET_TIMEOUT; also void after `links_from` moved on."""

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.links_from}"


links = Links()
