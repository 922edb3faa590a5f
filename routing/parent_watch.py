"""Exit when the parent process exits."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

POLL_SECONDS = 1.0


def has_exited(parent: int) -> bool:
    """Whether the parent process `parent` has ended."""
    return os.getppid() != parent


def on_parent_exit(parent: int, do: Callable[[], None]) -> None:
    """Calls `do` in a thread once the parent process has ended."""

    def watch() -> None:
        while not has_exited(parent):
            time.sleep(POLL_SECONDS)
        do()

    threading.Thread(target=watch, daemon=True).start()
