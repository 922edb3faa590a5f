"""The newest compatibility date of the installed workerd."""

from __future__ import annotations

import re
import time
from functools import cache

from routing.agent.base.capnp_config import encode
from routing.agent.inspection.trial_run import Ended, run_test

_NEWEST = re.compile(rb'newest date supported by this server binary is "(\d{4}-\d\d-\d\d)"')
_SECONDS = 10.0


def newest_date() -> str:
    """As `2026-11-24`, never after today, which workerd refuses too; "" if unknown. Cached; the
    first call runs workerd once (50 ms). Thread-safe."""
    try:
        newest = _of_binary()
    except LookupError:  # tried again next time
        return ""
    return min(newest, time.strftime("%Y-%m-%d", time.gmtime()))


@cache
def _of_binary() -> str:
    """From workerd's error message: `--version` is some days older. Raises `LookupError`."""
    worker = {"serviceWorkerScript": "", "compatibilityDate": "2099-12-31"}
    config = {"services": [{"name": "main", "worker": worker}]}
    try:
        run_test(encode(config), _SECONDS)
    except Ended as ended:
        if found := _NEWEST.search(ended.errors):
            return found[1].decode()
    raise LookupError("workerd named no newest compatibility date")
