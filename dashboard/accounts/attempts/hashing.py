"""Password hashes, one at a time for every two cores, and behind pages.

A hash is half a second of CPU. It runs outside Python's lock, so it is the machine's cores that
guesses would take from pages; a thread with a lower priority takes only what pages leave.
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher

NICER = 5


def _step_back() -> None:
    if sys.platform == "linux":  # where a thread's id is one of a process, too
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICER)


_threads = ThreadPoolExecutor(
    max(1, (os.cpu_count() or 1) // 2), thread_name_prefix="hash", initializer=_step_back
)


class PacedHasher(PBKDF2PasswordHasher):
    """Django's, with its format. How many strangers can wait here is for `accounts.strangers`."""

    def encode(self, *args: Any, **kwargs: Any) -> str:
        return _threads.submit(partial(super().encode, *args, **kwargs)).result()
