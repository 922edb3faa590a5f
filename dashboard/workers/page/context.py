"""What the deployments view shows: the same for the page and for what is pushed to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from dashboard.accounts.permissions import Permission
from dashboard.fleet.propagation import Meter, meter_of
from dashboard.fleet.version_roles import Standing, inline
from dashboard.observability.queries.health import Health
from dashboard.observability.queries.observation import Observation, observe
from dashboard.rollouts.actions.start import running_on
from dashboard.rollouts.models import Rollout
from dashboard.workers import messages
from dashboard.workers.deploy import context as contexts
from dashboard.workers.deploy.choice import way_back
from dashboard.workers.queries.cli_commands import Commands, deploy_commands
from dashboard.workers.queries.lag import Lag, lag_of
from dashboard.workers.queries.proposal import next_step, propose
from dashboard.workers.queries.timeline import TimelineEntry
from dashboard.workers.queries.worker_queries import (
    VersionRow,
    WorkerRow,
    live_with_authors,
    timeline,
    version_rows,
)
from routing.models import Version

#: Versions and deployments beside the live card; all of them have pages of their own.
FEW = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCard:
    """What is live: configured beside observed, the meter, what lags, and who is ill. Without a
    deployment only `has_versions` is set."""

    row: WorkerRow
    phrase: str
    rendered_at: datetime
    has_versions: bool = True
    meter: Meter | None = None
    lag: Lag | None = None
    seen: Observation | None = None
    ill: Sequence[Health] = ()
    #: The health of the first version, if it is not well: its step is what can be taken back.
    sickest: Sequence[Health] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Histories:
    """The newest versions and deployments."""

    uploads: Sequence[VersionRow]
    versions_in_all: int
    entries: Sequence[TimelineEntry]
    more: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """What can be done next: a rollout first, then by hand the step or the newest version to stage;
    the same as commands.

    A version that was rolled back is never offered to step up or to stage; one that is not well
    makes Roll back the first button (`sick`).
    """

    rollout: Rollout | None = None
    candidate: Standing | None = None
    next_step: int | None = None
    newest: Version | None = None
    to_roll_out: Version | None = None
    stage_words: str = ""
    can_go_back: bool = False
    sick: bool = False
    primary: str = ""
    commands: Commands = field(default_factory=list)
    what: str = ""
    command_note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPage:
    """The rest of the Worker page, beside `LiveCard`, `Histories` and `Actions`."""

    sequence: tuple[object, ...]
    production: str
    addressable: bool
    can: Permission
    #: What undoes the live deployment: words, and the form's name with its query.
    back: tuple[str, str] | None
    #: What a version staged at 0% replaces.
    beside: Standing | None
    shadowed: Version | None


def live(row: WorkerRow) -> LiveCard:
    now, phrase = timezone.now(), inline(row.standings)
    if row.deployment is None:
        has_versions = row.worker.versions.exists()
        return LiveCard(row=row, phrase=phrase, rendered_at=now, has_versions=has_versions)
    meter = meter_of(row.worker.name, row.deployment.revision, row.deployment.created_on)
    seen = observe(row.deployment, live_with_authors(row), now)
    return LiveCard(
        row=row,
        phrase=phrase,
        rendered_at=now,
        meter=meter,
        lag=lag_of(row.worker, meter),
        seen=seen,
        ill=[r.health for r in seen.rows if not r.health.ok],
        sickest=[r.health for r in seen.rows[:1] if not r.health.ok],
    )


def histories(row: WorkerRow) -> Histories:
    uploads, _ = version_rows(row, size=FEW)
    entries, more = timeline(row.worker, size=FEW)
    return Histories(
        uploads=uploads,
        versions_in_all=uploads[0].version.number if uploads else 0,
        entries=entries,
        more=more,
    )


def actions(row: WorkerRow, uploads: Sequence[VersionRow], ill: Sequence[Health]) -> Actions:
    if row.deployment is None:
        return Actions()
    candidate, newest = row.candidate, to_stage(uploads)
    step = next_step(candidate.weight or 0) if candidate and not candidate.rolled_back else None
    can_go_back = way_back(row) is not None
    first = _first_commands(row, candidate if step is not None else None, step, newest)
    return Actions(
        rollout=running_on(row.worker),
        candidate=candidate,
        next_step=step,
        newest=newest,
        to_roll_out=candidate.version if candidate and step is not None else newest,
        stage_words=stage_words(newest),
        can_go_back=can_go_back,
        sick=bool(ill) and can_go_back,
        primary="" if ill and can_go_back else "button-primary",
        commands=first.commands,
        what=first.what,
        command_note=first.note,
    )


@dataclass(frozen=True, slots=True)
class _FirstCommands:
    commands: Commands
    what: str
    note: str = ""


def _first_commands(
    row: WorkerRow,
    candidate: Standing | None,
    step: int | None,
    newest: Version | None,
) -> _FirstCommands:
    """The step or the staging as commands; without either, the live split."""
    stable, expected = row.standings[-1].version, contexts.live_id(row)
    if candidate and step is not None:
        what = messages.PROMOTE if step == 100 else messages.step_up(step)
        split = propose(candidate, str(step), stable, row.standings)
    elif newest:
        what, split = stage_words(newest), propose(newest, "0", stable, [])
    else:
        message = row.deployment.message if row.deployment else ""
        commands = deploy_commands(row.worker, stored(row.standings), message)
        return _FirstCommands(commands, messages.LIVE_SPLIT, messages.LIVE_SPLIT_NOTE)
    return _FirstCommands(deploy_commands(row.worker, split.pairs, "", expected), what)


def stage_words(newest: Version | None) -> str:
    return messages.stage(newest.number) if newest else ""


def replaced(row: WorkerRow) -> Standing | None:
    """What a version staged at 0% replaces."""
    return next((s for s in row.standings if not s.is_stable), None)


def undoing(row: WorkerRow, before: Sequence[Standing]) -> tuple[str, str] | None:
    """What undoes the live deployment: words, and the form's name with its query. Nothing brings
    a version back that was rolled back."""
    if not before or not row.standings:
        return None
    stable = row.standings[-1].version.pk
    if len(before) == 2 and any(s.version.pk == stable for s in before):
        other = next(s for s in before if s.version.pk != stable)
        if other.version.number in row.rolled_back:
            return None
        percentage = other.percentage.rstrip("%")
        words = messages.back_to_share(other.percentage, other.name)
        return words, f"split/?version={other.version.id}&percentage={percentage}"
    target = before[-1].version
    alone = len(row.standings) == 1 and target.pk == stable
    if target.number in row.rolled_back or alone:
        return None
    return messages.back_to(before[-1].name), f"rollback/?version={target.id}"


def stored(standings: Sequence[Standing]) -> list[tuple[str, str]]:
    """The split in the stored order, as `routing.control.deploy` and the commands take it."""
    listed = sorted(standings, key=lambda s: s.position)
    return [(str(s.version.pk), s.percentage.rstrip("%")) for s in listed]


def to_stage(uploads: Sequence[VersionRow]) -> Version | None:
    """The newest version, when it is not live and was never rolled back."""
    first = uploads[0].standing if uploads else None
    if first is None or first.weight is not None or first.rolled_back:
        return None
    return first.version
