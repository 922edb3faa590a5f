"""Cloudflare's other products, by address and by type of binding: to refuse them by name."""

from __future__ import annotations

from collections.abc import Mapping

HINTS: Mapping[str, str] = {
    "Workflows": "Remove workflows from the configuration.",
    "Hyperdrive": "Remove hyperdrive from the configuration.",
    "Vectorize": "Remove vectorize from the configuration.",
    "Containers": "Remove containers from the configuration.",
    "Workers AI": "Only its binding is: see SLUICE_AI_URL.",
    "Browser Rendering": "Remove browser from the configuration.",
    "Cloudflare Images": "Remove images from the configuration.",
    "Workers for Platforms": "Remove dispatch_namespaces from the configuration.",
}
"""What to do instead, where that is plain."""

_ACCOUNT: Mapping[str, str] = {
    "r2": "Settings of R2 buckets",
    "queues": "Settings of queues",
    "r2-catalog": "R2 Data Catalog",
    "slurper": "R2 Super Slurper",
    "event_notifications": "R2 event notifications",
    "workflows": "Workflows",
    "triggers": "Workflow event triggers",
    "workers/durable_objects": "Lists of Durable Objects",
    "workers/dispatch": "Workers for Platforms",
    "workers/observability": "Workers Observability queries",
    "hyperdrive": "Hyperdrive",
    "vectorize": "Vectorize",
    "ai": "Workers AI",
    "ai-gateway": "AI Gateway",
    "ai-search": "AI Search",
    "autorag": "AI Search",
    "artifacts": "Artifacts",
    "event_subscriptions": "Event subscriptions",
    "agent-memory": "Agent Memory",
    "browser-rendering": "Browser Rendering",
    "images": "Cloudflare Images",
    "stream": "Cloudflare Stream",
    "calls": "Cloudflare Realtime",
    "realtime": "Cloudflare Realtime",
    "pages": "Cloudflare Pages",
    "pipelines": "Pipelines",
    "k2": "Pipelines",
    "containers": "Containers",
    "cloudchamber": "Containers",
    "mtls_certificates": "mTLS certificates",
    "connectivity": "Workers VPC",
    "infrastructure": "Workers VPC",
    "cfd_tunnel": "Cloudflare Tunnel",
    "tunnels": "Cloudflare Tunnel",
    "teamnet": "Cloudflare Tunnel",
    "email": "Email Routing",
    "email-sending": "Email Sending",
    "flagship": "Flagship",
    "builds": "Workers Builds",
    "logs/control": "Logpush for other products",
    "challenges": "Turnstile",
}
_SCRIPT: Mapping[str, str] = {
    "edge-preview": "wrangler dev --remote",
    "environments": "Service environments",
    "placement": "Smart Placement analysis",
    "previews": "Worker previews",
}
"""After `workers/scripts/<name>/` or `workers/workers/<name>/`."""
NAMES = frozenset([*_ACCOUNT.values(), *_SCRIPT.values()])
_WORKER = ("scripts", "services", "workers")
_BINDINGS: Mapping[str, str] = {
    "agent_memory": "Agent Memory",
    "ai_search": "AI Search",
    "ai_search_namespace": "AI Search",
    "analytics": "Analytics",
    "artifacts": "Artifacts",
    "browser": "Browser Rendering",
    "dispatch_namespace": "Workers for Platforms",
    "flagship": "Flagship",
    "hyperdrive": "Hyperdrive",
    "images": "Cloudflare Images",
    "k2": "Pipelines",
    "logfwdr": "Log forwarding",
    "media": "Cloudflare Media Transformations",
    "mtls_certificate": "mTLS certificates",
    "pipelines": "Pipelines",
    "stream": "Cloudflare Stream",
    "vectorize": "Vectorize",
    "vpc_network": "Workers VPC",
    "vpc_service": "Workers VPC",
    "worker_loader": "Dynamic Worker Loading",
    "workflow": "Workflows",
}
"""By the type that uploads give a binding."""


def product_at(path: str) -> str:
    """The product that an address below `/client/v4` belongs to; "" for Workers themselves."""
    match path.strip("/").split("/"):
        case ["zones", *_]:
            return "Settings of zones"
        case ["accounts", _, "workers", kind, _, *rest] if kind in _WORKER and rest:
            return next((_SCRIPT[step] for step in rest if step in _SCRIPT), "")
        case ["accounts", _, "workers", "subdomain", "edge-preview", *_]:
            return _SCRIPT["edge-preview"]
        case ["accounts", _, *rest]:
            return _ACCOUNT.get("/".join(rest[:2])) or _ACCOUNT.get(rest[0] if rest else "", "")
    return ""


def product_of_binding(kind: str) -> str:
    """The product that a binding of this type belongs to; "" for an unknown type."""
    return _BINDINGS.get(kind, "")


def refusal_of(product: str) -> str:
    """The sentence, with what to do instead."""
    are = "are" if product.endswith("s") else "is"
    return f"{product} {are} not supported here. {HINTS.get(product, '')}".strip()
