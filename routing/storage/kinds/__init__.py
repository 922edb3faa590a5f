"""The kinds of namespaces, by name.

kv.py   KV
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from routing.storage.kinds import kv
from routing.storage.sources import KindConfig, Sources

KINDS: Mapping[str, Callable[[Sources], KindConfig]] = {"kv": kv.services}
