"""Which files the versions of one deployment serve for each other.

During a gradual deployment a page of one version may ask the other version for a script or a style
sheet that only the first one has. So each version also serves the files of the others that it does
not have itself. Pages are left out: a page that a version removed stays removed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set

from routing.asset_manifest import StoredFile, folders_above

_PAGES = (".html", ".htm")

Files = Mapping[str, StoredFile]


def borrowed(own: Files, others: Iterable[Files]) -> dict[str, StoredFile]:
    """Files of `others`, by path, that a version with the files `own` serves as well. The first of
    `others` that has a path wins."""
    files: dict[str, StoredFile] = {}
    taken = {*own, *_folders(own)}
    own_paths = own.keys()
    for other in others:
        for path, file in other.items():
            if path not in taken and _is_shared(path) and not _is_below(path, own_paths):
                files.setdefault(path, file)
    return files


def _is_shared(path: str) -> bool:
    return not path.lower().endswith(_PAGES)


def _is_below(path: str, files: Set[str]) -> bool:
    """Whether a folder of `path` is a file here."""
    return any(folder in files for folder in folders_above(path))


def _folders(files: Files) -> set[str]:
    return {folder for path in files for folder in folders_above(path)}
