"""Changing who may do what. Nobody is ever deleted: what they did keeps their name."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from dashboard.accounts.by import By
from dashboard.accounts.models import Role, Session, User
from routing import audit

SEEN_EVERY = timedelta(minutes=1)


class PersonRefused(Exception):
    """Why nothing changed, and what to do."""


class PersonConflict(PersonRefused):
    """Somebody else changed the same just now."""


def invite(*, name: str, email: str, role: Role, by_token_only: bool, by: By) -> User:
    """A person without a password, who sets one by `link_of`, or an account that needs none."""
    with transaction.atomic():
        _still_admin(by)
        if User.objects.filter(username__iexact=name).exists():
            raise PersonRefused(f"Somebody is called {name} already: choose another name.")
        person = User.objects.create_user(
            username=name, email=email, password=None, role=role, by_token_only=by_token_only
        )
        after = {"role": role, "by_token_only": by_token_only}
        _record("person.invite", person, by, after=after)
    return person


def set_role(person: User, role: Role, *, was: str, by: By) -> None:
    """Counts from the next click on. Raises `PersonConflict` when the role is not `was` now."""
    with transaction.atomic():
        person = _locked(person, by)
        if person.role != was:
            raise PersonConflict(
                f"{person.username} is {Role(person.role).label.lower()} by now, no longer "
                f"{Role(was).label.lower()}. Nothing was changed; look again."
            )
        _record("person.role", person, by, before=was, after=role)
        User.objects.filter(pk=person.pk).update(role=role)


def switch(person: User, *, on: bool, by: By) -> None:
    """Off: their sessions end, and their tokens open nothing until they are on again."""
    with transaction.atomic():
        person = _locked(person, by)
        if person.is_active == on:
            raise PersonConflict(f"{person.username} is {'on' if on else 'off'} already.")
        _record("person.on" if on else "person.off", person, by)
        User.objects.filter(pk=person.pk).update(is_active=on)
        if not on:
            Session.objects.filter(user=person).delete()


def sign_out(person: User, by: By) -> int:
    """Ends every session; how many there were."""
    with transaction.atomic():
        _still_admin(by)
        ended, _ = Session.objects.filter(user=person).delete()
        _record("person.sign_out", person, by, after={"sessions": ended})
    return ended


def link_of(person: User, by: By) -> str:
    """The path of the page where this person sets a password: it works once, for
    PASSWORD_RESET_TIMEOUT seconds, and not after signing in. The old password works until then."""
    if person.by_token_only or not person.is_active:
        raise PersonRefused(f"{person.username} cannot sign in, so there is no password to set.")
    with transaction.atomic():
        _still_admin(by)
        _record("person.link", person, by)
    encoded = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("set-password", args=[encoded, default_token_generator.make_token(person)])


def note_seen(person: User, now: datetime) -> bool:
    """Notes that a page of theirs is open, at most once a minute; False for one who is off."""
    known = User.objects.filter(pk=person.pk, is_active=True)
    earlier = Q(seen_on=None) | Q(seen_on__lt=now - SEEN_EVERY)
    return bool(known.filter(earlier).update(seen_on=now)) or known.exists()


def _locked(person: User, by: By) -> User:
    """The row as it is now. Nobody changes themselves, so that an admin always remains: the one
    who acts, who is locked as well lest two admins switch each other off."""
    if by.actor and person.pk == by.actor.pk:
        raise PersonRefused("Nobody changes their own role or account: ask another admin.")
    ids = [person.pk, by.actor.pk] if by.actor else [person.pk]
    rows = {u.pk: u for u in User.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    if by.actor and not rows[by.actor.pk].may(Role.ADMIN):
        raise PersonConflict("You are no longer an admin. Nothing was changed.")
    return rows[person.pk]


def _still_admin(by: By) -> None:
    if by.actor and not User.objects.get(pk=by.actor.pk).may(Role.ADMIN):
        raise PersonConflict("You are no longer an admin. Nothing was changed.")


def _record(action: str, person: User, by: By, **facts: object) -> None:
    audit.record(action, person.username, actor=by.actor, source=by.source, now=by.now, **facts)
