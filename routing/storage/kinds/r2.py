"""R2: miniflare's Worker for a bucket, behind `runtime/state/r2.js`.

Objects' metadata are in a database for each bucket, their contents in files with random names.
"""

from __future__ import annotations

from routing.storage.sources import KindConfig, Sources

_DATE = "2026-08-01"
_PACKAGE = ".miniflare"
"""The files of the npm package `miniflare` that are installed (`bin/miniflare_files.py`)."""


def services(sources: Sources) -> KindConfig:
    """The names of class, key and disk are where the data is: changed, it starts empty."""
    worker = {
        "compatibilityDate": _DATE,
        "compatibilityFlags": ["nodejs_compat", "experimental"],
        "modules": [
            {"name": "main.js", "esModule": sources.runtime["r2.js"]},
            {"name": "bucket.js", "esModule": _file(sources, "r2/bucket.worker.js")},
            {"name": "header.js", "esModule": sources.runtime["header.js"]},
        ],
        "durableObjectNamespaces": [
            {"className": "R2BucketObject", "uniqueKey": "r2", "enableSql": True}
        ],
        "durableObjectStorage": {"localDisk": "r2-disk"},
        "bindings": [
            {"name": "BUCKETS", "durableObjectNamespace": {"className": "R2BucketObject"}},
            {"name": "DISK", "service": {"name": "r2-disk"}},
        ],
        "globalOutbound": {"name": "nowhere"},
    }
    # Half-written files begin with a dot; `r2.js` deletes those that a killed process left.
    disk = {"path": sources.folder("r2"), "writable": True, "allowDotfiles": True}
    shared = [
        {"name": "miniflare:shared", "esModule": _file(sources, "shared/index.worker.js")},
        {"name": "miniflare:zod", "esModule": _file(sources, "shared/zod.worker.js")},
    ]
    return KindConfig(
        services=({"name": "r2", "worker": worker}, {"name": "r2-disk", "disk": disk}),
        folders=("r2",),
        extensions=({"modules": shared},),
    )


def _file(sources: Sources, name: str) -> str:
    return sources.node_module(f"{_PACKAGE}/{name}")
