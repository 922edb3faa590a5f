"""Counts words of a stilted style (see `WORDS`) in comments, docstrings and templates, per 1,000
words and room. Exits with 1 when a room is over its
limit. `--words` prints how often each word occurs; folders as arguments limit the rooms.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

WORDS = frozenset(
    "said told kept held found asked shown known wanted somebody whoever whom nobody anybody lest "
    "anew".split()
)
LIMIT = 5.0
"""Per 1,000 words."""
LIMITS = {"tests": 7.0}
"""Rooms that may have more, until they have been rewritten. Only ever lower these."""
FEWEST_WORDS = 300
"""A room with fewer words is not measured: a single word would decide."""
_MARKUP = re.compile(r"{%.*?%}|{{.*?}}|<[^>]*>|{#.*?#}", re.S)


def main() -> int:
    folders = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    words: dict[str, Counter[str]] = {}
    for path in _files():
        if not folders or path.startswith(tuple(folders)):
            counted = words.setdefault(_room(path), Counter())
            for text in _texts(path):
                counted.update(re.findall(r"[a-z']+", text.lower()))
    over = [room for room in sorted(words) if not _is_within(room, words[room])]
    if "--words" in sys.argv:
        total = sum(words.values(), Counter())
        print(
            *(f"{total[word]:5} {word}" for word in sorted(WORDS, key=lambda w: -total[w])),
            sep="\n",
        )
    print(f"Dialect: {_rate(sum(words.values(), Counter())):.1f} per 1,000 words in all.")
    return 1 if over else 0


def _is_within(room: str, counted: Counter[str]) -> bool:
    rate, limit = _rate(counted), LIMITS.get(room, LIMIT)
    is_small = counted.total() < FEWEST_WORDS
    verdict = "" if rate <= limit or is_small else f"  over its limit of {limit}"
    if verdict or "-v" in sys.argv:
        print(f"{room:36} {counted.total():6} words {rate:5.1f}{verdict}")
    return not verdict


def _rate(counted: Counter[str]) -> float:
    return 1000 * sum(counted[word] for word in WORDS) / max(counted.total(), 1)


def _files() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout
    names = [name for name in listed.split() if name.endswith((".py", ".html"))]
    return [
        n for n in names if "/migrations/" not in n and n != "bin/dialect.py" and Path(n).exists()
    ]


def _room(path: str) -> str:
    """`dashboard/live`, `routing/agent`, `tests`, `templates`; a file outside a room is its own."""
    parts = path.split("/")
    if parts[0] in ("tests", "templates", "benchmarks", "bin"):
        return parts[0]
    return "/".join(parts[:2])


def _texts(path: str) -> Iterator[str]:
    source = Path(path).read_text()
    if path.endswith(".html"):
        yield _MARKUP.sub(" ", source)
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            if isinstance(node.value.value, str):
                yield node.value.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


if __name__ == "__main__":
    sys.exit(main())
