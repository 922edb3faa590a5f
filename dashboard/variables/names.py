"""{{name}} in a request: filled in when it is sent, so that stored requests hold the name only."""

from __future__ import annotations

import re
from collections.abc import Mapping

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
USE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,62})\s*\}\}")


def fill(text: str, variables: Mapping[str, str], errors: dict[str, str]) -> str:
    """`text` with its variables; the first unknown one goes into `errors`."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in variables:
            errors.setdefault("variables", f"No variable {{{{{name}}}}} that you may use is set.")
            return match[0]
        return variables[name]

    return USE.sub(value, text) if "{{" in text else text
