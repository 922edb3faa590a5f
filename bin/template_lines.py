"""Checks that templates have one element a line: the longest line, and how many are over 120.

template_lines.py            the figures; fails when there are more long lines than MOST_LONG
template_lines.py --list     every long line, the longest first
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "templates"

MAX_LENGTH = 120

#: Long lines that are allowed.
MOST_LONG = 0


def lines() -> list[tuple[int, str]]:
    """(length, file:line) of every line of every template, the longest first."""
    return sorted(
        (
            (len(line), f"{path.relative_to(ROOT)}:{number}")
            for path in TEMPLATES.rglob("*.html")
            for number, line in enumerate(path.read_text().splitlines(), start=1)
        ),
        reverse=True,
    )


def main(show_all: bool) -> int:
    every_line = lines()
    long = [line for line in every_line if line[0] > MAX_LENGTH]
    rooms = Counter(place.split("/")[1] for _, place in long)
    length, place = every_line[0]
    print(f"Longest template line: {length} characters, {place}")
    print(f"Over {MAX_LENGTH}: {len(long)} of {len(every_line)}, {MOST_LONG} allowed")
    print("By room:", ", ".join(f"{room} {count}" for room, count in rooms.most_common()) or "none")
    if show_all or len(long) > MOST_LONG:
        print("\n".join(f"{length:6}  {place}" for length, place in long))
    return int(len(long) > MOST_LONG)


if __name__ == "__main__":
    sys.exit(main("--list" in sys.argv[1:]))
