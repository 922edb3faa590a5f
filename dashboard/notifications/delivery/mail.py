"""One event as an e-mail."""

from __future__ import annotations

import smtplib
from email.headerregistry import Address
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from dashboard.egress.client import SendFailed
from dashboard.notifications.models import Delivery


def send_mail(delivery: Delivery) -> None:
    """Raises `SendFailed`. Repeated messages have the same Message-ID."""
    message = message_of(delivery)
    try:
        message.send()
    except (smtplib.SMTPException, OSError, ValueError) as error:
        problem = str(error) or type(error).__name__
        raise SendFailed(f"The mail server did not take it: {problem}") from error


def message_of(delivery: Delivery) -> EmailMultiAlternatives:
    """Plain text and HTML."""
    event, person = delivery.event, delivery.person
    assert person is not None
    context = {"event": event, "person": person, "base": settings.PUBLIC_URL}
    message = EmailMultiAlternatives(
        subject=f"[Sluice] {event.title}",
        body=render_to_string("notifications/mail/event.txt", context),
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[str(Address(person.username, addr_spec=person.email))],
        headers={"Message-ID": f"<{delivery.key}@{_domain()}>", "Auto-Submitted": "auto-generated"},
    )
    html = render_to_string("notifications/mail/event.html", context)
    message.attach_alternative(html, "text/html")
    return message


def _domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
