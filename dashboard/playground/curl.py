"""A `curl` command → the playground's fields, and what could not be taken over."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote_plus, urlsplit

from dashboard.playground.compose import METHODS, OURS, OVERRIDES, VERSION_KEY
from dashboard.playground.curl_options import NotCurl, parser

LONGEST = 512 * 1024
BOUNDARY = "sluice-9f1c27d2a4e85b60"


@dataclass
class Imported:
    """`fields` are the form's; `notes` tell what was left out or changed."""

    fields: dict[str, str] = field(default_factory=dict)
    host: str = ""
    notes: list[str] = field(default_factory=list)


def read(command: str) -> Imported:
    """The request in a curl command. Raises `NotCurl`. Reads no file and reaches no address."""
    words = _words(command)
    given, unknown = parser().parse_known_args(words)
    addresses = [a for a in (given.url, given.address) if a]
    if not addresses:
        raise NotCurl("There is no address in it.")
    found = Imported()
    if unknown:
        found.notes.append(f"Left out: {' '.join(unknown)[:200]}.")
    _address(found, addresses[0], given)
    _headers(found, given)
    _body(found, given)
    found.fields["method"] = _method(found, given)
    return found


def _words(command: str) -> list[str]:
    if len(command) > LONGEST:
        raise NotCurl("More than 512 KB.")
    text = re.sub(r"\\\r?\n", " ", command.strip().removeprefix("$ "))
    text = re.sub(r"\$'((?:[^'\\]|\\.)*)'", _ansi, text, flags=re.DOTALL)
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise NotCurl(f"The quotes do not close: {error}.") from error
    if not words or words[0].rpartition("/")[2] not in ("curl", "curl.exe"):
        raise NotCurl("It does not begin with curl.")
    return words[1:]


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", "'": "'", '"': '"', "a": "\a", "b": "\b"}


def _ansi(found: re.Match[str]) -> str:
    r"""$'…' as bash reads it; browsers copy bodies like this."""
    text = re.sub(
        r"\\(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|.)",
        lambda m: chr(int(m[1][1:], 16)) if len(m[1]) > 1 else _ESCAPES.get(m[1], m[1]),
        found[1],
        flags=re.DOTALL,
    )
    return shlex.quote(text)


def _address(found: Imported, address: str, given: Any) -> None:
    text = address if "://" in address else f"http://{address}"
    try:
        parts = urlsplit(text)
        found.host, login = (parts.hostname or "").lower(), parts.username
    except ValueError as error:
        raise NotCurl(f"The address cannot be read: {error}.") from error
    if login and not given.user:
        given.user = f"{login}:{parts.password or ''}"
    query = parts.query
    if given.get:
        query = "&".join(filter(None, [query, *(_encoded(k, v) for k, v in given.body)]))
    found.fields["path"] = (parts.path or "/") + (f"?{query}" if query else "")
    if given.elsewhere:
        found.notes.append("Proxies and other addresses are left out: requests go to Workers only.")


def _headers(found: Imported, given: Any) -> None:
    lines = []
    for line in given.header:
        name, _, value = line.partition(":")
        lower = name.strip().lower()
        if lower == "host":
            found.host = value.strip().rpartition(":")[0] or value.strip()
        elif lower == OVERRIDES.lower():
            found.fields |= {"mode": "raw", "raw": value.strip()}
        elif lower == VERSION_KEY.lower():
            found.fields["key"] = value.strip()
        elif lower in OURS:
            found.notes.append(f"Left out: {name.strip()}, which the playground sets itself.")
        elif value.strip():
            lines.append(f"{name.strip()}: {value.strip()}")
    for name, value in (("user-agent", given.user_agent), ("referer", given.referer)):
        if value:
            lines.append(f"{name}: {value}")
    if given.cookie:
        lines += [f"cookie: {given.cookie}"] if "=" in given.cookie else []
        found.notes += [] if "=" in given.cookie else [f"Not read: cookies in {given.cookie}."]
    found.fields["headers"] = "\n".join(lines)
    if given.bearer:
        found.fields |= {"auth": "bearer", "token": given.bearer}
    elif given.user:
        user, _, password = given.user.partition(":")
        found.fields |= {"auth": "basic", "user": user, "password": password}


def _body(found: Imported, given: Any) -> None:
    if given.get or not given.body:
        return
    kinds = {kind for kind, _ in given.body}
    if "form" in kinds:
        text, kind, content_type = _multipart(found, given.body), "text", "multipart/form-data"
        content_type += f"; boundary={BOUNDARY}"
    elif "json" in kinds:
        text, kind, content_type = "".join(v for _, v in given.body), "json", ""
        _default(found, "accept", "application/json")
    else:
        text = "&".join(_piece(found, k, v) for k, v in given.body)
        is_json = _names(found).get("content-type", "").startswith("application/json")
        kind, content_type = (
            ("json", "") if is_json else ("text", "application/x-www-form-urlencoded")
        )
    if content_type:
        _default(found, "content-type", content_type)
    found.fields |= {"body": text, "kind": kind}


def _piece(found: Imported, kind: str, value: str) -> str:
    if value.startswith("@") and kind != "raw":
        found.notes.append(f"Not read: {value}. Choose File and attach it.")
        return ""
    if kind == "encoded":
        return _encoded(kind, value)
    return re.sub(r"[\r\n]", "", value) if kind == "data" and value.startswith("@") else value


def _encoded(kind: str, value: str) -> str:
    if kind != "encoded":
        return value
    name, equals, content = value.partition("=")
    if not equals:
        return quote_plus(value)
    return f"{name}={quote_plus(content)}" if name else quote_plus(content)


def _multipart(found: Imported, body: Collection[tuple[str, str]]) -> str:
    parts = []
    for _, text in body:
        name, _, value = text.partition("=")
        if value.startswith(("@", "<")):
            found.notes.append(f"Not read: {value}. Paste the file's content into its part.")
            value = ""
        parts.append(
            f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}'
        )
    return "\r\n".join([*parts, f"--{BOUNDARY}--", ""])


def _names(found: Imported) -> dict[str, str]:
    lines = (line.partition(": ") for line in found.fields.get("headers", "").split("\n"))
    return {name.lower(): value for name, _, value in lines}


def _default(found: Imported, name: str, value: str) -> None:
    if name not in _names(found):
        lines = [found.fields.get("headers", ""), f"{name}: {value}"]
        found.fields["headers"] = "\n".join(filter(None, lines))


def _method(found: Imported, given: Any) -> str:
    implied = "HEAD" if given.head else "POST" if given.body and not given.get else "GET"
    method = (given.request or implied).upper()
    if method not in METHODS:
        found.notes.append(f"{method} cannot be sent from here; {implied} stands instead.")
        return implied
    return str(method)
