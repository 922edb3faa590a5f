"""Parsers of text that people, Workers or other servers choose, with the inputs that hurt most."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from dashboard.accounts.passwords.rules import plain_forms
from dashboard.accounts.sign_in.browsers import device_name
from dashboard.api.http.errors import ApiError
from dashboard.api.http.json_parser import parse_json
from dashboard.api.http.multipart import _fields
from dashboard.api.tail.trace_events import parse_filters
from dashboard.comparison.compare import Side, compare
from dashboard.comparison.json_diff import walk_text
from dashboard.comparison.noise import key_shape, varies_alike
from dashboard.discussion.markdown import render
from dashboard.discussion.mentions import mentioned
from dashboard.exports.jobs.destination import parse_destination
from dashboard.exports.jobs.filters import parse_filter
from dashboard.observability.ingest.source_maps import mapped
from dashboard.observability.requests import search
from dashboard.playground.check_import.from_har import checks_of_har
from dashboard.playground.curl_import import parse
from dashboard.playground.curl_import.shell_words import words_of
from dashboard.playground.request.code_export import exports
from dashboard.playground.request.form import compose
from dashboard.playground.send.proof import version_in_body
from dashboard.rollouts.decisions.plan import parse_steps
from dashboard.rollouts.external_guardrails.prometheus import fill_variables
from dashboard.rollouts.external_guardrails.verdict_answer import verdict_of
from dashboard.sending import json_text, redaction
from dashboard.sending.answer import Answer, Timing
from dashboard.smoketests.assertions import Received, results_of
from dashboard.smoketests.editor.edit_diff import diff_lines
from dashboard.smoketests.suites.document import Check
from dashboard.smoketests.suites.yaml_format import SuiteError, read_suite
from dashboard.times.hours import parse_hours
from dashboard.ui.http.storable_text import storable
from dashboard.ui.jump.matching import corrected, score
from dashboard.ui.redact_url import holds_secret, redacted_url
from dashboard.variables.names import fill
from dashboard.workers.diff.version_diff import files
from dashboard.workers.editor.errors import _QUOTED
from routing.agent.access_log.log_line import parse as parse_log_line
from routing.agent.worker_logs import redact
from routing.rules.header.fixes import fixed_header
from routing.rules.override import read_override
from routing.rules.permissions.presented import take_cookie, tokens

Make = Callable[[int], Any]


@dataclass(frozen=True)
class Parser:
    """`run` takes what an input makes of a size; `covers` are the modules that it goes through."""

    run: Callable[[Any], object]
    inputs: dict[str, Make]
    covers: tuple[str, ...]
    size: int = 4_000
    refuses: tuple[type[Exception], ...] = field(default=(ValueError,))


def _suite(assertion: str) -> str:
    return f"name: s\nchecks:\n- name: c\n  assert:\n  - {assertion}\n"


def _judged(assertion: dict[str, Any], body: Any) -> object:
    check = Check.model_validate({"name": "c", "assert": [assertion]})
    text = body if isinstance(body, str) else json.dumps(body)
    return results_of(check, Received(200, (), text.encode(), 1.0, "v"))


def _compared(texts: tuple[str, str, str]) -> object:
    return compare(*(Side(200, (), text.encode()) for text in texts), frozenset())


def _answer(body: str) -> Answer:
    return Answer(
        "edge", 200, [("content-type", "application/json")], body.encode(), timing=Timing()
    )


def _har(entry: dict[str, Any], n: int) -> str:
    return json.dumps({"log": {"entries": [entry] * min(n, 1000)}})


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


def _repeated(start: str, pieces: Iterable[str]) -> dict[str, Make]:
    """Each piece again and again, up to so many characters."""
    return {
        f"repeated {piece!r}": lambda n, piece=piece: start + piece * (n // len(piece))
        for piece in pieces
    }


def _words(text: str) -> None:
    assert len(words_of(text).notes) <= 20


PARSERS: dict[str, Parser] = {
    "words of a command": Parser(
        _words,
        _repeated(
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
        _repeated(
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
        _repeated("", ("[", '"', "\\", '"a",', " ", "1,", '{"a":')),
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
    "Markdown": Parser(
        render,
        {
            "brackets": lambda n: "[" * n,
            "links": lambda n: "[a](" * (n // 4),
            "closed brackets": lambda n: "[" * (n // 2) + "]" * (n // 2),
            "emphasis": lambda n: "*a_ " * (n // 4),
            "stars": lambda n: "*a " * (n // 3) + "**",
            "backticks": lambda n: "".join("`" * i + " " for i in range(1, int((2 * n) ** 0.5))),
            "quotes": lambda n: ">" * n,
            "lists": lambda n: "- " * (n // 2),
            "autolinks": lambda n: "<a" * (n // 2),
            "entities": lambda n: "&a" * (n // 2),
            "mentions": lambda n: "@a.-" * (n // 4),
            "references": lambda n: "[a]: b\n" * (n // 7),
            "tildes": lambda n: "~~a " * (n // 4),
        },
        ("dashboard.discussion.markdown", "dashboard.discussion.mentions"),
        size=2_500,
    ),
    "mentions": Parser(
        lambda text: mentioned(text, ["ann", "bob"]),
        {"dots": lambda n: "@" + "a.-@" * n, "names": lambda n: "@ann " * n},
        ("dashboard.discussion.mentions",),
    ),
    "override header": Parser(
        lambda text: (read_override([text], "shop"), fixed_header(text, "shop")),
        {
            "members": lambda n: 'a="b", ' * (n // 7),
            "quotes": lambda n: '"' * n,
            "parameters": lambda n: 'a="b"' + ";c=1" * (n // 4),
            "lists": lambda n: "a=(" + " b" * (n // 2),
            "spaces": lambda n: 'a="b"' + " " * n + "x",
            "equals": lambda n: "a=" * (n // 2),
            "semicolons": lambda n: "a:b;" * (n // 4),
        },
        (
            "routing.rules.header.plain_members",
            "routing.rules.override",
            "routing.rules.header.spans",
            "routing.rules.header.fixes",
            "routing.rules.header.sf_items",
            "routing.rules.header.parse_error_text",
            "routing.rules.header.fields",
        ),
    ),
    "cookies and permissions": Parser(
        lambda text: (tokens([text]), take_cookie([text])),
        {"pairs": lambda n: "a=b;" * n, "commas": lambda n: "," * n, "equals": lambda n: "=" * n},
        ("routing.rules.permissions.presented", "routing.rules.permissions.token"),
    ),
    "JSON of the API": Parser(
        lambda text: parse_json(text.encode(), "The body"),
        {
            "deep": lambda n: "[" * n,
            "objects": lambda n: '{"a":' * 400 + f'"{"x" * n}"' + "}" * 400,
            "digits": lambda n: "1" * n,
            "escapes": lambda n: json.dumps({"a": "\\" * n}),
        },
        ("dashboard.api.http.json_parser",),
        refuses=(ApiError,),
    ),
    "filters of a tail": Parser(
        lambda given: parse_filters(given, "").match(
            {"event": None, "outcome": "ok", "logs": [{"message": ["x" * 1000]}], "version_id": ""},
            0.0,
        ),
        {"many": lambda n: [{"query": "x" * 10}] * n, "long": lambda n: [{"query": "x" * n}]},
        ("dashboard.api.tail.trace_events",),
    ),
    "filter of an export": Parser(
        lambda text: parse_filter(text, {"Worker": "string"}),
        {
            "deep": lambda n: '{"where":{"and":[' * n,
            "long": lambda n: '{"where":{"key":"' + "a" * n,
        },
        ("dashboard.exports.jobs.filters",),
    ),
    "destination of an export": Parser(
        parse_destination,
        {
            "steps": lambda n: "s3://bucket/" + "a/" * n + "?region=auto",
            "pairs": lambda n: "s3://bucket/a?" + "a=b&" * n,
        },
        ("dashboard.exports.jobs.destination",),
    ),
    "search": Parser(
        lambda text: search.parse({"text": text, "status": text, "since": text}),
        {"text": lambda n: "a" * n, "digits": lambda n: "1" * n},
        ("dashboard.observability.requests.search",),
    ),
    "jump": Parser(
        lambda text: (
            score(text.split(), "Roll back my-api"),
            corrected(text.split(), ["rollback"]),
        ),
        {"a word": lambda n: "a" * n, "words": lambda n: "rolback " * (n // 8)},
        ("dashboard.ui.jump.matching",),
    ),
    "address": Parser(
        lambda text: (redacted_url(text), holds_secret(text)),
        {
            "letters": lambda n: "http://a/" + "a" * n,
            "digits": lambda n: "http://a/" + "1" * n,
            "steps": lambda n: "http://a/" + "a/" * n,
            "pairs": lambda n: "http://a/?" + "a=b&" * n,
        },
        ("dashboard.ui.redact_url",),
    ),
    "password": Parser(
        plain_forms,
        {
            "digits": lambda n: "1" * n + "a",
            "signs": lambda n: "!" * n + "a",
            "words": lambda n: "a1" * n,
        },
        ("dashboard.accounts.passwords.rules",),
    ),
    "browser's name": Parser(
        device_name,
        {
            "versions": lambda n: "Version/1" * n,
            "Mobile": lambda n: "Version/1 Mobile/" + "1." * n,
            "digits": lambda n: "Version/" + "1" * n,
        },
        ("dashboard.accounts.sign_in.browsers",),
    ),
    "steps of a plan": Parser(
        parse_steps,
        {"steps": lambda n: "1:5m," * n, "digits": lambda n: "1" * n, "colons": lambda n: ":" * n},
        ("dashboard.rollouts.decisions.plan", "dashboard.times.durations"),
    ),
    "hours": Parser(
        parse_hours,
        {"days": lambda n: "mon," * n, "digits": lambda n: "1" * n},
        ("dashboard.times.hours",),
    ),
    "answer of a hook": Parser(
        lambda text: verdict_of(200, text),
        {
            "deep": lambda n: "[" * n,
            "reason": lambda n: json.dumps({"verdict": "safe", "reason": "a " * n}),
        },
        ("dashboard.rollouts.external_guardrails.verdict_answer",),
    ),
    "query of Prometheus": Parser(
        lambda text: fill_variables(text, {"worker": "shop"}),
        {"dollars": lambda n: "$" * n, "uses": lambda n: "$worker " * n},
        ("dashboard.rollouts.external_guardrails.prometheus",),
    ),
    "message of the runtime": Parser(
        _QUOTED.findall,
        {"quotes": lambda n: "\"a'" * n, "one quote": lambda n: '"' + "a" * n},
        ("dashboard.workers.editor.errors",),
    ),
    "upload": Parser(
        lambda body: list(_fields(BytesIO(body), "b")),
        {
            "dashes": lambda n: b"--b\r\n\r\n" + b"\r\n--" * n,
            "one boundary less": lambda n: b"--b\r\n\r\n" + b"\r\n-" * n,
            "parts": lambda n: (
                b"--b\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n" * (n // 20)
            ),
            "one header": lambda n: b"--b\r\nContent-Disposition: form-data" + b'; a="' * n,
        },
        ("dashboard.api.http.multipart",),
    ),
    "text to store": Parser(
        storable,
        {"halves": lambda n: "\ud800" * n, "NUL": lambda n: "\0" * n},
        ("dashboard.ui.http.storable_text",),
    ),
    "line of the access log": Parser(
        lambda text: parse_log_line(text.encode()),
        {"deep": lambda n: "[" * n, "a path": lambda n: json.dumps({"path": "/" * n})},
        ("routing.agent.access_log.log_line",),
    ),
    "stack of an exception": Parser(
        lambda text: mapped(text, {}),
        {
            "spaces": lambda n: " " * n,
            "parentheses": lambda n: "    at " + "(" * n,
            "names": lambda n: "    at " + "a " * n + "(a:1:2",
        },
        ("dashboard.observability.ingest.source_maps",),
    ),
    "address in a tail": Parser(
        redact.url,
        {"equals": lambda n: "http://a/?" + "=" * n, "pairs": lambda n: "http://a/?" + "a=b&" * n},
        ("routing.agent.worker_logs.redact",),
    ),
}
