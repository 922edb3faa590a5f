"""Creates the inbox items and deliveries of an event, once."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, transaction

from dashboard.accounts.models import Role, User
from dashboard.live.pages.fragments import UpdateReason
from dashboard.live.pages.updates import changed
from dashboard.notifications.delivery.quiet_hours import quiet_until
from dashboard.notifications.delivery.recipients import Channel, Choice, channels_for
from dashboard.notifications.events import EVENTS, Event
from dashboard.notifications.models import (
    Delivery,
    Follow,
    InboxItem,
    OutboxEvent,
    Preference,
    Webhook,
)
from dashboard.notifications.sources.deployments import live_words
from routing.transactions.after_commit import after_commit

log = logging.getLogger(__name__)

TOPIC = "inbox:all"
"""Topic for open pages: some inbox changed."""
BATCH = 100


@dataclass(frozen=True, slots=True)
class Recipient:
    """`due_at`: when an e-mail may be sent."""

    person: User
    channels: frozenset[Channel]
    due_at: datetime


def fan_out_all(now: datetime) -> int:
    """Handles all new events; returns their number."""
    waiting = OutboxEvent.objects.filter(fanned_out_at=None).order_by("pk")[:BATCH]
    return sum(_guarded(event, now) for event in waiting)


def _guarded(event: OutboxEvent, now: datetime) -> bool:
    try:
        return fan_out(event, now)
    except OperationalError:
        raise
    except Exception:  # a guard: one event must not keep the others from people
        log.exception("event %s: fault", event.pk)
        return False


def fan_out(event: OutboxEvent, now: datetime) -> bool:
    """False if another process did it."""
    with transaction.atomic():
        mine = OutboxEvent.objects.filter(pk=event.pk, fanned_out_at=None)
        if not mine.update(fanned_out_at=now):
            return False
        _add_split(event)
        recipients = list(recipients_of(event, now))
        InboxItem.objects.bulk_create(
            InboxItem(event=event, person=r.person, created_at=now)
            for r in recipients
            if Channel.INBOX in r.channels
        )
        Delivery.objects.bulk_create([*_mails(event, recipients), *_posts(event, now)])
        after_commit("announce the inbox", lambda: changed(TOPIC, UpdateReason.EDGES))
    return True


def recipients_of(event: OutboxEvent, now: datetime) -> Iterator[Recipient]:
    """The recipients. Four queries."""
    if event.code not in set(Event):
        return
    kind = Event(event.code)
    levels = dict(Follow.objects.filter(worker=event.worker).values_list("person_id", "level"))
    preferences = {row.person_id: row for row in Preference.objects.all()}
    people = User.objects.filter(is_active=True, by_token_only=False)
    for person in people.exclude(pk=event.actor_id or 0).order_by("pk"):
        preference = preferences.get(person.pk) or Preference(person=person)
        level = levels.get(person.pk, "") if event.worker else ""
        choice = Choice(person.may(Role.OPERATOR), preference.channels, level)
        channels = channels_for(kind, choice, named=person.pk in event.people)
        if channels:
            yield Recipient(person, channels, _due_at(kind, preference, now))


def _add_split(event: OutboxEvent) -> None:
    """Adds the split of a deployment, which is saved after the event."""
    deployment_id = event.facts.get("deployment")
    if event.code == Event.DEPLOYED and deployment_id and (words := live_words(deployment_id)):
        event.facts["live"] = words
        event.save(update_fields=["facts"])


def _due_at(kind: Event, preference: Preference, now: datetime) -> datetime:
    if EVENTS[kind].urgent and preference.urgent_anyway:
        return now
    return quiet_until(now, preference.quiet_from, preference.quiet_until, preference.zone)


def _mails(event: OutboxEvent, recipients: list[Recipient]) -> Iterator[Delivery]:
    for recipient in recipients:
        if Channel.EMAIL in recipient.channels and recipient.person.email:
            yield Delivery(event=event, person=recipient.person, due_at=recipient.due_at)


def _posts(event: OutboxEvent, now: datetime) -> Iterator[Delivery]:
    for webhook in Webhook.objects.filter(enabled=True):
        if webhook.takes(event):
            yield Delivery(event=event, webhook=webhook, due_at=now)
