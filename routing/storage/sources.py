"""What the configuration of the state process is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AiHost:
    """A host that speaks OpenAI's API, its base URL without a final slash. `models` are its names
    by those that Workers use."""

    url: str
    key: str = ""
    models: Mapping[str, str] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"AiHost({self.url})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """`root` is the folder of all data. `runtime` are the files of `routing/runtime/state` by name;
    `node_module` reads a file of a pinned npm package by its path in `node_modules`. Without `ai`
    there is no Workers AI."""

    root: str
    runtime: Mapping[str, str]
    node_module: Callable[[str], str]
    ai: AiHost | None = None

    def folder(self, name: str) -> str:
        """The folder of a disk, one of `KindConfig.folders`."""
        return f"{self.root}/{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindConfig:
    """In the shape of workerd's schema. One of `services` has the kind's name: the front passes
    requests to it. `folders` must exist."""

    services: tuple[Object, ...]
    folders: tuple[str, ...]
    extensions: tuple[Object, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A server's certificate chain and private key, both PEM."""

    certificate: str
    key: str

    def __repr__(self) -> str:
        return "KeyPair(…)"
