"""This release and the last one: where their files are, and how their parts are started."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.cluster import stores


@dataclass(frozen=True, slots=True)
class Release:
    """A copy of the project, and how its parts are started there. `reads_files`: settings may be
    files, as `NAME_FILE`. `joins`: edges exchange a join token for their own. `takes_turns`: setup
    may run on several machines at once."""

    home: Path
    commands: Mapping[str, Sequence[str]]
    reads_files: bool = True
    joins: bool = True
    takes_turns: bool = True


def this_release() -> Release:
    sluice = str(stores.HOME / ".venv/bin/sluice")
    parts = ("setup", "web", "work", "edge", "manage")
    return Release(stores.HOME, {part: (sluice, part) for part in parts})


LAST_RELEASE = stores.HOME / "deploy/last_release"


def extract(folder: Path, *parts: str) -> None:
    """Writes the last release's files, or some of them. Ends the program with the command that
    helps where its commit is missing, as in a shallow clone."""
    commit = LAST_RELEASE.read_text().strip()
    done = subprocess.run(
        ["git", "archive", commit, *parts], cwd=stores.HOME, capture_output=True, check=False
    )
    if done.returncode:
        raise SystemExit(
            f"The last release, {commit}, is not in this clone. Run: git fetch --unshallow origin, "
            f"or: git fetch origin {commit}"
        )
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as files:
        files.extractall(folder, filter="data")


_SETUP = """
import os
from django.core.management import call_command
call_command("migrate", verbosity=0, interactive=False)
from dashboard.accounts.models import User
if not User.objects.exists():
    User.objects.create_user(
        "admin", "admin@sluice.invalid", os.environ["SLUICE_ADMIN_PASSWORD"], role="admin")
from dashboard.ui.assets.collect import collect_static
collect_static()
"""
"""What `sluice setup` does today; releases before it had no command for it."""
_BUILD = "import subprocess; from bin import build_assets; "
_BUILD += "build_assets.build(lambda c: subprocess.run([*map(str, c)], check=True), print)"


def last_release(folder: Path) -> Release:
    """Its files in `folder`, with the packages of this release."""
    home = folder / "last-release"
    extract(home)
    for name in (".venv", "node_modules"):
        (home / name).symlink_to(stores.HOME / name)
    subprocess.run([sys.executable, "-c", _BUILD], cwd=home, check=True, capture_output=True)
    python = str(stores.HOME / ".venv/bin/python")
    commands = {
        "setup": (python, "manage.py", "shell", "-v0", "-c", _SETUP),
        "web": (python, "-m", "dashboard.run.web"),
        "work": (python, "manage.py", "work"),
        "edge": (python, "-m", "routing.agent"),
        "manage": (python, "manage.py"),
    }
    return Release(home, commands, reads_files=False, joins=False, takes_turns=False)
