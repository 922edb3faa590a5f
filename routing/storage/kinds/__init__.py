"""The kinds of namespaces, by name.

ai.py     Workers AI, which has no namespaces
d1.py     D1
dataset.py  datasets of Analytics Engine
email.py  the outbox of Workers' mail
kv.py     KV
queue.py  queues
r2.py     R2
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from routing.storage.kinds import ai, d1, dataset, email, kv, queue, r2
from routing.storage.sources import KindConfig, Sources

KINDS: Mapping[str, Callable[[Sources], KindConfig]] = {
    "ai": ai.services,
    "d1": d1.services,
    "dataset": dataset.services,
    "email": email.services,
    "kv": kv.services,
    "queue": queue.services,
    "r2": r2.services,
}
