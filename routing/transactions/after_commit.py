"""Work after a commit. The change is made, so nothing here can fail the request.

Failures are logged and counted (`failures`, in `/metrics`). Open pages and agents poll, so a lost
message costs seconds, not correctness.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from threading import Lock
from typing import Any

from django.db import transaction
from django.dispatch import Signal

log = logging.getLogger(__name__)

_failures: Counter[str] = Counter()
_lock = Lock()


def after_commit(work: str, call: Callable[[], object]) -> None:
    """Runs `call` after the current transaction commits, or at once without one. Never raises.

    `work` names it in the log and the metrics.
    """
    # robust, too: an error in one callback must not keep the others from running.
    transaction.on_commit(partial(guarded, work, call), robust=True)


def guarded(work: str, call: Callable[[], object]) -> bool:
    """Runs `call`; an error is logged and counted under `work`. Returns whether it succeeded."""
    try:
        call()
    except Exception:
        note_failure(work)
        log.exception("%s failed after the change was committed", work)
        return False
    return True


def send(signal: Signal, sender: object, work: str, **facts: Any) -> None:
    """Sends `signal` to all receivers. Django logs those that raise; they are counted here."""
    for _, outcome in signal.send_robust(sender=sender, **facts):
        if isinstance(outcome, Exception):
            note_failure(work)


def send_after_commit(signal: Signal, sender: object, work: str, **facts: Any) -> None:
    """`send`, once the current transaction has committed."""
    after_commit(work, partial(send, signal, sender, work, **facts))


def note_failure(work: str) -> None:
    """Counts one failure of `work`."""
    with _lock:
        _failures[work] += 1


def failures() -> dict[str, int]:
    """How often each kind of work failed in this process."""
    with _lock:
        return dict(_failures)
