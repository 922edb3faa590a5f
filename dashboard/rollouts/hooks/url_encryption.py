"""The address of a hook: sealed, because it can be all that is needed to post there.

What people see of it is `Hook.url`, always `redacted_url` of the whole address. Where it is
anything else, an earlier release wrote the whole address there; it is sealed when it is used next.
"""

from __future__ import annotations

from dashboard.rollouts.hooks.models import Hook
from dashboard.ui.redact_url import redacted_url
from routing.secret_encryption import decrypt, encrypt
from routing.snapshot import Secret


def encrypt_url(hook: Hook, url: str) -> None:
    """Gives the hook this address; the row is not saved."""
    hook.sealed_url, hook.url = encrypt(Secret(url)), redacted_url(url)


def decrypt_url(hook: Hook) -> Secret:
    """Where the hook's requests go. Raises `DecryptionFailed`."""
    if hook.sealed_url:
        address = decrypt(hook.sealed_url)
        if redacted_url(address.reveal()) == hook.url:
            return address
    return _taken_over(hook)


def _taken_over(hook: Hook) -> Secret:
    before = {"url": hook.url, "sealed_url": hook.sealed_url}
    encrypt_url(hook, hook.url)
    same = Hook.objects.filter(pk=hook.pk, **before)
    same.update(url=hook.url, sealed_url=hook.sealed_url)
    return Secret(before["url"])
