"""Prints the ten largest files and Python functions, so that a seam is looked for in time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("dashboard", "routing", "templates", "static", "tests", "benchmarks", "bin")
KINDS = {".py", ".js", ".css", ".html"}


def sources() -> Iterator[Path]:
    for room in ROOMS:
        yield from (path for path in (ROOT / room).rglob("*") if path.suffix in KINDS)


def functions(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            lines = node.end_lineno - node.lineno + 1
            yield lines, f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"


def show(title: str, found: list[tuple[int, str]]) -> None:
    print(title)
    for lines, name in sorted(found, reverse=True)[:10]:
        print(f"{lines:6}  {name}")


def main() -> None:
    paths = list(sources())
    files = [(len(p.read_text().splitlines()), str(p.relative_to(ROOT))) for p in paths]
    show("Largest files (over 300: look for the seam; over 400: split, or say why)", files)
    python = [path for path in paths if path.suffix == ".py"]
    show(
        "Largest functions (10 is typical, 35 the exception, 60 never)",
        [function for path in python for function in functions(path)],
    )


if __name__ == "__main__":
    main()
