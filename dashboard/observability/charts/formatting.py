"""Observed numbers as people read them. Pure."""

from __future__ import annotations

from collections.abc import Mapping

NOTHING = "–"

KINDS = {
    "5xx": ("answer 5xx", "answers 5xx"),
    "exception": ("exception", "exceptions"),
    "runtime": ("runtime failure", "runtime failures"),
}


def rate(percent: float | None) -> str:
    """0.31%, 24.6%, 100%."""
    if percent is None:
        return NOTHING
    digits = 2 if 0 < percent < 10 else 1
    return f"{percent:.{digits}f}".rstrip("0").rstrip(".") + "%" if percent else "0%"


def axis_rate(percent: float) -> str:
    """A tick of the axis: as many digits as it needs."""
    return f"{percent:.4g}%" if percent else "0"


def count(number: float) -> str:
    return f"{number:,.0f}"


def axis_count(number: float) -> str:
    """1,500, 20 k, 2 M."""
    for size, letter in ((1e6, "M"), (1e4, "k")):
        if number >= size:
            return f"{number / (1e3 if letter == 'k' else size):.4g} {letter}"
    return count(number)


def ms(number: float | None) -> str:
    """Milliseconds: 0.8 ms, 104 ms, 1.2 s."""
    if number is None:
        return NOTHING
    if number >= 1000:
        return f"{number / 1000:.3g} s"
    return f"{number:.2g} ms" if number < 10 else f"{number:.0f} ms"


def more_ms(number: float) -> str:
    """A difference: +8 ms, −0.3 ms, level."""
    if abs(number) < 0.05:
        return "level"
    return f"{'+' if number > 0 else '−'}{ms(abs(number))}"


def axis_ms(number: float) -> str:
    if not number:
        return "0"
    return f"{number / 1000:.4g} s" if number >= 1000 else f"{number:.4g} ms"


def errors(by_kind: Mapping[str, int]) -> str:
    """20 answers 5xx, 13 exceptions, 0 runtime failures."""
    return ", ".join(
        f"{by_kind.get(kind, 0):,} {one if by_kind.get(kind, 0) == 1 else many}"
        for kind, (one, many) in KINDS.items()
    )
