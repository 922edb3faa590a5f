"""The code of the last release, checked out beside this one."""

from __future__ import annotations

import subprocess
import tarfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
COMMIT = (PROJECT / "deploy" / "last_release").read_text().strip()
PARTS = ("dashboard", "routing", "templates", "static", "manage.py")
SHARED = ("node_modules", "static/built")
"""Made by `make`, not by commits; the same packages for both releases."""


def checked_out() -> Path:
    """A folder with its files; made once."""
    folder = PROJECT / ".sluice-scratch" / "releases" / COMMIT
    if not folder.exists():
        require_commit()
        part = folder.with_suffix(".part")
        part.mkdir(parents=True, exist_ok=True)
        archive = subprocess.run(
            ["git", "archive", COMMIT, *PARTS], cwd=PROJECT, check=True, stdout=subprocess.PIPE
        ).stdout
        packed = folder.with_suffix(".tar")
        packed.write_bytes(archive)
        with tarfile.open(packed) as files:
            files.extractall(part, filter="data")
        packed.unlink()
        for name in SHARED:
            (part / name).symlink_to(PROJECT / name)
        part.rename(folder)
    return folder


def require_commit() -> None:
    """Fails with the command that helps: a shallow clone does not have it."""
    known = subprocess.run(["git", "cat-file", "-e", f"{COMMIT}^{{commit}}"], cwd=PROJECT)
    assert not known.returncode, (
        f"The last release, {COMMIT}, is not in this clone. Run: git fetch --unshallow origin, "
        f"or: git fetch origin {COMMIT}"
    )
