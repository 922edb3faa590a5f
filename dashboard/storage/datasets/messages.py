"""Texts about datasets of Analytics Engine."""

from __future__ import annotations

from collections.abc import Sequence

NO_QUERY = "Write a query, such as SELECT count() AS points FROM dataset."


def no_dataset(name: str) -> str:
    return f"There is no dataset {name[:64]!r}. An upload with a binding to it creates it."


def still_bound(workers: Sequence[str]) -> str:
    return (
        f"{', '.join(workers)} would write to it again. First deploy versions without the binding."
    )
