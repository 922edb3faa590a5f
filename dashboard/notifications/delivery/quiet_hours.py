"""Quiet hours: from a time of the day until another, in a person's time zone. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def quiet_until(now: datetime, begins: time | None, ends: time | None, zone: str) -> datetime:
    """`now`, or the end of the quiet hours that `now` is in.

    Quiet hours with `begins` after `ends` include midnight. Equal or missing times, or an unknown
    time zone, mean no quiet hours.
    """
    if begins is None or ends is None or begins == ends:
        return now
    try:
        local = now.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return now
    over_midnight = begins > ends
    moment = local.time()
    inside = begins <= moment or moment < ends if over_midnight else begins <= moment < ends
    if not inside:
        return now
    day = local.date() + timedelta(days=1 if over_midnight and moment >= begins else 0)
    return datetime.combine(day, ends, local.tzinfo).astimezone(UTC)
