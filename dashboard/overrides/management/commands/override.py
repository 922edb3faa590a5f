"""manage.py override link|list|revoke|protect|unprotect|rotate-key --worker W"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.shell_user import shell_user
from dashboard.overrides import links, messages, protection
from dashboard.overrides.choices import version_to_share
from dashboard.overrides.protection import OverrideRefused
from dashboard.overrides.report import link_as_json, shared_as_json, state_of, switch_as_json
from dashboard.times.durations import format_duration, parse_duration
from routing.models import OverrideLink, Worker


class Command(BaseCommand):
    help = (
        "Protected overrides and shared links. `link` prints a link to a version for a person, and "
        "the header for a program. Exit codes: 0 done, 1 refused, 2 bad usage."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        share = actions.add_parser("link", help="share a version of the active deployment")
        # Django's own --version prints its version.
        share.add_argument(
            "--version", dest="version_id", default="", help="default: the candidate"
        )
        usual = format_duration(links.USUAL)
        share.add_argument(
            "--for", dest="lasts", default=usual, help=f"default {usual}, at most 30d"
        )
        share.add_argument("--note", default="", help="who it is for")
        share.add_argument("--path", default="/", help="where the link leads")
        listed = actions.add_parser("list", help="live links, and whether overrides are protected")
        listed.add_argument("--all", action="store_true", help="also those that have ended")
        end = actions.add_parser("revoke", help="end a link before it expires")
        end.add_argument("--id", dest="link_id", required=True)
        actions.add_parser("protect", help="an override needs a permission from now on")
        actions.add_parser("unprotect", help="anyone may send an override again")
        rotate = actions.add_parser("rotate-key", help="sign with a new key from now on")
        rotate.add_argument(
            "--now", dest="drop", action="store_true", help="end all permissions signed before"
        )
        for name, action in actions.choices.items():
            action.add_argument("--worker", required=True)
            action.add_argument("--json", action="store_true", help="last line: one JSON object")
            if name != "list":
                action.add_argument("--user", help="who acts; default: the system")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        worker = Worker.objects.filter(name=options["worker"]).first()
        if worker is None:
            raise CommandError(f"There is no Worker called {options['worker']}.", returncode=2)
        by = Actor(shell_user(options.get("user")), "shell", timezone.now())
        try:
            facts, lines = getattr(self, "_" + action.replace("-", "_"))(worker, by, options)
        except OverrideRefused as error:
            raise CommandError(str(error), returncode=1) from error
        self.stdout.write(json.dumps(facts) if options["json"] else "\n".join(lines))

    def _link(self, worker: Worker, by: Actor, options: dict[str, Any]) -> tuple[Any, list[str]]:
        try:
            lasts = parse_duration(options["lasts"])
        except ValueError as error:
            raise CommandError(f"--for: {error}", returncode=2) from error
        version = version_to_share(worker, options["version_id"])
        shared = links.share(version, by, lasts=lasts, note=options["note"], path=options["path"])
        lines = [
            f"Link    {shared.url}",
            f"Header  {shared.header}",
            f"Leave   {shared.leave_url}",
            f"Ends    {shared.link.expires_at:%Y-%m-%d %H:%M} UTC. Copy it now: it is not stored.",
        ]
        return shared_as_json(shared, by.now), lines

    def _list(self, worker: Worker, by: Actor, options: dict[str, Any]) -> tuple[Any, list[str]]:
        rows = list(links.of_worker(worker, by.now, ended=options["all"]))
        live = sum(state_of(link, by.now) == "live" for link in rows)
        switch = switch_as_json(worker, live)
        facts = switch | {"links": [link_as_json(link, by.now) for link in rows]}
        state = "protected" if worker.overrides_protected else "open to anyone"
        return facts, [f"Overrides of {worker.name} are {state}.", *(_line(r, by) for r in rows)]

    def _revoke(self, worker: Worker, by: Actor, options: dict[str, Any]) -> tuple[Any, list[str]]:
        link = links.link_of(worker, options["link_id"])
        if not links.revoke(link, by):
            raise OverrideRefused("ended", messages.ENDED_BEFORE)
        link.refresh_from_db()
        return link_as_json(link, by.now), [f"Revoked {link.pk}."]

    def _protect(self, worker: Worker, by: Actor, options: dict[str, Any]) -> tuple[Any, list[str]]:
        return self._switch(worker, by, on=True)

    def _unprotect(
        self, worker: Worker, by: Actor, options: dict[str, Any]
    ) -> tuple[Any, list[str]]:
        return self._switch(worker, by, on=False)

    def _switch(self, worker: Worker, by: Actor, *, on: bool) -> tuple[Any, list[str]]:
        protection.protect(worker, on=on, by=by)
        state = "protected" if on else "open to anyone"
        live = OverrideLink.objects.live(by.now).filter(worker=worker).count()
        return switch_as_json(worker, live), [f"Overrides of {worker.name} are {state}."]

    def _rotate_key(
        self, worker: Worker, by: Actor, options: dict[str, Any]
    ) -> tuple[Any, list[str]]:
        ended = protection.rotate_key(worker, drop=options["drop"], by=by)
        facts = {"worker": worker.name, "links_ended": ended}
        return facts, [f"A new key signs for {worker.name}. Links that ended: {ended}."]


def _line(link: OverrideLink, by: Actor) -> str:
    who = link.created_by.username if link.created_by else "system"
    end = f"{link.expires_at:%Y-%m-%d %H:%M} UTC"
    state = state_of(link, by.now)
    return f"{link.pk}  #{link.version.number}  {state:7}  {end}  {who}  {link.note}".rstrip()
