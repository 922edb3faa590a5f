"""Requests slower than one threshold, of two versions in the same blocks of time. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.statistics.blocks import Block


@dataclass(frozen=True, slots=True)
class SlowFigures:
    """`blocks` count observations, of which a caller with a version key is one in each block; the
    pairs are (requests, slow ones)."""

    blocks: tuple[Block, ...] = ()
    candidate: tuple[int, int] = (0, 0)
    stable: tuple[int, int] = (0, 0)
