"""Texts of the Workers pages that are not in their templates."""

from __future__ import annotations

ASK_FOR_REVIEW = "Ask for review"
STEP_TO_ALL = "Promote to 100%"
LIVE_SPLIT = "The live split"
LIVE_SPLIT_NOTE = "Makes the split that is live now again: change the numbers to step."


def step_up(percentage: int) -> str:
    return f"Step up to {percentage}%"


def stage(number: int) -> str:
    return f"Stage #{number} at 0%"


def roll_back_to(number: int) -> str:
    return f"Roll back to #{number}"


def back_to(name: str) -> str:
    return f"Back to {name}"


def back_to_share(percentage: str, name: str) -> str:
    return f"Back to {percentage} of {name}"


def live(split: str) -> str:
    return f"Live: {split}."
