"""What the deployments view shows: the same for the page and for what is pushed to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from dashboard.fleet.propagation import meter_of
from dashboard.fleet.version_roles import Standing, inline
from dashboard.observability.queries.health import Health
from dashboard.observability.queries.observation import observe
from dashboard.rollouts.actions.start import running_on
from dashboard.workers.deploy import context as contexts
from dashboard.workers.deploy.choice import way_back
from dashboard.workers.queries.cli_commands import deploy_commands
from dashboard.workers.queries.lag import lag_of
from dashboard.workers.queries.proposal import next_step, propose
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


def live(row: WorkerRow) -> dict[str, Any]:
    """The live card: configured beside observed, the meter, what lags, and who is ill."""
    now = timezone.now()
    shown: dict[str, Any] = {"row": row, "phrase": inline(row.standings), "rendered_at": now}
    if row.deployment is None:
        return shown | {"has_versions": row.worker.versions.exists()}
    meter = meter_of(row.worker.name, row.deployment.revision, row.deployment.created_on)
    seen = observe(row.deployment, live_with_authors(row), now)
    return shown | {
        "meter": meter,
        "lag": lag_of(row.worker, meter),
        "seen": seen,
        "ill": [r.health for r in seen.rows if not r.health.ok],
        "sickest": [r.health for r in seen.rows[:1] if not r.health.ok],
    }


def histories(row: WorkerRow) -> dict[str, Any]:
    """The newest versions and deployments."""
    uploads, _ = version_rows(row, size=FEW)
    entries, more = timeline(row.worker, size=FEW)
    return {
        "uploads": uploads,
        "versions_in_all": uploads[0].version.number if uploads else 0,
        "entries": entries,
        "more": more,
    }


def actions(row: WorkerRow, uploads: list[VersionRow], ill: Sequence[Health]) -> dict[str, Any]:
    """What can be done next: a rollout first, then by hand the step, the newest version to stage,
    and the live split as commands.

    A version that was rolled back is never offered to step up or to stage; one that is not well
    makes Roll back the first button.
    """
    if row.deployment is None:
        return {}
    candidate = row.candidate
    step = next_step(candidate.weight or 0) if candidate and not candidate.rolled_back else None
    newest = to_stage(uploads)
    can_go_back = way_back(row) is not None
    found = {
        "rollout": running_on(row.worker),
        "candidate": candidate,
        "next_step": step,
        "steps_up": step is not None,
        "newest": newest,
        "to_roll_out": candidate.version if candidate and step is not None else newest,
        "stage_words": f"Stage #{newest.number} at 0%" if newest else "",
        "can_go_back": can_go_back,
        "sick": bool(ill) and can_go_back,
        "primary": "" if ill and can_go_back else "button-primary",
    }
    return found | _first_command(row, candidate if step is not None else None, step, newest)


def _first_command(
    row: WorkerRow,
    candidate: Standing | None,
    step: int | None,
    newest: Version | None,
) -> dict[str, Any]:
    """The step or the staging as commands; without either, the live split."""
    stable, expected = row.standings[-1].version, contexts.live_id(row)
    if candidate and step is not None:
        words = "Promote to 100%" if step == 100 else f"Step up to {step}%"
        split = propose(candidate, str(step), stable, row.standings)
    elif newest:
        words, split = f"Stage #{newest.number} at 0%", propose(newest, "0", stable, [])
    else:
        commands = deploy_commands(
            row.worker, stored(row.standings), row.deployment.message if row.deployment else ""
        )
        note = "Makes the split that is live now again: change the numbers to step."
        return {"commands": commands, "what": "The live split", "command_note": note}
    return {"commands": deploy_commands(row.worker, split.pairs, "", expected), "what": words}


def undoing(row: WorkerRow, before: list[Standing]) -> tuple[str, str] | None:
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
        words = f"Back to {other.percentage} of {other.name}"
        return words, f"split/?version={other.version.id}&percentage={percentage}"
    target = before[-1].version
    alone = len(row.standings) == 1 and target.pk == stable
    if target.number in row.rolled_back or alone:
        return None
    return f"Back to {before[-1].name}", f"rollback/?version={target.id}"


def stored(standings: Sequence[Standing]) -> list[tuple[str, str]]:
    """The split in the stored order, as `routing.control.deploy` and the commands take it."""
    listed = sorted(standings, key=lambda s: s.position)
    return [(str(s.version.pk), s.percentage.rstrip("%")) for s in listed]


def to_stage(uploads: list[VersionRow]) -> Version | None:
    """The newest version, when it is not live and was never rolled back."""
    first = uploads[0].standing if uploads else None
    if first is None or first.weight is not None or first.rolled_back:
        return None
    return first.version
