"""Files of the edge that somebody removes, empties or damages."""

from __future__ import annotations

import os
import signal

from benchmarks.torture.faults.fault import Fault, nothing_fails
from benchmarks.torture.site import Site


def _remove_log(site: Site) -> None:
    (site.data / "edge" / "log" / "public.log").unlink(missing_ok=True)


def _empty_log(site: Site) -> None:
    os.truncate(site.data / "edge" / "log" / "public.log", 0)


def _damage_snapshot(site: Site) -> None:
    """And the agent starts again with what it finds."""
    (site.data / "edge" / "snapshot.json").write_bytes(b'{"half a snapshot')
    site.signal("agent", signal.SIGKILL)


FAULTS = (
    Fault(name="log file removed", begin=_remove_log, expected=nothing_fails()),
    Fault(name="log file emptied", begin=_empty_log, expected=nothing_fails()),
    Fault(name="snapshot damaged", begin=_damage_snapshot, expected=nothing_fails()),
)
