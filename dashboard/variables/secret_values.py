"""The values of all secret variables, for masking what edges report: a request may carry one in its
path, through any Worker, and only the control plane knows that it is one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dashboard.sending.redaction import Masks
from dashboard.variables.models import Variable
from dashboard.variables.store import opened

STAY = timedelta(minutes=10)
"""A report may come in after a secret was changed or removed."""


@dataclass
class _Remembered:
    """`state` is how the rows stood; `until` are values that are no longer stored."""

    state: frozenset[tuple[Any, ...]] = frozenset()
    values: frozenset[str] = frozenset()
    until: dict[str, datetime] = field(default_factory=dict)
    masks: Masks = field(default_factory=lambda: Masks(()))


_remembered = _Remembered()
_one_at_a_time = threading.Lock()


def secret_masks(now: datetime) -> Masks:
    """Masks for each secret variable that is, or was a moment ago. One query while none changes."""
    rows = Variable.objects.exclude(sealed="")
    state = frozenset(rows.values_list("pk", "changed_on"))
    with _one_at_a_time:
        ended = [value for value, end in _remembered.until.items() if end <= now]
        if state != _remembered.state or ended:
            _renew(state, now)
        return _remembered.masks


def _renew(state: frozenset[tuple[Any, ...]], now: datetime) -> None:
    values = frozenset(v for row in Variable.objects.exclude(sealed="") if (v := opened(row)))
    memory = _remembered
    until = {value: end for value, end in memory.until.items() if end > now}
    until |= {value: now + STAY for value in memory.values - values}
    memory.state, memory.values = state, values
    memory.until = {value: end for value, end in until.items() if value not in values}
    memory.masks = Masks([*values, *memory.until])
