"""The pixels of a screenshot. Chromium writes 8 bits of RGB or RGBA, not interlaced."""

from __future__ import annotations

import struct
import zlib
from collections import Counter

Colour = tuple[int, int, int]


def colours(png: bytes) -> Counter[Colour]:
    """How many pixels have each colour."""
    width, height, _, kind = struct.unpack(">IIBB", png[16:26])
    step = {2: 3, 6: 4}[kind]
    rows = zlib.decompress(b"".join(_chunks(png, b"IDAT")))
    found: Counter[Colour] = Counter()
    above = bytes(width * step)
    for y in range(height):
        start = y * (width * step + 1)
        above = _unfiltered(rows[start], rows[start + 1 : start + 1 + width * step], above, step)
        found.update(zip(above[0::step], above[1::step], above[2::step], strict=True))
    return found


def near(found: Counter[Colour], wanted: str, distance: int = 60) -> int:
    """How many pixels are about as `wanted` ("#7c1e90"): letters have soft edges."""
    red, green, blue = bytes.fromhex(wanted.removeprefix("#"))
    return sum(
        count
        for (r, g, b), count in found.items()
        if abs(r - red) + abs(g - green) + abs(b - blue) <= distance
    )


def _chunks(png: bytes, wanted: bytes) -> list[bytes]:
    found, at = [], 8
    while at < len(png):
        size, name = struct.unpack(">I4s", png[at : at + 8])
        if name == wanted:
            found.append(png[at + 8 : at + 8 + size])
        at += size + 12
    return found


def _unfiltered(kind: int, row: bytes, above: bytes, step: int) -> bytes:
    line = bytearray(row)
    for i in range(len(line) if kind else 0):
        left = line[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        line[i] = (line[i] + _predicted(kind, left, above[i], corner)) & 255
    return bytes(line)


def _predicted(kind: int, left: int, above: int, corner: int) -> int:
    if kind < 4:
        return (0, left, above, (left + above) // 2)[kind]
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))
