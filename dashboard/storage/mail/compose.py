"""A message of fields, as `send({ from, to, subject, … })` has them, as an e-mail. Pure."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any

_OWN_HEADERS = frozenset(
    ("from", "to", "cc", "bcc", "subject", "date", "message-id", "reply-to", "received", "sender")
)
_INVALID = (ValueError, TypeError, LookupError, AttributeError, binascii.Error)
_HEADER = re.compile(r"[!-9;-~]{1,100}")


class MessageInvalid(ValueError):
    """It cannot be written as an e-mail."""


def compose(content: bytes, sender: str, message_id: str, at: datetime) -> bytes:
    """`content` is the JSON of `runtime/send_email.js`, `sender` the address that the outbox has
    checked. Raises `MessageInvalid`."""
    try:
        return _composed(json.loads(content), sender, message_id, at).as_bytes(policy=SMTP)
    except (*_INVALID, MessageError, RecursionError) as error:
        raise MessageInvalid(str(error)) from error


def _composed(
    fields: Mapping[str, Any], sender: str, message_id: str, at: datetime
) -> EmailMessage:
    message = EmailMessage()
    author = _address(fields["from"])
    if author.addr_spec.lower() != sender.lower():
        raise MessageInvalid("From: header does not match mail from")
    message["From"] = author
    for header, name in (("To", "to"), ("Cc", "cc")):
        if fields.get(name):
            message[header] = [_address(each) for each in fields[name]]
    if fields.get("replyTo"):
        message["Reply-To"] = _address(fields["replyTo"])
    message["Subject"] = str(fields.get("subject") or "")
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    for name, value in (fields.get("headers") or {}).items():
        if not _HEADER.fullmatch(str(name)):
            raise MessageInvalid(f"{str(name)[:40]!r} is no name of a header")
        if str(name).lower() not in _OWN_HEADERS:
            message[str(name)] = str(value)
    _add_bodies(message, fields)
    _attach(message, fields.get("attachments") or [])
    return message


def _add_bodies(message: EmailMessage, fields: Mapping[str, Any]) -> None:
    text, html = fields.get("text"), fields.get("html")
    if text is not None or html is None:
        message.set_content(str(text or ""))
        if html is not None:
            message.add_alternative(str(html), subtype="html")
    else:
        message.set_content(str(html), subtype="html")


def _attach(message: EmailMessage, files: Sequence[Mapping[str, Any]]) -> None:
    for file in files:
        main, _, sub = file["type"].partition("/")
        content_id = f"<{file['contentId']}>" if file.get("contentId") else None
        message.add_attachment(
            base64.b64decode(file["content"], validate=True),
            maintype=main or "application",
            subtype=sub or "octet-stream",
            filename=file["filename"],
            disposition=file["disposition"],
            cid=content_id,
        )


def _address(given: Any) -> Address:
    """Text, with or without a name, or `{email, name}`."""
    if isinstance(given, Mapping):
        return Address(str(given.get("name") or ""), addr_spec=given["email"])
    name, address = parseaddr(given)
    return Address(name, addr_spec=address)
