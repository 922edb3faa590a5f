"""Creates, changes and deletes a Worker's hooks, with an entry in the audit trail."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from dashboard.accounts.actor import Actor
from dashboard.egress.client import HostNotAllowed, check_host
from dashboard.egress.signatures import PREFIX
from dashboard.rollouts.hooks.events import GATED, HookEvent, HookKind
from dashboard.rollouts.hooks.models import Hook, HookDelivery
from dashboard.rollouts.hooks.outbox import new_delivery
from dashboard.rollouts.hooks.url_encryption import encrypt_url
from dashboard.ui.redact_url import redacted_url
from routing.control import audit
from routing.models import Worker
from routing.secret_encryption import encrypt
from routing.snapshot import Secret

MOST_HOOKS = 20
"""Of one Worker."""
LONGEST_NAME, LONGEST_URL = 64, 2000
TIMEOUTS = (1, 30)
"""Seconds."""
SECRET_BYTES = 32


class HookRefused(ValueError):
    """An invalid hook. `field` is the name of the invalid input."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True)
class HookForm:
    """The fields of the form, unchecked."""

    name: str = ""
    event: str = HookEvent.BEFORE_STEP.value
    kind: str = HookKind.NOTICE.value
    url: str = ""
    timeout: str = "10"

    @classmethod
    def from_post(cls, data: Mapping[str, str]) -> HookForm:
        new = cls()
        return cls(*(data.get(field, getattr(new, field)).strip() for field in cls.__slots__))


def create(worker: Worker, form: HookForm, by: Actor) -> tuple[Hook, str]:
    """Creates a hook; also returns its secret, which is displayed only once. Raises
    `HookRefused`."""
    if worker.hooks.count() >= MOST_HOOKS:
        raise HookRefused("name", f"A Worker has at most {MOST_HOOKS} hooks.")
    secret = _new_secret()
    hook = Hook(worker=worker, author=by.actor, created_at=by.now)
    hook.sealed_secret = encrypt(Secret(secret))
    _fill(hook, form)
    _save(hook, "hook.create", by)
    return hook, secret


def change(hook: Hook, form: HookForm, by: Actor) -> None:
    """Changes all fields but the secret. Raises `HookRefused`."""
    before = described(hook)
    _fill(hook, form)
    _save(hook, "hook.change", by, before)


def switch(hook: Hook, enabled: bool, by: Actor) -> None:
    """While a hook is off, nothing is sent and a gate does not hold."""
    before = described(hook)
    hook.enabled = enabled
    _save(hook, "hook.change", by, before)


def rotate(hook: Hook, by: Actor) -> str:
    """Replaces the secret, which is displayed only once."""
    secret = _new_secret()
    hook.sealed_secret = encrypt(Secret(secret))
    _save(hook, "hook.rotate", by)
    return secret


def delete(hook: Hook, by: Actor) -> None:
    """The hook and what is still new_delivery to it."""
    with transaction.atomic():
        _record("hook.delete", hook, by, before=described(hook))
        hook.delete()


def send_test(hook: Hook, by: Actor) -> HookDelivery:
    """Queues a request of type `rollout.test`."""
    data = {"worker": hook.worker.name, "hook": hook.name}
    delivery = new_delivery(hook, HookEvent.TEST, data, by.now)
    delivery.save()
    return delivery


def described(hook: Hook) -> dict[str, object]:
    """For the audit trail, with secrets in the URL redacted."""
    return {
        "name": hook.name,
        "event": hook.event,
        "kind": hook.kind,
        "url": redacted_url(hook.url),  # once more: a row of an earlier release has it whole
        "timeout": hook.timeout,
        "enabled": hook.enabled,
    }


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _fill(hook: Hook, form: HookForm) -> None:
    if not form.name or len(form.name) > LONGEST_NAME or not form.name.isprintable():
        raise HookRefused("name", f"Write a name of at most {LONGEST_NAME} characters.")
    _check_choice("event", form.event, dict(Hook.EVENTS))
    _check_choice("kind", form.kind, dict(Hook.KINDS))
    if form.kind == HookKind.GATE and form.event not in GATED:
        raise HookRefused("kind", "Only what comes before a stage or a step can wait for a gate.")
    hook.name, hook.event, hook.kind = form.name, form.event, form.kind
    hook.timeout = _timeout(form.timeout)
    if not hook.url or form.url != redacted_url(hook.url):  # as the page shows it: unchanged
        encrypt_url(hook, _url(form.url))


def _check_choice(field: str, given: str, choices: Mapping[str, str]) -> None:
    if given not in choices:
        raise HookRefused(field, f"{given[:40]!r} is not one of {', '.join(choices)}.")


def _url(text: str) -> str:
    if not text or len(text) > LONGEST_URL or not text.isprintable() or " " in text:
        raise HookRefused("url", f"Write a URL of at most {LONGEST_URL} characters.")
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018  # raises when it is none
    except ValueError as error:
        raise HookRefused("url", "This is not a URL.") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
        raise HookRefused("url", "Write http:// or https://, a host, and no password.")
    try:
        check_host(parts.hostname)
    except HostNotAllowed as error:
        raise HookRefused("url", str(error)) from error
    return text


def _timeout(text: str) -> int:
    least, most = TIMEOUTS
    if not (text.isascii() and text.isdigit()) or not least <= int(text[:9]) <= most:
        raise HookRefused("timeout", f"Write a whole number of seconds from {least} to {most}.")
    return int(text)


def _save(hook: Hook, action: str, by: Actor, before: object = None) -> None:
    try:
        with transaction.atomic():
            hook.save()
            _record(action, hook, by, before=before, after=described(hook))
    except IntegrityError as error:
        raise HookRefused("name", f"There is a hook called {hook.name!r} already.") from error


def _record(
    action: str, hook: Hook, by: Actor, before: object = None, after: object = None
) -> None:
    audit.record(
        action,
        hook.worker.name,
        actor=by.actor,
        source=by.source,
        now=by.now,
        before=before,
        after=after,
    )
