"""The code of the last release, checked out beside this one."""

from __future__ import annotations

from pathlib import Path

from benchmarks.cluster.release import LAST_RELEASE, extract
from tests.running import PROJECT

PARTS = ("dashboard", "routing", "templates", "static", "manage.py")
SHARED = ("node_modules", "static/built")
"""Made by `make`, not by commits; the same packages for both releases."""


def checked_out() -> Path:
    """A folder with its files; made once."""
    folder = PROJECT / ".sluice-scratch" / "releases" / LAST_RELEASE.read_text().strip()
    if not folder.exists():
        part = folder.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        extract(part, *PARTS)
        for name in SHARED:
            (part / name).symlink_to(PROJECT / name)
        part.rename(folder)
    return folder
