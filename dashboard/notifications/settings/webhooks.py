"""Creates, pauses, deletes and tests webhooks, with entries in the audit trail."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from dashboard.accounts.actor import Actor
from dashboard.egress.client import HostNotAllowed, check_host
from dashboard.notifications.events import Event
from dashboard.notifications.models import Delivery, OutboxEvent, Webhook
from routing.models import Worker
from routing.secret_encryption import encrypt
from routing.snapshot import Secret


class WebhookRefused(Exception):
    """Nothing was saved. `field` is the invalid input. The message never contains the URL."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def create(
    *, name: str, kind: str, url: str, worker: str, events: Sequence[str], by: Actor
) -> tuple[Webhook, str]:
    """The webhook and, for a signed one, its secret, which cannot be displayed again."""
    _check(name, kind, worker, events)
    host = _host_of(url)
    secret = _new_secret() if kind == Webhook.Kind.SIGNED else ""
    try:
        with transaction.atomic():
            webhook = Webhook.objects.create(
                name=name,
                kind=kind,
                sealed_url=encrypt(Secret(url)),
                sealed_secret=encrypt(Secret(secret)) if secret else "",
                host=host,
                worker=worker,
                events=list(events),
                created_at=by.now,
            )
            by.record("notification.create", webhook.name, after=_facts(webhook))
    except IntegrityError as error:
        raise WebhookRefused("name", f"There is a webhook called {name!r}.") from error
    return webhook, secret


def switch(webhook: Webhook, on: bool, by: Actor) -> None:
    """A webhook that is off gets no new events. Pending messages are sent."""
    with transaction.atomic():
        if Webhook.objects.filter(pk=webhook.pk).exclude(enabled=on).update(enabled=on):
            by.record("notification.change", webhook.name, after={"enabled": on})


def delete(webhook: Webhook, by: Actor) -> None:
    """Deletes the webhook and its pending messages."""
    with transaction.atomic():
        by.record("notification.delete", webhook.name, before=_facts(webhook))
        webhook.delete()


def send_test(webhook: Webhook, by: Actor) -> Delivery:
    """One event to this webhook alone."""
    with transaction.atomic():
        event = OutboxEvent.objects.create(
            code=Event.MENTION,
            actor=by.actor.get_username() if by.actor else "",
            worker="this webhook",
            facts={"text": "This is a test. Notifications arrive here.", "test": True},
            link="/notifications/",
            at=by.now,
            fanned_out_at=by.now,
        )
        return Delivery.objects.create(event=event, webhook=webhook, due_at=by.now)


def _check(name: str, kind: str, worker: str, events: Sequence[str]) -> None:
    if not name or len(name) > 100 or not name.isprintable():
        raise WebhookRefused("name", "Give it a name of at most 100 characters.")
    if kind not in Webhook.Kind.values:
        raise WebhookRefused("kind", "Choose Slack-compatible or signed JSON.")
    if worker and not Worker.objects.filter(name=worker).exists():
        raise WebhookRefused("worker", f"There is no Worker called {worker[:100]}.")
    if unknown := sorted(set(events) - {event.value for event in Event}):
        raise WebhookRefused("events", f"There is no event called {unknown[0][:40]}.")


def _host_of(url: str) -> str:
    """Host and port of the URL. Raises `WebhookRefused` if it is not allowed."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise WebhookRefused("url", "This is no address.") from error
    if parts.scheme not in ("http", "https") or not host or len(url) > 2000:
        raise WebhookRefused("url", "Write an address like https://hooks.example.com/….")
    if parts.username or parts.password:
        raise WebhookRefused("url", "The address may hold no user name or password.")
    try:
        check_host(host)
    except HostNotAllowed as error:
        raise WebhookRefused("url", str(error)) from error
    return f"{host}:{port}" if port else host


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _facts(webhook: Webhook) -> dict[str, Any]:
    return {
        "kind": webhook.kind,
        "host": webhook.host,
        "worker": webhook.worker,
        "events": webhook.events,
    }
