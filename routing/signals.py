"""The one signal: several callers deploy, several rooms want to know."""

from django.dispatch import Signal

desired_state_changed = Signal()
"""Sent after commit with `revision` (int) and `worker` (name), whenever edges must act."""
