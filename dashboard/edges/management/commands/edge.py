"""manage.py edge create --name N"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from dashboard.edges.protocol.registration import register_edge
from routing.models import Edge


class Command(BaseCommand):
    help = "Create an edge, whose token is printed once, on the last line; or list edges."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="create an edge, or replace the token of one")
        create.add_argument("--name", required=True)
        actions.add_parser("list", help="list edges and their revisions")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "create":
            name = options["name"]
            self.stdout.write(f"Edge {name!r}; start its agent with this as SLUICE_EDGE_TOKEN:")
            self.stdout.write(register_edge(name))
            return
        for edge in Edge.objects.all():
            seen = f"{edge.last_seen_on:%Y-%m-%d %H:%M:%S} UTC" if edge.last_seen_on else "never"
            self.stdout.write(f"{edge.name}  revision {edge.current_revision}  seen {seen}")
