"""Cron expressions of five fields in UTC, as Cloudflare's cron triggers read them. Pure.

Minute, hour, day of the month, month, day of the week. Fields take `*`, values, ranges (`22-2`
wraps around), steps and lists; months and days of the week also names, in any case. Days of the
week count from 1 (Sunday). Also `L` (last day), `L-3`, `LW`, `15W` (nearest weekday), `6L` (last
Friday) and `2#1` (first Monday). If both days are restricted, either of them is enough.

The grammar is that of Cloudflare's own parser (https://github.com/cloudflare/saffron). No Python
library reads it: croniter has no `W`, and counts days of the week from 0.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias

LONGEST = 255
"""Characters of an expression."""
_HORIZON = timedelta(days=9 * 366)
"""The longest pause between two runs: 29 February around 2100."""
_MONTHS = "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC".split()
_DAYS = "SUN MON TUE WED THU FRI SAT".split()

Code: TypeAlias = Literal["length", "count", "value", "step", "part", "never"]
DayTest: TypeAlias = Callable[[date], bool]


class CronInvalid(ValueError):
    """`facts` are those of `routing.control.messages.cron_invalid`."""

    def __init__(self, code: Code, **facts: object) -> None:
        super().__init__(code)
        self.code: Code = code
        self.facts: Mapping[str, object] = facts


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def value(self, text: str) -> int:
        if text.upper() in self.names:
            return self.low + self.names.index(text.upper())
        if not re.fullmatch(r"[0-9]{1,3}", text) or not self.low <= int(text) <= self.high:
            raise CronInvalid("value", field=self.name, text=text, low=self.low, high=self.high)
        return int(text)

    def step(self, text: str) -> int:
        most = self.high - self.low
        if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= most:
            raise CronInvalid("step", field=self.name, text=text, high=most)
        return int(text)

    def values(self, text: str) -> frozenset[int]:
        return frozenset(value for part in text.split(",") for value in self._part(part))

    def _part(self, text: str) -> list[int]:
        span, slash, step = text.partition("/")
        first, dash, last = span.partition("-")
        if span == "*":
            low, high = self.low, self.high
        elif dash:
            low, high = self.value(first), self.value(last)
        else:
            low = self.value(first)
            high = self.high if slash else low
        size = self.high - self.low + 1
        listed = [self.low + (low - self.low + n) % size for n in range((high - low) % size + 1)]
        return listed[:: self.step(step) if slash else 1]


_MINUTE, _HOUR = _Field("minute", 0, 59), _Field("hour", 0, 23)
_MONTH_DAY, _MONTH = _Field("day of month", 1, 31), _Field("month", 1, 12, tuple(_MONTHS))
_WEEK_DAY = _Field("day of week", 1, 7, tuple(_DAYS))
_FIELDS = 5


@dataclass(frozen=True, slots=True)
class Cron:
    """A valid expression. Days without a test match every day."""

    minutes: frozenset[int]
    hours: frozenset[int]
    months: frozenset[int]
    month_day: DayTest | None
    week_day: DayTest | None

    def matches(self, moment: datetime) -> bool:
        """Whether it runs in the minute of `moment`, an aware datetime."""
        utc = moment.astimezone(UTC)
        in_day = utc.minute in self.minutes and utc.hour in self.hours
        return in_day and self._on(utc.date())

    def after(self, moment: datetime) -> Iterator[datetime]:
        """The runs later than `moment`, in UTC, without end."""
        begin = moment.astimezone(UTC)
        day, last = begin.date(), begin.date() + _HORIZON
        times = [time(h, m, tzinfo=UTC) for h in sorted(self.hours) for m in sorted(self.minutes)]
        while day <= last:
            if self._on(day):
                for at in times:
                    if (run := datetime.combine(day, at)) > begin:
                        yield run
                last = day + _HORIZON
            day += timedelta(days=1)

    def _on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        tests = [test for test in (self.month_day, self.week_day) if test is not None]
        return not tests or any(test(day) for test in tests)


def parse(text: str) -> Cron:
    """Raises `CronInvalid`."""
    if len(text) > LONGEST:
        raise CronInvalid("length", high=LONGEST)
    fields = [field for field in re.split(r"[ \t]+", text.strip()) if field]
    if len(fields) != _FIELDS:
        raise CronInvalid("count", count=len(fields), text=text.strip())
    minute, hour, month_day, month, week_day = fields
    cron = Cron(
        minutes=_MINUTE.values(minute),
        hours=_HOUR.values(hour),
        months=_MONTH.values(month),
        month_day=_month_day(month_day),
        week_day=_week_day(week_day),
    )
    if next(cron.after(datetime(2000, 1, 1, tzinfo=UTC)), None) is None:
        raise CronInvalid("never", text=text.strip())
    return cron


def _month_day(text: str) -> DayTest | None:
    if text == "*":
        return None
    if last := re.fullmatch(r"L(?:-([0-9]{1,2}))?(W?)", text, re.IGNORECASE):
        offset = int(last[1] or 0)
        if offset > 30:
            raise CronInvalid("value", field="day of month", text=text, low=1, high=30)
        return _last_day(offset, near=bool(last[2]))
    if near := re.fullmatch(r"([0-9]{1,3})W", text, re.IGNORECASE):
        wanted = _MONTH_DAY.value(near[1])
        return lambda day: day.day == _nearest_weekday(day, wanted)
    _check_plain(_MONTH_DAY, text)
    days = _MONTH_DAY.values(text)
    return lambda day: day.day in days


def _last_day(offset: int, *, near: bool) -> DayTest:
    def test(day: date) -> bool:
        wanted = _month_length(day) - offset
        return day.day == (_nearest_weekday(day, wanted) if near else wanted)

    return test


def _week_day(text: str) -> DayTest | None:
    if text == "*":
        return None
    if text.upper() == "L":
        text = "7"
    if last := re.fullmatch(r"(\w+?)L", text, re.IGNORECASE):
        wanted = _WEEK_DAY.value(last[1])
        return lambda day: _number(day) == wanted and day.day + 7 > _month_length(day)
    if nth := re.fullmatch(r"(\w+)#(\w+)", text):
        return _nth_day(_WEEK_DAY.value(nth[1]), _Field("week of the month", 1, 5).value(nth[2]))
    _check_plain(_WEEK_DAY, text)
    days = _WEEK_DAY.values(text)
    return lambda day: _number(day) in days


def _nth_day(wanted: int, week: int) -> DayTest:
    return lambda day: _number(day) == wanted and (day.day - 1) // 7 + 1 == week


def _check_plain(field: _Field, text: str) -> None:
    """`L`, `W` and `#` cannot be part of a list."""
    for part in text.split(","):
        if "," in text and re.search(r"[0-9*][LW]$|^L|#", part, re.IGNORECASE):
            raise CronInvalid("part", field=field.name, text=part)


def _number(day: date) -> int:
    """The day of the week, from 1 (Sunday)."""
    return day.isoweekday() % 7 + 1


def _month_length(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _nearest_weekday(day: date, wanted: int) -> int:
    """The weekday nearest to day `wanted` in the month of `day`; 0 if it has no such day."""
    length = _month_length(day)
    if not 1 <= wanted <= length:
        return 0
    number = _number(day.replace(day=wanted))
    if number == 7:
        return wanted - 1 if wanted > 1 else wanted + 2
    if number == 1:
        return wanted + 1 if wanted < length else wanted - 2
    return wanted
