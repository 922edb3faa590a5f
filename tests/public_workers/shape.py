"""What `shape.json` says about a Worker."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
GROUPS = ("workers", "frameworks")


@dataclass(frozen=True)
class Check:
    """A request, and what its answer must have. `contains` may have `__RELEASE__`."""

    path: str = "/"
    method: str = "GET"
    body: str = ""
    send: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    status: int = 200
    contains: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    repeat_until: bool = False
    """For what appears some time after its cause, such as a consumed message."""

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Check:
        contains = raw.get("contains", ())
        listed = (contains,) if isinstance(contains, str) else tuple(contains)
        return cls(**{**raw, "contains": listed})


@dataclass(frozen=True)
class Shape:
    """The first of `checks` must name the release. `before` and `after` are wrangler commands
    around the first deploy; `first` are folders inside that are deployed before it."""

    folder: Path
    name: str
    kinds: tuple[str, ...]
    checks: tuple[Check, ...]
    before: tuple[tuple[str, ...], ...] = ()
    after: tuple[tuple[str, ...], ...] = ()
    first: tuple[str, ...] = ()
    build: str = ""
    config: str = ""
    events: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)
    """Of a secrets store, by name; `__STORE__` in the configuration becomes the store's id."""

    @property
    def group(self) -> str:
        return self.folder.parent.name


def read_shape(folder: Path) -> Shape:
    raw = json.loads((folder / "shape.json").read_text())
    lists = {
        name: tuple(tuple(item) if isinstance(item, list) else item for item in raw[name])
        for name in ("kinds", "before", "after", "first", "events", "arguments")
        if name in raw
    }
    texts = {name: raw[name] for name in ("build", "config", "secrets") if name in raw}
    checks = tuple(map(Check.parse, raw["checks"]))
    worker = raw.get("worker", folder.name)
    return Shape(folder=folder, name=worker, checks=checks, **lists, **texts)


def all_shapes() -> list[Shape]:
    return [
        read_shape(path.parent)
        for group in GROUPS
        for path in sorted((FOLDER / group).glob("*/shape.json"))
    ]
