"""What a person typed in the playground → one request. Nothing here can name another address."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import quote

from dashboard.playground.request import bodies
from dashboard.sending.redaction import MASK, TARGET
from dashboard.sending.wire_request import OVERRIDES, VERSION_KEY
from dashboard.variables.names import fill
from routing.rules.header.fields import as_sent

READS = ("GET", "HEAD")
METHODS = (*READS, "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
#: How an `Authorization` line is made for the person who composes.
AUTHS = ("none", "bearer", "basic")

#: Header lines that describe the connection or the place; the playground sets them itself.
OURS = frozenset(
    "host content-length transfer-encoding connection keep-alive upgrade te trailer expect "
    "proxy-authorization proxy-connection http2-settings".split()
)
LONGEST_PATH = 4096
LONGEST_HEADERS = 64 * 1024
MOST_LINES = 200
"""Header lines; an edge takes half as many. The form has a row for each."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# Controls would end a line of the request or of the log.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass
class Composed:
    """One request as typed; `filled` is the same with its {{variables}} put in, and is what is
    predicted and sent. One with `errors` (by field) is not sent."""

    worker: str
    method: str = "GET"
    path: str = "/"
    #: Worker → version id, for the Workers that an override names.
    picks: dict[str, str] = field(default_factory=dict)
    mode: str = "pick"
    raw: str = ""
    key: str = ""
    extra: str = ""
    kind: str = "text"
    body: str = ""
    #: How lines of the body end on the wire: a form's text area has no say in it.
    line_breaks: str = "lf"
    upload: bodies.Upload | None = None
    auth: str = "none"
    token: str = ""
    user: str = ""
    password: str = ""
    #: The saved request this one was opened from; its check is run on the answer.
    saved: str = ""
    #: Its override is of a protected Worker: the playground adds a permission, others need one.
    needs_permission: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    filled: Composed = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.filled = self

    @property
    def version(self) -> str:
        """The version picked for the Worker that is asked itself."""
        return self.picks.get(self.worker, "")

    @property
    def override(self) -> str:
        """The value of the override header, or nothing."""
        if self.mode == "raw":
            return self.raw.strip()
        return ", ".join(f'{name}="{picked}"' for name, picked in self.picks.items() if picked)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The header lines that decide and travel, as a server sees them."""
        typed = parse_lines(self.extra, {})
        given = {name.lower() for name, _ in typed}
        made = [*bodies.auth_line(self.auth, self.token, self.user, self.password)]
        if self.acts:
            made += bodies.type_line(self.kind, self.body, self.upload)
        typed += [(name, value) for name, value in made if name.lower() not in given]
        ours = [(OVERRIDES, self.override), (VERSION_KEY, self.key)]
        typed += [(name, value) for name, value in ours if value.strip()]
        return [(name, as_sent(value)) for name, value in typed]

    @property
    def table(self) -> list[tuple[str, str]]:
        """The extra headers as rows; what is no header line stays in its first column."""
        rows = (line.partition(":") for line in filter(str.strip, self.extra.split("\n")))
        return [(name.strip(), value.strip()) for name, _, value in islice(rows, MOST_LINES)]

    @property
    def content(self) -> bytes:
        """The body on the wire."""
        if not self.acts:
            return b""
        return bodies.encode(self.kind, self.body, self.upload, self.line_breaks)

    @property
    def target(self) -> bytes:
        """The request target on the wire."""
        return quote(self.path, safe=TARGET).encode("ascii")

    @property
    def acts(self) -> bool:
        """Whether the method may change something behind the Worker."""
        return self.method not in READS


def compose(
    worker: str,
    sent: Mapping[str, str],
    variables: Mapping[str, str] | None = None,
    upload: bodies.Upload | None = None,
) -> Composed:
    """The request in a form's fields; what cannot be sent is said in `errors`."""
    asked = Composed(
        worker=worker,
        method=sent.get("method", "GET"),
        path=sent.get("path", "/").strip() or "/",
        picks=_picks(worker, sent),
        mode="raw" if sent.get("mode") == "raw" else "pick",
        raw=sent.get("raw", ""),
        key=sent.get("key", "").strip(),
        extra=sent.get("headers", "").replace("\r\n", "\n"),
        kind=sent.get("kind", "text") if sent.get("kind") in bodies.KINDS else "text",
        body=sent.get("body", "").replace("\r\n", "\n"),
        line_breaks="crlf" if sent.get("line_breaks") == "crlf" else "lf",
        upload=upload,
        auth=sent.get("auth", "none") if sent.get("auth") in AUTHS else "none",
        token=sent.get("token", ""),
        user=sent.get("user", ""),
        password=sent.get("password", ""),
        saved=sent.get("saved", "") if _UUID.fullmatch(sent.get("saved", "")) else "",
    )
    if fix := sent.get("fix", ""):
        asked.mode, asked.raw = "raw", fix
    asked.filled = _filled(asked, variables or {})
    _check(asked.filled)
    return asked


def _picks(worker: str, sent: Mapping[str, str]) -> dict[str, str]:
    """`version` is for the Worker itself, `version.NAME` for those it reaches."""
    picks = {worker: sent.get("version", "").strip()}
    for name, value in sent.items():
        if name.startswith("version.") and value.strip():
            picks[name.removeprefix("version.")] = value.strip()
    return {name: picked for name, picked in picks.items() if picked}


def _filled(asked: Composed, variables: Mapping[str, str]) -> Composed:
    """With each {{name}} replaced; shares `errors`, so that what is missing is said."""
    found = copy(asked)
    for name in ("path", "raw", "key", "extra", "body", "token", "user", "password"):
        setattr(found, name, fill(getattr(asked, name), variables, asked.errors))
    found.filled = found
    return found


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
    if any(map(_CONTROL.search, (asked.override, asked.key, asked.token))):
        errors["raw"] = "A header value is one line without control characters."
    if asked.key.lower().replace(" ", "").startswith(f"{VERSION_KEY.lower()}:"):
        errors["key"] = "Leave out the header's name: the version key is the value alone."
    parse_lines(asked.extra, errors)
    if any(MASK in text for text in (asked.path, asked.extra, asked.token, asked.password)):
        errors["mask"] = f"{MASK} stands for a secret that was not kept. Type it again."
    if asked.extra.count("\n") > MOST_LINES:
        errors["headers"] = f"At most {MOST_LINES} header lines: an edge refuses such a request."
    if sum(map(len, (asked.extra, asked.override, asked.key))) > LONGEST_HEADERS:
        errors["headers"] = "More than 64 KB of headers: an edge refuses such a request."
    if problem := bodies.problem(asked.kind, asked.body, asked.upload):
        errors["body"] = problem
