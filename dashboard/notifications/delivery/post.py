"""One event as a webhook: Slack-compatible, or signed JSON (Standard Webhooks)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.conf import settings

from dashboard.egress import client
from dashboard.egress.client import SendFailed
from dashboard.egress.signatures import signed_headers
from dashboard.notifications.models import Delivery, OutboxEvent, Webhook
from routing.secret_encryption import DecryptionFailed, decrypt

SECONDS = 15.0


def send_post(delivery: Delivery, now: datetime) -> None:
    """Raises `SendFailed` unless the answer is a 2xx. Messages never contain the URL, which can be
    secret."""
    webhook = delivery.webhook
    assert webhook is not None
    try:
        url = decrypt(webhook.sealed_url).reveal()
        body = json.dumps(body_of(webhook, delivery.event)).encode()
        headers = _headers(webhook, delivery, body, now)
    except DecryptionFailed as error:
        raise SendFailed(
            "Its address was sealed with another SLUICE_SECRET_KEY. Add it again."
        ) from error
    answer = client.request("POST", url, headers=headers, body=body, seconds=SECONDS)
    if not answer.ok:
        raise SendFailed(f"{webhook.host} answered {answer.status}.")


def body_of(webhook: Webhook, event: OutboxEvent) -> dict[str, Any]:
    return _slack(event) if webhook.kind == Webhook.Kind.SLACK else _signed(event)


def _slack(event: OutboxEvent) -> dict[str, Any]:
    title, detail = escape_slack(event.title), escape_slack(event.detail)
    text = f"*{title}*" + (f"\n{detail}" if detail else "")
    if event.link:
        text += f"\n<{_absolute(event)}|Open in Sluice>"
    return {"text": text}


def escape_slack(text: str) -> str:
    """Escapes `&`, `<` and `>`, so that text cannot contain links or mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _signed(event: OutboxEvent) -> dict[str, Any]:
    return {
        "type": event.code,
        "timestamp": event.at.isoformat(),
        "data": {
            "title": event.title,
            "worker": event.worker,
            "actor": event.actor,
            "url": _absolute(event),
            "facts": event.facts,
        },
    }


def _absolute(event: OutboxEvent) -> str:
    return settings.PUBLIC_URL + event.link


def _headers(webhook: Webhook, delivery: Delivery, body: bytes, now: datetime) -> dict[str, str]:
    plain = {"Content-Type": "application/json", "User-Agent": "Sluice-Notifications"}
    if webhook.kind == Webhook.Kind.SLACK:
        return plain
    secret = decrypt(webhook.sealed_secret).reveal()
    return plain | signed_headers(secret, f"msg_{delivery.key.hex}", body, now)
