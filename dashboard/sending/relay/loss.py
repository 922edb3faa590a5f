"""Why a relayed request got no answer, apart from failures at the edge."""

from __future__ import annotations

from enum import StrEnum


class Loss(StrEnum):
    none = ""
    #: No socket took it in time. Nothing was sent.
    not_taken = "not_taken"
    #: Its socket closed.
    disconnected = "disconnected"
    #: The edge took it and did not answer.
    late = "late"
    cancelled = "cancelled"
    #: The control plane's database is unavailable.
    database = "database"
