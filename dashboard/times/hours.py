"""The hours of the week in which plans step up and approved changes go live."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ANY_TIME = "any"
_FORM = re.compile(
    r"([A-Za-z,-]+)\s+([0-9]{2}:[0-9]{2})-([0-9]{2}:[0-9]{2})(?:\s+([A-Za-z0-9_+/-]+))?"
)
_HOW = "Write them like: mon-thu,sat 09:00-16:00 Europe/Berlin"


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


def parse_hours(text: str) -> AllowedHours | None:
    """ "mon-thu,sat 09:00-16:00 Europe/Berlin"; None for "any" and nothing. Raises `ValueError`."""
    words = text.strip()
    if words.lower() in ("", ANY_TIME):
        return None
    match = _FORM.fullmatch(words)
    if match is None:
        raise ValueError(f"{words[:80]!r} are no hours. {_HOW}")
    days, begins, ends, zone = match.groups()
    try:
        first, last = time.fromisoformat(begins), time.fromisoformat(ends)
    except ValueError as error:
        raise ValueError(f"{begins}-{ends} is no range of times. {_HOW}") from error
    return AllowedHours(parse_days(days.lower()), first, last, zone or "UTC")


def parse_days(text: str) -> frozenset[str]:
    """ "mon-wed,sat" → mon, tue, wed, sat. Raises `ValueError`."""
    days: set[str] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"{part!r} is not a day. Days are {', '.join(DAYS)}")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        if end < begin:
            raise ValueError(f"{part!r} ends before it begins")
        days |= set(DAYS[begin : end + 1])
    return frozenset(days)


def format_hours(hours: AllowedHours | None) -> str:
    """What `parse_hours` reads."""
    if hours is None:
        return ANY_TIME
    days = ",".join(day for day in DAYS if day in hours.days)
    return f"{days} {hours.begins:%H:%M}-{hours.ends:%H:%M} {hours.zone}"
