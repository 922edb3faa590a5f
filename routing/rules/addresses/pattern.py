"""Route patterns: `[scheme://]host[/path]`, with `*` at the start of the host and the end of the
path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

LONGEST = 1024
_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
HOST_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})+")
_PATTERN = re.compile(r"(?:(?P<scheme>[A-Za-z*]+)://)?(?P<host>[^/]*)(?P<path>/.*)?", re.DOTALL)
_PATH = re.compile(r"/[!-~]*")


class PatternProblem(StrEnum):
    """Why a text is not a route pattern."""

    empty = "empty"
    too_long = "too_long"
    scheme = "scheme"
    port = "port"
    query = "query"
    fragment = "fragment"
    host_wildcard = "host_wildcard"
    host = "host"
    path_wildcard = "path_wildcard"
    path = "path"


class PatternInvalid(ValueError):
    """Not a route pattern. The message is the problem's name."""

    def __init__(self, problem: PatternProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePattern:
    """`host` has no wildcard: `subdomains` are all names below it, and `apex` is the name itself.

    `path` includes the leading slash. With `is_prefix` it ended in `*`; otherwise it is the whole
    path, without a query.
    """

    host: str
    path: str = "/"
    scheme: str = ""
    apex: bool = True
    subdomains: bool = False
    is_prefix: bool = True

    def __str__(self) -> str:
        wildcard = ("*" if self.apex else "*.") if self.subdomains else ""
        scheme = f"{self.scheme}://" if self.scheme else ""
        return f"{scheme}{wildcard}{self.host}{self.path}{'*' if self.is_prefix else ''}"


def parse_pattern(text: str) -> RoutePattern:
    """Raises `PatternInvalid`. A pattern without a path is for `/` alone, as at Cloudflare."""
    text = text.strip()
    if not text:
        raise PatternInvalid(PatternProblem.empty)
    if len(text) > LONGEST:
        raise PatternInvalid(PatternProblem.too_long)
    parts = _PATTERN.fullmatch(text)
    assert parts is not None  # every part is optional
    scheme = (parts["scheme"] or "").lower()
    if scheme not in ("", "http", "https", "*"):
        raise PatternInvalid(PatternProblem.scheme)
    host, apex, subdomains = _host(parts["host"].lower())
    path, is_prefix = _path(parts["path"] or "/")
    return RoutePattern(
        host=host,
        path=path,
        scheme="" if scheme == "*" else scheme,
        apex=apex,
        subdomains=subdomains,
        is_prefix=is_prefix,
    )


def host_pattern(host: str) -> RoutePattern:
    """All URLs of one host name, as of a custom domain."""
    return RoutePattern(host=host.lower())


def canonical_host(text: str) -> str:
    """A host name as people type it, in the form that is stored and compared."""
    return text.strip().lower().rstrip(".")


def is_host_name(text: str) -> bool:
    """A DNS name of at least two labels, in lower case."""
    return len(text) <= 253 and HOST_NAME.fullmatch(text) is not None


def _host(text: str) -> tuple[str, bool, bool]:
    """(host, whether it matches itself, whether it matches names below it)."""
    for sign, problem in (("?", PatternProblem.query), ("#", PatternProblem.fragment)):
        if sign in text:
            raise PatternInvalid(problem)
    if ":" in text:
        raise PatternInvalid(PatternProblem.port)
    wildcard = "*." if text.startswith("*.") else "*" if text.startswith("*") else ""
    host = text.removeprefix(wildcard)
    if "*" in host:
        raise PatternInvalid(PatternProblem.host_wildcard)
    if not is_host_name(host):
        raise PatternInvalid(PatternProblem.host)
    return host, wildcard != "*.", bool(wildcard)


def _path(text: str) -> tuple[str, bool]:
    for sign, problem in (("?", PatternProblem.query), ("#", PatternProblem.fragment)):
        if sign in text:
            raise PatternInvalid(problem)
    is_prefix = text.endswith("*")
    path = text[:-1] if is_prefix else text
    if "*" in path:
        raise PatternInvalid(PatternProblem.path_wildcard)
    if not _PATH.fullmatch(path):
        raise PatternInvalid(PatternProblem.path)
    return path, is_prefix
