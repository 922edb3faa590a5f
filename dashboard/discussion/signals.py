"""What this room reports to rooms above it."""

from django.dispatch import Signal

taken_over = Signal()
"""Sent inside the transaction with `note` (a `HandOver`) and `person` (a `User`)."""
