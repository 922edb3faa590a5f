"""Stylesheets and scripts of each page: `static/css/pages/NAME.css` and `static/js/pages/NAME.js`.

An entry imports everything its page needs; `bin/build_assets.py` bundles it into one minified file.
A page links the bundles only while they are newer than every source, and otherwise the entries
themselves, whose imports a browser follows: an edited stylesheet shows at the next restart of the
server, and a stale bundle is never served. `bin/setup.py` imports this module: no Django here.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from routing.home import HOME

ROOT = HOME
STATIC = ROOT / "static"
BUILT = STATIC / "built"
STAMP = BUILT / "bundles.stamp"

KINDS = ("css", "js")


def entries() -> list[Path]:
    """Every page's stylesheet and script."""
    return sorted(path for kind in KINDS for path in (STATIC / kind / "pages").glob(f"*.{kind}"))


def sources() -> list[Path]:
    """Everything an entry can import."""
    return sorted(path for kind in KINDS for path in (STATIC / kind).rglob(f"*.{kind}"))


def fingerprint() -> str:
    digest = hashlib.sha256()
    for source in sources():
        digest.update(str(source.relative_to(STATIC)).encode())
        digest.update(source.read_bytes())
    return digest.hexdigest()


def are_current() -> bool:
    """Whether the bundles were built from the sources as they are now."""
    return STAMP.exists() and STAMP.read_text() == fingerprint()


def file(name: str, kind: str, *, built: bool) -> str | None:
    """What a page links, below `static/`; None when the page has no entry of this kind."""
    entry = f"{kind}/pages/{name}.{kind}"
    if not (STATIC / entry).is_file():
        return None
    return f"built/{name}.{kind}" if built else entry
