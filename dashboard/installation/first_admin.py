"""The first admin and API token of an installation."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, User
from dashboard.accounts.tokens import allowed, make_token


@dataclass(frozen=True, slots=True)
class FirstCredentials:
    """Printed once in the terminal, nowhere else."""

    username: str
    password: str | None
    token: str
    weak_because: tuple[str, ...] = ()
    """Problems of the password in SLUICE_ADMIN_PASSWORD."""


def admin_and_token() -> FirstCredentials | None:
    """Creates the first admin and an API token; None when there is a user already.

    A password in SLUICE_ADMIN_PASSWORD is used and not printed. A weak one is used too, so that
    scripts go on working; the result has the reasons.
    """
    if User.objects.exists():
        return None
    given = settings.ADMIN_PASSWORD
    password = given or secrets.token_urlsafe(16)
    admin = User.objects.create_user(
        username=settings.ADMIN_USER,
        email=f"{settings.ADMIN_USER}@sluice.invalid",
        password=password,
        role=Role.ADMIN,
    )
    by = Actor(actor=None, source="shell", now=timezone.now())
    _, token = make_token(owner=admin, name="first token", scopes=allowed(admin), by=by)
    return FirstCredentials(
        admin.username, None if given else password, token, _faults_of(password, admin)
    )


def _faults_of(password: str, admin: User) -> tuple[str, ...]:
    try:
        validate_password(password, admin)
    except ValidationError as error:
        return tuple(error.messages)
    return ()
