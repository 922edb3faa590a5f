"""Queues: workerd's own Worker, behind `runtime/state/queue.js`."""

from __future__ import annotations

from routing.storage.sources import KindConfig, Sources

_DATE = "2026-08-01"


def services(sources: Sources) -> KindConfig:
    """The names of class, key and disk are where the messages are: changed, they are lost."""
    worker = {
        "compatibilityDate": _DATE,
        "compatibilityFlags": ["service_binding_extra_handlers"],
        "modules": [
            {"name": "main.js", "esModule": sources.runtime["queue.js"]},
            {"name": "queues.js", "bundled": "/workerd/queues.js"},
            {"name": "header.js", "esModule": sources.runtime["header.js"]},
        ],
        "durableObjectNamespaces": [
            {"className": "QueueShard", "uniqueKey": "queue", "enableSql": True}
        ],
        "durableObjectStorage": {"localDisk": "queue-disk"},
        "bindings": [{"name": "SHARD", "durableObjectNamespace": {"className": "QueueShard"}}],
        "globalOutbound": {"name": "nowhere"},
    }
    disk = {"path": sources.folder("queue"), "writable": True}
    return KindConfig(
        services=({"name": "queue", "worker": worker}, {"name": "queue-disk", "disk": disk}),
        folders=("queue",),
    )
