"""The configuration of the state process. It does not depend on which namespaces there are."""

from __future__ import annotations

import json
from collections.abc import Sequence

from routing.storage.kinds import KINDS
from routing.storage.sources import KeyPair, KindConfig, Object, Sources

SOCKET = "state"
"""workerd's name of the one socket."""
TLS_SOCKET = "state-tls"
"""The one for other machines, if there is one."""
REGISTRY = "registry"
"""The folder of the front's own data."""

_DATE = "2026-08-01"


def kind_configs(sources: Sources) -> dict[str, KindConfig]:
    return {name: services(sources) for name, services in KINDS.items()}


def folders(sources: Sources) -> list[str]:
    """Folders that must exist, below the root."""
    return [REGISTRY, *(f for kind in kind_configs(sources).values() for f in kind.folders)]


def config(keys: Sequence[bytes], sources: Sources, tls: KeyPair | None = None) -> Object:
    """For `workerd serve`, in the shape of workerd's schema. A capability counts that was made with
    any of `keys`. With `tls` there is a second socket, `TLS_SOCKET`."""
    kinds = kind_configs(sources)
    return {
        "services": [
            {"name": "front", "worker": _front(keys, list(kinds), sources)},
            {"name": "registry-disk", "disk": _disk(sources.folder(REGISTRY))},
            {"name": "nowhere", "network": {"allow": []}},
            *(service for kind in kinds.values() for service in kind.services),
        ],
        "sockets": [
            {"name": SOCKET, "http": {}, "service": {"name": "front"}},
            *([_tls_socket(tls)] if tls else []),
        ],
        "extensions": [extension for kind in kinds.values() for extension in kind.extensions],
        "logging": {"structuredLogging": True},
    }


def _tls_socket(pair: KeyPair) -> Object:
    keypair = {"privateKey": pair.key, "certificateChain": pair.certificate}
    https = {"options": {}, "tlsOptions": {"keypair": keypair}}
    return {"name": TLS_SOCKET, "https": https, "service": {"name": "front"}}


def _front(keys: Sequence[bytes], kinds: Sequence[str], sources: Sources) -> Object:
    return {
        "compatibilityDate": _DATE,
        "modules": [
            {"name": name, "esModule": sources.runtime[name]} for name in ("front.js", "header.js")
        ],
        "bindings": [
            {"name": "KEYS", "json": json.dumps([key.hex() for key in keys])},
            {"name": "KINDS", "json": json.dumps(list(kinds))},
            {"name": "REGISTRY", "durableObjectNamespace": {"className": "Registry"}},
            *({"name": kind, "service": {"name": kind}} for kind in kinds),
        ],
        "durableObjectNamespaces": [
            {"className": "Registry", "uniqueKey": "registry", "enableSql": True}
        ],
        "durableObjectStorage": {"localDisk": "registry-disk"},
        "globalOutbound": {"name": "nowhere"},
    }


def _disk(path: str) -> Object:
    return {"path": path, "writable": True}
