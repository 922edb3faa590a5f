"""Suites as files: read, written, read again; and everything that is refused, by its place."""

from __future__ import annotations

import pytest
from hypothesis import given, settings, strategies as st

from dashboard.smoketests.suites import yaml_format
from dashboard.smoketests.suites.document import LARGEST_BODY, MOST_CHECKS
from dashboard.smoketests.suites.yaml_format import (
    SuiteError,
    read_suite,
    suite_from_data,
    write_suite,
)

SUITE = """
name: Checkout smoke
checks:
  - name: a quote has a total
    request:
      method: POST
      path: /api/quote?x=1
      headers: {content-type: application/json, x-retry: 3}
      body: '{"sku": "TEA-250"}'
      key: user-4411
      overrides: {pricing: candidate}
    assert:
      - {status: 200}
      - {header: content-type, contains: json}
      - {header: x-request-id}
      - {text: total}
      - {no_text: undefined}
      - {json: "$.lines[0].vat", equals: 2.07}
      - {json: "$.note", equals: null}
      - {json: "$.day", equals: 2026-11-29}
      - {schema: {type: object, required: [total]}}
      - {latency_ms: 60}
  - name: home
"""


def test_a_suite_survives_being_written_and_read() -> None:
    suite = read_suite(SUITE)
    assert read_suite(write_suite(suite)) == suite
    assert write_suite(read_suite(write_suite(suite))) == write_suite(suite)


def test_defaults_are_a_plain_get_of_the_root() -> None:
    home = read_suite(SUITE).checks[1]
    assert (home.request.method, home.request.path, home.assertions) == ("GET", "/", ())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "mapping with name and checks"),
        ("name: x\nchecks: []", "checks: "),
        ("name: x", "checks: Field required"),
        ("name: x\nchecks: [{name: a}, {name: a}]", "2 checks are called 'a'"),
        ("name: x\nchecks: [{name: a, request: {path: a}}]", "checks[0].request.path: a path"),
        ("name: x\nchecks: [{name: a, request: {path: /a b}}]", "has no spaces"),
        ("name: x\nchecks: [{name: a, request: {method: FETCH}}]", "checks[0].request.method"),
        (
            'name: x\nchecks: [{name: a, request: {headers: {"a b": c}}}]',
            "not the name of a header",
        ),
        ('name: x\nchecks: [{name: a, request: {headers: {a: "b\\nc"}}}]', "has a line break"),
        ("name: x\nchecks: [{name: a, requests: {}}]", "checks[0].requests"),
        ("name: x\nchecks: [{name: a, assert: [{status: 20}]}]", "checks[0].assert[0].status: "),
        ("name: x\nchecks: [{name: a, assert: [{}]}]", "exactly one of status"),
        ("name: x\nchecks: [{name: a, assert: [{status: 200, text: b}]}]", "exactly one of status"),
        ('name: x\nchecks: [{name: a, assert: [{json: "$["}]}]', "is not a JSONPath"),
        ("name: x\nchecks: [{name: a, assert: [{schema: {type: 3}}]}]", "no JSON Schema"),
        (
            'name: x\nchecks: [{name: a, assert: [{schema: {items: {pattern: "^(a+)+$"}}}]}]',
            "pattern is",
        ),
        ("name: x\nchecks: [{name: a, assert: [{json: \"$[?match(@.a, 'a+')]\"}]}]", "match() and"),
        ("a: &a [1]\nb: *a", "aliases are not read"),
        ("[" * 100, "too deeply nested"),
        ("!!python/object/apply:os.system [true]", "not YAML that can be read"),
        ("\t- x", "line 1"),
    ],
)
def test_what_is_wrong_is_named_by_its_place(text: str, words: str) -> None:
    with pytest.raises(SuiteError) as error:
        read_suite(text)
    assert words in str(error.value)


def test_a_thousand_checks_are_read_and_one_more_is_refused() -> None:
    checks = [{"name": f"check {n}"} for n in range(MOST_CHECKS)]
    assert len(suite_from_data({"name": "large", "checks": checks}).checks) == MOST_CHECKS
    with pytest.raises(SuiteError, match="at most 1000"):
        suite_from_data({"name": "large", "checks": [*checks, {"name": "one more"}]})


def test_a_body_of_ten_megabytes_is_refused_by_name() -> None:
    check = {"name": "a", "request": {"body": "x" * (10 * LARGEST_BODY)}}
    with pytest.raises(SuiteError, match=r"checks\[0\].request.body: a body has at most 1,048,576"):
        suite_from_data({"name": "large", "checks": [check]})


@settings(max_examples=40)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_suite(text)
    except SuiteError as error:
        assert error.problems  # noqa: PT017 - most texts are no error


def test_very_many_values_are_refused_before_any_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_format, "MOST_VALUES", 100)
    with pytest.raises(SuiteError, match="more than 100 values"):
        read_suite("name: s\nchecks: [" + "{a: b}, " * 50 + "]")
