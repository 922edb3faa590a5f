"""Answers against assertions. An answer of another version proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.smoketests.assertions import Received, Verdict, judge
from dashboard.smoketests.suites.document import Check

BODY = b'{"total": 42, "lines": [{"vat": 2.07}], "paid": true, "note": null}'
HEADERS = [("Content-Type", "application/json"), ("x-a", "1"), ("X-A", "2")]


def received(**given: Any) -> Received:
    fields: dict[str, Any] = {
        "status": 200,
        "headers": HEADERS,
        "body": BODY,
        "ms": 12.5,
        "version_id": "new",
    }
    return Received(**(fields | given))


def check(*assertions: dict[str, Any]) -> Check:
    return Check.model_validate({"name": "a", "assert": list(assertions)})


HOLD = [
    {"status": 200},
    {"text": '"total"'},
    {"no_text": "undefined"},
    {"header": "content-type", "equals": "application/json"},
    {"header": "CONTENT-TYPE", "contains": "JSON"},
    {"header": "x-a", "equals": "1, 2"},
    {"header": "x-a"},
    {"json": "$.total", "equals": 42},
    {"json": "$.total", "equals": 42.0},
    {"json": "$.lines[0].vat", "equals": 2.07},
    {"json": "$.lines[?@.vat > 2].vat", "equals": 2.07},
    {"json": "$.lines", "equals": [{"vat": 2.07}]},
    {"json": "$.note", "equals": None},
    {"json": "$.note"},
    {"schema": {"type": "object", "required": ["total"]}},
    {"latency_ms": 13},
]
FAIL = [
    ({"status": 201}, "200"),
    ({"text": "undefined"}, "total"),
    ({"no_text": "total"}, "total"),
    ({"header": "content-type", "equals": "text/html"}, "application/json"),
    ({"header": "x-missing"}, ""),
    ({"json": "$.total", "equals": "42"}, "42"),
    ({"json": "$.paid", "equals": 1}, "true"),
    ({"json": "$.missing"}, "nothing is there"),
    ({"schema": {"required": ["vat"]}}, "$: 'vat' is a required property"),
    ({"schema": {"$ref": "http://localhost:1/x.json"}}, "is not part of the schema"),
    ({"latency_ms": 12}, "12.5"),
]


@pytest.mark.parametrize("assertion", HOLD)
def test_an_assertion_holds(assertion: dict[str, Any]) -> None:
    verdict, results = judge(check(assertion), received(), "new")
    assert (verdict, [r.passed for r in results]) == (Verdict.PASSED, [True, True])


@pytest.mark.parametrize(("assertion", "actual"), FAIL)
def test_an_assertion_that_fails_says_what_was_there(
    assertion: dict[str, Any], actual: str
) -> None:
    verdict, results = judge(check(assertion), received(), "new")
    assert (verdict, results[1].passed) == (Verdict.FAILED, False)
    assert actual in results[1].actual


@pytest.mark.parametrize("version", ["old", ""])
def test_an_answer_of_another_version_is_broken_whatever_it_says(version: str) -> None:
    verdict, results = judge(check({"status": 200}), received(version_id=version), "new")
    assert verdict is Verdict.BROKEN
    assert (results[0].kind, results[0].passed) == ("version", False)


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe", b"[" * 5000])
def test_what_is_no_json_fails_and_is_quoted(body: bytes) -> None:
    verdict, results = judge(check({"json": "$.total"}), received(body=body), "new")
    assert verdict is Verdict.FAILED
    assert results[1].actual.startswith("not JSON")
    assert len(results[1].actual) < 300


def test_without_assertions_only_the_version_counts() -> None:
    assert judge(check(), received(status=500), "new")[0] is Verdict.PASSED


def test_a_schema_that_cannot_be_judged_fails_and_says_so() -> None:
    verdict, results = judge(check({"schema": {"$ref": "#"}}), received(), "new")
    assert verdict is Verdict.FAILED
    assert results[1].actual.startswith("cannot be judged: ")


@pytest.mark.parametrize("frames", [0, 200, 400])
def test_an_endless_schema_fails_alike_at_any_depth_of_the_stack(frames: int) -> None:
    """Too near to Python's limit, a package in Rust panics instead of raising RecursionError."""
    if frames:
        return test_an_endless_schema_fails_alike_at_any_depth_of_the_stack(frames - 1)
    verdict, _ = judge(check({"schema": {"$ref": "#"}}), received(), "new")
    assert verdict is Verdict.FAILED
