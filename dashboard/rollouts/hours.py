"""The hours of the week in which a plan steps up. Abort, hold and roll back work at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class AllowedHours:
    """`days` as in `DAYS`, from `begins` until `ends` in the time zone `zone` (an IANA name).

    Raises `ValueError` for a day, a time or a zone that does not exist, and for an empty range.
    """

    days: frozenset[str]
    begins: time
    ends: time
    zone: str = "UTC"

    def __post_init__(self) -> None:
        if not self.days or not self.days <= set(DAYS):
            raise ValueError(f"days are some of {', '.join(DAYS)}")
        if self.begins >= self.ends:
            raise ValueError("the hours end before they begin")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"{self.zone!r} is not a time zone") from error

    def include(self, moment: datetime) -> bool:
        """Whether `moment` (aware) is one of them."""
        local = moment.astimezone(ZoneInfo(self.zone))
        return DAYS[local.weekday()] in self.days and self.begins <= local.time() < self.ends

    def as_json(self) -> dict[str, Any]:
        return {
            "days": [day for day in DAYS if day in self.days],
            "from": self.begins.isoformat("minutes"),
            "until": self.ends.isoformat("minutes"),
            "zone": self.zone,
        }


def hours_from_json(data: dict[str, Any]) -> AllowedHours:
    """What `as_json` wrote. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    return AllowedHours(
        days=frozenset(data["days"]),
        begins=time.fromisoformat(data["from"]),
        ends=time.fromisoformat(data["until"]),
        zone=data["zone"],
    )
