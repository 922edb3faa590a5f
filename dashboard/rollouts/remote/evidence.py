"""Requests to a Worker's confirmed address with proof of the version that answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.smoketests.suites.document import Check


class Unsendable(Exception):
    """No request can be sent; the message says why."""


@dataclass(frozen=True, slots=True)
class Checked:
    """The answer to one check. `confirmed_version` is empty unless it is proved or logged;
    `rank` says which. `problem`: why there is no answer."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    ms: float = 0.0
    ray: str = ""
    rank: str = ""
    confirmed_version: str = ""
    problem: str = ""


def send_checks(
    rollout: RemoteRollout, checks: Sequence[Check], now: datetime
) -> Sequence[Checked]:
    """One answer for each check. Raises `Unsendable`."""
    raise Unsendable("Requests to Workers at Cloudflare are not built yet.")
