"""{{name}} in a request: filled in when it is sent, so that what is kept names it only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
USE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]{0,62})\s*\}\}")
MASK = "••••"
#: Shorter secrets would mask words that only look like them.
_SHORTEST = 6


def fill(text: str, variables: Mapping[str, str], errors: dict[str, str]) -> str:
    """`text` with its variables; the first unknown one is said in `errors`."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in variables:
            errors.setdefault("variables", f"No variable {{{{{name}}}}} that you may use is set.")
            return found[0]
        return variables[name]

    return USE.sub(value, text) if "{{" in text else text


def mask(text: str, secrets: Iterable[str]) -> str:
    """`text` without the values of secret variables, as far as they stand in it unchanged."""
    for secret in secrets:
        if len(secret) >= _SHORTEST:
            text = text.replace(secret, MASK)
    return text
