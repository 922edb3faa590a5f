"""Parsers of the API, exports, the edge and headers."""

from __future__ import annotations

import json
from io import BytesIO

from dashboard.api.http.errors import ApiError
from dashboard.api.http.json_parser import parse_json
from dashboard.api.http.multipart import _fields
from dashboard.api.tail.trace_events import parse_filters
from dashboard.exports.jobs.destination import parse_destination
from dashboard.exports.jobs.filters import parse_filter
from dashboard.observability.ingest.source_maps import mapped
from dashboard.workers.editor.errors import _QUOTED
from routing.agent.access_log.log_line import parse as parse_log_line
from routing.agent.worker_logs import redact
from routing.rules.header.fixes import fixed_header
from routing.rules.override import read_override
from routing.rules.permissions.presented import take_cookie, tokens
from tests.dashboard.parsers.parser import Parser

PARSERS: dict[str, Parser] = {
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
