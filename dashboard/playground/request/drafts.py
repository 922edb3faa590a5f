"""The request in the form while its author visits another page: encrypted, one per session."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.http import HttpRequest

from routing.secret_encryption import DecryptionFailed, decrypt, encrypt
from routing.snapshot import Secret

_KEY = "playground_draft"
#: A body of 256 KB whose characters are all escaped, and the rest of a form.
LONGEST = 2 * 1024 * 1024
_NOT_STORED = frozenset({"csrfmiddlewaretoken", "stage", "hn", "hv", "fix", "upload"})


def store(request: HttpRequest, fields: Mapping[str, str]) -> None:
    """Stores the form's fields, secrets included, in place of an earlier draft."""
    text = json.dumps({n: v for n, v in fields.items() if n not in _NOT_STORED and v})
    if len(text) <= LONGEST:
        request.session[_KEY] = encrypt(Secret(text))


def load(request: HttpRequest, worker: str) -> dict[str, str]:
    """The fields of this Worker's draft; empty without one, or when it cannot be decrypted."""
    try:
        fields: dict[str, str] = json.loads(decrypt(request.session[_KEY]).reveal())
    except (KeyError, DecryptionFailed):
        return {}
    return fields if fields.get("worker") == worker else {}
