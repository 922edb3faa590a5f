"""A composed request of the playground → a check. Pure."""

from __future__ import annotations

from typing import Any

from dashboard.playground.check_import.candidates import FoundCheck
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.sending.redaction import MASK

LONGEST_NAME = 200


def check_of(typed: TypedRequest, name: str = "", status: int = 200) -> FoundCheck:
    """The request as typed, `{{name}}` and all, with the status as its assertion.

    Overrides that name Workers behind this one stay; the version of this Worker is always the one
    under test.
    """
    notes: list[str] = []
    request: dict[str, Any] = {"method": typed.method, "path": typed.path}
    if headers := _headers(typed, notes):
        request["headers"] = headers
    if body := _body(typed, notes):
        request["body"] = body
    if typed.key:
        request["key"] = typed.key
    if overrides := {n: v for n, v in typed.picks.items() if n != typed.worker}:
        request["overrides"] = overrides
    if typed.mode == "raw" and typed.raw.strip():
        notes.append("Left out: the override header. A run sets its own.")
    if MASK in str(request):
        notes.append(f"{MASK} stands for a secret that was not stored: write {{{{name}}}} there.")
    title = name or f"{typed.method} {typed.path}"
    data = {"name": title[:LONGEST_NAME], "request": request, "assert": [{"status": status}]}
    return FoundCheck(data, tuple(notes))


def _headers(typed: TypedRequest, notes: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in typed.own_lines:
        if name in headers:
            notes.append(f"Left out: another line of {name}.")
        headers.setdefault(name, value)
    return headers


def _body(typed: TypedRequest, notes: list[str]) -> str:
    if typed.kind == "file":
        notes.append("Left out: the file. Paste its text as the body.")
        return ""
    try:
        return typed.content.decode()
    except UnicodeDecodeError:
        notes.append("Left out: the body, which is not text.")
        return ""
