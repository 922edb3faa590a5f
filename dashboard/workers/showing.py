"""What the deployments view shows: the same for the page and for what is pushed to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from dashboard.observability.observation import observe
from dashboard.ui.propagation import meter_of
from dashboard.ui.standing import Standing, phrase
from dashboard.workers import reads
from dashboard.workers.commands import deploy_commands
from dashboard.workers.lag import lag_of
from dashboard.workers.proposal import next_step, propose
from routing.models import Version

#: Versions and deployments beside the live card; all of them have pages of their own.
FEW = 12


def live(row: reads.Row) -> dict[str, Any]:
    """The live card: configured beside observed, the meter, what lags, and who is ill."""
    shown: dict[str, Any] = {"row": row, "phrase": phrase(row.standings).lower()}
    if row.deployment is None:
        return shown | {"has_versions": row.worker.versions.exists()}
    meter = meter_of(row.worker.name, row.deployment.revision, row.deployment.created_on)
    seen = observe(row.deployment, reads.with_their_authors(row), timezone.now())
    return shown | {
        "meter": meter,
        "lag": lag_of(row.worker, meter),
        "seen": seen,
        "ill": [r.health for r in seen.rows if not r.health.ok],
    }


def histories(row: reads.Row) -> dict[str, Any]:
    """The newest versions and deployments."""
    uploads, _ = reads.uploads(row.worker, row.standings, size=FEW)
    entries, more = reads.timeline(row.worker, size=FEW)
    return {
        "uploads": uploads,
        "versions_in_all": uploads[0].version.number if uploads else 0,
        "entries": entries,
        "more": more,
    }


def actions(row: reads.Row, uploads: list[reads.Upload]) -> dict[str, Any]:
    """What can be done next: the step, the newest version to stage, the live split as commands."""
    if row.deployment is None:
        return {}
    candidate = next((s for s in row.standings if s.is_candidate), None)
    step = next_step(candidate.weight or 0) if candidate else None
    newest = to_stage(uploads)
    found = {"candidate": candidate, "next_step": step, "newest": newest}
    stable, expected = row.standings[-1].version, str(row.deployment.id)
    if candidate and step is not None:
        words = "Promote to 100%" if step == 100 else f"Step up to {step}%"
        split = propose(candidate.version, str(step), stable, row.standings)
    elif newest:
        words, split = f"Stage #{newest.number} at 0%", propose(newest, "0", stable, [])
    else:
        commands = deploy_commands(row.worker, stored(row.standings), row.deployment.message)
        note = "Makes the split that is live now again: change the numbers to step."
        return found | {"commands": commands, "what": "The live split", "command_note": note}
    commands = deploy_commands(row.worker, split.pairs, "", expected)
    return found | {"commands": commands, "what": words}


def way_back(row: reads.Row, before: list[Standing]) -> tuple[str, str] | None:
    """What undoes the live deployment: words, and the form's name with its query."""
    if not before or not row.standings:
        return None
    stable = row.standings[-1].version.pk
    other = next((s for s in before if s.version.pk != stable), None)
    if len(before) == 2 and other and any(s.version.pk == stable for s in before):
        percentage = other.percentage.rstrip("%")
        words = f"Back to {other.percentage} of #{other.version.number}"
        return words, f"split/?version={other.version.id}&percentage={percentage}"
    target = before[-1].version
    return f"Back to #{target.number}", f"rollback/?version={target.id}"


def stored(standings: Sequence[Standing]) -> list[tuple[str, str]]:
    """The split in the stored order, as `routing.deploy` and the commands take it."""
    listed = sorted(standings, key=lambda s: s.position)
    return [(str(s.version.pk), s.percentage.rstrip("%")) for s in listed]


def to_stage(uploads: list[reads.Upload]) -> Version | None:
    """The newest version, when it is in no deployment yet."""
    if not uploads or uploads[0].standing.weight is not None:
        return None
    return uploads[0].version
