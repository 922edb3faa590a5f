"""What rooms above need to hear about people."""

from django.dispatch import Signal

person_switched_off = Signal()
"""Sent inside the transaction, with `sender` User, `person` and `by` (`accounts.by.By`)."""
