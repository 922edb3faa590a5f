"""The version of this release, for the control plane and edges. The one place that has it."""

from __future__ import annotations

VERSION = "0.15.0.dev0"
"""`.dev0` until it is released: then CHANGELOG.md gets its section, and `deploy/last_release` its
commit. Both are checked by tests."""

USER_AGENT = f"Sluice/{VERSION}"
"""Of requests that Sluice sends to other programs."""
