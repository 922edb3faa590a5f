"""A request of the playground as it may be stored and shared: the form's fields, secrets masked."""

from __future__ import annotations

from dashboard.playground.request.compose import Composed
from dashboard.sending import redaction
from dashboard.ui.http.storable_text import storable


def fields_of(asked: Composed) -> dict[str, str]:
    """The form's fields of a request as typed, secrets masked: what may be stored and shared."""
    lines = filter(str.strip, asked.extra.split("\n"))
    named = {
        "method": asked.method,
        "path": redaction.target(asked.path),
        "mode": asked.mode,
        "raw": asked.raw if asked.mode == "raw" else "",
        "key": asked.key,
        "headers": "\n".join(map(redaction.header_line, lines)),
        "kind": asked.kind,
        "body": _body(asked),
        "line_breaks": "crlf" if asked.line_breaks == "crlf" else "",
        "auth": asked.auth,
        "token": redaction.value(asked.token),
        "user": asked.user,
        "password": redaction.value(asked.password),
    }
    picks = {f"version.{n}": v for n, v in asked.picks.items() if n != asked.worker}
    found = named | picks | {"worker": asked.worker, "version": asked.version}
    masks = redaction.Masks(asked.secrets)  # a secret may be typed where its variable belongs
    return {name: storable(masks.text(value)) for name, value in found.items() if value}


def _body(asked: Composed) -> str:
    if asked.kind == "file":
        return ""
    if asked.kind == "form":
        return "\n".join(map(redaction.pairs, asked.body.split("\n")))
    return redaction.body(asked.body)
