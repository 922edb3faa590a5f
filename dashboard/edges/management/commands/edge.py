"""manage.py edge create --name N"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from dashboard.edges.protocol.registration import register_edge
from routing.models import Edge


class Command(BaseCommand):
    help = "Creates an edge (its token is shown once, alone on the last line) or lists edges."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        create = actions.add_parser("create", help="a new edge, or a new token for an old one")
        create.add_argument("--name", required=True)
        actions.add_parser("list", help="the edges and the revision each has")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "create":
            name = options["name"]
            self.stdout.write(f"Edge {name!r}; start its agent with this as SLUICE_EDGE_TOKEN:")
            self.stdout.write(register_edge(name))
            return
        for edge in Edge.objects.all():
            seen = f"{edge.last_seen_on:%Y-%m-%d %H:%M:%S} UTC" if edge.last_seen_on else "never"
            self.stdout.write(f"{edge.name}  revision {edge.current_revision}  seen {seen}")
