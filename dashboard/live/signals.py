"""What the rooms above tell each other, so that open pages follow."""

from __future__ import annotations

from django.dispatch import Signal

edge_reported = Signal()
"""An edge has another revision, or one of its processes another state; sent with `edge` (name) and
`states`: version id → its process's state before and now, where they differ."""

traffic_counted = Signal()
"""Requests were counted; sent with `workers` (names)."""

flags_changed = Signal()
"""A version was flagged for its failures, or a person acknowledged it; sent with `workers`."""
