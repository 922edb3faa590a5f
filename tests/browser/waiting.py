"""Waiting for what a page comes to."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Page


def until(page: Page, expression: str, arg: Any = None, timeout: float = 30.0) -> None:
    """Waits for an expression to be true, by asking from outside: `wait_for_function` evaluates
    within the page when it asks again, which the page's policy forbids."""
    deadline = time.monotonic() + timeout
    while not page.evaluate(expression, arg):
        assert time.monotonic() < deadline, f"never true: {expression}"
        page.wait_for_timeout(30)
