"""D1: workerd's own Worker, behind `runtime/state/d1.js`."""

from __future__ import annotations

from routing.storage.sources import KindConfig, Sources

_DATE = "2026-08-01"


def services(sources: Sources) -> KindConfig:
    """The names of class, key and disk are where the data is: changed, it starts empty."""
    worker = {
        "compatibilityDate": _DATE,
        "modules": [
            {"name": "main.js", "esModule": sources.runtime["d1.js"]},
            {"name": "d1.js", "bundled": "/workerd/d1.js"},
            {"name": "header.js", "esModule": sources.runtime["header.js"]},
        ],
        "durableObjectNamespaces": [
            {"className": "D1Database", "uniqueKey": "d1", "enableSql": True}
        ],
        "durableObjectStorage": {"localDisk": "d1-disk"},
        "bindings": [{"name": "DATABASE", "durableObjectNamespace": {"className": "D1Database"}}],
        "globalOutbound": {"name": "nowhere"},
    }
    disk = {"path": sources.folder("d1"), "writable": True}
    return KindConfig(
        services=({"name": "d1", "worker": worker}, {"name": "d1-disk", "disk": disk}),
        folders=("d1",),
    )
