"""Every parser's time grows with its input, not with the square of it.

Four times the input may take four times the CPU time of this thread; sixteen times would be a
square. The limit lies between, and what takes next to no time is not compared at all.
"""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.parsers.cases import PARSERS
from tests.dashboard.parsers.others import OTHERS
from tests.dashboard.parsers.parser import Parser

FOUR_TIMES = 9.0
"""More than this is growth with the square."""
FLOOR = 0.02
"""Seconds of CPU time below which a ratio means nothing."""
READS = re.compile(
    r"\bre\.(compile|sub|match|search|fullmatch|findall|split|finditer)\(|\bjson\.loads\(|best_match\("
    r"|yaml\.(load|parse)\(|json\.decode\(|json\.Decoder\(|SequenceMatcher|BoundedMatcher\("
    r"|jsonpath\.(findall|finditer|compile)\(|get_close_matches\(|PushMultipartParser\("
)
"""How text is read here; a module with one of these is a parser."""
ROOT = Path(__file__).parents[3]
CASES = [(name, kind) for name, parser in PARSERS.items() for kind in parser.inputs]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "kind"), CASES, ids=[f"{n}: {k}" for n, k in CASES])
def test_time_grows_with_the_input(name: str, kind: str) -> None:
    parser = PARSERS[name]
    make = parser.inputs[kind]
    small, large = make(parser.size), make(4 * parser.size)
    ratios = []
    for _ in range(3):  # another process may take the cache, never the time of this thread
        longer = _cpu(parser, large)
        if longer < FLOOR:
            return
        ratios.append(longer / _cpu(parser, small))
        if ratios[-1] <= FOUR_TIMES:
            return
    raise AssertionError(f"Four times the input took {min(ratios):.1f} times as long.")


def _cpu(parser: Parser, given: Any) -> float:
    gc.disable()  # a collection would count as work of the parser
    begun = time.thread_time()
    try:
        parser.run(given)
    except parser.refuses:
        pass
    finally:
        taken = time.thread_time() - begun
        gc.enable()
    return taken


def test_every_parser_is_listed() -> None:
    """A module that reads text is covered by a parser of `cases.py`, or is named with a reason."""
    reads = {_module(path) for path in _sources() if READS.search(path.read_text())}
    covered = {module for parser in PARSERS.values() for module in parser.covers}
    assert reads - covered - set(OTHERS) == set(), (
        "Add them to PARSERS, or to OTHERS with a reason."
    )
    assert set(OTHERS) & covered == set()
    assert {name for name in OTHERS if name not in reads} == set(), "These read no text any more."


def _sources() -> Iterator[Path]:
    for root in ("dashboard", "routing"):
        yield from (p for p in (ROOT / root).rglob("*.py") if "migrations" not in p.parts)


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)
