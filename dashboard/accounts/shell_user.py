"""The person that a command acts as (`--user`)."""

from __future__ import annotations

from django.core.management.base import CommandError

from dashboard.accounts.models import User


def shell_user(name: str | None) -> User | None:
    """None without a name; raises `CommandError` (exit code 2) for an unknown person."""
    if not name:
        return None
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active person called {name}.", returncode=2)
    return user
