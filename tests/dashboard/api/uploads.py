"""What the tests of uploads share."""

from __future__ import annotations

from typing import Any

from dashboard.trail import refusals
from routing.models import AuditEntry, Deployment, Module, Version, Worker
from tests.dashboard.api.conftest import METADATA

SECRET = {"name": "KEY", "type": "secret_text", "text": "hunter2"}


def with_bindings(*bindings: Any, **more: Any) -> dict[str, Any]:
    return METADATA | {"bindings": list(bindings)} | more


def rows() -> tuple[int, ...]:
    """How many rows there are of what an upload makes."""
    changes = AuditEntry.objects.exclude(action=refusals.ACTION).count()
    return changes, *(model.objects.count() for model in (Worker, Version, Module, Deployment))
