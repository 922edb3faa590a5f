"""A `curl` command → the playground's fields, and what could not be taken over."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from dashboard.limits import child_process
from dashboard.playground.curl_import.address import Address, read_address
from dashboard.playground.curl_import.form import BOUNDARY, multipart
from dashboard.playground.curl_import.options import Command, NotCurl, parse
from dashboard.playground.curl_import.shell_words import words_of
from dashboard.playground.request.typed_request import (
    METHODS,
    MOST_LINES,
)
from dashboard.sending.wire_request import OVERRIDES, VERSION_KEY
from routing.relayed_request import CONNECTION_HEADERS

__all__ = ["BOUNDARY", "Imported", "NotCurl", "read"]

LONGEST = 512 * 1024
MOST_NOTES = 12
MOST_OPTIONS = 2_000
"""More than a person pastes; each header becomes a row of the form."""

#: Options that carry the body, in curl's order of the command line.
_BODY = ("data", "data-raw", "data-binary", "data-urlencode", "json", "form", "form-string")
_ELSEWHERE = (
    *("proxy", "preproxy", "proxy1.0", "socks4", "socks4a", "socks5", "socks5-hostname"),
    *("resolve", "connect-to", "unix-socket", "abstract-unix-socket", "interface", "noproxy"),
)
#: What would change the request and is not taken over.
_CHANGES = (
    *("config", "cert", "aws-sigv4", "time-cond", "etag-compare", "upload-file", "continue-at"),
    *("digest", "ntlm", "ntlm-wb", "negotiate", "anyauth", "netrc", "netrc-file", "tr-encoding"),
)


@dataclass
class Imported:
    """`fields` are the form's; `notes` tell what was left out or changed."""

    fields: dict[str, str] = field(default_factory=dict)
    host: str = ""
    notes: list[str] = field(default_factory=list)
    #: Header lines in their order, and the names that `-H 'Name:'` takes away.
    lines: list[tuple[str, str]] = field(default_factory=list)
    removed: set[str] = field(default_factory=set)

    def default(self, name: str, value: str) -> None:
        """A line that curl adds by itself unless it is given or taken away."""
        names = {n.lower() for n, _ in self.lines}
        if name not in names | self.removed:
            self.lines.append((name, value))


def read(command: str) -> Imported:
    """The request in a curl command. Raises `NotCurl`. Reads no file and reaches no address."""
    if len(command) > LONGEST:
        raise NotCurl("More than 512 KB.")
    try:
        read_words = child_process.call(words_of, command)
    except child_process.TextTooComplex as error:
        raise NotCurl("The command takes too long to read.") from error
    words = read_words.words
    if not words or re.split(r"[/\\]", words[0])[-1].lower() not in ("curl", "curl.exe"):
        raise NotCurl("It does not begin with curl.")
    given = parse(words[1:])
    if len(given.options) > MOST_OPTIONS or len(given.values("header")) > MOST_LINES:
        raise NotCurl(f"More than {MOST_LINES} headers or {MOST_OPTIONS:,} options.")
    imported = Imported(notes=list(read_words.notes))
    address = read_address(given, imported.notes)
    imported.host = address.host
    _headers(imported, given, address)
    _path(imported, given, address)
    _body(imported, given)
    imported.fields["headers"] = "\n".join(f"{name}: {value}" for name, value in imported.lines)
    imported.fields["method"] = _method(imported, given)
    imported.notes = list(dict.fromkeys(imported.notes + _left_out(given)))[:MOST_NOTES]
    return imported


def _left_out(given: Command) -> list[str]:
    notes = []
    if given.unknown:
        notes.append(f"Left out: {' '.join(given.unknown)[:200]}.")
    if given.has(*_ELSEWHERE):
        notes.append("Proxies and other addresses are left out: requests go to Workers only.")
    notes += [f"Left out: --{name}." for name in _CHANGES if given.has(name)]
    if given.more:
        notes.append("Only the first request of the command is taken.")
    return notes


def _path(imported: Imported, given: Command, address: Address) -> None:
    if given.has("get"):
        added = [_piece(imported, o.name, o.value) for o in given.options if o.name in _BODY]
    else:
        queries = given.values("url-query")
        added = [v[1:] if v.startswith("+") else _encoded(v) for v in queries]
    query = address.query
    for piece in filter(None, added):
        query += f"&{piece}" if len(query) > 1 else f"?{piece}"[len(query) :]
    imported.fields["path"] = given.last("request-target") or address.path + query


def _headers(imported: Imported, given: Command, address: Address) -> None:
    ours: dict[str, list[str]] = {OVERRIDES.lower(): [], VERSION_KEY.lower(): []}
    for line in given.values("header"):
        _header(imported, line, ours)
    if overrides := ours[OVERRIDES.lower()]:
        # As on the wire, where several lines are one field.
        imported.fields |= {"mode": "raw", "raw": ", ".join(overrides)}
    keys = ours[VERSION_KEY.lower()]
    if keys:
        imported.fields["key"] = keys[-1]
    imported.lines += [(VERSION_KEY, key) for key in keys[:-1]]
    _made_headers(imported, given)
    _authorization(imported, given, address)


