"""A Worker's cron triggers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from routing.control import audit, messages, revision
from routing.models import Schedule, Worker
from routing.rules import cron
from routing.rules.cron import CronInvalid

ACTION = "worker.schedules"
MOST = 250
"""Cron triggers of all Workers together, as in a paid account of Cloudflare."""


class SchedulesRefused(ValueError):
    """`expression` is the invalid one; "" if there are too many."""

    def __init__(self, message: str, expression: str = "") -> None:
        super().__init__(message)
        self.expression = expression


def set_schedules(
    worker: Worker,
    expressions: Sequence[str],
    *,
    actor: AbstractBaseUser | None,
    source: str,
    now: datetime,
) -> bool:
    """Replaces the Worker's schedules. False if nothing changed. Raises `SchedulesRefused`."""
    wanted = _valid(expressions)
    with transaction.atomic():
        revision.lock()
        before = list(worker.schedules.values_list("cron", flat=True))
        if sorted(before) == sorted(wanted):
            return False
        others = Schedule.objects.exclude(worker=worker).count()
        if others + len(wanted) > MOST:
            raise SchedulesRefused(messages.too_many_schedules(MOST, others))
        worker.schedules.exclude(cron__in=wanted).delete()
        added = [text for text in wanted if text not in before]
        Schedule.objects.bulk_create(
            Schedule(worker=worker, cron=text, created_on=now, modified_on=now) for text in added
        )
        audit.record(
            ACTION,
            worker.name,
            actor=actor,
            source=source,
            now=now,
            before={"crons": before},
            after={"crons": wanted},
        )
    return True


def _valid(expressions: Sequence[str]) -> list[str]:
    """In order, each once, with single spaces."""
    for text in expressions:
        try:
            cron.parse(text)
        except CronInvalid as error:
            raise SchedulesRefused(messages.cron_invalid(error), text) from error
    return list(dict.fromkeys(" ".join(text.split()) for text in expressions))
