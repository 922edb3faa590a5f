"""Whether requests confirmed the live deployment, for its card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.cloud import messages
from dashboard.cloud.models import CloudAccount, Verification
from dashboard.cloud.provider.values import DeploymentSummary
from dashboard.cloud.verification.rules import IN_A_ROW, VerificationState
from dashboard.cloud.verification.start import verification_of

BARS = 24


@dataclass(frozen=True, slots=True)
class VerificationNote:
    """`bars` are of the newest probes: right, wrong or unseen. `tone` is a CSS class. `again`: it
    can be tried again. `at`: when the last probe was right."""

    state: str
    title: str
    text: str = ""
    tone: str = ""
    icon: str = "circle-dashed"
    host: str = ""
    bars: Sequence[str] = ()
    again: bool = False
    at: datetime | None = None


def verification_note(
    account: CloudAccount, name: str, live: DeploymentSummary | None
) -> VerificationNote | None:
    """Of the live deployment; one query."""
    if live is None:
        return None
    row = verification_of(account, name, live.marker) if live.marker else None
    if row is None:
        text = "" if live.marker else messages.NOT_OURS
        return VerificationNote("none", messages.UNCONFIRMED, text)
    return _note(row)


def _note(row: Verification) -> VerificationNote:
    bars = [_bar(probe["right"]) for probe in row.probes[-BARS:]]
    if row.state == VerificationState.PROBING:
        title, text = messages.probing(row.right, IN_A_ROW, row.sent, row.seen)
        return VerificationNote(row.state, title, text, "", "radar", row.host, bars)
    if row.state == VerificationState.LIVE:
        seconds = (row.ended_at - row.began_at).total_seconds() if row.ended_at else 0
        title = messages.probed(row.right, row.places, seconds, decisive=row.decisive)
        text = messages.OTHER_PLACES
        if not row.decisive:
            text = f"{text} {messages.SHARE_UNKNOWN}"
        tone, icon = "ok-words", "radar"
        return VerificationNote(row.state, title, text, tone, icon, row.host, bars, at=row.ended_at)
    if row.state == VerificationState.SUPERSEDED:
        return VerificationNote(row.state, messages.SUPERSEDED)
    title, text = messages.VERIFICATION_WHY[row.why or "not_seen"]
    attention = row.state == VerificationState.ATTENTION
    tone, icon = ("warn-words", "triangle-alert") if attention else ("", "circle-dashed")
    return VerificationNote(row.state, title, text, tone, icon, row.host, bars, again=True)


def _bar(right: bool | None) -> str:
    return "unseen" if right is None else "right" if right else "wrong"
