"""The address in a curl command: which word it is, and what curl makes of it before it sends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from dashboard.playground.curl_import.options import Command, NotCurl

_SCHEME = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(
    r"(\[[0-9a-f:.]+\]|localhost|[\w-]+(\.[\w-]+)+|[\w-]+(?=:\d))(:\d+)?([/?#]|$)", re.I
)
#: {a,b} and [1-3]: several addresses in one. A backslash takes that meaning away.
_GLOB = re.compile(
    r"\\(?P<literal>[{}\[\]])|\{(?:<\w+>)?(?P<first>[^{},]*),[^{}]*\}"
    r"|\[(?:<\w+>)?(?P<from>\d+|[a-zA-Z])-(?:\d+|[a-zA-Z])(?::\d+)?\]"
)


@dataclass(frozen=True, slots=True)
class Address:
    """Host in lower case without its port; `query` with its question mark, if there is one;
    `login` is `name:password`, if the URL has one."""

    host: str
    path: str
    query: str
    login: str = ""


def read_address(given: Command, notes: list[str]) -> Address:
    """The first address of the command. Raises `NotCurl` where there is none."""
    text = _chosen([*given.values("url"), *given.words], notes)
    if not given.has("globoff"):
        text = _first_of(text, notes)
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        text = f"http://{text}"
    try:
        parts = urlsplit(text)
        host = (parts.hostname or "").lower()
    except ValueError as error:
        raise NotCurl(f"The address cannot be read: {error}.") from error
    path, query = _target(text)
    if not given.has("path-as-is"):
        path = _without_dots(path)
    login = f"{unquote(parts.username)}:{unquote(parts.password or '')}" if parts.username else ""
    return Address(host, path, query, login)


def _target(url: str) -> tuple[str, str]:
    """Path and query letter for letter; `urlsplit` drops an empty query and white space."""
    rest = url.partition("://")[2].partition("#")[0]
    start = re.search(r"[/?]|$", rest)
    path, mark, query = rest[start.start() if start else 0 :].partition("?")
    return path or "/", mark + query


def _chosen(words: Sequence[str], notes: list[str]) -> str:
    """The word with a scheme, else one that looks like a host, else the first."""
    words = [word for word in words if word]
    if not words:
        raise NotCurl("There is no address in it.")
    for looks_right in (_SCHEME.match, _HOST.match):
        fitting = [word for word in words if looks_right(word)]
        if fitting:
            words = [fitting[0], *(word for word in words if word is not fitting[0])]
            break
    if len(words) > 1:
        notes.append(f"Left out: {' '.join(words[1:])[:200]}.")
    return words[0]


def _first_of(text: str, notes: list[str]) -> str:
    """The first of the addresses that curl would go through."""

    def first(match: re.Match[str]) -> str:
        if match["literal"]:
            return match["literal"]
        notes.append("Braces and ranges make several requests of one; the first one is taken.")
        return match["first"] if match["first"] is not None else match["from"]

    return _GLOB.sub(first, text)


def _without_dots(path: str) -> str:
    """Without /./ and /../, as in RFC 3986, 5.2.4."""
    if "/." not in path and "%2e" not in path.lower():
        return path
    out: list[str] = []
    pieces = path.split("/")
    for index, piece in enumerate(pieces):
        plain = re.sub("%2e", ".", piece, flags=re.IGNORECASE)
        last = index == len(pieces) - 1
        if plain == "..":
            if len(out) > 1:
                out.pop()
        elif plain != ".":
            out.append(piece)
        if plain in (".", "..") and last:
            out.append("")
    return "/".join(out)
