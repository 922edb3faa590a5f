"""Why a version was not saved, in the runtime's words, and the line those words are about."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from dashboard.workers.editor import messages
from dashboard.workers.editor.form import EditorForm
from dashboard.workers.editor.form_fields import ModuleField

#: Characters of the source line in the message.
SHOWN = 200
_NO_MODULE = re.compile(r'No such module "([^"]+)"\.\s+imported from "([^"]+)"')
_QUOTED = re.compile(r"""(["'`])([^"'`]+)\1""")


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
    return Refusal(messages.REFUSED, words, locate(words, form))


def locate(words: str, form: EditorForm) -> Place | None:
    """The first `name:line` or `name:line:column` in `words` that names a module of the form; else
    what the runtime names no line of: the import of a module that is missing, a broken JSON."""
    return _named_line(words, form) or _missing(words, form) or _broken_json(words, form)


def _named_line(words: str, form: EditorForm) -> Place | None:
    matches: list[tuple[int, int, re.Match[str]]] = []
    for index, module in enumerate(form.modules):
        if module.name:
            matches += [(m.start(), index, m) for m in _named(module.name).finditer(words)][:1]
    if not matches:
        return None
    _, index, match = min(matches, key=lambda entry: entry[:2])
    return _place(form, index, int(match[1]), int(match[2] or 1))


def _missing(words: str, form: EditorForm) -> Place | None:
    match = _NO_MODULE.search(words)
    if match is None:
        return None
    missing, importer = match[1], match[2]
    for index, module in enumerate(form.modules):
        if module.name.removeprefix("./") != importer:
            continue
        for number, line in enumerate((module.text or "").split("\n"), start=1):
            for quoted in _QUOTED.finditer(line):
                if _leads_to(quoted[2], module, missing):
                    return _place(form, index, number, quoted.start() + 1)
    return None


def _leads_to(specifier: str, importer: ModuleField, name: str) -> bool:
    """Relative to the module that imports, or as it is written, as `node:fs`."""
    folder = posixpath.dirname(importer.name.removeprefix("./"))
    return name in (specifier, posixpath.normpath(posixpath.join(folder, specifier)))


def _broken_json(words: str, form: EditorForm) -> Place | None:
    if "JSON" not in words:
        return None
    for index, module in enumerate(form.modules):
        if module.content_type != "application/json" or module.text is None:
            continue
        try:
            json.loads(module.text)
        except json.JSONDecodeError as error:
            return _place(form, index, error.lineno, error.colno)
        except RecursionError:
            continue
    return None


def _place(form: EditorForm, index: int, line: int, column: int) -> Place:
    module = form.modules[index]
    lines = (module.text or "").split("\n")
    code = lines[line - 1][:SHOWN] if 0 < line <= len(lines) else ""
    return Place(index, module.name, line, column, code)


def _named(name: str) -> re.Pattern[str]:
    """The runtime writes a module's own name or, by compatibility date, file:///bundle/ and it."""
    plain = name.removeprefix("./")
    names = "|".join(map(re.escape, (name, plain, quote(plain))))
    return re.compile(rf"(?:(?<![\w./-])|(?<=/bundle/))(?:{names}):(\d{{1,7}})(?::(\d{{1,7}}))?")
