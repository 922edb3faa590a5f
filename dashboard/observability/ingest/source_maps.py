"""Stacks of exceptions, from positions in the uploaded bundle to positions in the sources.

A version's source maps are uploaded beside its modules, `index.js.map` for `index.js`. Lines of a
stack that no map covers stay as they are.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping
from threading import Lock
from typing import TYPE_CHECKING
from uuid import UUID

import cachetools

from routing.control.publish import as_uuid
from routing.models import Module, VersionModule
from routing.object_storage import StorageFailed

if TYPE_CHECKING:
    from symbolic.sourcemapcache import SourceMapCache

log = logging.getLogger(__name__)

SOURCE_MAP = "application/source-map"
LARGEST = 16 * 1024 * 1024
"""Bytes of a map or a module that is read."""
CACHED = 8
"""Maps in memory: about as large as their files."""

_FRAME = re.compile(r"^( *at )(?:(?P<function>[^()\n]*) \()?(?P<file>[^():\n]+):(\d+):(\d+)(\)?)$")

Maps = Mapping[str, "SourceMapCache"]


def maps_of(version_ids: Iterable[str]) -> dict[str, Maps]:
    """Source maps by version id and module name. One query, one more for each map that is not in
    memory yet. A map that the bucket does not return is left out."""
    ids = {i for i in map(as_uuid, version_ids) if i}
    parts: dict[UUID, dict[str, VersionModule]] = {}
    rows = VersionModule.objects.filter(version__in=ids, module__size__lte=LARGEST)
    for row in rows.only("version", "module", "name", "content_type"):
        parts.setdefault(row.version_id, {})[row.name] = row
    return {str(version_id): _maps(named) for version_id, named in parts.items()}


def mapped(stack: str, maps: Maps) -> str:
    """`stack` with the positions in the sources."""
    return "\n".join(_line(line, maps) for line in stack.split("\n"))


def _maps(parts: Mapping[str, VersionModule]) -> Maps:
    found = {}
    for name, part in parts.items():
        source = parts.get(name.removesuffix(".map"))
        is_map = part.content_type.startswith(SOURCE_MAP) and name.endswith(".map")
        if is_map and source is not None:
            if (cache := _readable(source, part)) is not None:
                found[source.name] = cache
    return found


def _readable(source: VersionModule, source_map: VersionModule) -> SourceMapCache | None:
    try:
        return _cache(source.module_id, source_map.module_id)
    except StorageFailed as error:  # not cached: the bucket may answer the next time
        log.warning("source map of %s: %s", source.name, error)
        return None


@cachetools.cached(cachetools.LRUCache(CACHED), lock=Lock())  # edges send from several threads
def _cache(source: str, source_map: str) -> SourceMapCache | None:
    """By SHA-256 of both; None for a map that cannot be read."""
    # Imported with the first map: it takes a tenth of a second.
    from symbolic.exceptions import SymbolicError
    from symbolic.sourcemapcache import SourceMapCache

    rows = Module.objects.in_bulk([source, source_map])
    contents = [rows[key].read() for key in (source, source_map) if key in rows]
    if len(contents) != 2:
        return None
    try:
        return SourceMapCache.from_bytes(*contents)
    except SymbolicError:
        return None


def _line(line: str, maps: Maps) -> str:
    frame = _FRAME.match(line)
    if frame is None or (cache := maps.get(frame["file"])) is None:
        return line
    start, function, _, row, column, end = frame.groups()
    token = cache.lookup(int(row), int(column), 0)
    if token is None or not token.src:
        return line
    position = f"{token.src}:{token.line}:{token.col}"
    name = token.function_name or function
    return f"{start}{name} ({position})" if name else f"{start}{position}{end}"
