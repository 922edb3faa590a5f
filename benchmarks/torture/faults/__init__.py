"""The faults. Each is one value with two acts and a bound; what they need is the `Site`."""

from __future__ import annotations

from benchmarks.torture.faults import (
    control_plane,
    deployments,
    edge,
    files,
    storage,
    versions,
)
from benchmarks.torture.faults.fault import Fault

ALL: dict[str, Fault] = {
    fault.name: fault
    for room in (edge, versions, control_plane, storage, files, deployments)
    for fault in room.FAULTS
}
"""By name, in the order of the table."""

#: The most telling ones, for a round of some twenty seconds.
SHORT = ("agent killed", "Envoy killed", "log file removed")

__all__ = ["ALL", "SHORT", "Fault"]
