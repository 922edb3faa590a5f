"""GCRA (ITU-T I.371 annex A): `burst` at once, then one every `interval` seconds.

It needs one number per subject, the backlog: seconds until a whole burst is free again. There is no
window at whose end twice as many pass, and the time of the next one is exact.
"""

from __future__ import annotations

_ROUNDING = 1e-6


def consume(backlog: float, *, interval: float, burst: int, cost: int = 1) -> tuple[float, float]:
    """(seconds to wait, the backlog after it). When there is a wait, nothing was consumed.

    A subject without backlog may consume more than a burst at once.
    """
    backlog = max(backlog, 0.0)
    after = backlog + cost * interval
    wait = after - burst * interval
    return (wait, backlog) if wait > _ROUNDING and backlog > 0 else (0.0, after)
