"""What the forms that change the split show: what is sent, what it does, and the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.functional import SimpleLazyObject

from dashboard.fleet.version_roles import Standing
from dashboard.live.pages.fragments import sequence
from dashboard.observability.queries.traffic import recent
from dashboard.observability.versions.side_by_side import FigurePair, figures_of
from dashboard.reviews.policies.messages import requirement_words
from dashboard.reviews.review_check import requirement_for
from dashboard.storage.bound_data import BoundData, bound_data
from dashboard.workers import messages
from dashboard.workers.deploy.checks import LastRun, failed_candidate, last_runs
from dashboard.workers.deploy.choice import Choice, earlier, to_roll_back, to_split, way_back
from dashboard.workers.deploy.handlers import MissingHandler, missing_handlers
from dashboard.workers.deploy.secrets import Secrets, secrets_of
from dashboard.workers.queries.cli_commands import Commands, deploy_commands
from dashboard.workers.queries.proposal import (
    PRESETS,
    Move,
    Proposal,
    full_traffic,
    is_live,
    move,
    propose,
)
from dashboard.workers.queries.worker_queries import WorkerRow, worker_row_at
from routing.control.edge_groups import CutCall, calls_out
from routing.models import Version
from routing.rules.split import TOTAL, SplitRefused


@dataclass(frozen=True, kw_only=True)
class DeployForm:
    """What both forms show. `expected` is the deployment the reader saw, not the live one.

    Figures are lazy: the preview of a percentage does not need their queries.
    """

    row: WorkerRow
    now: datetime
    standing: Standing
    version: Version
    message: str
    expected: str
    figures: FigurePair
    sequence: tuple[object, ...]
    sent: Mapping[str, str]
    #: The submit button's label.
    words: str = ""
    refused: str = ""


@dataclass(frozen=True, kw_only=True)
class SplitForm(DeployForm):
    """Also the percentage editor. An empty percentage that is sent is refused later."""

    percentage: str
    keep: bool
    presets: Sequence[int]
    beside: Version | None
    version_now: str
    beside_now: str
    goes_back_instead: Version | None
    last_runs: Sequence[LastRun]


@dataclass(frozen=True, kw_only=True)
class RollbackForm(DeployForm):
    """Also the versions to choose from, in groups; and the data that the chosen one uses."""

    versions: Sequence[tuple[str, Sequence[Standing]]]
    data: Sequence[BoundData]


@dataclass(frozen=True, slots=True)
class Impact:
    """Requests per minute: all, those that the version gains or loses, those that move."""

    all: int
    moved: int
    moved_in_all: int


@dataclass(frozen=True, kw_only=True)
class Consequence:
    """What deploying `proposal` does: to requests, to secrets, and as commands."""

    proposal: Proposal
    secrets: Secrets
    #: What the policy requires before this goes live, in words; empty if nothing.
    review: str
    armed: bool
    commands: Commands
    move: Move
    impact: Impact | None
    leaving: Sequence[Standing]
    cut_calls: Sequence[CutCall]
    missing_handlers: Sequence[MissingHandler]


@dataclass(frozen=True, kw_only=True)
class ConflictPage:
    """`row`: live now. `opened`: live when the form was opened. `proposal`: what was requested."""

    row: WorkerRow
    opened: WorkerRow
    nothing_was_live: bool
    standing: Standing | None
    choice: Choice
    proposal: Proposal | None
    percentage: str
    figures: FigurePair
    now: datetime
    start_again: str


def split_form(
    row: WorkerRow,
    standing: Standing,
    sent: Mapping[str, str],
    now: datetime,
    is_post: bool,
) -> SplitForm:
    beside = row.standings[-1] if row.standings else None
    figures = _figures(row, standing, now)
    runs: Any = SimpleLazyObject(lambda: last_runs(_pair(row, standing)))
    instead: Any = SimpleLazyObject(lambda: _instead(row, figures, runs))
    text = sent.get("percentage", "").strip()
    return SplitForm(
        **_typed(row, standing, sent, now, is_post),
        figures=figures,
        percentage=text if is_post else text or _start(row, standing),
        keep="keep" in sent,
        presets=PRESETS,
        beside=beside.version if beside else None,
        version_now=standing.percentage,
        beside_now=beside.percentage if beside else "",
        goes_back_instead=instead,
        last_runs=runs,
    )


def rollback_form(
    row: WorkerRow,
    standing: Standing,
    sent: Mapping[str, str],
    now: datetime,
    is_post: bool,
) -> RollbackForm:
    return RollbackForm(
        **_typed(row, standing, sent, now, is_post),
        figures=_figures(row, standing, now),
        versions=earlier(row),
        data=bound_data(standing.version),
        words=messages.roll_back_to(standing.version.number),
    )


def _typed(
    row: WorkerRow, standing: Standing, sent: Mapping[str, str], now: datetime, is_post: bool
) -> dict[str, Any]:
    return {
        "row": row,
        "now": now,
        "standing": standing,
        "version": standing.version,
        "message": sent.get("message", "").strip(),
        "expected": sent.get("expected", "" if is_post else live_id(row)),
        "sequence": sequence(),
        "sent": sent,
    }


def _figures(row: WorkerRow, standing: Standing, now: datetime) -> FigurePair:
    lazy: Any = SimpleLazyObject(lambda: figures_of(row.deployment, row.standings, [standing], now))
    return lazy  # type: ignore[no-any-return]  # acts as the object


def consequence(form: DeployForm, proposal: Proposal) -> Consequence:
    row = form.row
    secrets = secrets_of(row, proposal.after, form.sent)
    moves = move(row.standings, proposal, form.version)
    return Consequence(
        proposal=proposal,
        secrets=secrets,
        review=_review(row, proposal, form.now),
        armed=not is_live(row.standings, proposal),
        commands=deploy_commands(
            row.worker,
            proposal.pairs,
            form.message,
            form.expected or "none",
            force=secrets.back is not None,
        ),
        move=moves,
        impact=_impact(row, moves),
        leaving=_leaving(row.standings, proposal),
        cut_calls=calls_out(row.worker, [version_id for version_id, _ in proposal.pairs]),
        missing_handlers=missing_handlers(row.worker, proposal.after),
    )


def _review(row: WorkerRow, proposal: Proposal, now: datetime) -> str:
    requirement = requirement_for(row.worker, row.deployment, proposal.pairs)
    return requirement_words(requirement) if requirement.asks(now) else ""


def conflict_page(
    row: WorkerRow, sent: Mapping[str, str], form: str, path: str, now: datetime
) -> ConflictPage:
    """`path`: the address of the form."""
    expected = sent.get("expected", "")
    opened = worker_row_at(row.worker, expected)
    version_id, percentage = sent.get("version", ""), sent.get("percentage", "").strip()
    choose = to_roll_back if form == "rollback" else to_split
    standing = choose(opened, version_id, must_name=True).standing
    return ConflictPage(
        row=row,
        opened=opened,
        nothing_was_live=not expected,
        standing=standing,
        choice=choose(row, version_id, must_name=True),
        proposal=_requested(opened, standing, form, percentage, "keep" in sent),
        percentage="" if form == "rollback" else percentage,
        figures=figures_of(row.deployment, row.standings, [standing] if standing else [], now),
        now=now,
        start_again=_start_again(form, sent, path),
    )


def _start_again(form: str, sent: Mapping[str, str], path: str) -> str:
    """The same form on top of what is live now, with what was typed."""
    percentage = "" if form == "rollback" else sent.get("percentage", "").strip()
    query = {"version": sent.get("version", "")}
    query |= {"percentage": percentage} if percentage else {}
    query |= {"message": sent.get("message", "").strip()}
    return f"{path}?{urlencode(query)}"


def live_id(row: WorkerRow) -> str:
    """What a form sends back as the deployment that its reader believed to be live."""
    return str(row.deployment.id) if row.deployment else ""


def _requested(
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


def _impact(row: WorkerRow, moves: Move) -> Impact | None:
    traffic = recent([row.worker.name]).get(row.worker.name)
    everything = round(traffic.per_minute) if traffic else 0
    if not everything:
        return None
    return Impact(
        all=everything,
        moved=round(everything * moves.weight / TOTAL),
        moved_in_all=round(everything * moves.all / TOTAL),
    )


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
