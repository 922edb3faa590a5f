"""JSON bodies, read strictly: what could not be stored or answered again is refused here."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django.http import HttpRequest
from ninja.parser import Parser

from dashboard.api.errors import ApiError, bad_request
from dashboard.ui.storable_text import unstorable


class StrictParser(Parser):
    """Whatever its content type says, a body is JSON (wrangler sends some as text/plain)."""

    def parse_body(self, request: HttpRequest) -> Any:
        return parse_json(request.body, "The body")


def parse_json(raw: bytes, what: str) -> Any:
    """The value in `raw`; raises `ApiError` naming `what`, never quoting it."""
    try:
        value = json.loads(raw.decode(), parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError as error:
        raise bad_request(f"{what} is not UTF-8 text.") from error
    except RecursionError as error:
        raise bad_request(f"{what} is nested too deeply.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno} column {error.colno}"
        raise bad_request(f"{what} is not JSON: {error.msg} at {where}.") from None
    except ValueError as error:
        raise bad_request(f"{what} holds a number that cannot be read.") from error
    if b"\0" in raw or unstorable(value):
        raise bad_request(f"{what} holds a NUL character.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ApiError(400, (10026, f"{name} is not JSON."))
