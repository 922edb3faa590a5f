"""What a person typed in the playground → one request. Nothing here can name another address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from routing.rules.fields import as_sent

READS = ("GET", "HEAD")
METHODS = (*READS, "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OVERRIDES = "Cloudflare-Workers-Version-Overrides"
VERSION_KEY = "Cloudflare-Workers-Version-Key"

#: Header lines that describe the connection or the place; the playground sets them itself.
OURS = frozenset(
    "host content-length transfer-encoding connection keep-alive upgrade te trailer expect "
    "proxy-authorization proxy-connection".split()
)
LONGEST_PATH = 4096
LONGEST_HEADERS = 64 * 1024
LONGEST_BODY = 256 * 1024

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# Controls would end a line of the request or of the log.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# Everything a request target may hold as it is; the rest is percent-encoded.
_TARGET = "/?:@!$&'()*+,;=%-._~[]"


@dataclass
class Composed:
    """One request, as typed and as sent; one with `errors` (by field) is not sent."""

    worker: str
    method: str = "GET"
    path: str = "/"
    version: str = ""
    mode: str = "pick"
    raw: str = ""
    key: str = ""
    extra: str = ""
    body: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def override(self) -> str:
        """The value of the override header, or nothing."""
        if self.mode == "raw":
            return self.raw.strip()
        return f'{self.worker}="{self.version}"' if self.version else ""

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The header lines that decide and travel, as a server sees them."""
        typed = parse_lines(self.extra, {}) + [(OVERRIDES, self.override), (VERSION_KEY, self.key)]
        return [(name, as_sent(value)) for name, value in typed if value.strip()]

    @property
    def target(self) -> bytes:
        """The request target on the wire."""
        return quote(self.path, safe=_TARGET).encode("ascii")

    @property
    def acts(self) -> bool:
        """Whether the method may change something behind the Worker."""
        return self.method not in READS


def compose(worker: str, sent: Mapping[str, str]) -> Composed:
    """The request in a form's fields; what cannot be sent is said in `errors`."""
    asked = Composed(
        worker=worker,
        method=sent.get("method", "GET"),
        path=sent.get("path", "/").strip() or "/",
        version=sent.get("version", "").strip(),
        mode="raw" if sent.get("mode") == "raw" else "pick",
        raw=sent.get("raw", ""),
        key=sent.get("key", "").strip(),
        extra=sent.get("headers", "").replace("\r\n", "\n"),
        body=sent.get("body", ""),
    )
    if fix := sent.get("fix", ""):
        asked.mode, asked.raw = "raw", fix
    _check(asked)
    return asked


def parse_lines(text: str, errors: dict[str, str]) -> list[tuple[str, str]]:
    """`Name: value` lines; the first that is none is said in `errors`."""
    found = []
    for line in filter(str.strip, text.split("\n")):
        name, colon, value = line.partition(":")
        problem = _line_problem(name.strip(), colon, value)
        if problem:
            errors.setdefault("headers", problem)
        else:
            found.append((name.strip(), value.strip()))
    return found


def _line_problem(name: str, colon: str, value: str) -> str:
    if not colon or not _NAME.fullmatch(name):
        return f"“{name[:60]}” is no header line. Write Name: value, one to a line."
    if name.lower() in OURS:
        return f"{name} is set by the playground itself. Leave it out."
    if _CONTROL.search(value):
        return f"The value of {name} holds a control character."
    return ""


def _check(asked: Composed) -> None:
    errors = asked.errors
    if asked.method not in METHODS:
        errors["method"] = f"Methods: {', '.join(METHODS)}."
    if not asked.path.startswith("/"):
        errors["path"] = "A path starts with “/”. Requests go to this Worker only."
    elif _CONTROL.search(asked.path) or len(asked.path) > LONGEST_PATH:
        errors["path"] = f"At most {LONGEST_PATH} characters, and no control characters."
    if _CONTROL.search(asked.override) or _CONTROL.search(asked.key):
        errors["raw"] = "A header value is one line without control characters."
    parse_lines(asked.extra, errors)
    if sum(map(len, (asked.extra, asked.override, asked.key))) > LONGEST_HEADERS:
        errors["headers"] = "More than 64 KB of headers: an edge refuses such a request."
    if len(asked.body.encode("utf-8", "surrogatepass")) > LONGEST_BODY:
        errors["body"] = "The playground sends bodies of at most 256 KB."
