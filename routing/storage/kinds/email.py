"""The outbox of Workers' mail: `runtime/state/email.js`."""

from __future__ import annotations

from routing.storage.sources import KindConfig, Sources

_DATE = "2026-08-01"


def services(sources: Sources) -> KindConfig:
    """The names of class, key and disk are where the messages are: changed, they are lost."""
    worker = {
        "compatibilityDate": _DATE,
        "modules": [
            {"name": "main.js", "esModule": sources.runtime["email.js"]},
            {"name": "header.js", "esModule": sources.runtime["header.js"]},
        ],
        "durableObjectNamespaces": [
            {"className": "Outbox", "uniqueKey": "email", "enableSql": True}
        ],
        "durableObjectStorage": {"localDisk": "email-disk"},
        "bindings": [{"name": "OUTBOX", "durableObjectNamespace": {"className": "Outbox"}}],
        "globalOutbound": {"name": "nowhere"},
    }
    disk = {"path": sources.folder("email"), "writable": True}
    return KindConfig(
        services=({"name": "email", "worker": worker}, {"name": "email-disk", "disk": disk}),
        folders=("email",),
    )
