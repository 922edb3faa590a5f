"""Texts of observability that are not in its templates: errors that agents log, toasts."""

from __future__ import annotations

ACKNOWLEDGED = "Acknowledged. This version is not flagged again while this deployment is live."
NO_OPEN_FLAG = "This version has no open flag."


def batch_too_large(limit: int) -> str:
    return f"The batch is larger than {limit} bytes."
