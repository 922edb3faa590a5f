"""The kinds of namespaces, as pages name them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """`has_id`: bindings use an id instead of the name. `in_state_process`: its data is there."""

    name: str
    label: str
    has_id: bool = False
    is_renamed: bool = False
    in_state_process: bool = True
    created_by_upload: bool = False


KINDS: Mapping[str, Kind] = {
    "kv": Kind("KV", "KV namespace", has_id=True, is_renamed=True),
    "d1": Kind("D1", "D1 database", has_id=True),
    "r2": Kind("R2", "R2 bucket"),
    "queue": Kind("Queue", "Queue"),
    "dataset": Kind("Dataset", "Analytics Engine dataset", created_by_upload=True),
    "secrets": Kind(
        "Secrets", "Secrets store", has_id=True, is_renamed=True, in_state_process=False
    ),
}
