"""Workers AI: `runtime/state/ai.js` in front of the AI host, the only service that reaches it."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from routing.storage.sources import AiHost, KindConfig, Object, Sources

_DATE = "2026-08-01"
_SERVICE = "ai-host"


def services(sources: Sources) -> KindConfig:
    """Without a host every call is answered that it is off."""
    host = sources.ai
    worker = {
        "compatibilityDate": _DATE,
        "modules": [{"name": "main.js", "esModule": sources.runtime["ai.js"]}],
        "bindings": _bindings(host) if host else [],
        "globalOutbound": {"name": "nowhere"},
    }
    made: tuple[Object, ...] = ({"name": "ai", "worker": worker},)
    return KindConfig(services=(*made, _external(host)) if host else made, folders=())


def _bindings(host: AiHost) -> list[Object]:
    return [
        {"name": "HOST", "service": {"name": _SERVICE}},
        {"name": "BASE", "text": host.url},
        {"name": "KEY", "text": host.key},
        {"name": "MODELS", "json": json.dumps(dict(host.models))},
    ]


def _external(host: AiHost) -> Object:
    parts = urlsplit(host.url)
    name, is_tls = parts.hostname or "", parts.scheme == "https"
    address = f"[{name}]" if ":" in name else name
    server: Object = {"address": f"{address}:{parts.port or (443 if is_tls else 80)}"}
    if is_tls:
        tls = {"trustBrowserCas": True}
        server["https"] = {"options": {}, "tlsOptions": tls, "certificateHost": name}
    else:
        server["http"] = {}
    return {"name": _SERVICE, "external": server}
