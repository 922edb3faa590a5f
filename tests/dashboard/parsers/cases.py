"""Parsers of text that people, Workers or other servers choose, with the inputs that hurt most."""

from __future__ import annotations

from tests.dashboard.parsers import check_cases, protocol_cases, request_cases, text_cases
from tests.dashboard.parsers.parser import Parser

PARSERS: dict[str, Parser] = {
    **request_cases.PARSERS,
    **check_cases.PARSERS,
    **text_cases.PARSERS,
    **protocol_cases.PARSERS,
}
