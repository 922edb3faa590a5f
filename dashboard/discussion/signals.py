"""What this room reports to rooms above it."""

from django.dispatch import Signal

people_mentioned = Signal()
"""Sent inside the transaction with `comment` and `people` (a list of `User`), never the author."""

taken_over = Signal()
"""Sent inside the transaction with `note` (a `HandOver`) and `person` (a `User`)."""
