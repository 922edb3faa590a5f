"""Prints how much of each room its tests run; fails where it is too little. See `make coverage`.

A room is a package of the second level, such as dashboard/rollouts. The floors are in
pyproject.toml; an exception that a room no longer needs fails too: exceptions only shrink.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SLACK = 2
"""Percent by which a room may beat its exception before the exception must go up."""


def main(report: Path) -> int:
    floors = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["sluice"]["coverage"]
    rooms: dict[str, Counter[str]] = {}
    for file, measured in json.loads(report.read_text())["files"].items():
        rooms.setdefault("/".join(file.split("/")[:-1][:2]), Counter()).update(measured["summary"])
    problems = [problem for name in sorted(rooms) for problem in judge(name, rooms[name], floors)]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def judge(name: str, room: Counter[str], floors: dict[str, Any]) -> list[str]:
    lines = share(room["covered_lines"], room["num_statements"])
    branches = share(room["covered_branches"], room["num_branches"])
    print(f"{name:32} lines {lines:5.1f}% of {room['num_statements']:5}  branches {branches:5.1f}%")
    floor = floors["exceptions"].get(name, floors["lines"])
    if lines < floor:
        return [f"{name}: {lines:.1f}% of its lines are tested, at least {floor}% should be."]
    if name in floors["exceptions"] and lines >= min(floor + SLACK, floors["lines"]):
        return [f"{name}: {lines:.1f}% of its lines are tested: raise or delete its exception."]
    if name in floors["every_branch"] and (missed := room["missing_branches"]):
        return [f"{name}: {missed} branches are not tested; here every one should be."]
    return []


def share(covered: int, total: int) -> float:
    return 100 * covered / total if total else 100.0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
