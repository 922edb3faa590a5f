"""Parsers of requests: commands, the playground, HAR files, answers."""

from __future__ import annotations

import json
from typing import Any

from dashboard.playground.check_import.from_har import checks_of_har
from dashboard.playground.curl_import import parse
from dashboard.playground.curl_import.shell_words import words_of
from dashboard.playground.request.code_export import exports
from dashboard.playground.request.form import compose
from dashboard.playground.send.proof import version_in_body
from dashboard.sending import json_text, redaction
from dashboard.sending.answer import Answer, Timing
from dashboard.variables.names import fill
from tests.dashboard.parsers.parser import Parser, repeated


def _answer(body: str) -> Answer:
    return Answer(
        "edge", 200, [("content-type", "application/json")], body.encode(), timing=Timing()
    )


def _har(entry: dict[str, Any], n: int) -> str:
    return json.dumps({"log": {"entries": [entry] * min(n, 1000)}})


def _words(text: str) -> None:
    assert len(words_of(text).notes) <= 20


PARSERS: dict[str, Parser] = {
    "words of a command": Parser(
        _words,
        repeated(
            "curl ",
            (
                *("'", '"', "$'", "\\", "^", '^"', "$", "`", "#", "|", "&", ">", "<", " ", "\n"),
                *("\\\n", "a", "\\'", '\\"', "$'\\", "'a'", '"a"', "$'a'", "$a ", " #", "{"),
                *("[1-2]", "-H a", " -d @x"),
            ),
        ),
        ("dashboard.playground.curl_import.shell_words",),
        size=15_000,
    ),
    "parts of a command": Parser(
        parse.read,
        repeated(
            "curl http://shop/?a=b",
            (
                " -d a",
                " -H a:b",
                " -F a=b;type=c",
                " -F 'a=   ",
                " x.y",
                " {a,b}",
                "&a=",
                " -F a=;",
            ),
        )
        | {"spaces": lambda n: f"curl http://shop/ -F 'a={' ' * n}x'"},
        ("dashboard.playground.curl_import.parse",),
        size=15_000,
    ),
    "JSON to lay out": Parser(
        lambda text: (json_text.is_json(text), list(json_text.pretty("[" + text))),
        repeated("", ("[", '"', "\\", '"a",', " ", "1,", '{"a":')),
        ("dashboard.sending.json_text",),
        size=15_000,
    ),
    "curl": Parser(
        parse.read,
        {
            "digits, then arrows": lambda n: f"curl http://a.b/ -d {'1' * n}a{'<' * n}",
            "unknown options": lambda n: "curl http://a.b/ " + "--dxx " * (n // 5),
            "variables": lambda n: "curl http://a.b/ " + "$" * n,
            "backticks": lambda n: "curl http://a.b/ " + "`" * n,
            "globs": lambda n: "curl 'http://a.b/" + "{a," * n + "'",
            "ranges": lambda n: "curl 'http://a.b/" + "[1" * n + "'",
            "switches": lambda n: "curl http://a.b/ -" + "s" * n,
            "headers": lambda n: "curl http://a.b/ " + "-H a:b " * (n // 50),
            "parts": lambda n: "curl http://a.b/ " + '-F a="b;type=x;type=" ' * (n // 9),
            "one part": lambda n: "curl http://a.b/ -F 'a=" + ';type="' * n + "'",
            "data": lambda n: "curl http://a.b/ " + "-d a " * (n // 3),
            "files": lambda n: "curl http://a.b/ " + "-d @a " * (n // 3),
            "queries": lambda n: "curl http://a.b/ " + "--url-query a=b " * (n // 9),
            "dots": lambda n: "curl http://a.b/" + "a/../" * n,
            "escapes": lambda n: "curl http://a.b/ -d $'" + r"\u00e9" * n + "'",
            "words": lambda n: "curl http://a.b/ " + "a.b " * n,
            "operators": lambda n: "curl http://a.b/ " + "a;b|c&d" * n,
            "Windows quotes": lambda n: 'curl "http://a.b/" ^\n -d "' + '\\\\\\"' * n + '"',
            "carets": lambda n: 'curl ^"http://a.b/^" ' + "^" * n,
            "backslashes": lambda n: 'curl ^"http://a.b/^" ' + "\\" * n,
            "one host": lambda n: "curl " + "a." * n + "!",
        },
        (
            *(
                "dashboard.playground.curl_import.parse",
                "dashboard.playground.curl_import.shell_words",
            ),
            *(
                "dashboard.playground.curl_import.windows",
                "dashboard.playground.curl_import.address",
            ),
            "dashboard.playground.curl_import.form",
        ),
        size=6_000,
    ),
    "playground request": Parser(
        lambda sent: exports(compose("shop", sent)),
        {
            "header lines": lambda n: {"headers": "a: b\n" * n},
            "variables": lambda n: {"path": "/" + "{{ " * n, "body": "{{" * n},
            "a path of dots": lambda n: {"path": "/." * min(n, 2000)},
            "JSON": lambda n: {"kind": "json", "body": "[" * n, "method": "POST"},
            "a form": lambda n: {"kind": "form", "body": "a=b\n" * n, "method": "POST"},
            "other Workers": lambda n: {f"version.{i}": "x" for i in range(n)},
        },
        (
            "dashboard.playground.request.form",
            "dashboard.playground.request.code_export",
            "dashboard.variables.names",
            "dashboard.playground.request.typed_request",
        ),
    ),
    "variables": Parser(
        lambda text: fill(text, {"a": "b"}, {}),
        {
            "braces": lambda n: "{{" * n,
            "spaces": lambda n: "{{" + " " * n,
            "uses": lambda n: "{{a}}" * n,
        },
        ("dashboard.variables.names",),
    ),
    "HAR": Parser(
        lambda text: checks_of_har(text, "shop"),
        {
            "deep": lambda n: "[" * n,
            "headers": lambda n: _har(
                {
                    "request": {
                        "method": "GET",
                        "url": "http://a/",
                        "headers": [{"name": f"n{i}", "value": "v"} for i in range(n // 100)],
                    }
                },
                20,
            ),
            "one address": lambda n: _har(
                {"request": {"method": "GET", "url": "http://" + "a." * n}}, 1
            ),
        },
        ("dashboard.playground.check_import.from_har",),
    ),
    "redaction": Parser(
        lambda text: (
            redaction.evidence(text, ("secret value",)),
            redaction.target(text),
            redaction.header_line(text),
            redaction.value(text),
        ),
        {
            "quotes": lambda n: '{"' * n,
            "pairs": lambda n: '{"a":"b",' * n,
            "spaces": lambda n: '{"a"' + " " * n,
            "equals": lambda n: "=" * n,
            "pieces": lambda n: "a=b&" * n,
            "names": lambda n: "pass" * n,
            "bearer": lambda n: "bearer " * n,
            "braces": lambda n: "bearer {{" + " " * n,
        },
        ("dashboard.sending.redaction",),
    ),
    "JSON text": Parser(
        lambda text: (
            json_text.is_json(text),
            list(json_text.pretty(text)),
            json_text.strict(text),
        ),
        {
            "deep": lambda n: "[" * (n // 8) + "]" * (n // 8),
            "numbers": lambda n: f"[{'1,' * n}1]",
            "digits": lambda n: f"[0.{'1' * n}]",
            "keys": lambda n: json.dumps({f"k{i}": i for i in range(n)}),
        },
        ("dashboard.sending.json_text",),
        refuses=(ValueError, RecursionError),
    ),
    "version in a body": Parser(
        lambda body: version_in_body(_answer(body), "x", frozenset(("x",))),
        {
            "a long key": lambda n: json.dumps({"k" * n: {f"k{i}": "" for i in range(n // 4)}}),
            "hexadecimal": lambda n: "abcdef01-" * n,
        },
        ("dashboard.playground.send.proof",),
        size=8_000,
    ),
}
