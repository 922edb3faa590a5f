"""What became of the last deployment from here, where a person should know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.cloud import messages
from dashboard.cloud.changes.settle import look_for
from dashboard.cloud.models import CloudAccount, CloudChange
from dashboard.cloud.provider.values import DeploymentSummary, DeployState
from dashboard.cloud.readings import Reading

ATTENTION = timedelta(seconds=90)
"""A deployment that a list read so much later does not have needs a person."""
SETTLES = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class ChangeNote:
    """What became of the last deployment from here, if a person should know."""

    change: CloudChange
    title: str
    text: str
    put_back: str


def change_note_of(
    account: CloudAccount, name: str, read: Reading[Sequence[DeploymentSummary]], now: datetime
) -> ChangeNote | None:
    """The last deployment from here, unless it went well or a person has seen it. One without an
    answer is looked for in what was read since."""
    change = account.changes.filter(worker=name).first()
    if change is None or change.acknowledged_at or now - change.made_at > SETTLES:
        return None
    if read.read_at:
        look_for(change, read.value or (), read.read_at)
    if change.state == DeployState.LIVE:
        return None
    late = read.read_at is not None and read.read_at - change.made_at > ATTENTION
    title, text = messages.change_note(change.state, change.others, late=late)
    put_back = messages.PUT_BACK.get(change.state, "")
    return ChangeNote(change, title, text, put_back)
