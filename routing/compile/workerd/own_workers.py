"""Workers of our own, and their capabilities at the processes of an edge."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

_OUR_DATE = "2026-08-01"  # compatibility date of the JavaScript in routing/runtime


def own_worker(file: str, runtime: Mapping[str, str], *imported: str) -> dict[str, Any]:
    """A Worker of our own, without network. `imported` are modules that `file` imports."""
    return {
        "modules": [{"name": name, "esModule": runtime[name]} for name in (file, *imported)],
        "compatibilityDate": _OUR_DATE,
        "globalOutbound": {"name": "nowhere"},
    }


def header_value(subject: str, key: bytes) -> str:
    """The header that `runtime/capability.js` checks."""
    return f"{subject}:{hmac.new(key, subject.encode(), hashlib.sha256).hexdigest()}"
