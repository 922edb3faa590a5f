"""Parsers of suites, and comparisons of answers, code and edits."""

from __future__ import annotations

import json
from typing import Any

from dashboard.comparison.compare import Side, compare
from dashboard.comparison.json_diff import walk_text
from dashboard.comparison.noise import key_shape, varies_alike
from dashboard.smoketests.assertions import Received, results_of
from dashboard.smoketests.editor.edit_diff import diff_lines
from dashboard.smoketests.suites.document import Check
from dashboard.smoketests.suites.yaml_format import SuiteError, read_suite
from dashboard.workers.diff.version_diff import files
from tests.dashboard.parsers.parser import Parser


def _suite(assertion: str) -> str:
    return f"name: s\nchecks:\n- name: c\n  assert:\n  - {assertion}\n"


def _judged(assertion: dict[str, Any], body: Any) -> object:
    check = Check.model_validate({"name": "c", "assert": [assertion]})
    text = body if isinstance(body, str) else json.dumps(body)
    return results_of(check, Received(200, (), text.encode(), 1.0, "v"))


def _compared(texts: tuple[str, str, str]) -> object:
    return compare(*(Side(200, (), text.encode()) for text in texts), frozenset())


def _lines(n: int, odd: str) -> str:
    """Every second line is the same, so that each one fits half of the other side's."""
    return "".join(f"same\n{odd}{i}\n" for i in range(n // 2))


def _doubling(n: int) -> dict[str, Any]:
    """A schema of n parts that asks the same question 2 to the power of n times."""
    parts = {f"d{i}": {"allOf": [{"$ref": f"#/$defs/d{i + 1}"}] * 2} for i in range(n)}
    return {"$defs": parts | {f"d{n}": True}, "$ref": "#/$defs/d0"}


class _File:
    """What `workers.compare.files` looks at."""

    def __init__(self, text: str) -> None:
        self.name, self.sha256, self.text, self.why = "a.js", text, text, ""
        self.lines = text.split("\n")


PARSERS: dict[str, Parser] = {
    "suite": Parser(
        read_suite,
        {
            "sexagesimal": lambda n: _suite("{json: $.a, equals: 1" + ":59" * n + "}"),
            "sexagesimal float": lambda n: _suite("{json: $.a, equals: 1" + ":59" * n + ".5}"),
            "digits": lambda n: _suite("{json: $.a, equals: " + "1" * n + "}"),
            "hexadecimal": lambda n: _suite("{json: $.a, equals: 0x" + "f" * n + "}"),
            "underscores": lambda n: _suite("{json: $.a, equals: 1" + "_" * n + "x}"),
            "anchors": lambda n: "".join(f"a{i}: &a{i} x\n" for i in range(n)),
            "aliases": lambda n: "a: &a x\nb: [" + "*a, " * n + "]",
            "deep": lambda n: "[" * n,
            "flow": lambda n: "{" * n,
            "keys": lambda n: "".join(f"k{i}: 1\n" for i in range(n)),
            "wrong checks": lambda n: "name: s\nchecks:\n" + "- {}\n" * min(n, 1000),
            "a schema": lambda n: _suite(
                "{schema: {required: [" + ", ".join(f"k{i}" for i in range(n)) + "]}}"
            ),
            "a path": lambda n: _suite('{json: "' + "$..a" * n + '"}'),
        },
        ("dashboard.smoketests.suites.yaml_format", "dashboard.smoketests.suites.document"),
        size=2_000,
        refuses=(SuiteError,),
    ),
    "assertion": Parser(
        lambda given: _judged(*given),
        {
            "unique objects": lambda n: (
                {"schema": {"uniqueItems": True}},
                [{"a": i} for i in range(n // 2)],
            ),
            "repeated references": lambda n: ({"schema": _doubling(n // 200)}, {}),
            "branches that quote": lambda n: (
                {"schema": {"anyOf": [{"type": "string"}] * (n // 8)}},
                ["x" * 20] * n,
            ),
            "descendants": lambda n: (
                {"json": "$..*..*..nothing"},
                "[" * (n // 40) + "]" * (n // 40),
            ),
            "descendants of many": lambda n: ({"json": "$..[?$..x]"}, [{}] * n),
            "missing keys": lambda n: ({"schema": {"required": [f"k{i}" for i in range(n)]}}, {}),
        },
        (
            "dashboard.smoketests.assertions",
            "dashboard.smoketests.json_rules.schema",
            "dashboard.smoketests.json_rules.path",
        ),
    ),
    "comparison": Parser(
        _compared,
        {
            "other lines": lambda n: (_lines(n, "a"), _lines(n, "b"), _lines(n, "c")),
            "other keys": lambda n: tuple(
                json.dumps({f"{c}{i}": 1 for i in range(n)}) for c in "abc"
            ),
            "other elements": lambda n: tuple(
                json.dumps([x for i in range(n // 8) for x in ("same", f"{c}{i}")]) for c in "abc"
            ),
            "alike elements": lambda n: tuple(
                json.dumps([{"a": "x" * (n // 50), "b": f"{c}{i}"} for i in range(50)])
                for c in "abc"
            ),
            "lists that vary": lambda n: tuple(
                json.dumps({f"k{i}": [f"{c}", f"{c}{c}"] for i in range(n // 4)}) for c in "abc"
            ),
            "a long key": lambda n: tuple(
                json.dumps({"k" * n: {f"{c}{i}": 1 for i in range(n // 8)}}) for c in "abc"
            ),
            "a made-up key": lambda n: tuple(json.dumps({f"{c}{'a' * n}g1": 1}) for c in "abc"),
        },
        (
            "dashboard.comparison.noise_mask",
            "dashboard.comparison.compare",
            "dashboard.comparison.json_diff",
            "dashboard.comparison.list_alignment",
        ),
        size=1_500,
    ),
    "lines": Parser(
        lambda given: walk_text(*given),
        {"every second one": lambda n: (_lines(n, "a"), _lines(n, "b"))},
        ("dashboard.comparison.json_diff", "dashboard.smoketests.same_as_stable"),
    ),
    "key shape": Parser(
        key_shape,
        {"letters": lambda n: "a" * (4 * n) + "g1", "digits": lambda n: "1" * n + "g"},
        ("dashboard.comparison.noise",),
    ),
    "text that varies": Parser(
        lambda texts: varies_alike(*texts),
        {
            "numbers": lambda n: (
                ",".join(str(i) for i in range(n // 10)) + ",end",
                ",".join(str(i + 500) for i in range(n // 10)) + ",end",
                "," * (n // 5) + "x",
            ),
            "words": lambda n: tuple(
                " ".join(f"{c}{i} same" for i in range(n // 100)) for c in "abc"
            ),
            "letters": lambda n: tuple("!".join(c * (n // 20)) for c in "abc"),
            "times": lambda n: ("1:" * n, "2026-01-01T" * n, "1." * n),
        },
        ("dashboard.comparison.noise",),
    ),
    "modules": Parser(
        lambda texts: files([_File(texts[0])], [_File(texts[1])]),  # type: ignore[list-item]
        {"every second line": lambda n: (_lines(n, "a"), _lines(n, "b"))},
        ("dashboard.workers.diff.version_diff",),
    ),
    "edits": Parser(
        lambda texts: diff_lines(*texts),
        {"every second line": lambda n: (_lines(n, "a"), _lines(n, "b"))},
        ("dashboard.smoketests.editor.edit_diff",),
    ),
}
