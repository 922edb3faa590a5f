"""Roles, invitations, switching off. People are never deleted: the audit trail names them."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from dashboard.accounts import messages
from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role, Session, User
from dashboard.accounts.passwords.link_tokens import links
from dashboard.accounts.sign_in import second_factor
from dashboard.accounts.signals import person_switched_off
from routing.control import revision

RESERVED = ("system", "somebody")
"""What pages and the audit trail show where there is no name."""


class PersonRefused(Exception):
    """Why nothing changed, and what to do."""


class PersonConflict(PersonRefused):
    """Another person made the same change just now."""


def invite(*, name: str, email: str, role: Role, by_token_only: bool, by: Actor) -> User:
    """A person without a password, who sets one by `link_of`, or an account that needs none."""
    taken = PersonRefused(messages.name_taken(name))
    if name.lower() in RESERVED or User.objects.filter(username__iexact=name).exists():
        raise taken
    try:
        with transaction.atomic():
            still_admin(by)
            person = User.objects.create_user(
                username=name, email=email, password=None, role=role, by_token_only=by_token_only
            )
            after = {"role": role, "by_token_only": by_token_only}
            by.record("person.invite", person.username, after=after)
    except IntegrityError as error:  # another request was faster
        raise taken from error
    return person


def set_role(person: User, role: Role, *, was: str, by: Actor) -> None:
    """Counts from the next click on. Raises `PersonConflict` when the role is not `was` now."""
    with transaction.atomic():
        person = _locked(person, by)
        if person.role != was:
            now = Role(person.role)
            raise PersonConflict(messages.role_changed_meanwhile(person.username, now))
        by.record("person.role", person.username, before=was, after=role)
        User.objects.filter(pk=person.pk).update(role=role)


def switch(person: User, *, on: bool, by: Actor) -> None:
    """Off: sessions and links end, and tokens are refused until the person is on again.

    Switching on ends sessions too: one that began meanwhile must not become valid. Sends
    `person_switched_off`.
    """
    with transaction.atomic():
        if not on:
            revision.lock()  # first, as everyone who also writes down who did it
        person = _locked(person, by)
        if person.is_active == on:
            raise PersonConflict(messages.switched_already(person.username, on=on))
        by.record("person.on" if on else "person.off", person.username)
        User.objects.filter(pk=person.pk).update(is_active=on, links_from=by.now)
        Session.objects.filter(user=person).delete()
        if not on:
            person_switched_off.send(User, person=person, by=by)


def sign_out(person: User, by: Actor) -> int:
    """Ends every session and link; how many sessions there were."""
    with transaction.atomic():
        person = _locked(person, by)
        ended, _ = Session.objects.filter(user=person).delete()
        User.objects.filter(pk=person.pk).update(links_from=by.now)
        by.record("person.sign_out", person.username, after={"sessions": ended})
    return ended


def reset_second_factor(person: User, by: Actor) -> int:
    """For a person who lost their device; their sessions end. Returns the number of factors."""
    with transaction.atomic():
        return second_factor.remove_all(_locked(person, by), by)


def link_of(person: User, by: Actor) -> str:
    """The path of the page where this person sets a password: it works once, for
    PASSWORD_RESET_TIMEOUT seconds, until the next link, and not after signing in. The old password
    works until then."""
    with transaction.atomic():
        person = _locked(person, by)
        if person.by_token_only or not person.is_active:
            raise PersonRefused(messages.no_password_to_set(person.username))
        person.links_from = by.now
        person.save(update_fields=["links_from"])
        by.record("person.link", person.username)
    encoded = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("set-password", args=[encoded, links.make_token(person)])


def still_admin(by: Actor) -> None:
    """Raises `PersonConflict` if the actor is no longer an admin; locks their row."""
    if by.actor:
        _check_admin(User.objects.select_for_update().get(pk=by.actor.pk))


def _locked(person: User, by: Actor) -> User:
    """The current row. People cannot change themselves, so that an admin always remains; the actor
    is locked too, so that two admins cannot switch each other off."""
    if by.actor and person.pk == by.actor.pk:
        raise PersonRefused(messages.NOT_YOURSELF)
    ids = [person.pk, by.actor.pk] if by.actor else [person.pk]
    rows = {u.pk: u for u in User.objects.select_for_update().filter(pk__in=ids).order_by("pk")}
    if by.actor:
        _check_admin(rows[by.actor.pk])
    return rows[person.pk]


def _check_admin(actor: User) -> None:
    if not actor.may(Role.ADMIN):
        raise PersonConflict(messages.NO_LONGER_ADMIN)
