"""{% load lines %}: lines of code. Pages have thousands of them, too many for a template's loop."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from django import template
from django.utils.safestring import SafeString, mark_safe

from dashboard.workers.diff.version_diff import DiffLine
from dashboard.workers.queries.module_text import ModuleText

register = template.Library()

_SIGNS = {
    "new": '+<span class="visually-hidden"> added</span>',
    "gone": '−<span class="visually-hidden"> removed</span>',
}


@register.simple_tag
def numbered(file: ModuleText) -> SafeString:
    """The items of a list: each line with its number, which is a link to it."""
    name = f"m{file.position}-L"
    return mark_safe(
        "".join(
            f'<li id="{name}{n}"><a class="line-number" tabindex="-1" href="#{name}{n}" '
            f'aria-label="Line {n}">{n}</a><code>{escape(line)}</code></li>'
            for n, line in enumerate(file.lines, 1)
        )
    )


@register.simple_tag
def compared(lines: Iterable[DiffLine]) -> SafeString:
    """The rows of a table: numbers on both sides, a sign with its word, the text."""
    return mark_safe("".join(_gap(line) if line.kind == "gap" else _row(line) for line in lines))


def _row(line: DiffLine) -> str:
    left, right = ("" if n is None else n for n in (line.left, line.right))
    sign = _SIGNS.get(line.kind, "")
    return (
        f'<tr class="diff-{line.kind}"><td class="line-number">{left}</td>'
        f'<td class="line-number">{right}</td><td class="diff-sign">{sign}</td>'
        f"<td><code>{escape(line.text)}</code></td></tr>"
    )


def _gap(line: DiffLine) -> str:
    words = f"{line.skipped} unchanged line{'' if line.skipped == 1 else 's'}"
    return f'<tr class="diff-gap"><td colspan="3"></td><td>{words}</td></tr>'
