"""Signals about accounts."""

from django.dispatch import Signal

disconnecting = Signal()
"""Sent inside the transaction with `account`. A receiver may raise `ConnectRefused`."""
