"""A check as fields of a form, and fields as sent. Whatever was typed comes back as typed. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from dashboard.smoketests.editor.assertion_rows import KINDS, AssertionRow, row_as_sent, row_of
from dashboard.smoketests.suites.document import MOST_ASSERTIONS, Check

Pair = tuple[str, str]
LONGEST_QUERY = 2_000
"""Characters of a body in an address."""
_FIELD = re.compile(r"(request\.\w+|\w+)")
_ASSERTION = re.compile(r"assert\[(\d+)\]\.?(.*)")


@dataclass
class CheckForm:
    """A check as typed. `opened_as` is its name in edit `base`, empty for a new one. `errors` is
    field → message; `problems` are about the check as a whole."""

    name: str = ""
    opened_as: str = ""
    base: int = 0
    is_script: bool = False
    method: str = "GET"
    path: str = "/"
    headers: list[Pair] = field(default_factory=list)
    body: str = ""
    key: str = ""
    overrides: list[Pair] = field(default_factory=list)
    rows: list[AssertionRow] = field(default_factory=list)
    script: str = ""
    timeout: str = "300"
    required: bool = True
    errors: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    focus: str = ""

    def act(self, what: str) -> None:
        """The buttons that change the form itself: add-status, drop-2, up-3, down-0, header…"""
        verb, _, rest = what.partition("-")
        if verb == "add" and rest in KINDS and len(self.rows) < MOST_ASSERTIONS:
            must = KINDS[rest].musts[0][0]
            self.rows.append(AssertionRow(rest, must=must, focused=True))
        elif verb == "add" and rest in ("header", "override"):
            self.focus = rest
        elif verb in ("drop", "up", "down") and rest.isdecimal() and int(rest) < len(self.rows):
            self._move(verb, int(rest))

    def _move(self, verb: str, index: int) -> None:
        """The focus follows the row that moved, or goes to the one after a removed row."""
        row = self.rows.pop(index)
        if verb == "drop":
            if index < len(self.rows):
                self.rows[index].focused = True
            else:
                self.focus = "add"
            return
        self.rows.insert(max(0, index - 1) if verb == "up" else index + 1, row)
        row.focused = True

    def data(self) -> dict[str, Any]:
        """The check in plain values, as YAML has it."""
        optional = {} if self.required else {"required": False}
        if self.is_script:
            timeout = {} if self.timeout in ("", "300") else {"timeout": self.timeout}
            return {"name": self.name, "script": self.script} | timeout | optional
        request: dict[str, Any] = {"method": self.method, "path": self.path}
        for name, value in (
            ("headers", dict(self.headers)),
            ("body", self.body),
            ("key", self.key),
            ("overrides", dict(self.overrides)),
        ):
            request |= {name: value} if value else {}
        asserted = {"assert": [row.data() for row in self.rows]} if self.rows else {}
        return {"name": self.name, "request": request} | asserted | optional

    @property
    def path_error(self) -> str:
        return self.errors.get("request.path", "")

    @property
    def headers_error(self) -> str:
        return self.errors.get("request.headers", "")

    @property
    def body_error(self) -> str:
        return self.errors.get("request.body", "")

    @property
    def overrides_error(self) -> str:
        return self.errors.get("request.overrides", "")

    @property
    def has_bad_row(self) -> bool:
        return any(row.error for row in self.rows)

    @property
    def playground_query(self) -> str:
        """The request as the playground's address has it; a long body is left out."""
        lines = "\n".join(f"{name}: {value}" for name, value in self.headers)
        fields = {"method": self.method, "path": self.path, "headers": lines, "key": self.key}
        body = {"body": self.body} if len(self.body) <= LONGEST_QUERY else {}
        return urlencode({n: v for n, v in (fields | body).items() if v})

    def repeated(self) -> dict[str, str]:
        """Names that stand twice in a table: a mapping would lose one of the values."""
        tables = (("request.headers", self.headers), ("request.overrides", self.overrides))
        duplicates = {}
        for place, pairs in tables:
            names = [name.lower() for name, _ in pairs]
            twice = [name for name in names if names.count(name) > 1]
            if twice:
                duplicates[place] = f"{twice[0]} is there twice."
        return duplicates

    def show_errors(self, places: Sequence[Pair], index: int) -> None:
        """Puts each (place, message) at its field; `index` is this check's place in the suite."""
        own = f"checks[{index}]"
        for place, message in places:
            inside = place.removeprefix(own).removeprefix(".")
            row = _ASSERTION.match(inside)
            named = _FIELD.match(inside)
            if not place.startswith(own) or not inside:
                self.problems.append(message)
            elif row and int(row[1]) < len(self.rows):
                self.rows[int(row[1])].error = f"{row[2]}: {message}" if row[2] else message
            elif named:
                self.errors.setdefault(named[1], message)


def form_of(check: Check, base: int) -> CheckForm:
    """The fields of a saved check."""
    request = check.request
    return CheckForm(
        name=check.name,
        opened_as=check.name,
        base=base,
        is_script=bool(check.script),
        method=request.method,
        path=request.path,
        headers=list(request.headers.items()),
        body=request.body,
        key=request.key,
        overrides=list(request.overrides.items()),
        rows=[row_of(assertion) for assertion in check.assertions],
        script=check.script,
        timeout=f"{check.timeout:g}",
        required=check.required,
    )


def as_sent(sent: QueryDict) -> CheckForm:
    """The form as its reader left it."""
    count = sent.get("asserts", "0")
    numbers = range(min(int(count), MOST_ASSERTIONS)) if _is_short_number(count) else ()
    plain = {f"assert-{i}-{part}" for i in numbers for part in ("kind", "what", "must", "value")}
    fields = {name: sent.get(name, "") for name in plain}
    rows = [row_as_sent(fields, f"assert-{i}-") for i in numbers]
    base = sent.get("base", "0")
    return CheckForm(
        name=sent.get("name", "").strip(),
        opened_as=sent.get("opened_as", ""),
        base=int(base) if _is_short_number(base) else 0,
        is_script=sent.get("kind", "") == "script",
        method=sent.get("method", "GET"),
        path=sent.get("path", "").strip(),
        headers=_pairs(sent, "header"),
        body=sent.get("body", "").replace("\r\n", "\n"),
        key=sent.get("key", "").strip(),
        overrides=_pairs(sent, "override"),
        rows=[row for row in rows if row is not None],
        script=sent.get("script", "").replace("\r\n", "\n"),
        timeout=sent.get("timeout", "").strip(),
        required=sent.get("required", "") == "1",
    )


def _pairs(sent: QueryDict, table: str) -> list[Pair]:
    both = zip(sent.getlist(f"{table}-name"), sent.getlist(f"{table}-value"), strict=False)
    stripped: list[Pair] = [(name.strip(), value.strip()) for name, value in both]
    return [(name, value) for name, value in stripped if name or value]


def _is_short_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 6


def new_form(base: int, *, is_script: bool) -> CheckForm:
    """An empty check; a request begins with the assertion that most have."""
    rows = [] if is_script else [AssertionRow("status", must="equals", value="200")]
    return CheckForm(base=base, is_script=is_script, rows=rows)
