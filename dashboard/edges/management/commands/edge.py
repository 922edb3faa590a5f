"""manage.py edge: add, list, rename, move, drain, remove; tokens; where Workers run."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

import msgspec
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.shell_user import shell_user
from dashboard.edges import messages
from dashboard.edges.protocol.registration import register_edge
from dashboard.edges.registry import edges, join, tokens
from dashboard.edges.registry.names import EdgeRefused
from dashboard.fleet.edge_facts import EdgeFacts, edge_facts
from dashboard.times.durations import format_duration, parse_duration
from routing.control import edge_groups
from routing.control.objects.home import set_edge
from routing.models import DEFAULT_GROUP, Edge, JoinToken, Worker

Options = dict[str, Any]


class Command(BaseCommand):
    help = (
        "Edges: the machines that answer requests. `add` prints a one-time token to join with, on "
        "the last line. Exit codes: 0 done, 1 refused, 2 bad usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        listed = actions.add_parser("list", help="edges: group, revision, agent, clock, problems")
        listed.add_argument("--json", action="store_true")
        add = actions.add_parser("add", help="print a token that a new edge joins with, once")
        add.add_argument("--group", default=DEFAULT_GROUP, help="which Workers it runs")
        again = actions.add_parser("join-token", help="the same for an existing edge")
        for action in (add, again):
            usual = format_duration(join.LASTS)
            action.add_argument("--for", dest="lasts", default=usual, help=f"default {usual}")
        actions.add_parser("revoke-join-token", help="end a join token that was not used")
        create = actions.add_parser(
            "create", help="an edge with a token for SLUICE_EDGE_TOKEN, or replace its token"
        )
        create.add_argument("--days", type=int, help="how long the token is valid; default: always")
        rename = actions.add_parser("rename", help="its agent uses the name from its next start")
        rename.add_argument("--to", required=True)
        move = actions.add_parser("group", help="run the Workers of another group")
        move.add_argument("--to", required=True)
        actions.add_parser("drain", help="its /readyz answers 503; it serves on")
        actions.add_parser("undrain", help="end that")
        actions.add_parser("remove", help="refuse its tokens; its requests and counts stay")
        rotate = actions.add_parser("rotate-token", help="a new token; the old one ends later")
        rotate.add_argument("--overlap", default="1d", help="how long both are valid; default 1d")
        rotate.add_argument("--days", type=int, help="how long the new one is valid")
        actions.add_parser("renew-token", help="make an agent that has joined exchange its token")
        place = actions.add_parser("place", help="choose the groups that a Worker runs in")
        place.add_argument("--worker", required=True)
        place.add_argument("--group", action="append", default=[], help="none: everywhere")
        place.add_argument("--force", action="store_true", help="separate Workers that call it")
        objects = actions.add_parser(
            "objects", help="run a Worker's Durable Objects on this edge; copy their data first"
        )
        objects.add_argument("--worker", required=True)
        for name, action in actions.choices.items():
            if name not in ("list", "place"):
                action.add_argument("--name", required=True)
            if name != "list":
                action.add_argument("--user", help="who acts; default: the system")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        by = Actor(shell_user(options.get("user")), "shell", timezone.now())
        try:
            getattr(self, "_" + action.replace("-", "_"))(by, options)
        except (EdgeRefused, edge_groups.GroupsRefused) as error:
            raise CommandError(str(error), returncode=1) from error

    def _list(self, by: Actor, options: Options) -> None:
        listed = edge_facts(Edge.objects.all(), by.now)
        if options["json"]:
            self.stdout.write(msgspec.json.encode(listed).decode())
            return
        for edge in listed:
            self.stdout.write(_line(edge))

    def _add(self, by: Actor, options: Options) -> None:
        created = join.create_join_token(
            options["name"], by, group=options["group"], lasts=_duration("--for", options["lasts"])
        )
        self._print_join_token(created)

    def _join_token(self, by: Actor, options: Options) -> None:
        edge, lasts = _edge(options["name"]), _duration("--for", options["lasts"])
        created = join.create_join_token(edge.name, by, group=edge.group, lasts=lasts, edge=edge)
        self._print_join_token(created)

    def _print_join_token(self, created: join.NewJoinToken) -> None:
        self.stdout.write(
            f"Start the agent with this as SLUICE_EDGE_JOIN_TOKEN. It works once, until "
            f"{created.row.expires_at:%Y-%m-%d %H:%M} UTC:"
        )
        self.stdout.write(created.secret)

    def _revoke_join_token(self, by: Actor, options: Options) -> None:
        waiting = JoinToken.objects.waiting(by.now).filter(name=options["name"])
        if not any([join.revoke_join_token(row, by) for row in waiting]):
            raise CommandError(messages.no_join_token(options["name"]), returncode=1)

    def _create(self, by: Actor, options: Options) -> None:
        name, days = options["name"], options["days"]
        lasts = timedelta(days=days) if days else None
        token = register_edge(name, lasts=lasts, actor=by.actor)
        self.stdout.write(f"Edge {name!r}; start its agent with this as SLUICE_EDGE_TOKEN:")
        self.stdout.write(token)

    def _rename(self, by: Actor, options: Options) -> None:
        edges.rename(_edge(options["name"]), options["to"], by)

    def _group(self, by: Actor, options: Options) -> None:
        edge = _edge(options["name"])
        edge_groups.move_edge(edge, options["to"], actor=by.actor, source=by.source, now=by.now)

    def _drain(self, by: Actor, options: Options) -> None:
        edges.drain(_edge(options["name"]), by, on=True)

    def _undrain(self, by: Actor, options: Options) -> None:
        edges.drain(_edge(options["name"]), by, on=False)

    def _remove(self, by: Actor, options: Options) -> None:
        edges.remove(_edge(options["name"]), by)

    def _rotate_token(self, by: Actor, options: Options) -> None:
        edge, overlap = _edge(options["name"]), _duration("--overlap", options["overlap"])
        lasts = timedelta(days=options["days"]) if options["days"] else None
        secret = tokens.rotate(edge, by, overlap=overlap, lasts=lasts)
        until = by.now + overlap
        self.stdout.write(f"The old token is valid until {until:%Y-%m-%d %H:%M} UTC. The new one:")
        self.stdout.write(secret)

    def _renew_token(self, by: Actor, options: Options) -> None:
        tokens.request_renewal(_edge(options["name"]), by)

    def _objects(self, by: Actor, options: Options) -> None:
        worker, edge = _worker(options["worker"]), _edge(options["name"])
        if not worker.runs_in(edge.group):
            raise CommandError(messages.runs_elsewhere(worker.name, edge.name), returncode=1)
        set_edge(worker, edge, actor=by.actor, source=by.source, now=by.now)

    def _place(self, by: Actor, options: Options) -> None:
        worker = _worker(options["worker"])
        try:
            edge_groups.set_worker_groups(
                worker,
                options["group"],
                actor=by.actor,
                source=by.source,
                now=by.now,
                force=options["force"],
            )
        except edge_groups.GroupsRefused as error:
            cut = "".join(f"\n  {c.caller} calls {c.target} ({c.binding})" for c in error.cut)
            more = f"{cut}\n--force does it anyway." if cut else ""
            raise CommandError(f"{error}{more}", returncode=1) from error


def _worker(name: str) -> Worker:
    worker = Worker.objects.select_related("objects_edge").filter(name=name).first()
    if worker is None:
        raise CommandError(f"There is no Worker {name}.", returncode=2)
    return worker


def _edge(name: str) -> Edge:
    edge = Edge.objects.filter(name=name).first()
    if edge is None:
        raise CommandError(messages.no_edge(name), returncode=2)
    return edge


def _duration(option: str, text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise CommandError(f"{option}: {error}", returncode=2) from error


def _line(edge: EdgeFacts) -> str:
    seen = f"{edge.last_seen_at:%Y-%m-%d %H:%M:%S}" if edge.last_seen_at else "never"
    parts = [
        edge.name,
        f"group {edge.group}",
        f"revision {edge.revision}",
        f"seen {seen}",
        f"agent {edge.agent_version or 'unknown'}",
        *(["draining"] if edge.is_draining else []),
        *edge.reasons,
    ]
    return "  ".join(parts)
