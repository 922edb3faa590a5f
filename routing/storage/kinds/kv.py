"""KV: workerd's own Worker, behind `runtime/state/kv.js`."""

from __future__ import annotations

from routing.storage.sources import KindConfig, Sources

_DATE = "2026-08-01"


def services(sources: Sources) -> KindConfig:
    """The names of class, key and disk are where the data is: changed, it starts empty."""
    worker = {
        "compatibilityDate": _DATE,
        "modules": [
            {"name": "main.js", "esModule": sources.runtime["kv.js"]},
            {"name": "kv.js", "bundled": "/workerd/kv.js"},
            {"name": "header.js", "esModule": sources.runtime["header.js"]},
        ],
        "durableObjectNamespaces": [
            {"className": "KVNamespace", "uniqueKey": "kv", "enableSql": True}
        ],
        "durableObjectStorage": {"localDisk": "kv-disk"},
        "bindings": [
            {"name": "SHARD", "durableObjectNamespace": {"className": "KVNamespace"}},
            {"name": "BLOBS", "service": {"name": "kv-disk"}},
        ],
        "globalOutbound": {"name": "nowhere"},
    }
    disk = {"path": sources.folder("kv"), "writable": True}
    return KindConfig(
        services=({"name": "kv", "worker": worker}, {"name": "kv-disk", "disk": disk}),
        folders=("kv",),
    )
