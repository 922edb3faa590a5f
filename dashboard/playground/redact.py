"""What is kept and shared holds no secrets: header lines, query parameters and body fields whose
names tell that they are one are masked. `{{name}}` stays, as it gives nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dashboard.playground.compose import Composed
from dashboard.playground.variables import MASK
from dashboard.sending import json_text
from dashboard.ui.storable_text import storable

_SECRET = re.compile(
    r"authori[sz]ation|cookie|secret|passw|token|api.?key|access.?key|private.?key|credential"
    r"|signature|session|^auth$|^key$|^pwd$|^pin$|^otp$|jwt|bearer|csrf|xsrf",
    re.IGNORECASE,
)
_PLAIN = frozenset({"cloudflare-workers-version-key"})
_VARIABLES_ONLY = re.compile(r"((bearer|basic|token) )?\s*\{\{\s*\w+\s*\}\}\s*", re.IGNORECASE)
#: Pieces are found by their ends and split once: a search for "name=" takes quadratic time.
_PIECE = re.compile(r"[^&#]+")


def is_secret(name: str) -> bool:
    """Whether a value under this name is better not shown."""
    return name.lower() not in _PLAIN and _SECRET.search(name.strip()) is not None


def fields_of(asked: Composed) -> dict[str, str]:
    """The form's fields of a request as typed, secrets masked: what may be stored and shared."""
    named = {
        "method": asked.method,
        "path": _query(asked.path),
        "mode": asked.mode,
        "raw": asked.raw if asked.mode == "raw" else "",
        "key": asked.key,
        "headers": "\n".join(_line(line) for line in asked.extra.split("\n") if line.strip()),
        "kind": asked.kind,
        "body": _body(asked),
        "line_breaks": "crlf" if asked.line_breaks == "crlf" else "",
        "auth": asked.auth,
        "token": _value(asked.token),
        "user": asked.user,
        "password": _value(asked.password),
    }
    picks = {f"version.{n}": v for n, v in asked.picks.items() if n != asked.worker}
    found = named | picks | {"worker": asked.worker, "version": asked.version}
    return {name: storable(value) for name, value in found.items() if value}


def headers_of(lines: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """An answer's header lines, secrets masked."""
    return [(name, MASK if is_secret(name) else value) for name, value in lines]


def _line(line: str) -> str:
    name, colon, value = line.partition(":")
    return f"{name}{colon} {_value(value.strip())}" if is_secret(name) else line


def _value(text: str) -> str:
    return text if not text or _VARIABLES_ONLY.fullmatch(text) else MASK


def _query(path: str) -> str:
    place, mark, query = path.partition("?")
    return place + mark + _PIECE.sub(_pair, query)


def _pair(found: re.Match[str]) -> str:
    left, equals, value = found[0].partition("=")
    name = left.rpartition("?")[2]
    return f"{left}={_value(value)}" if equals and name and is_secret(name) else found[0]


def _body(asked: Composed) -> str:
    if asked.kind == "file":
        return ""
    if asked.kind == "form":
        return "\n".join(_PIECE.sub(_pair, line) for line in asked.body.split("\n"))
    if json_text.is_json(asked.body):
        return json_text.replace_strings(asked.body, _masked)
    return _PIECE.sub(_pair, asked.body) if "=" in asked.body else asked.body


def _masked(name: str, value: str) -> str:
    return _value(value) if is_secret(name) else value
