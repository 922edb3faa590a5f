"""What `manage.py audit` prints."""

from __future__ import annotations

from routing.trail.verify import Fault, Verdict

FAULTS = {
    Fault.CHANGED: "Broken at position {position} (entry {entry}): its content was changed.",
    Fault.REMOVED: "Broken at position {position}: entry {entry} was removed.",
    Fault.MOVED: "Broken at position {position} (entry {entry}): it was not written here. Entries "
    "were reordered, or one before it was replaced.",
    Fault.TRUNCATED: "Broken at position {position}: the entries from here to the head were "
    "removed.",
    Fault.NO_CHECKPOINT: "Broken at position {position}: the entries up to here were removed, and "
    "no checkpoint says so.",
    Fault.HEAD: "Broken at the head: it does not match the last entry, position {position}.",
    Fault.EXPECTED: "The expected hash is not in this chain: entries were removed at its end, or "
    "the chain was written again.",
}


def verdict(result: Verdict) -> str:
    """One line: intact, or the first broken entry."""
    if result.fault is not None:
        entry = result.entry or "of an unknown id"
        return FAULTS[result.fault].format(position=result.position, entry=entry)
    pruned = f" Entries 1 to {result.first - 1} were removed by the retention." * (result.first > 1)
    waiting = f" {result.waiting} wait for their seal." * (result.waiting > 0)
    positions = f"positions {result.first} to {result.last}"
    return f"Intact: {result.count} entries, {positions}.{pruned}{waiting}"


def head(result: Verdict) -> str:
    """What to keep elsewhere."""
    return f"Head: {result.last} {result.head}"
