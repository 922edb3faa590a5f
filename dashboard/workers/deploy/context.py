"""What the forms that change the split show: what is sent, what it does, and the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.functional import SimpleLazyObject

from dashboard.fleet.version_roles import Standing
from dashboard.live.pages.fragments import sequence
from dashboard.observability.queries.traffic import recent
from dashboard.observability.versions.side_by_side import FigurePair, figures_of
from dashboard.reviews.policies.messages import requirement_words
from dashboard.reviews.review_check import requirement_for
from dashboard.workers.deploy.checks import LastRun, failed_candidate, last_runs
from dashboard.workers.deploy.choice import to_roll_back, to_split, way_back
from dashboard.workers.deploy.secrets import secrets_of
from dashboard.workers.queries.cli_commands import deploy_commands
from dashboard.workers.queries.proposal import (
    PRESETS,
    Proposal,
    full_traffic,
    is_live,
    move,
    propose,
)
from dashboard.workers.queries.worker_queries import WorkerRow, worker_row_at
from routing.models import Version
from routing.rules.split import TOTAL, SplitRefused

Context = dict[str, Any]


def of_form(
    row: WorkerRow,
    standing: Standing,
    sent: Mapping[str, str],
    now: datetime,
    is_post: bool,
) -> Context:
    """Context of both forms. `expected` is the deployment the reader saw, not the live one.

    Figures are lazy: the preview of a percentage does not need their queries.
    """
    figures = SimpleLazyObject(lambda: figures_of(row.deployment, row.standings, [standing], now))
    return {
        "row": row,
        "now": now,
        "standing": standing,
        "version": standing.version,
        "message": sent.get("message", "").strip(),
        "expected": sent.get("expected", "" if is_post else live_id(row)),
        "figures": figures,
        "sequence": sequence(),
        "sent": sent,
    }


def of_split(
    row: WorkerRow,
    standing: Standing,
    sent: Mapping[str, str],
    now: datetime,
    is_post: bool,
) -> Context:
    """Also what the percentage editor holds. An empty percentage that is sent is refused later."""
    beside = row.standings[-1] if row.standings else None
    context = of_form(row, standing, sent, now, is_post)
    figures: Any = context["figures"]
    runs: Any = SimpleLazyObject(lambda: last_runs(_pair(row, standing)))
    text = sent.get("percentage", "").strip()
    return context | {
        "percentage": text if is_post else text or _start(row, standing),
        "keep": "keep" in sent,
        "presets": PRESETS,
        "beside": beside.version if beside else None,
        "beside_name": beside.name if beside else "",
        "version_now": standing.percentage,
        "beside_now": beside.percentage if beside else "",
        "goes_back_instead": SimpleLazyObject(lambda: _instead(row, figures, runs)),
        "last_runs": runs,
    }


def consequence(row: WorkerRow, proposal: Proposal, context: Context) -> Context:
    """What deploying `proposal` does: to requests, to secrets, and as commands."""
    secrets = secrets_of(row, proposal.after, context["sent"])
    return {
        "proposal": proposal,
        "secrets": secrets,
        "review": _review(row, proposal, context["now"]),
        "armed": not is_live(row.standings, proposal),
        "commands": deploy_commands(
            row.worker,
            proposal.pairs,
            context["message"],
            context["expected"] or "none",
            force=secrets.back is not None,
        ),
        **_impact(row, proposal, context["version"]),
    }


def _review(row: WorkerRow, proposal: Proposal, now: datetime) -> str:
    """What the policy asks for before this goes live, in words; empty where it may at once."""
    requirement = requirement_for(row.worker, row.deployment, proposal.pairs)
    return requirement_words(requirement) if requirement.asks(now) else ""


def of_conflict(row: WorkerRow, sent: Mapping[str, str], form: str, now: datetime) -> Context:
    """`row`: live now. `opened`: live when the form was opened. `proposal`: what was requested."""
    expected = sent.get("expected", "")
    opened = worker_row_at(row.worker, expected)
    asked, percentage = sent.get("version", ""), sent.get("percentage", "").strip()
    choose = to_roll_back if form == "rollback" else to_split
    standing = choose(opened, asked, must_name=True).standing
    proposal = _asked_for(opened, standing, form, percentage, "keep" in sent)
    return {
        "row": row,
        "opened": opened,
        "nothing_was_live": not expected,
        "standing": standing,
        "choice": choose(row, asked, must_name=True),
        "proposal": proposal,
        "asked_version": asked,
        "percentage": "" if form == "rollback" else percentage,
        "message": sent.get("message", "").strip(),
        "figures": figures_of(row.deployment, row.standings, [standing] if standing else [], now),
        "now": now,
    }


def live_id(row: WorkerRow) -> str:
    """What a form sends back as the deployment that its reader believed to be live."""
    return str(row.deployment.id) if row.deployment else ""


def _asked_for(
    opened: WorkerRow,
    standing: Standing | None,
    form: str,
    percentage: str,
    keep: bool,
) -> Proposal | None:
    """As the reader saw it. None if it can no longer be computed."""
    if standing is None:
        return None
    if form == "rollback":
        return full_traffic(standing.version)
    beside = opened.standings[-1].version if opened.standings else None
    if beside == standing.version:
        return None
    try:
        return propose(standing, percentage, beside, opened.standings, keep, opened.lineage)
    except SplitRefused:
        return None


def _impact(row: WorkerRow, proposal: Proposal, version: Version) -> Context:
    traffic = recent([row.worker.name]).get(row.worker.name)
    moves = move(row.standings, proposal, version)
    everything = round(traffic.per_minute) if traffic else 0
    impact = {
        "all": everything,
        "moved": round(everything * moves.weight / TOTAL),
        "moved_in_all": round(everything * moves.all / TOTAL),
    }
    return {
        "move": moves,
        "impact": impact if everything else None,
        "leaving": _leaving(row.standings, proposal),
    }


def _leaving(live: Sequence[Standing], proposal: Proposal) -> list[Standing]:
    stays = {s.version.pk for s in proposal.after}
    return [s for s in live if s.version.pk not in stays and not s.is_stable]


def _instead(row: WorkerRow, figures: FigurePair, runs: Sequence[LastRun]) -> Version | None:
    """Where to go back to while the live candidate is not well or failed its newest checks: then
    that is the first button."""
    failed = failed_candidate(runs) and runs[0].standing.weight is not None
    return way_back(row) if figures.sick or failed else None


def _pair(row: WorkerRow, standing: Standing) -> list[Standing]:
    """The version that steps, then the one beside it."""
    beside = [s for s in row.standings[-1:] if s.version.pk != standing.version.pk]
    return [standing, *beside]


def _start(row: WorkerRow, standing: Standing) -> str:
    """The percentage that the form opens with: the live one, else 0, or 100 for the first."""
    if standing.weight is not None:
        return standing.percentage.rstrip("%")
    return "0" if row.standings else "100"
