"""Masks secrets in requests and answers before they are stored or displayed.

Header lines, query parameters and body fields whose names mark them as secrets are masked, and so
is the value of every stored secret wherever it appears. `{{name}}` stays: it reveals nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

from dashboard.sending import json_text
from dashboard.sending.answer import Answer

MASK = "••••"
#: Everything a request target may hold as it is; the rest is percent-encoded.
TARGET = "/?:@!$&'()*+,;=%-._~[]"
#: Shorter secrets would mask words that only look like them.
SHORTEST = 6
_SECRET = re.compile(
    r"authori[sz]ation|cookie|secret|passw|token|api.?key|access.?key|private.?key|credential"
    r"|signature|session|override.?permission|^permission$|^auth$|^key$|^pwd$|^pin$|^otp$"
    r"|jwt|bearer|csrf|xsrf",
    re.IGNORECASE,
)
_PLAIN = frozenset({"cloudflare-workers-version-key"})
_VARIABLES_ONLY = re.compile(r"((bearer|basic|token) )?\s*\{\{\s*\w+\s*\}\}\s*", re.IGNORECASE)
_JSON_PAIR = re.compile(r'("([^"\\]{1,80})"\s*:\s*)"(?:[^"\\]|\\.)*"?')
#: Split by their ends: a search for "name=" takes quadratic time.
_PIECE = re.compile(r"[^&#]+")


def is_secret(name: str) -> bool:
    """Whether values under this name are masked."""
    return name.lower() not in _PLAIN and _SECRET.search(name.strip()) is not None


def value(text: str) -> str:
    """The value of a secret: masked, unless it is empty or only names a variable."""
    return text if not text or _VARIABLES_ONLY.fullmatch(text) else MASK


def named(name: str, text: str) -> str:
    """The value that stands under `name`."""
    return value(text) if is_secret(name) else text


def header_line(line: str) -> str:
    """One `Name: value` line."""
    name, colon, text = line.partition(":")
    return f"{name}{colon} {value(text.strip())}" if is_secret(name) else line


def headers_of(lines: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """An answer's header lines, secrets masked."""
    return [(name, MASK if is_secret(name) else text) for name, text in lines]


def target(path: str) -> str:
    """A path and its query."""
    place, mark, query = path.partition("?")
    return place + mark + pairs(query)


def pairs(text: str) -> str:
    """`name=value` pieces with & between them."""
    return _PIECE.sub(_pair, text)


def body(text: str) -> str:
    """A body by its fields, where it is JSON or a form; other text stays."""
    if json_text.is_json(text):
        return json_text.replace_strings(text, named)
    return pairs(text) if "=" in text else text


def evidence(text: str, secrets: Iterable[str]) -> str:
    """The first part of an answer's body: fields and stored secrets masked, JSON cut or whole."""
    masked = body(text)
    if masked == text and text.lstrip().startswith(("{", "[")):
        masked = _JSON_PAIR.sub(_json_pair, text)
    return mask(masked, secrets)


class Masks:
    """Masks values as they are, and as they are encoded in addresses and JSON."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._forms = {s: _forms(s) for s in dict.fromkeys(secrets) if len(s) >= SHORTEST}
        # Of two forms the longer one first: the shorter one may be a part of it.
        self._all = sorted({f for forms in self._forms.values() for f in forms}, key=len)[::-1]

    def __bool__(self) -> bool:
        return bool(self._all)

    def those_in(self, text: str) -> Masks:
        """Only those that occur in `text`, to mask many short parts of it quickly."""
        return Masks(s for s, forms in self._forms.items() if any(form in text for form in forms))

    def text(self, text: str) -> str:
        """`text` with each value masked."""
        for form in self._all:
            text = text.replace(form, MASK)
        return text

    def content(self, content: bytes) -> bytes:
        """The same for bytes."""
        for form in self._all:
            content = content.replace(form.encode("utf-8", "surrogatepass"), MASK.encode())
        return content

    def value(self, value: Any) -> Any:
        """The same for all text in a JSON value."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {self.text(str(key)): self.value(item) for key, item in value.items()}
        return value


def mask(text: str, secrets: Iterable[str]) -> str:
    """`text` without the values of stored secrets."""
    return Masks(secrets).text(text)


def without_secrets(answer: Answer, secrets: tuple[str, ...]) -> Answer:
    """The answer with the values of stored secrets masked, should the Worker repeat them."""
    masks = Masks(secrets)
    if not masks:
        return answer
    headers = [(name, masks.text(text)) for name, text in answer.headers]
    return replace(answer, body=masks.content(answer.body), headers=headers)


def _forms(secret: str) -> frozenset[str]:
    """As it is typed, in a path, in a query, in a form and in JSON."""
    octets = secret.encode("utf-8", "surrogatepass")
    encoded = {quote(octets, safe=TARGET), quote(octets, safe=""), quote_plus(octets)}
    quoted = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return frozenset({secret} | encoded | quoted)


def _json_pair(match: re.Match[str]) -> str:
    return f'{match[1]}"{MASK}"' if is_secret(match[2]) else match[0]


def _pair(match: re.Match[str]) -> str:
    left, equals, text = match[0].partition("=")
    name = left.rpartition("?")[2]
    return f"{left}={value(text)}" if equals and name and is_secret(name) else match[0]
