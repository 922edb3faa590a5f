"""Writes the same log line a few times, then only its count: requests must not fill the disk."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

SECONDS = 10.0
MOST = 20
LOGGERS = (
    "asyncio",
    "axes",
    "django.request",
    "django.security.csrf",
    "django.security.DisallowedHost",
    "django.security.RequestDataTooBig",
    "django.security.TooManyFieldsSent",
    "uvicorn.error",
)
"""Where lines come from that a stranger can cause, one for each request."""


class RepeatedLines(logging.Filter):
    """Lets `MOST` lines of one kind pass in `SECONDS`; the next one afterwards says how many it
    stands for. A kind is the text before its arguments are filled in, at one level."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._kinds: dict[tuple[int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        key, now = (record.levelno, _kind(record)), self._clock()
        began, count = self._kinds.get(key, (now, 0))
        if now - began >= SECONDS:
            left_out = count - MOST
            began, count = now, 0
            if left_out > 0:
                record.msg = f"{record.msg} (and {left_out} more lines like it)"
        self._kinds[key] = began, count + 1
        return count < MOST


def _kind(record: logging.LogRecord) -> str:
    """Some callers put what a stranger sent into the text itself; its first word must do then."""
    text = str(record.msg)
    return text if "%" in text or record.name == "uvicorn.error" else text.partition(" ")[0]


def limit_repeated_lines() -> None:
    """For the loggers of `LOGGERS`, each with counts of its own."""
    for name in LOGGERS:
        logging.getLogger(name).addFilter(RepeatedLines())
