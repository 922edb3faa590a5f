"""How far this machine's clock is off from the control plane's. Pure."""

from __future__ import annotations

WORST_ERROR_SECONDS = 1.0
"""A measurement with a larger error says nothing about two seconds."""


def offset_ms(sent: float, server: float, received: float) -> int | None:
    """Milliseconds that this clock is ahead; None if the answer took too long to tell.

    The server read its clock at some moment between `sent` and `received`, so half of the round
    trip is the largest error of the middle.
    """
    error = (received - sent) / 2
    if not 0 <= error <= WORST_ERROR_SECONDS:
        return None
    return round(((sent + received) / 2 - server) * 1000)
