"""What an abort would do now, and how long the Worker's last one took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.observability.queries.traffic import per_minute
from dashboard.rollouts.decisions.states import State
from dashboard.rollouts.models import Rollout, RolloutEvent
from routing.control.secret_consent import secret_changes

ABORTS = ("aborted_by_person", "undone")


@dataclass(frozen=True, slots=True)
class RollbackPreview:
    """`per_minute`: requests that move back to stable, None without recent counts. `took`: time
    from the click to the verified rollback; `took_at`: when. `secrets`: names with other values
    on stable."""

    per_minute: int | None
    took: timedelta | None
    took_at: datetime | None
    secrets: tuple[str, ...]


def rollback_preview_of(rollout: Rollout, now: datetime) -> RollbackPreview:
    """Three queries."""
    pace = per_minute(rollout.worker, rollout.candidate_id, now) if rollout.weight else 0.0
    took, at = _last_abort(rollout)
    live = [(rollout.candidate, max(1, rollout.weight)), (rollout.stable, 0)]
    changes = secret_changes(live, [(rollout.stable, 1)])
    return RollbackPreview(
        per_minute=max(1, round(pace)) if pace else None,
        took=took,
        took_at=at,
        secrets=tuple(sorted({name for change in changes for name in change.names})),
    )


def _last_abort(rollout: Rollout) -> tuple[timedelta | None, datetime | None]:
    """Duration and time of the last abort by a person."""
    ended = RolloutEvent.objects.filter(rollout__worker=rollout.worker_id)
    proved = ended.filter(code="verified", state__in=[State.ROLLED_BACK, State.ABORTED])
    last = proved.order_by("-pk").first()
    if last is None:
        return None, None
    aborts = ended.filter(rollout=last.rollout_id, pk__lt=last.pk, code__in=ABORTS)
    click = aborts.order_by("-pk").first()
    return (last.at - click.at, click.at) if click else (None, None)
