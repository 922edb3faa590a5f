"""Passwords tried at the sign-in page: by address, and by name from where it is new."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.attempts import counts
from dashboard.accounts.attempts.limits import PASSWORDS_BY_ADDRESS, PASSWORDS_BY_NAME
from dashboard.accounts.models import Session
from dashboard.accounts.strangers.client_address import client_of


def seconds_to_wait(request: HttpRequest, name: str) -> int:
    """Counts one attempt; 0 when the password may be looked at.

    Many addresses together cannot guess at one name for long, and cannot lock its owner out: from
    an address where the person has a session, only attempts from there count.
    """
    now, address = timezone.now(), client_of(request)
    if seconds := counts.take(PASSWORDS_BY_ADDRESS, address, now):
        return seconds
    if _knows(name, request.META.get("REMOTE_ADDR", "")):
        return 0
    return counts.take(PASSWORDS_BY_NAME, name.lower(), now)


def was_right(request: HttpRequest, name: str) -> None:
    counts.give_back(PASSWORDS_BY_ADDRESS, client_of(request))
    counts.forget(PASSWORDS_BY_NAME, name.lower())


def _knows(name: str, address: str) -> bool:
    """Whether that person is or was signed in from there; sessions stay for a day or so."""
    return Session.objects.filter(user__username=name, address=address).exists()
