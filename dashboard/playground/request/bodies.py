"""The request's body and the lines that go with it: text, JSON, a form's fields or a file."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from urllib.parse import urlencode

KINDS = ("text", "json", "form", "file")
LONGEST_BODY = 256 * 1024
TYPES = {"json": "application/json", "form": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser sent it; kept for this one request only."""

    name: str
    content_type: str
    content: bytes = field(repr=False)


def encode(kind: str, text: str, upload: Upload | None, line_breaks: str = "lf") -> bytes:
    """The bytes of the body. `line_breaks` is lf or crlf; fields of a form have none."""
    if kind == "file":
        return upload.content if upload else b""
    if kind == "form":
        return urlencode(fields(text)).encode("ascii")
    if line_breaks == "crlf":
        text = text.replace("\n", "\r\n")
    return text.encode("utf-8", "surrogatepass")


def fields(text: str) -> list[tuple[str, str]]:
    """`name=value` lines, as a form's fields."""
    lines = (line.strip().partition("=") for line in text.split("\n") if line.strip())
    return [(name, value.encode("utf-8", "replace").decode()) for name, _, value in lines]


def type_line(kind: str, text: str, upload: Upload | None) -> list[tuple[str, str]]:
    """The content-type that a body of this kind brings along."""
    if kind == "file":
        return [("content-type", upload.content_type)] if upload else []
    return [("content-type", TYPES[kind])] if kind in TYPES and text else []


def auth_line(auth: str, token: str, user: str, password: str) -> list[tuple[str, str]]:
    """The `Authorization` line of a preset."""
    if auth == "bearer" and token.strip():
        return [("authorization", f"Bearer {token.strip()}")]
    if auth == "basic" and (user or password):
        pair = f"{user}:{password}".encode("utf-8", "surrogatepass")
        return [("authorization", f"Basic {base64.b64encode(pair).decode('ascii')}")]
    return []


def problem(kind: str, text: str, upload: Upload | None) -> str:
    """Why the body cannot be sent; empty when it can."""
    if len(encode(kind, text, upload)) > LONGEST_BODY:
        return "The playground sends bodies of at most 256 KB."
    if upload and not upload.content_type.isprintable():
        return "The file's type is no header value."
    if kind == "json" and text.strip():
        try:
            json.loads(text)
        except ValueError as error:
            return f"Not JSON: {error}. Choose Text to send it as it is."
        except RecursionError:
            return "This JSON is nested too deeply. Choose Text to send it as it is."
    return ""
