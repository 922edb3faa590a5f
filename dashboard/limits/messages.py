"""What people read when they reach a limit."""

from __future__ import annotations


def try_again(seconds: int) -> str:
    """For `seconds` of at least 1."""
    return f"Rate limit reached. {again_in(seconds)}"


def again_in(seconds: int) -> str:
    return f"Try again in {seconds} second{'' if seconds == 1 else 's'}."


def no_place(what: str, own: bool) -> str:
    """`what` in the plural: "requests"."""
    if own:
        return f"Too many of your {what} are still running. Try again when one is done."
    return f"Too many {what} are running. Try again in a few seconds."
