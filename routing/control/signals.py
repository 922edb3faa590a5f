"""What happened: several callers deploy and upload, several rooms want to know."""

from django.dispatch import Signal

desired_state_changed = Signal()
"""Sent after commit with `revision` (int) and `worker` (name), whenever edges must act."""

version_uploaded = Signal()
"""Sent after commit with `worker` (name), when a version came that edges need not know yet."""
