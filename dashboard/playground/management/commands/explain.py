"""manage.py explain --worker W [--header LINE]… [--key K] [--json] | --batch"""

from __future__ import annotations

import json
import random
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from dashboard.playground.predict.explain import CannotExplain, explain, undecided
from routing.rules.header.fields import VERSION_KEY, as_sent


class Command(BaseCommand):
    help = "Says which version would answer a request, and why, by the rules the edges use."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--worker", help="the Worker's name")
        parser.add_argument(
            "--header", action="append", default=[], help="a header line, 'Name: value'; repeatable"
        )
        parser.add_argument("--key", help="the version key (Cloudflare-Workers-Version-Key)")
        parser.add_argument("--json", action="store_true", help="one JSON object")
        parser.add_argument(
            "--batch",
            action="store_true",
            help='reads JSON lines {"worker", "headers": [[name, value]…], "key"}, writes one each',
        )

    def handle(self, *args: Any, worker: str | None, batch: bool, **options: Any) -> None:
        if batch:
            for line in sys.stdin:
                if line.strip():
                    self.stdout.write(json.dumps(_answer(line)))
            return
        if not worker:
            raise CommandError("--worker is needed (or --batch with JSON lines on standard input).")
        headers = [_header(line) for line in options["header"]]
        try:
            decision = explain(worker, _with_key(headers, options["key"]), random.random())
        except CannotExplain as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(decision) if options["json"] else _in_words(worker, decision))


def _answer(line: str) -> dict[str, Any]:
    """The decision about one line of a batch; one bad line stops nothing.

    With `error`, nothing answers: the Worker or its deployment is missing (then the rest has the
    same shape as a decision), or the line cannot be read.
    """
    try:
        fields = json.loads(line)
        headers = [(str(name), as_sent(str(value))) for name, value in fields.get("headers") or []]
        headers = _with_key(headers, fields.get("key"))
        worker = str(fields["worker"])
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        shape = '{"worker": name, "headers": [[name, value], …], "key": text}'
        return {"error": f"{type(error).__name__}: {error}; expected {shape}"}
    try:
        return explain(worker, headers, random.random())
    except CannotExplain as error:
        return undecided(worker, headers, str(error))


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name.strip():
        raise CommandError(f"--header {line!r}: expected 'Name: value'.")
    return name.strip(), as_sent(value.strip())


def _with_key(headers: list[tuple[str, str]], key: str | None) -> list[tuple[str, str]]:
    return [*headers, (VERSION_KEY, as_sent(key))] if key is not None else headers


def _in_words(worker: str, decision: dict[str, Any]) -> str:
    judged = decision["override"]
    lines = [
        f"{worker}: version {decision['version_id']} ({decision['percentage']:g}%)",
        f"reason    {decision['reason']}",
        f"override  {judged['outcome']}",
    ]
    if judged["advice"]:
        lines.append(f"advice    {judged['advice']}")
    lines += [f"  {'✓' if s['ok'] else '✗'} {s['name']}: {s['detail']}" for s in decision["steps"]]
    return "\n".join(lines)
