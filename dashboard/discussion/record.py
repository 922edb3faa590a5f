"""The conversation about a rollout, for its release record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from dashboard.discussion.models import Thread


def conversation_of(rollout_id: UUID) -> list[dict[str, Any]]:
    """Threads in the order they began, with their comments, as plain values. Two queries."""
    rows = Thread.objects.filter(rollout_id=rollout_id).order_by("pk")
    return [
        {
            "about": thread.kind,
            "place": thread.place,
            "seen": thread.seen,
            "began_at": thread.created_at.isoformat(),
            "resolved_by": thread.resolved_by,
            "comments": [
                {
                    "at": comment.created_at.isoformat(),
                    "by": comment.username,
                    "text": comment.text,
                    "edited": comment.edited_at is not None,
                    "deleted": comment.deleted_at is not None,
                }
                for comment in thread.comments.all()
            ],
        }
        for thread in rows.prefetch_related("comments")
    ]
