"""HTTP header lines as bytes.

A `str` here comes from an HTTP server: bytes decoded as latin-1, one character per byte. Typed text
goes through `as_sent` first; without it a key such as "Zoë" would pick another version than curl's.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TypeAlias

#: Header names, lower case (HTTP compares names without case).
OVERRIDES = "cloudflare-workers-version-overrides"
VERSION_KEY = "cloudflare-workers-version-key"

#: Optional white space, which HTTP does not count as part of a value (RFC 9110, 5.5).
OWS = b" \t"

Value: TypeAlias = str | bytes


def octets(value: Value) -> bytes:
    """The bytes of one header value without surrounding white space. Never raises.

    A `str` with characters beyond latin-1 is encoded as UTF-8, as a client would send it.
    """
    if isinstance(value, bytes):
        return value.strip(OWS)
    try:
        return value.encode("latin-1").strip(OWS)
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogatepass").strip(OWS)


def as_sent(text: str) -> str:
    """Typed text as the latin-1 `str` a server would see when a client sends it as UTF-8.

    Command-line arguments that are not UTF-8 (Python's surrogate escapes) come out as the bytes
    they were.
    """
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogatepass")
    return raw.decode("latin-1")


def lines_named(name: str, headers: Iterable[tuple[str, Value]]) -> Sequence[Value]:
    """The values of all lines called `name` (given in lower case), in order."""
    return [value for line_name, value in headers if line_name.lower() == name]


#: One UTF-8 character as a server sees it, or a single byte that belongs to none.
_CHARACTER = re.compile(
    "[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|.", re.DOTALL
)


def as_read(value: str) -> str:
    """The opposite of `as_sent`, for people. Invalid UTF-8 becomes `\\x93`."""
    return value.encode("latin-1", "replace").decode("utf-8", "backslashreplace")


def character_span(value: str, index: int) -> tuple[int, int]:
    """Start and end of the character that includes the byte at `index`."""
    for start in range(max(0, index - 3), index + 1):
        found = _CHARACTER.match(value, start)
        if found and found.end() > index:
            return found.span()
    return index, min(index + 1, len(value))


def character_at(value: str, index: int) -> str:
    """That character, for people. Invalid UTF-8 is returned unchanged."""
    start, stop = character_span(value, index)
    raw = value[start:stop]
    return as_read(raw) if stop - start > 1 else raw
