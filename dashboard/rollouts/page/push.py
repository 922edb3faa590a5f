"""Pushes rollouts to open pages. Rows are also polled once a second: without Redis, messages of the
background process do not arrive."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.template.loader import render_to_string
from django.utils import timezone

from dashboard.live.pages import fragments
from dashboard.live.pages.fragments import UpdateReason
from dashboard.rollouts.decisions.states import ENDED, State
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.page.charts import RolloutCharts, charts_of
from dashboard.rollouts.page.context import RolloutPage, page_of
from dashboard.rollouts.page.rollback_preview import RollbackPreview, rollback_preview_of
from dashboard.rollouts.related_rollouts.messages import related_warnings
from dashboard.ui.page import as_context
from routing.models import Worker

FIGURES_EVERY = 5
"""Seconds between pushes of counts. A change of state is pushed at once."""


def connect() -> None:
    """Called once at start."""
    fragments.provide("rollout", _render, _watch)


@dataclass(frozen=True, slots=True)
class SharedDetail:
    """The part of the page that is equal for everyone. `pushed`: it replaces that part."""

    worker: Worker
    page: RolloutPage
    charts: RolloutCharts
    warnings: Sequence[str]
    way_back: RollbackPreview
    rendered_at: datetime
    pushed: bool = True


def for_everyone(rollout: Rollout) -> SharedDetail:
    now = timezone.now()
    page = page_of(rollout, now)
    return SharedDetail(
        worker=rollout.worker,
        page=page,
        charts=charts_of(rollout, now),
        warnings=[] if page.ended else related_warnings(rollout),
        way_back=rollback_preview_of(rollout, now),
        rendered_at=now,
    )


def _render(name: str, why: UpdateReason, subject: str) -> str:
    rollout = Rollout.objects.with_versions().filter(pk__in=_ids([name])).first()
    if rollout is None:
        return ""
    return render_to_string("rollouts/page/detail.html#rollout", as_context(for_everyone(rollout)))


def _watch(names: Collection[str]) -> Mapping[str, Mapping[UpdateReason, Hashable]]:
    rows = Rollout.objects.filter(pk__in=_ids(names)).values_list("pk", "turn", "reason", "state")
    turn_of_figures = int(timezone.now().timestamp()) // FIGURES_EVERY
    return {
        str(pk): {
            UpdateReason.EDGES: (turn, reason),
            UpdateReason.METRICS: 0 if State(state) in ENDED else turn_of_figures,
        }
        for pk, turn, reason, state in rows
    }


def _ids(names: Collection[str]) -> list[UUID]:
    """Valid ids; topics come from clients."""
    ids = []
    for name in names:
        try:
            ids.append(UUID(name))
        except ValueError:
            continue
    return ids
