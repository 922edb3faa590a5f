"""Why a version was not saved, in the runtime's words, and the line those words are about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from dashboard.workers.editor_form import EditorForm

#: Characters of the line shown beside the words.
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a module of the form; `code` is that line's text."""

    module: int
    name: str
    line: int
    column: int
    code: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`title` says what did not happen; `words` are the runtime's, verbatim."""

    title: str
    words: str = ""
    place: Place | None = None
    problems: Sequence[str] = ()

    @property
    def first_line(self) -> str:
        return self.words.partition("\n")[0]


def refused(words: str, form: EditorForm) -> Refusal:
    return Refusal("Version refused. Nothing changed.", words, locate(words, form))


def locate(words: str, form: EditorForm) -> Place | None:
    """The first `name:line` or `name:line:column` in `words` that names a module of the form."""
    found: list[tuple[int, int, re.Match[str]]] = []
    for index, module in enumerate(form.modules):
        if module.name:
            found += [(m.start(), index, m) for m in _named(module.name).finditer(words)][:1]
    if not found:
        return None
    _, index, match = min(found, key=lambda entry: entry[:2])
    module, line = form.modules[index], int(match[1])
    lines = (module.text or "").split("\n")
    code = lines[line - 1][:SHOWN] if 0 < line <= len(lines) else ""
    return Place(index, module.name, line, int(match[2] or 1), code)


def _named(name: str) -> re.Pattern[str]:
    """The runtime writes a module's own name or, by compatibility date, file:///bundle/ and it."""
    plain = name.removeprefix("./")
    names = "|".join(map(re.escape, (name, plain, quote(plain))))
    return re.compile(rf"(?:(?<![\w./-])|(?<=/bundle/))(?:{names}):(\d{{1,7}})(?::(\d{{1,7}}))?")
