"""A HAR recording (http://www.softwareishard.com/blog/har-12-spec/) → checks. Pure.

Browsers' own header lines and those with secrets are left out: a recording is a person's session.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from dashboard.playground.check_import.candidates import CannotImport, FoundCheck
from dashboard.playground.request.typed_request import METHODS
from dashboard.sending.redaction import is_secret
from routing.relayed_request import CONNECTION_HEADERS

LARGEST = 10 * 1024 * 1024
"""Bytes of a recording."""
MOST_ENTRIES = 1000
_BROWSERS = frozenset(
    "accept-encoding accept-language cache-control dnt if-modified-since if-none-match origin "
    "pragma priority referer upgrade-insecure-requests user-agent cf-ray "
    "cloudflare-workers-version-overrides".split()
)


def checks_of_har(text: str, own_host: str) -> list[FoundCheck]:
    """One check for each entry; preselected are those of `own_host`, else of the host that most
    requests went to. Raises `CannotImport`, which names the entry."""
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise CannotImport(f"The recording has more than {LARGEST // 1024 // 1024} MB.")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CannotImport(f"This is not JSON that can be read: {error}.") from error
    entries = _at(data, "log", "entries")
    if not isinstance(entries, list) or not entries:
        raise CannotImport("log.entries: expected a list of requests.")
    if len(entries) > MOST_ENTRIES:
        words = f"{len(entries)} requests; a suite has at most {MOST_ENTRIES}"
        raise CannotImport(f"log.entries: {words}.")
    checks = [_check(entry, f"log.entries[{i}]") for i, entry in enumerate(entries)]
    hosts = Counter(check.host for check in checks)
    chosen = own_host if own_host in hosts else hosts.most_common(1)[0][0]
    return [replace(check, taken=check.taken and check.host == chosen) for check in checks]


def _check(entry: Any, place: str) -> FoundCheck:
    request = _at(entry, "request")
    if not isinstance(request, dict):
        raise CannotImport(f"{place}.request: expected an object.")
    method, url = request.get("method"), request.get("url")
    if not isinstance(method, str) or method.upper() not in METHODS:
        raise CannotImport(f"{place}.request.method: expected one of {', '.join(METHODS)}.")
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host or parts.scheme not in ("http", "https"):
        raise CannotImport(f"{place}.request.url: expected an http or https address.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    notes: list[str] = []
    sent: dict[str, Any] = {"method": method.upper(), "path": path}
    if headers := _headers(request, place, notes):
        sent["headers"] = headers
    if body := _body(request, place, notes):
        sent["body"] = body
    status = _at(entry, "response", "status")
    answered = isinstance(status, int) and 100 <= status <= 599
    data: dict[str, Any] = {"name": f"{method.upper()} {path}"[:200], "request": sent}
    if answered:
        data["assert"] = [{"status": status}]
    return FoundCheck(data, tuple(notes), host=host, taken=answered, where=place)


def _headers(request: dict[str, Any], place: str, notes: list[str]) -> dict[str, str]:
    lines = request.get("headers", [])
    if not isinstance(lines, list):
        raise CannotImport(f"{place}.request.headers: expected a list.")
    headers: dict[str, str] = {}
    for name, value in _named(lines, f"{place}.request.headers"):
        lower = name.lower()
        if is_secret(lower):
            notes.append(f"Left out: {name}, a secret. Add it as {{{{name}}}}.")
        elif not name.startswith(":") and lower not in CONNECTION_HEADERS | _BROWSERS:
            headers.setdefault(name, value)
    return {n: v for n, v in headers.items() if not n.lower().startswith("sec-")}


def _named(lines: list[Any], place: str) -> Iterator[tuple[str, str]]:
    for i, line in enumerate(lines):
        name, value = _at(line, "name"), _at(line, "value")
        if not isinstance(name, str) or not isinstance(value, str):
            raise CannotImport(f"{place}[{i}]: expected name and value.")
        yield name.strip(), value.strip()


def _body(request: dict[str, Any], place: str, notes: list[str]) -> str:
    posted = request.get("postData")
    if posted is None:
        return ""
    text = _at(posted, "text")
    if text is not None and not isinstance(text, str):
        raise CannotImport(f"{place}.request.postData.text: expected text.")
    if text is None and _at(posted, "params"):
        notes.append("Left out: the fields of a form without its text.")
    return text or ""


def _at(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
