"""Notices of the forms of the Conversation tab. Texts of rejected pins are in `pins.py`."""

from __future__ import annotations

from typing import Final

CHOOSE_PERSON: Final = "Choose who takes over."
NOTHING_TO_LOOK_AT: Final = "There is no active deployment to look at."


def handed_over(to: str) -> str:
    return f"Handed over to {to}, who takes over on this page."


def took_over(username: str) -> str:
    return f"You took over from {username}."
