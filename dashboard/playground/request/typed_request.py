"""One request as typed, and what it becomes: header lines, bytes on the wire, a row in a table.

A request has a Worker and a path, never an address: it cannot be sent anywhere else.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from urllib.parse import quote, urlencode

from dashboard.playground import messages
from dashboard.sending import redaction
from dashboard.sending.redaction import TARGET
from dashboard.sending.wire_request import OVERRIDES, VERSION_KEY, WireRequest, address_of
from dashboard.ui.http.storable_text import storable
from routing.models import Edge
from routing.relayed_request import CONNECTION_HEADERS
from routing.rules.header.fields import as_sent

READS = ("GET", "HEAD")
METHODS = (*READS, "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ALL_EDGES = "*"
AUTHS = ("none", "bearer", "basic")
KINDS = ("text", "json", "form", "file")
TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
MOST_LINES = 200
"""Header lines; an edge takes half as many. The form has a row for each."""
#: Controls would end a line of the request or of the log.
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file from the browser, for this request only."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class TypedRequest:
    """The form's fields. One with `errors` (by field) is not sent."""

    worker: str
    method: str = "GET"
    path: str = "/"
    #: Worker → version id, for the Workers that the override names.
    picks: Mapping[str, str] = field(default_factory=dict)
    #: "pick" builds the override from `picks`, "raw" sends `raw`.
    mode: str = "pick"
    raw: str = ""
    key: str = ""
    #: Extra headers, one `Name: value` to a line.
    extra: str = ""
    kind: str = "text"
    body: str = ""
    #: lf or crlf. A text area cannot say which.
    line_breaks: str = "lf"
    upload: Upload | None = None
    auth: str = "none"
    token: str = ""
    user: str = ""
    password: str = ""
    #: The saved request this one was opened from; its check runs on the answer.
    saved: str = ""
    #: The edge to send through: "" for any, `ALL_EDGES` for every one.
    edge: str = ""
    #: The host name of one of the Worker's addresses; "" for its own.
    host: str = ""
    #: `https://host` of a Worker in an account; "" for this system's own address.
    base_url: str = ""
    #: Header lines whose values a shell fills in.
    shell_lines: tuple[tuple[str, str], ...] = ()
    #: The override is for a protected Worker: only the playground adds the permission itself.
    needs_permission: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    #: Values of secret variables, to be masked wherever they come back.
    secrets: tuple[str, ...] = field(default=(), repr=False)
    with_values: TypedRequest | None = field(default=None, repr=False, compare=False)

    @property
    def filled(self) -> TypedRequest:
        """The same with the values of its {{variables}}: this is predicted and sent."""
        return self.with_values or self

    @property
    def version(self) -> str:
        """The version picked for the Worker itself."""
        return self.picks.get(self.worker, "")

    @property
    def override(self) -> str:
        """The value of the override header; empty for none."""
        if self.mode == "raw":
            return self.raw.strip()
        return ", ".join(f'{name}="{picked}"' for name, picked in self.picks.items() if picked)

    @property
    def raw_override(self) -> str:
        """The text of the raw field: as typed, or built from the picks."""
        return self.raw if self.mode == "raw" else self.override

    @property
    def lines(self) -> list[tuple[str, str]]:
        """All header lines, as a server reads them, without the extra ones that are invalid."""
        ours = [(OVERRIDES, self.override), (VERSION_KEY, self.key)]
        lines = self.own_lines + [(name, value) for name, value in ours if value.strip()]
        return [(name, as_sent(value)) for name, value in lines]

    @property
    def own_lines(self) -> list[tuple[str, str]]:
        """The lines that do not choose a version: valid extra ones, authorization, content type."""
        rows = [line.partition(":") for line in self._extra_lines() if not line_problem(line)]
        lines = [(name.strip(), value.strip()) for name, _, value in rows]
        typed_names = {name.lower() for name, _ in lines}
        made = self._auth_line() + (self._type_line() if self.acts else [])
        return lines + [(name, value) for name, value in made if name.lower() not in typed_names]

    @property
    def table(self) -> list[tuple[str, str]]:
        """The extra headers as rows; a line without a colon is all name."""
        rows = (line.partition(":") for line in self._extra_lines())
        return [(name.strip(), value.strip()) for name, _, value in islice(rows, MOST_LINES)]

    @property
    def content(self) -> bytes:
        """The body on the wire."""
        return self.encoded_body() if self.acts else b""

    @property
    def target(self) -> bytes:
        """The request target on the wire."""
        return quote(self.path, safe=TARGET).encode("ascii")

    @property
    def acts(self) -> bool:
        """Whether the method may change something behind the Worker."""
        return self.method not in READS

    def encoded_body(self) -> bytes:
        """The body's bytes, whatever the method."""
        if self.kind == "file":
            return self.upload.content if self.upload else b""
        if self.kind == "form":
            return urlencode(_form_pairs(self.body)).encode("ascii")
        text = self.body.replace("\n", "\r\n") if self.line_breaks == "crlf" else self.body
        return text.encode("utf-8", "surrogatepass")

    def to_wire(self, edge: Edge) -> WireRequest:
        """For the proof listener of `edge`; raises `SendFailed`."""
        filled = self.filled
        return WireRequest(
            worker=filled.worker,
            method=filled.method,
            target=filled.target,
            lines=tuple(filled.lines),
            body=filled.content,
            edge=edge.name,
            address=address_of(edge),
            host=filled.host,
        )

    def stored(self) -> dict[str, str]:
        """The form's fields for storage and sharing: secrets masked, no file."""
        fields = {
            "method": self.method,
            "path": redaction.target(self.path),
            "mode": self.mode,
            "raw": self.raw if self.mode == "raw" else "",
            "key": self.key,
            "headers": "\n".join(map(redaction.header_line, self._extra_lines())),
            "kind": self.kind,
            "body": self._redacted_body(),
            "line_breaks": "crlf" if self.line_breaks == "crlf" else "",
            "auth": self.auth,
            "token": redaction.value(self.token),
            "user": self.user,
            "password": redaction.value(self.password),
            "edge": self.edge,
            "host": self.host,
        }
        fields |= {f"version.{n}": v for n, v in self.picks.items() if n != self.worker}
        fields |= {"worker": self.worker, "version": self.version}
        masks = redaction.Masks(self.secrets)  # people also type a secret without its variable
        return {name: storable(masks.text(value)) for name, value in fields.items() if value}

    def header_problem(self) -> str:
        """Why the first invalid extra header cannot be sent; empty where all are valid."""
        return next(filter(None, map(line_problem, self._extra_lines())), "")

    def _extra_lines(self) -> list[str]:
        return [line for line in self.extra.split("\n") if line.strip()]

    def _auth_line(self) -> list[tuple[str, str]]:
        if self.auth == "bearer" and self.token.strip():
            return [("authorization", f"Bearer {self.token.strip()}")]
        if self.auth == "basic" and (self.user or self.password):
            pair = f"{self.user}:{self.password}".encode("utf-8", "surrogatepass")
            return [("authorization", f"Basic {base64.b64encode(pair).decode('ascii')}")]
        return []

    def _type_line(self) -> list[tuple[str, str]]:
        if self.kind == "file":
            return [("content-type", self.upload.content_type)] if self.upload else []
        return [("content-type", TYPES[self.kind])] if self.kind in TYPES and self.body else []

    def _redacted_body(self) -> str:
        if self.kind == "file":
            return ""
        if self.kind == "form":
            return "\n".join(map(redaction.pairs, self.body.split("\n")))
        return redaction.body(self.body)


def line_problem(line: str) -> str:
    """Why one `Name: value` line cannot be sent; empty when it can."""
    name, colon, value = line.partition(":")
    name = name.strip()
    if not colon or not _NAME.fullmatch(name):
        return messages.NOT_A_HEADER.format(name=name[:60])
    if name.lower() in CONNECTION_HEADERS:
        return messages.RESERVED_HEADER.format(name=name)
    if CONTROL.search(value):
        return messages.CONTROL_IN_HEADER.format(name=name)
    return ""


def _form_pairs(text: str) -> list[tuple[str, str]]:
    """`name=value` lines as the fields of a form."""
    lines = (line.strip().partition("=") for line in text.split("\n") if line.strip())
    return [(name, value.encode("utf-8", "replace").decode()) for name, _, value in lines]
