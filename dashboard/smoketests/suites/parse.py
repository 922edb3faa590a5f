"""Suites that people and tools send: a large one is parsed in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from dashboard.limits import child_process
from dashboard.smoketests.suites.document import Suite
from dashboard.smoketests.suites.yaml_format import SuiteError, read_suite, suite_from_data


def parse_yaml(text: str) -> Suite:
    """The suite in a YAML text. Raises `SuiteError`."""
    return _parse(read_suite, text)


def parse_data(data: dict[str, Any]) -> Suite:
    """The suite in plain JSON values. Raises `SuiteError`."""
    text = json.dumps(data)
    return suite_from_data(data) if len(text) < child_process.LONG else parse_json(text)


def parse_json(text: str) -> Suite:
    """The suite in a JSON object. Raises `SuiteError`."""
    return _parse(_suite_from_json, text)


def _parse(function: Callable[[str], Suite], text: str) -> Suite:
    try:
        return child_process.call(function, text)
    except child_process.TextTooComplex as error:
        seconds = child_process.SECONDS
        message = f"The suite takes more than {seconds} seconds to read. Split it."
        raise SuiteError([message]) from error


def _suite_from_json(text: str) -> Suite:
    return suite_from_data(json.loads(text))
