"""Datasets of Analytics Engine: `runtime/state/dataset.js`."""

from __future__ import annotations

from routing.storage.sources import KindConfig, Sources

_DATE = "2026-08-01"


def services(sources: Sources) -> KindConfig:
    """The names of class, key and disk are where the data is: changed, it starts empty."""
    worker = {
        "compatibilityDate": _DATE,
        "modules": [
            {"name": "main.js", "esModule": sources.runtime["dataset.js"]},
            {"name": "header.js", "esModule": sources.runtime["header.js"]},
        ],
        "durableObjectNamespaces": [
            {"className": "Dataset", "uniqueKey": "dataset", "enableSql": True}
        ],
        "durableObjectStorage": {"localDisk": "dataset-disk"},
        "bindings": [{"name": "DATASET", "durableObjectNamespace": {"className": "Dataset"}}],
        "globalOutbound": {"name": "nowhere"},
    }
    disk = {"path": sources.folder("dataset"), "writable": True}
    return KindConfig(
        services=({"name": "dataset", "worker": worker}, {"name": "dataset-disk", "disk": disk}),
        folders=("dataset",),
    )
