"""A composed request of the playground → a check. Pure."""

from __future__ import annotations

from typing import Any

from dashboard.playground.check_import.candidates import FoundCheck
from dashboard.playground.request import bodies
from dashboard.playground.request.compose import Composed, parse_lines
from dashboard.sending.redaction import MASK

LONGEST_NAME = 200


def check_of(asked: Composed, name: str = "", status: int = 200) -> FoundCheck:
    """The request as typed, `{{name}}` and all, with the status as its assertion.

    Overrides that name Workers behind this one stay; the version of this Worker is always the one
    under test.
    """
    notes: list[str] = []
    request: dict[str, Any] = {"method": asked.method, "path": asked.path}
    if headers := _headers(asked, notes):
        request["headers"] = headers
    if body := _body(asked, notes):
        request["body"] = body
    if asked.key:
        request["key"] = asked.key
    if overrides := {n: v for n, v in asked.picks.items() if n != asked.worker}:
        request["overrides"] = overrides
    if asked.mode == "raw" and asked.raw.strip():
        notes.append("Left out: the override header. A run sets its own.")
    if MASK in str(request):
        notes.append(f"{MASK} stands for a secret that was not stored: write {{{{name}}}} there.")
    title = name or f"{asked.method} {asked.path}"
    data = {"name": title[:LONGEST_NAME], "request": request, "assert": [{"status": status}]}
    return FoundCheck(data, tuple(notes))


def _headers(asked: Composed, notes: list[str]) -> dict[str, str]:
    lines = parse_lines(asked.extra, {})
    given = {name.lower() for name, _ in lines}
    made = [*bodies.auth_line(asked.auth, asked.token, asked.user, asked.password)]
    if asked.acts:
        made += bodies.type_line(asked.kind, asked.body, asked.upload)
    lines += [(name, value) for name, value in made if name.lower() not in given]
    found: dict[str, str] = {}
    for name, value in lines:
        if name in found:
            notes.append(f"Left out: another line of {name}.")
        found.setdefault(name, value)
    return found


def _body(asked: Composed, notes: list[str]) -> str:
    if asked.kind == "file":
        notes.append("Left out: the file. Paste its text as the body.")
        return ""
    try:
        return asked.content.decode()
    except UnicodeDecodeError:
        notes.append("Left out: the body, which is not text.")
        return ""
