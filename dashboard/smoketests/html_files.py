"""The files of its own origin that an HTML page needs: scripts, styles, images, fonts. Pure."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

LONGEST = 1024 * 1024
"""Characters of a page that are read."""
_LINKS = frozenset(
    "stylesheet modulepreload preload icon apple-touch-icon mask-icon manifest".split()
)
_SOURCES = {
    "script": ("src",),
    "img": ("src",),
    "source": ("src",),
    "video": ("src", "poster"),
    "audio": ("src",),
    "embed": ("src",),
    "image": ("href",),
    "use": ("href",),
}
_SETS = {"img": "srcset", "source": "srcset", "link": "imagesrcset"}


def files_of(html: str, path: str, host: str) -> list[str]:
    """Targets (path and query) in the page's order, each once. `path` is the page's own, `host`
    its host name: files of other hosts are left out."""
    parser = _Parser()
    parser.feed(html[:LONGEST])
    page = urljoin(f"https://{host}{path}", parser.base)
    found: dict[str, None] = {}
    for reference in parser.references:
        if target := _target(page, reference, host):
            found[target] = None
    return list(found)


def _target(page: str, reference: str, host: str) -> str:
    """ "" for another origin, and for what is not an address."""
    try:
        parts = urlsplit(urljoin(page, reference.strip()))
        same_host = parts.hostname == host.partition(":")[0].lower()
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not same_host:
        return ""
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class _Parser(HTMLParser):
    """Collects references; the first `<base>` counts."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.references: list[str] = []

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """As a comment, like browsers; the parser raises `AssertionError` for some."""
        return self.parse_bogus_comment(i, report)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value for name, value in attrs if value}
        if tag == "base":
            self.base = self.base or given.get("href", "")
        elif tag == "link" and _LINKS & set(given.get("rel", "").lower().split()):
            self._add(given.get("href", ""))
        for name in _SOURCES.get(tag, ()):
            self._add(given.get(name, ""))
        for candidate in given.get(_SETS.get(tag, ""), "").split(","):
            self._add(candidate.split()[0] if candidate.strip() else "")

    def _add(self, reference: str) -> None:
        if reference and not reference.startswith(("#", "data:")):
            self.references.append(reference)
