"""A parser with the inputs that hurt it most."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Make = Callable[[int], Any]


@dataclass(frozen=True)
class Parser:
    """`run` takes what an input makes of a size; `covers` are the modules that it goes through."""

    run: Callable[[Any], object]
    inputs: dict[str, Make]
    covers: tuple[str, ...]
    size: int = 4_000
    refuses: tuple[type[Exception], ...] = field(default=(ValueError,))


def repeated(start: str, pieces: Iterable[str]) -> dict[str, Make]:
    """Each piece again and again, up to so many characters."""
    return {
        f"repeated {piece!r}": lambda n, piece=piece: start + piece * (n // len(piece))
        for piece in pieces
    }
