"""curl's -F: the parts of a form as the body that they become."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dashboard.playground.curl_import.options import Option

BOUNDARY = "sluice-9f1c27d2a4e85b60"

_QUOTED = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_ATTRIBUTE = re.compile(
    r';\s*(type|filename|headers|encoder)=("[^"\\]*(?:\\.[^"\\]*)*"|[^;]*)', re.DOTALL
)


def multipart(parts: Iterable[Option], notes: list[str]) -> str:
    """A multipart/form-data body. Files are not read: their parts are empty, and a note says so."""
    pieces = [_part(option, notes) for option in parts]
    return "\r\n".join([*pieces, f"--{BOUNDARY}--", ""])


def _part(option: Option, notes: list[str]) -> str:
    name, _, text = option.value.partition("=")
    attributes: dict[str, str] = {}
    value = text
    if option.name == "form":
        value, attributes = _content(text)
        if text.startswith(("@", "<")):
            notes.append(f"Not read: {text[:100]}. Paste the file's content into its part.")
            if text.startswith("@"):
                attributes = {"filename": value[1:].rpartition("/")[2]} | attributes
            value = ""
    head = f'Content-Disposition: form-data; name="{_escaped(name)}"'
    if "filename" in attributes:
        head += f'; filename="{_escaped(attributes["filename"])}"'
    kind = attributes.get("type") or (
        "application/octet-stream" if "filename" in attributes else ""
    )
    head += f"\r\nContent-Type: {kind}" if kind else ""
    return f"--{BOUNDARY}\r\n{head}\r\n\r\n{value}"


def _content(text: str) -> tuple[str, dict[str, str]]:
    """The value, perhaps in quotes, and ;type= and the like behind it."""
    prefix = text[:1] if text[:1] in "@<" else ""
    rest = text[len(prefix) :]
    quoted = _QUOTED.match(rest)
    first = _ATTRIBUTE.search(rest, quoted.end() if quoted else 0)
    value = _unquoted(quoted[0]) if quoted else rest[: first.start()].rstrip() if first else rest
    attributes = _ATTRIBUTE.finditer(rest, first.start()) if first else ()
    return prefix + value, {m[1]: _unquoted(m[2].strip()) for m in attributes}


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text


def _escaped(text: str) -> str:
    """As browsers and curl do since 7.81."""
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
