"""Versions, deployments and scripts as JSON. Never includes secrets, encrypted or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.accounts.models import User
from dashboard.api.serializers import annotations as notes
from dashboard.api.serializers.bindings import binding_items
from dashboard.api.serializers.settings_schema import settings_item
from routing.control.previews import preview_url
from routing.control.publish import timestamp
from routing.models import Deployment, Version, Worker

USAGE_MODEL = "standard"
Json = dict[str, Any]


def hex_id(pk: int | None) -> str:
    """A row's id as 32 hex digits, as clients expect; "" for None."""
    return f"{pk:032x}" if pk else ""


def version_item(version: Version) -> Json:
    """A version in the versions endpoints."""
    created, has_address = timestamp(version.created_on), bool(preview_url(version.worker, version))
    return {
        "id": str(version.id),
        "number": version.number,
        "metadata": {
            "created_on": created,
            "modified_on": created,
            "source": version.source,
            "author_id": hex_id(version.author_id),
            "author_email": author_of(version),
            "has_preview": has_address,
            "hasPreview": has_address,
        },
        "annotations": notes.of_version(version),
        "resources": {
            "script": {
                "etag": version.etag,
                "handlers": handlers(version),
                "named_handlers": _named_handlers(version),
                "last_deployed_from": uploaded_from(version),
                **_placement(version),
            },
            "script_runtime": {
                **_runtime(version),
                **_migration(version.migration_tag),
                **_extras(version, "limits", "cache_options"),
            },
            "bindings": binding_items(version),
        },
    }


def flat_version(version: Version) -> Json:
    """A version in the newer Workers resource."""
    url = preview_url(version.worker, version)
    return {
        "id": str(version.id),
        "number": version.number,
        "created_on": timestamp(version.created_on),
        "urls": [url] if url else [],
        "source": version.source,
        "annotations": notes.of_version(version),
        "author_id": hex_id(version.author_id),
        "author_email": author_of(version),
        "bindings": binding_items(version),
        "main_module": version.main_module or version.body_part,
        "startup_time_ms": version.startup_time_ms,
        **_runtime(version),
        **_migration(version.migration_tag),
        **_extras(version, "limits", "placement", "cache_options"),
    }


def deployment_item(deployment: Deployment) -> Json:
    """A deployment, with versions in their listed order."""
    return {
        "id": str(deployment.id),
        "source": deployment.source,
        "strategy": "percentage",
        "author_email": author_of(deployment),
        "created_on": timestamp(deployment.created_on),
        "annotations": notes.of_deployment(deployment),
        "versions": [
            {"version_id": str(s.version_id), "percentage": percent(s.weight)}
            for s in deployment.shares.all()
        ],
    }


def script_item(worker: Worker, latest: Version | None) -> Json:
    """A Worker with the facts of its latest version."""
    return {
        "id": worker.name,
        "tag": worker.tag,
        "etag": latest.etag if latest else "",
        "handlers": handlers(latest) if latest else [],
        "created_on": timestamp(worker.created_on),
        "modified_on": timestamp(latest.created_on) if latest else timestamp(worker.created_on),
        "has_assets": bool(latest and latest.asset_set),
        "has_modules": bool(latest and latest.main_module),
        "last_deployed_from": uploaded_from(latest),
        **_runtime(latest),
        **_migration(worker.migration_tag),
        **(_placement(latest) | _extras(latest, "limits", "cache_options") if latest else {}),
        **settings_item(worker),
    }


def percent(weight: int) -> int | float:
    """A weight (0.001% each) as an exact JSON number: 33.333, 0, 100."""
    return weight // 1000 if weight % 1000 == 0 else weight / 1000


def author_of(row: Version | Deployment) -> str:
    """The author's email address at that time, or else the user name."""
    author: Any = row.author
    return row.author_email or (author.get_username() if author else "")


def email_of(user: User) -> str:
    """The email address, or else the user name, for clients that print one."""
    return user.email or user.get_username()


def uploaded_from(version: Version | None) -> str:
    """`wrangler` or `api`; never `dash`, which makes wrangler call six more endpoints."""
    return "wrangler" if version is None or version.source == "wrangler" else "api"


def handlers(version: Version) -> list[str]:
    """Handlers of the default export."""
    return next((list(e["handlers"]) for e in version.exports if e["name"] == "default"), [])


def _named_handlers(version: Version) -> list[Mapping[str, Any]]:
    return [
        {"name": export["name"], "handlers": list(export["handlers"])}
        for export in version.exports
        if export["name"] != "default"
    ]


def _runtime(version: Version | None) -> Json:
    return {
        "compatibility_date": version.compatibility_date if version else "",
        "compatibility_flags": version.compatibility_flags if version else [],
        "usage_model": USAGE_MODEL,
    }


def _migration(tag: str | None) -> Json:
    """wrangler takes any tag for one that was applied, so there is none before the first."""
    return {"migration_tag": tag} if tag else {}


def _placement(version: Version) -> Json:
    """Placement; older clients read only the mode."""
    placement = version.runtime.get("placement")
    if not placement:
        return {}
    mode = placement.get("mode") or "targeted"
    return {"placement_mode": mode, "placement": placement}


def _extras(version: Version, *keys: str) -> Json:
    return {key: version.runtime[key] for key in keys if key in version.runtime}
