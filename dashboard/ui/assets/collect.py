"""Collects static files into STATIC_ROOT, unless they are there already.

Hashing and compressing them takes half a second, also when nothing changed.
`python -m dashboard.ui.assets.collect` does it from a shell.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from routing.file_lock import file_lock

_STAMP = ".collected"


def collect_static() -> bool:
    """False if nothing changed since the last time. Processes that start at once take turns."""
    folder = Path(settings.STATIC_ROOT)
    current = _fingerprint()
    if _is_collected(folder, current):
        return False  # an image brings them along in a folder that cannot be written
    with file_lock(folder.with_name(f"{folder.name}.lock")):
        return _collect(folder, current)


def _is_collected(folder: Path, current: str) -> bool:
    stamp = folder / _STAMP
    return stamp.exists() and stamp.read_text() == current


def _collect(folder: Path, current: str) -> bool:
    if _is_collected(folder, current):
        return False
    stamp = folder / _STAMP
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", verbosity=0, interactive=False)
    stamp.write_text(current)
    return True


def _fingerprint() -> str:
    """Path, size and time of each source, and what processes them. Images store whole seconds."""
    digest = hashlib.sha256(f"{django.__version__} {settings.STORAGES['staticfiles']}".encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            digest.update(f"\n{name} {status.st_size} {int(status.st_mtime)}".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    django.setup()
    collect_static()
