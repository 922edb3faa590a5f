"""Stylesheets and scripts of each page: one list, `bundles.json`, for the build and the templates.

`bin/setup.py` joins and minifies them, before anything but Python is there: no Django here. A page
takes a bundle only while it was built from the sources as they are, and otherwise the sources, in
the same order: whoever edits a stylesheet sees it at once, and a stale bundle is never served.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
STATIC = ROOT / "static"
BUILT = STATIC / "built"
LISTS = Path(__file__).with_name("bundles.json")
STAMP = BUILT / "bundles.stamp"

KINDS = ("css", "js")


def lists() -> dict[str, dict[str, list[str]]]:
    """Bundle → "css" and "js" → its sources below `static/`, in the order of the cascade."""
    found: dict[str, dict[str, list[str]]] = json.loads(LISTS.read_text())
    return found


def bundles() -> Iterator[tuple[str, list[str]]]:
    """(file below `static/`, its sources) of all that have any."""
    for name, kinds in lists().items():
        for kind in KINDS:
            if sources := kinds.get(kind, []):
                yield bundle(name, kind), sources


def bundle(name: str, kind: str) -> str:
    return f"built/{name}.{kind}"


def fingerprint() -> str:
    """Of the list and all the sources that it names."""
    digest = hashlib.sha256(LISTS.read_bytes())
    for source in sorted({source for _, sources in bundles() for source in sources}):
        digest.update((STATIC / source).read_bytes())
    return digest.hexdigest()


def are_current() -> bool:
    """Whether every bundle was built from the sources as they are now."""
    return STAMP.exists() and STAMP.read_text() == fingerprint()


def files(name: str, kind: str, *, built: bool) -> list[str]:
    """What a page links, below `static/`; none where the bundle has nothing of this kind."""
    sources = lists()[name].get(kind, [])
    return [bundle(name, kind)] if built and sources else sources
