"""manage.py policy set|show|follow-account [--worker W]"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.shell_user import shell_user
from dashboard.reviews.policies import edits, messages
from dashboard.reviews.policies.policy import (
    MOST_APPROVALS,
    VALID_FOR,
    Approver,
    Policy,
    PolicyError,
    Rule,
    Trigger,
    parse_above,
)
from dashboard.times.durations import format_duration, parse_duration
from dashboard.times.hours import parse_hours
from routing.models import Worker


class Command(BaseCommand):
    help = (
        "Which changes need how many approvals. Exit codes: 0 done, 1 refused, 2 bad usage. "
        "Without --worker it is the account-wide default."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name in ("set", "show", "follow-account"):
            action = actions.add_parser(name)
            action.add_argument(
                "--worker", required=name == "follow-account", help="default: the account"
            )
            action.add_argument("--json", action="store_true", help="one JSON object")
            if name != "show":
                action.add_argument("--user", help="the admin who acts; default: the system")
            if name == "set":
                _rule_arguments(action)

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        worker = _worker(options["worker"])
        try:
            if action == "set":
                rule, emergency = _rule(options), options["emergency"]
                edits.save(worker, lambda policy: _changed(policy, rule, emergency), _by(options))
            elif action == "follow-account" and worker is not None:
                edits.follow_account(worker, _by(options))
        except PolicyError as error:
            option = error.field.replace("_", "-")
            raise CommandError(f"--{option}: {error}", returncode=2) from error
        self._show(worker, options["json"])

    def _show(self, worker: Worker | None, as_json: bool) -> None:
        now = edits.effective(worker)
        name = worker.name if worker else edits.ACCOUNT
        number = now.edit.number if now.edit else 0
        if as_json:
            facts = {"worker": worker.name if worker else None, "edit": number, "own": now.own}
            self.stdout.write(json.dumps(facts | now.policy.as_json()))
            return
        follows = "" if worker is None or now.own else ", the account-wide default"
        self.stdout.write(f"{name}: edit {number}{follows}")
        for line in messages.policy_lines(now.policy):
            self.stdout.write(f"  {line}")


def _rule_arguments(parser: ArgumentParser) -> None:
    looks = parser.add_mutually_exclusive_group()
    looks.add_argument("--above", help="a version gets more than this percentage")
    for trigger in Trigger:
        if trigger is not Trigger.ABOVE:
            words = messages.TRIGGERS[trigger].replace("%", "%%")
            option = f"--{trigger.value.replace('_', '-')}"
            looks.add_argument(
                option, dest="trigger", action="store_const", const=trigger, help=words
            )
    parser.add_argument("--approvals", type=int, help=f"0 to {MOST_APPROVALS}; 0 removes the rule")
    parser.add_argument("--own", choices=("yes", "no"), default="no", help="self-approval counts")
    parser.add_argument("--role", choices=[role.value for role in Approver], default="reviewer")
    parser.add_argument("--person", action="append", default=[], help="only this person; repeat")
    parser.add_argument(
        "--valid-for", default=format_duration(VALID_FOR), help="how long an approval lasts"
    )
    parser.add_argument("--hours", help='live only at "mon-fri 09:00-17:00 Europe/Berlin"')
    parser.add_argument("--emergency", choices=("yes", "no"), help="admins may deploy unapproved")


def _changed(policy: Policy, rule: Rule | None, emergency: str | None) -> Policy:
    changed = policy.with_rule(rule) if rule else policy
    return Policy(changed.rules, policy.emergency if emergency is None else emergency == "yes")


def _rule(options: dict[str, Any]) -> Rule | None:
    """None where only `--emergency` was given."""
    above, trigger = options["above"], options["trigger"]
    if above is None and trigger is None:
        if options["emergency"] is not None:
            return None
        raise PolicyError("above", "Say what the rule looks for: --above 0, or another one.")
    if options["approvals"] is None:
        raise PolicyError("approvals", "Say how many approvals it needs.")
    return Rule(
        trigger=trigger or Trigger.ABOVE,
        approvals=options["approvals"],
        above=parse_above(above) if above is not None else 0,
        role=Approver(options["role"]),
        people=tuple(options["person"]),
        own=options["own"] == "yes",
        valid_for=_parsed("valid_for", parse_duration, options["valid_for"]),
        hours=_parsed("hours", parse_hours, options["hours"]) if options["hours"] else None,
    )


def _parsed(field: str, parse: Any, text: str) -> Any:
    try:
        return parse(text)
    except ValueError as error:
        raise PolicyError(field, str(error)) from error


def _by(options: dict[str, Any]) -> Actor:
    user = shell_user(options["user"])
    if user is not None and not user.may(Role.ADMIN):
        raise CommandError(f"{user.username} is no admin: admins edit policies.", returncode=1)
    return Actor(user, "shell", timezone.now())


def _worker(name: str | None) -> Worker | None:
    if name is None:
        return None
    worker = Worker.objects.filter(name=name).first()
    if worker is None:
        raise CommandError(f"There is no Worker called {name}.", returncode=2)
    return worker
