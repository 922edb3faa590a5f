"""manage.py review list|show|approve|needs-changes|reject|withdraw|emergency|acknowledge|wait"""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from dashboard.accounts.models import User
from dashboard.accounts.shell_user import shell_user
from dashboard.reviews.inbox.queue import listed_as_json, waits_for
from dashboard.reviews.policies.requirement import requirement_from_json
from dashboard.reviews.proposals import messages, report
from dashboard.reviews.proposals.decisions.vote import VERBS, DecisionInput, DecisionRefused
from dashboard.reviews.proposals.deployment import emergency
from dashboard.reviews.proposals.models import Proposal, State
from routing.models import Worker

POLL_SECONDS = 0.25
ACTS = {**VERBS, "emergency": emergency.deploy_now, "acknowledge": emergency.acknowledge}


USERS = {
    "list": "only reviews that wait for this person",
    "show": "says whether this person may approve",
    "wait": "not needed",
}


class Command(BaseCommand):
    help = (
        "Reviews of deployments. Exit codes: 0 live or done, 1 rejected, void, expired, withdrawn "
        "or refused, 2 bad usage, 3 waiting or the timeout."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        for name in ("list", "show", *ACTS, "wait"):
            action = actions.add_parser(name)
            action.add_argument("--json", action="store_true", help="JSON instead of lines")
            action.add_argument("--worker", help="the newest review of this Worker")
            action.add_argument("--user", help=USERS.get(name, "the person who decides"))
            if name == "list":
                action.add_argument("--all", action="store_true", help="decided ones, too")
                continue
            action.add_argument("review", nargs="?", help="its id, the id's beginning, or its link")
            if name in ACTS:
                action.add_argument("--comment", "--reason", default="", help="recorded with it")
            if name == "wait":
                action.add_argument("--timeout", type=float, default=3600, help="seconds")

    def handle(self, *args: Any, action: str, **options: Any) -> None:
        if action == "list":
            self._list(options)
            return
        proposal = _proposal(options)
        if action in ACTS:
            proposal = _act(action, proposal, options)
        if action == "wait":
            if proposal.undecided and not options["json"]:
                self.stdout.write(f"Waiting for {messages.url(proposal)}")
            proposal = _wait(proposal, options["timeout"])
        self._show(proposal, options["json"], shell_user(options["user"]))
        if action in ("show", "wait"):
            sys.exit(report.exit_code(proposal))

    def _list(self, options: dict[str, Any]) -> None:
        rows, now = Proposal.objects.with_people(), timezone.now()
        if not options["all"]:
            rows = rows.filter(state__in=(State.OPEN, State.NEEDS_CHANGES, State.APPROVED))
        if options["worker"]:
            rows = rows.filter(worker=_worker(options["worker"]))
        proposals = list(rows.order_by("-created_at")[:200])
        if user := shell_user(options["user"]):
            proposals = [row for row in proposals if _waits(row, user, now)]
        listed = listed_as_json(proposals, now)
        if options["json"]:
            self.stdout.write(json.dumps(listed))
            return
        for row in listed:
            self.stdout.write(f"{row['id']}  {row['worker']}  {row['state']}  {row['needs']}")

    def _show(self, proposal: Proposal, as_json: bool, user: User | None) -> None:
        now = timezone.now()
        may = {"waits_for_user": _waits(proposal, user, now)} if user else {}
        if as_json:
            self.stdout.write(json.dumps(report.with_story(proposal, now) | may))
            return
        row = report.as_json(proposal, now)
        split = ", ".join(f"{s['version_id'][:8]} {s['percentage']:g}%" for s in row["versions"])
        self.stdout.write(f"{row['worker']}: {messages.STATES[State(proposal.state)]}")
        self.stdout.write(f"{split}, requested by {row['asked_by']}; needs {row['needs']}")
        if proposal.undecided:
            self.stdout.write(f"Missing: {row['missing']}. Expires {row['expires_at']}")
        elif row["reason"]:
            self.stdout.write(row["reason"])
        self.stdout.write(row["url"])


def _waits(proposal: Proposal, user: User, now: datetime) -> bool:
    return waits_for(proposal, requirement_from_json(proposal.requirement), user, now)


def _act(action: str, proposal: Proposal, options: dict[str, Any]) -> Proposal:
    user = shell_user(options["user"])
    word = DecisionInput(user, "shell", timezone.now(), options["comment"].strip(), proposal.round)
    try:
        ACTS[action](proposal.pk, word)
    except DecisionRefused as refused:
        code = 2 if refused.code in ("person", "no_reason") else 1
        why = messages.refused(refused.code, refused.proposal)
        raise CommandError(why, returncode=code) from refused
    except Proposal.DoesNotExist as gone:
        raise CommandError("The review was deleted with its Worker.", returncode=2) from gone
    return _row(proposal.pk)


def _wait(proposal: Proposal, seconds: float) -> Proposal:
    """The request when it is over, or when the time is up."""
    deadline = time.monotonic() + seconds
    while proposal.undecided and time.monotonic() < deadline:
        time.sleep(min(POLL_SECONDS, max(deadline - time.monotonic(), 0)))
        proposal = _row(proposal.pk)
    return proposal


def _proposal(options: dict[str, Any]) -> Proposal:
    """By id, beginning or link; without one, the Worker's newest."""
    rows = Proposal.objects.select_related("worker", "author").order_by("-created_at")
    if options["worker"]:
        rows = rows.filter(worker=_worker(options["worker"]))
    text = (options["review"] or "").rstrip("/").rpartition("/")[2].lower()
    if not text and not options["worker"]:
        raise CommandError("Name a review: its id, its link, or --worker NAME.", returncode=2)
    matching = [row for row in rows[:1] if not text] or _named(rows, text)
    if len(matching) != 1:
        several = f"{len(matching)} reviews begin with {text}."
        raise CommandError(several if matching else "There is no such review.", returncode=2)
    return matching[0]


def _named(rows: Any, text: str) -> list[Proposal]:
    if not text:
        return []
    try:
        return list(rows.filter(pk=UUID(text)))
    except ValueError:
        return [row for row in rows[:2000] if str(row.pk).startswith(text)]


def _row(proposal_id: UUID) -> Proposal:
    return Proposal.objects.select_related("worker", "author").get(pk=proposal_id)


def _worker(name: str) -> Worker:
    worker = Worker.objects.filter(name=name).first()
    if worker is None:
        raise CommandError(f"There is no Worker called {name}.", returncode=2)
    return worker
