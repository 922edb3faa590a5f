"""Detects a version that hangs: workerd answers a request without Host itself, without running the
version's code, unless its event loop is stuck."""

from __future__ import annotations

from routing.agent.base.child_process import Child
from routing.agent.hang.detector import Detector

EVERY_SECONDS = 0.8
"""Between two probes. With the default of `SLUICE_EDGE_HANG_SECONDS` a version that loops is
replaced within five seconds."""
_PROBE = b"GET / HTTP/1.0\r\n\r\n"


async def watch(path: str, child: Child, *, hang_seconds: float) -> bool:
    """Returns True once the process behind `path` hangs."""
    detector = Detector(path, _PROBE, child.pid, hang_seconds=hang_seconds)
    every = min(EVERY_SECONDS, hang_seconds / 2)
    await detector.until_hung(every=every, before_probe=child.trim)
    return True
