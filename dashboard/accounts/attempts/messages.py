"""What people read about attempts."""

from __future__ import annotations

import math

from dashboard.limits.messages import again_in

TWO_MINUTES = 120


def try_again(seconds: int) -> str:
    """For `seconds` of at least 1."""
    if seconds >= TWO_MINUTES:
        return f"Too many attempts. Try again in {math.ceil(seconds / 60)} minutes."
    return f"Too many attempts. {again_in(seconds)}"
