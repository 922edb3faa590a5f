"""The composed request while its person is on another page: sealed, in the session, one of each."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.http import HttpRequest

from routing.secret_encryption import DecryptionFailed, decrypt, encrypt
from routing.snapshot import Secret

_KEY = "playground_draft"
#: A body of 256 KB whose characters are all escaped, and the rest of a form.
LONGEST = 2 * 1024 * 1024
_NOT_KEPT = frozenset({"csrfmiddlewaretoken", "stage", "hn", "hv", "fix", "upload"})


def keep(request: HttpRequest, fields: Mapping[str, str]) -> None:
    """Keeps a form's fields, secrets included, in place of the draft before."""
    text = json.dumps({n: v for n, v in fields.items() if n not in _NOT_KEPT and v})
    if len(text) <= LONGEST:
        request.session[_KEY] = encrypt(Secret(text))


def load(request: HttpRequest, worker: str) -> dict[str, str]:
    """The fields of this Worker's draft; none where there is none or its seal is broken."""
    try:
        fields: dict[str, str] = json.loads(decrypt(request.session[_KEY]).reveal())
    except (KeyError, DecryptionFailed):
        return {}
    return fields if fields.get("worker") == worker else {}
