"""Deployments that go on while a fault happens: another percentage every second or two."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.torture.site import Site

_PERCENTAGES = (10, 25, 50, 60, 75, 90)
_PAUSE_SECONDS = 1.0, 2.0


@contextmanager
def deploying(site: Site, seed: int) -> Iterator[Counter[str]]:
    """How many were `taken` and how many `refused`, as while the dashboard is away."""
    dice, stop = random.Random(seed), threading.Event()
    found: Counter[str] = Counter()

    def deploy() -> None:
        while not stop.wait(dice.uniform(*_PAUSE_SECONDS)):
            taken = site.try_split(dice.choice(_PERCENTAGES))
            found["taken" if taken else "refused"] += 1

    thread = threading.Thread(target=deploy, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        stop.set()
        thread.join(30)
