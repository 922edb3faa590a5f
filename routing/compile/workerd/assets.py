"""A version's static assets as workerd's service `assets`, in front of its code.

The service needs `workerd serve --experimental`. Uploads are inspected without that option, so code
cannot use other experimental features.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from routing.compile import names
from routing.snapshot import VersionSpec

ASSETS = "assets"
"""The name of the service. Its entrypoint `AssetWorker` serves files only, for the binding."""
FILES_ONLY = "AssetWorker"
RANGES = "ranges"
"""The service before it, for requests with a `Range` header (`runtime/ranges.js`)."""
_RENAMED = {"_headers": "headers", "_redirects": "redirects"}

_Object = dict[str, Any]


def assets_service(version: VersionSpec, folder: str, date: str) -> _Object:
    """Serves `folder`, then the version's code, if it has any. `date` is the compatibility date."""
    assert version.assets
    behind: _Object = {"userWorker": {"name": "main"}}
    if not version.has_code:
        flags = list(version.compatibility_flags)
        behind = {"compatibilityDate": date, "compatibilityFlags": flags}
    config = json.dumps(
        {_RENAMED.get(key, key): value for key, value in version.assets.config.items()},
        sort_keys=True,
    )
    return {"name": ASSETS, "assets": {"path": folder, "config": config, **behind}}


def ranges_services(assets: _Object, ours: _Object) -> list[_Object]:
    """`ours`, which cuts ranges out of the files that `assets` serves. It recognizes them by a twin
    of that service with a marker in the place of the version's code."""
    marker = {"userWorker": {"name": RANGES, "entrypoint": "NotAFile"}}
    twin = {key: assets["assets"][key] for key in ("path", "config")}
    bindings = [
        {"name": "SITE", "service": {"name": ASSETS}},
        {"name": "FILES", "service": {"name": "files"}},
    ]
    return [
        {"name": "files", "assets": {**twin, **marker}},
        {"name": RANGES, "worker": {**ours, "bindings": bindings}},
    ]


def assets_folder(version: VersionSpec) -> str:
    """Reached by the process's working directory, because its user may not traverse the folders
    above the edge's."""
    return f"/proc/self/cwd/{names.assets_folder(version.id)}"


def assets_binding(version: VersionSpec) -> Mapping[str, Any]:
    """`nowhere` during an inspection, where there are no assets."""
    if version.assets is None:
        return {"service": {"name": "nowhere"}}
    return {"service": {"name": ASSETS, "entrypoint": FILES_ONLY}}
