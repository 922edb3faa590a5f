"""Parsers of what people type: comments, searches, names, plans."""

from __future__ import annotations

import json

from dashboard.accounts.passwords.rules import plain_forms
from dashboard.accounts.sign_in.browsers import device_name
from dashboard.discussion.markdown import render
from dashboard.discussion.mentions import mentioned
from dashboard.observability.requests import search
from dashboard.rollouts.decisions.plan import parse_steps
from dashboard.rollouts.external_guardrails.prometheus import fill_variables
from dashboard.rollouts.external_guardrails.verdict_answer import verdict_of
from dashboard.storage.d1.statements import split_statements
from dashboard.times.hours import parse_hours
from dashboard.ui.http.storable_text import storable
from dashboard.ui.jump.matching import corrected, score
from dashboard.ui.redact_url import holds_secret, redacted_url
from routing.rules.addresses.pattern import parse_pattern
from routing.rules.cron import parse as parse_cron
from tests.dashboard.parsers.parser import Parser

PARSERS: dict[str, Parser] = {
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
    "text to store": Parser(
        storable,
        {"halves": lambda n: "\ud800" * n, "NUL": lambda n: "\0" * n},
        ("dashboard.ui.http.storable_text",),
    ),
    "SQL statements": Parser(
        split_statements,
        {
            "semicolons": lambda n: "a;" * n,
            "a trigger": lambda n: "CREATE TRIGGER t BEGIN " + "a END;" * n,
            "a trigger of comments": lambda n: "CREATE TRIGGER t BEGIN " + "/* a */;" * n,
            "comments": lambda n: "/* a */" * n + ";",
            "open quotes": lambda n: "' \" ` [" * n,
        },
        ("dashboard.storage.d1.statements",),
    ),
    "route pattern": Parser(
        parse_pattern,
        {"stars": lambda n: "*" * n, "labels": lambda n: "a." * n, "slashes": lambda n: "/" * n},
        ("routing.rules.addresses.pattern",),
    ),
    "cron expression": Parser(
        parse_cron,
        {"fields": lambda n: "* " * n, "lists": lambda n: "1," * n + " * * * *"},
        ("routing.rules.cron",),
    ),
}