def _header(imported: Imported, line: str, ours: dict[str, list[str]]) -> None:
    """One -H: `Name: value`, `Name;` for an empty one, `Name:` to take curl's own away."""
    name, colon, value = line.partition(":")
    if not colon and line.endswith(";"):
        name, value = line[:-1], ""
    name, value = name.strip(), value.strip()
    lower = name.lower()
    if line.startswith("@"):
        imported.notes.append(f"Not read: the headers in {line[1:]}.")
    elif lower == "host":
        imported.host = _host(value)
    elif lower in ours:
        ours[lower] += [value] if value else []
    elif lower in CONNECTION_HEADERS:
        imported.notes.append(f"Left out: {name}, which the playground sets itself.")
    elif colon and not value:
        imported.removed.add(lower)
    elif colon or line.endswith(";"):
        imported.lines.append((name, value))
    else:
        imported.notes.append(f"Left out: the header {name[:60]}, which has no value.")


def _host(value: str) -> str:
    host = value.lower()
    return host.rpartition(":")[0] if re.search(r":\d+$", host) else host


def _made_headers(imported: Imported, given: Command) -> None:
    """Lines that options of their own make."""
    for name, value in (
        ("user-agent", given.last("user-agent")),
        ("referer", given.last("referer").removesuffix(";auto")),
        ("range", f"bytes={given.last('range')}" if given.last("range") else ""),
    ):
        if value:
            imported.default(name, value)
    cookies = given.values("cookie")
    if pairs := [cookie for cookie in cookies if "=" in cookie]:
        imported.lines.append(("cookie", "; ".join(pairs)))
    imported.notes += [f"Not read: cookies in {c}." for c in cookies if "=" not in c]


def _authorization(imported: Imported, given: Command, address: Address) -> None:
    login = given.last("user") or address.login
    if given.last("oauth2-bearer"):
        imported.fields |= {"auth": "bearer", "token": given.last("oauth2-bearer")}
    elif login:
        user, _, password = login.partition(":")
        imported.fields |= {"auth": "basic", "user": user, "password": password}


def _body(imported: Imported, given: Command) -> None:
    pieces = [o for o in given.options if o.name in _BODY]
    if given.has("get") or not pieces:
        return
    kind = "text"
    if any(o.name.startswith("form") for o in pieces):
        form = [o for o in pieces if o.name.startswith("form")]
        text = multipart(form, imported.notes)
        imported.default("content-type", f"multipart/form-data; boundary={BOUNDARY}")
    else:
        text = _joined(imported, given)
        kind = _kind(imported, text, by_json=any(o.name == "json" for o in pieces))
    imported.fields |= {"kind": kind, **_line_breaks(imported, text)}


def _kind(imported: Imported, text: str, by_json: bool) -> str:
    """Whether the JSON editor can have it, which adds its own content type."""
    types = [v.lower() for n, v in imported.lines if n.lower() == "content-type"]
    is_json = types[-1].startswith("application/json") if types else by_json
    if is_json and text and "content-type" not in imported.removed and _parses(text):
        kind = "json"
    else:
        form = "application/x-www-form-urlencoded"
        imported.default("content-type", "application/json" if by_json else form)
        kind = "text"
    if by_json:
        imported.default("accept", "application/json")
    return kind


def _parses(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _joined(imported: Imported, given: Command) -> str:
    """All pieces with & between them; what --json gives follows without."""
    text = ""
    for option in given.options:
        if option.name in _BODY:
            piece = _piece(imported, option.name, option.value)
            text += ("&" if text and option.name != "json" else "") + piece
    return text


def _piece(imported: Imported, name: str, value: str) -> str:
    at_file = value.startswith("@") and name not in ("data-raw", "data-urlencode")
    if at_file or (name == "data-urlencode" and "@" in value and "=" not in value):
        imported.notes.append(f"Not read: {value}. Choose File and attach it.")
        return ""
    return _encoded(value) if name == "data-urlencode" else value


def _encoded(value: str) -> str:
    """`name=content` with its content percent-encoded, a space as +."""
    name, equals, content = value.partition("=")
    if not equals:
        name, content = "", value
    text = quote_plus(content.encode("utf-8", "surrogatepass"))
    return f"{name}={text}" if name else text


def _line_breaks(imported: Imported, text: str) -> dict[str, str]:
    """A form's text has one kind of line break; which one goes beside it."""
    plain = text.replace("\r\n", "\n")
    crlf = "\r\n" in text
    if "\r" in plain or (crlf and plain.count("\n") != text.count("\r\n")):
        imported.notes.append(
            "Different line breaks in the body became the same. Attach it as a file."
        )
    body = plain.replace("\r", "\n")
    return {"body": body, "line_breaks": "crlf" if crlf else "lf"}


def _method(imported: Imported, given: Command) -> str:
    has_body = any(o.name in _BODY for o in given.options) and not given.has("get")
    implied = "HEAD" if given.has("head") else "POST" if has_body else "GET"
    if given.has("upload-file"):
        implied = "PUT"
    method = given.last("request").upper() or implied
    if method not in METHODS:
        imported.notes.append(f"{method[:40]} cannot be sent from here; {implied} stands instead.")
        return implied
    if method in ("GET", "HEAD") and has_body:
        imported.notes.append(f"{method} is sent without its body.")
    return method
