"""The newest compatibility date that the installed workerd takes."""

from __future__ import annotations

import re
import time
from functools import cache

from routing.agent.inspection.trial_run import Ended, run_test
from routing.agent.processes.encode import encode

_NEWEST = re.compile(rb'newest date supported by this server binary is "(\d{4}-\d\d-\d\d)"')
_SECONDS = 10.0


def newest_date() -> str:
    """As `2026-11-24`, and never after today, because workerd refuses that too; "" if unknown.

    The first call runs workerd once, some 50 ms. May be called from any thread.
    """
    try:
        newest = _of_binary()
    except LookupError:  # asked again the next time
        return ""
    return min(newest, time.strftime("%Y-%m-%d", time.gmtime()))


@cache
def _of_binary() -> str:
    """workerd has no option for it (`--version` is some days older), but its refusal names it.

    Raises `LookupError`.
    """
    worker = {"serviceWorkerScript": "", "compatibilityDate": "2099-12-31"}
    config = {"services": [{"name": "main", "worker": worker}]}
    try:
        run_test(encode(config), _SECONDS)
    except Ended as ended:
        if found := _NEWEST.search(ended.errors):
            return found[1].decode()
    raise LookupError("workerd named no newest compatibility date")
