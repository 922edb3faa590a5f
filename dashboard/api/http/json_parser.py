"""JSON bodies, read strictly: what could not be stored or answered again is refused here."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from dashboard.api.http.errors import ApiError, bad_request
from dashboard.ui.http.storable_text import unstorable

TEXTS = (("annotations", "workers/message"), ("annotations", "workers/pull_request_title"))
"""Where text is for people only."""
_SURROGATES = re.compile("[\ud800-\udfff]+")


class StrictParser(Parser):
    """Whatever its content type says, a body is JSON (wrangler sends some as text/plain)."""

    def parse_body(self, request: HttpRequest) -> Any:
        return parse_json(request.body, "The body")


def parse_json(raw: bytes, what: str) -> Any:
    """The value in `raw`; raises `ApiError` naming `what`, never quoting it.

    A shell or a program may cut a message in the middle of a character. In `TEXTS` such a rest
    becomes U+FFFD; anywhere else it is refused, because it would change what is run.
    """
    try:
        value = json.loads(
            raw.decode(errors="surrogateescape"),
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
        value = _whole(value, what, ())
        holds_nul = unstorable(value)
    except RecursionError as error:
        raise bad_request(f"{what} is nested too deeply.") from error
    except json.JSONDecodeError as error:
        if _SURROGATES.search(error.doc):
            raise bad_request(f"{what} is not UTF-8 text.") from None
        where = f"line {error.lineno} column {error.colno}"
        raise bad_request(f"{what} is not JSON: {error.msg} at {where}.") from None
    except ValueError as error:
        raise bad_request(f"{what} holds a number that cannot be read.") from error
    if holds_nul:
        raise bad_request(f"{what} holds a NUL character.")
    return value


def _whole(value: Any, what: str, path: tuple[str, ...]) -> Any:
    """`value` without surrogates: halves of characters, and bytes that are not UTF-8."""
    if isinstance(value, str):
        return _whole_text(value, what, path)
    if isinstance(value, list):
        return [_whole(item, what, (*path, str(n))) for n, item in enumerate(value)]
    if isinstance(value, dict):
        return {
            _whole_text(key, what, path): _whole(item, what, (*path, key))
            for key, item in value.items()
        }
    return value


def _whole_text(text: str, what: str, path: tuple[str, ...]) -> str:
    if not _SURROGATES.search(text):
        return text
    if path in TEXTS:
        return _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", text)
    where = _SURROGATES.sub("\N{REPLACEMENT CHARACTER}", ".".join(path)[:200])
    raise bad_request(
        f"{what} holds text that is not valid Unicode{f' at {where}' if where else ''}: "
        "bytes that are not UTF-8, or half of a character."
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values of one name: a program that checks one may let another run with the other."""
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ApiError(400, (10026, f"The name {twice[:100]!r} is in one JSON object twice."))
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ApiError(400, (10026, f"{name} is not JSON."))
