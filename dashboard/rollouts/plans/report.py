"""A saved plan as JSON, for the CLI and the API."""

from __future__ import annotations

from typing import Any

from dashboard.rollouts.plans.models import SavedPlanEdit


def saved_as_json(edit: SavedPlanEdit) -> dict[str, Any]:
    """The newest edit with its name; `worker` is None for a plan of all Workers."""
    saved = edit.saved_plan
    return {
        "name": saved.name,
        "worker": saved.worker.name if saved.worker else None,
        "edit": edit.number,
        "plan": edit.document,
        "author": edit.author.username if edit.author else "",
        "created_at": edit.created_at.isoformat(),
    }
