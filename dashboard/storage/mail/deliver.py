"""Hands one message to the mail server, or writes it to a folder (SLUICE_WORKER_MAIL)."""

from __future__ import annotations

import os
import re
import smtplib
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend

from dashboard.storage.mail import messages
from dashboard.storage.mail.compose import MessageInvalid, compose
from dashboard.storage.mail.outbox import OutboxMessage

_LINE_END = re.compile(rb"\r\n?|\n")


class DeliveryFailed(Exception):
    """The message is for people. `is_final`: another attempt would fail, too."""

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


def deliver(message: OutboxMessage, content: bytes) -> None:
    """Raises `DeliveryFailed`."""
    mail = mail_of(message, content)
    if settings.WORKER_MAIL == "smtp":
        _send(message, mail)
    else:
        _write(message, mail)


def mail_of(message: OutboxMessage, content: bytes) -> bytes:
    """The e-mail, with lines as SMTP ends them. Raises `DeliveryFailed`."""
    try:
        if message.form == "fields":
            content = compose(content, message.sender, message.message_id, message.created_at)
    except MessageInvalid as error:
        raise DeliveryFailed(messages.not_composed(error), is_final=True) from error
    return _LINE_END.sub(b"\r\n", content)


def _send(message: OutboxMessage, mail: bytes) -> None:
    backend = EmailBackend(fail_silently=False)
    try:
        backend.open()
        assert backend.connection is not None
        backend.connection.sendmail(message.sender, message.recipients, mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise DeliveryFailed(messages.refused(error), is_final=min(codes) >= 500) from error
    except smtplib.SMTPResponseException as error:
        is_final = isinstance(error, (smtplib.SMTPSenderRefused, smtplib.SMTPDataError))
        is_final &= error.smtp_code >= 500
        raise DeliveryFailed(messages.refused(error), is_final=is_final) from error
    except (smtplib.SMTPException, OSError) as error:
        raise DeliveryFailed(messages.not_taken(error)) from error
    finally:
        backend.close()


def _write(message: OutboxMessage, mail: bytes) -> None:
    """Whole or not at all. The first lines are the envelope, as mail servers write it."""
    folder = Path(settings.WORKER_MAIL_DIR)
    recipients = ", ".join(message.recipients)
    envelope = f"Return-Path: <{message.sender}>\r\nX-Envelope-To: {recipients}\r\n".encode()
    name = f"{message.created_at:%Y%m%dT%H%M%S}-{message.id}.eml"
    beside = folder / f".{name}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(envelope + mail)
            file.flush()
            os.fsync(file.fileno())
        beside.rename(folder / name)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise DeliveryFailed(messages.not_written(error)) from error
