"""The candidate's share over the time of an ended rollout. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from dashboard.observability.charts.charts import Chart, levels
from dashboard.observability.charts.markers import Marker
from routing.rules.split import TOTAL

MOMENTS = 5
"""On the axis, from the start to the end."""


class Step(Protocol):
    """One deployment of the rollout."""

    @property
    def weight(self) -> int: ...

    @property
    def began_at(self) -> datetime: ...

    @property
    def lasted(self) -> timedelta: ...

    @property
    def percentage(self) -> str: ...


def share_chart(steps: Sequence[Step], began: datetime, ended: datetime) -> Chart:
    """One level for each step, as wide as it was long."""
    whole = max((ended - began).total_seconds(), 1.0)

    def at(moment: datetime) -> float:
        return min(100.0, max(0.0, 100 * (moment - began).total_seconds() / whole))

    pieces = [
        (
            at(step.began_at),
            at(step.began_at + step.lasted) - at(step.began_at),
            100 * step.weight / TOTAL,
            f"{step.began_at:%H:%M:%S} {step.percentage}",
        )
        for step in steps
    ]
    markers = [
        Marker(round(x, 2), step.percentage, words)
        for step, (x, _, _, words) in zip(steps, pieces, strict=True)
    ]
    return levels(
        pieces, 100, lambda share: f"{share:.0f}%", markers=markers, labels=_moments(began, ended)
    )


def _moments(began: datetime, ended: datetime) -> list[str]:
    """With seconds where the whole rollout took a few minutes."""
    form = "%H:%M:%S" if ended - began < timedelta(minutes=20) else "%H:%M"
    if ended - began > timedelta(days=1):
        form = "%d %b %H:%M"
    pieces = (began + (ended - began) * n / (MOMENTS - 1) for n in range(MOMENTS))
    return [f"{moment:{form}}" for moment in pieces]
