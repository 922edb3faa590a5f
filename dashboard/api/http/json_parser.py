"""Strict JSON: refuses text that could not be stored or sent back."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from dashboard.api import messages
from dashboard.api.http.errors import ApiError, bad_request
from dashboard.ui.http.storable_text import unstorable

TEXTS = (("annotations", "workers/message"), ("annotations", "workers/pull_request_title"))
"""Text for people only."""
_SURROGATES = re.compile("[\ud800-\udfff]+")


class StrictParser(Parser):
    """Parses every body as JSON: wrangler sends some as text/plain."""

    def parse_body(self, request: HttpRequest) -> Any:
        return parse_json(request.body, "The body")


def parse_json(raw: bytes, what: str) -> Any:
    """The value in `raw`. Raises `ApiError` that names `what` and never quotes it.

    A shell or a program may cut a message within a character. In `TEXTS` the rest becomes U+FFFD;
    elsewhere it is refused, because it would change the program.
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
        raise bad_request(messages.json_too_deep(what)) from error
    except json.JSONDecodeError as error:
        if _SURROGATES.search(error.doc):
            raise bad_request(messages.json_not_utf8(what)) from None
        problem = messages.json_invalid(what, error.msg, error.lineno, error.colno)
        raise bad_request(problem) from None
    except ValueError as error:
        raise bad_request(messages.json_number_unreadable(what)) from error
    if holds_nul:
        raise bad_request(messages.json_holds_nul(what))
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
    raise bad_request(messages.json_not_unicode(what, where))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuses a repeated name: two programs may each read another of its values."""
    value = dict(pairs)
    if len(value) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ApiError(400, (10026, messages.json_name_twice(twice)))
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ApiError(400, (10026, messages.json_constant(name)))
