"""Counting attempts. Once a limit is reached, refusing costs one read and no write."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import F

from dashboard.accounts.attempts.limits import AttemptLimit
from dashboard.accounts.attempts.models import AttemptCount


def take(limit: AttemptLimit, subject: str, now: datetime) -> int:
    """Counts one attempt before it is made, so that parallel ones cannot pass together.

    Returns 0, or the seconds to wait; then nothing was counted.
    """
    key = _key(limit, subject)
    row = AttemptCount.objects.filter(pk=key).first()
    if row and (seconds := limit.seconds_to_wait(row.used_until, now)):
        return seconds
    with transaction.atomic():
        defaults = {"used_until": now}
        locked = AttemptCount.objects.select_for_update()
        row, created = locked.get_or_create(pk=key, defaults=defaults)
        if seconds := limit.seconds_to_wait(row.used_until, now):
            return seconds
        row.used_until = limit.after_one(row.used_until, now)
        row.save(update_fields=["used_until"])
        if created:
            AttemptCount.objects.filter(used_until__lt=now).delete()
    return 0


def give_back(limit: AttemptLimit, subject: str) -> None:
    """One attempt was no guess."""
    rows = AttemptCount.objects.filter(pk=_key(limit, subject))
    rows.update(used_until=F("used_until") - limit.every)


def forget(limit: AttemptLimit, subject: str) -> None:
    """All attempts of a subject that has proved itself."""
    AttemptCount.objects.filter(pk=_key(limit, subject)).delete()


def _key(limit: AttemptLimit, subject: str) -> str:
    return sha256(f"{settings.SECRET_KEY}\0{limit.name}\0{subject}".encode()).hexdigest()
