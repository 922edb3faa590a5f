"""Second factors: who has one, who must have one, and the trail of what happened to them."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Session, User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""Recovery codes are a way back in, not a factor of their own."""
COMPLETE = "second_factor_complete"
"""Session key: this session needs no further factor. Saves a query for each request."""

NAMES = {
    Authenticator.Type.TOTP: "authenticator app",
    Authenticator.Type.WEBAUTHN: "passkey",
    Authenticator.Type.RECOVERY_CODES: "recovery codes",
}


def has_one(user: User) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS).exists())


def factor_names(user: User) -> list[str]:
    """What they have, in words; empty without a second factor."""
    rows = Authenticator.objects.filter(user_id=user.pk, type__in=FACTORS)
    kinds = list(rows.order_by("type").values_list("type", flat=True))
    return [NAMES[kind] for kind in FACTORS if kind in kinds]


def is_due(request: HttpRequest) -> bool:
    """Whether the person must set up a second factor before anything else.

    A sign-in through OpenID Connect counts: there the provider asks for factors.
    """
    if not settings.REQUIRE_SECOND_FACTOR or request.session.get(COMPLETE):
        return False
    user = request.user
    if not isinstance(user, User):
        return False
    records = get_authentication_records(request, user)
    if not has_one(user) and not any(r["method"] == "socialaccount" for r in records):
        return True
    request.session[COMPLETE] = True
    return False


def is_due_in(session: dict[str, Any]) -> bool:
    """As `is_due`, for a WebSocket: pages that the person reached set the session's key."""
    return settings.REQUIRE_SECOND_FACTOR and not session.get(COMPLETE)


def may_remove(authenticator: Authenticator) -> bool:
    """Where a second factor is required, not the last one."""
    if not settings.REQUIRE_SECOND_FACTOR or authenticator.type not in FACTORS:
        return True
    others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS)
    return bool(others.exclude(pk=authenticator.pk).exists())


def remove_all(user: User, by: Actor) -> int:
    """For a person who lost their device: their factors and sessions end; returns how many factors.

    Writes nothing where they have none.
    """
    with transaction.atomic():
        rows = Authenticator.objects.filter(user_id=user.pk)
        factors: int = rows.filter(type__in=FACTORS).count()
        if rows.exists():
            rows.delete()
            Session.objects.filter(user=user).delete()
            by.record("person.second_factor_reset", user.username, after={"factors": factors})
    return factors


def connect() -> None:
    """Writes what people change about their own factors into the audit trail, in the transaction of
    the change. allauth's own signals come after the commit, when an entry could be lost."""
    post_save.connect(_saved, sender=Authenticator, dispatch_uid="second factors saved")
    post_delete.connect(_deleted, sender=Authenticator, dispatch_uid="second factors deleted")


def _saved(instance: Authenticator, created: bool, **_: object) -> None:
    if created:  # else it was used or renamed
        _record_own("person.second_factor_add", instance)
        _end_sessions_without(instance)


def _deleted(instance: Authenticator, **_: object) -> None:
    _record_own("person.second_factor_remove", instance)


def _record_own(action: str, factor: Authenticator) -> None:
    """Not what an admin or a command does; see `remove_all`."""
    request: HttpRequest | None = context.request
    if request is None or request.user.pk != factor.user_id:
        return
    assert isinstance(request.user, User)
    request.session.pop(COMPLETE, None)
    by = Actor(actor=request.user, source="dashboard", now=timezone.now())
    by.record(action, request.user.username, after={"kind": NAMES[Authenticator.Type(factor.type)]})


def _end_sessions_without(factor: Authenticator) -> None:
    """With the first factor, every other session ends: each began with the password alone, and one
    of them may belong to a person who knows only that."""
    request: HttpRequest | None = context.request
    if factor.type not in FACTORS or request is None or request.user.pk != factor.user_id:
        return
    rows = Authenticator.objects.filter(user_id=factor.user_id, type__in=FACTORS)
    if rows.exclude(pk=factor.pk).exists():
        return
    others = Session.objects.filter(user_id=factor.user_id).exclude(pk=request.session.session_key)
    if others.delete()[0]:
        messages.info(request, "Your other browsers are signed out.", fail_silently=True)
