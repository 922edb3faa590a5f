"""Memory of large requests goes back to the system; what is loaded at the start stays."""

from __future__ import annotations

import ctypes
import gc
import sys

MMAP_THRESHOLD, ARENA_MAX = -3, -8
"""Of glibc's mallopt(3)."""
LARGE_BYTES = 256 * 1024


def collect_rarely() -> None:
    """Before the imports: at Python's thresholds a tenth of the start is traversals of what was
    just loaded, which finds nothing."""
    gc.set_threshold(20_000, 20, 20)


def give_back_memory() -> None:
    """Blocks over `LARGE_BYTES` are mapped and unmapped on their own.

    glibc raises that border up to 32 MB by itself as soon as a larger block is freed; from then on
    uploads come out of heaps, one for each thread, that rarely shrink.
    """
    if not sys.platform.startswith("linux"):
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:  # musl has none, and no such border
        mallopt(MMAP_THRESHOLD, LARGE_BYTES)
        mallopt(ARENA_MAX, 2)


def freeze_loaded_objects() -> None:
    """Collections of garbage skip what is loaded so far, which they would traverse for 0.1 s while
    all requests wait."""
    gc.collect()
    gc.freeze()
