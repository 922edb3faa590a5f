"""Secrets in the database that the current key cannot decrypt."""

from __future__ import annotations

from routing.control.publish import withheld_workers
from routing.reencrypt import count_undecryptable


def lost() -> tuple[dict[str, str], dict[str, int]]:
    """(Workers that edges do not get → the reason, number of values by column)."""
    return withheld_workers(), {name: n for name, n in count_undecryptable().items() if n}
