"""manage.py audit verify [--expect HASH] | export --format csv|jsonl [filters]"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from dashboard.trail import messages
from dashboard.trail.entry_filter import KINDS, entry_filter
from dashboard.trail.export import CONTENT_TYPES, stream
from routing.trail.verify import verify


class Command(BaseCommand):
    help = (
        "The audit trail. `verify` exits with 0 when the chain is intact and 1 when it is not, and "
        "names the first broken entry. Keep the head that it prints elsewhere and pass it as "
        "--expect later: that also finds a chain that was cut at its end or written again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        check = actions.add_parser("verify", help="check every entry's hash")
        check.add_argument("--expect", default="", metavar="HASH", help="a head noted before")
        check.add_argument("--json", action="store_true", help="one JSON object")
        write = actions.add_parser("export", help="print entries, newest first")
        write.add_argument("--format", choices=list(CONTENT_TYPES), default="jsonl")
        write.add_argument("--q", help="text in subject, person, token or action")
        write.add_argument("--kind", choices=list(KINDS))
        write.add_argument("--about", help="one subject, as the name of a Worker")
        write.add_argument("--request", help="a request id, or its beginning")
        write.add_argument("--since", metavar="DAY", help="2026-11-01, in UTC")
        write.add_argument("--until", metavar="DAY", help="included")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        getattr(self, f"_{action}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        verdict = verify(options["expect"].split()[-1] if options["expect"].split() else "")
        if options["json"]:
            self.stdout.write(json.dumps(asdict(verdict) | {"intact": verdict.fault is None}))
        else:
            self.stdout.write(messages.verdict(verdict))
            self.stdout.write(messages.head(verdict))
        if verdict.fault is not None:
            sys.exit(1)

    def _export(self, options: dict[str, Any]) -> None:
        for piece in stream(entry_filter(options), options["format"]):
            self.stdout.write(piece, ending="")
