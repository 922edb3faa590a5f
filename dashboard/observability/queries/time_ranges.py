"""How far back a page looks, and into how many pieces that time is cut. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from dashboard.observability.models import Span


@dataclass(frozen=True, slots=True)
class Range:
    """`count` buckets of `bucket` seconds, read from rollups of `span`."""

    key: str
    words: str
    count: int
    bucket: int
    span: Span
    per: str


RANGES = (
    Range("15m", "15 min", 15, 60, Span.MINUTE, "per minute"),
    Range("1h", "1 h", 60, 60, Span.MINUTE, "per minute"),
    Range("6h", "6 h", 72, 300, Span.MINUTE, "per 5 min"),
    Range("24h", "24 h", 24, 3600, Span.HOUR, "per hour"),
    Range("7d", "7 d", 84, 7200, Span.HOUR, "per 2 h"),
    Range("30d", "30 d", 30, 86_400, Span.DAY, "per day"),
)
DEFAULT = RANGES[1]


@dataclass(frozen=True, slots=True)
class Window:
    """The buckets of a range that end with the one that `now` is in. Seconds since 1970."""

    range: Range
    begin: int

    @property
    def end(self) -> int:
        return self.begin + self.range.count * self.range.bucket

    @property
    def since(self) -> datetime:
        return datetime.fromtimestamp(self.begin, UTC)

    @property
    def until(self) -> datetime:
        return datetime.fromtimestamp(self.end, UTC)

    @property
    def starts(self) -> list[datetime]:
        """When each bucket begins."""
        steps = range(self.begin, self.end, self.range.bucket)
        return [datetime.fromtimestamp(start, UTC) for start in steps]

    def index(self, start: int) -> int:
        """The bucket of a row that starts then."""
        return (start - self.begin) // self.range.bucket

    def at(self, moment: datetime) -> float:
        """Where a moment lies, in percent of the width."""
        return 100 * (moment.timestamp() - self.begin) / (self.end - self.begin)

    def clock(self, moment: datetime) -> str:
        """A moment as the axis says it."""
        if self.range.bucket < 7200:
            return f"{moment:%H:%M}"
        return f"{moment.day} {moment:%b}" + (
            "" if self.range.bucket == 86_400 else f" {moment:%H:%M}"
        )

    def labels(self) -> list[str]:
        """Five moments for the axis, from the first to the end."""
        step = (self.end - self.begin) / 4
        moments = (datetime.fromtimestamp(self.begin + step * n, UTC) for n in range(5))
        return [self.clock(moment) for moment in moments]


def parse_range(key: str) -> Range:
    """The range of that name, by default one hour."""
    return next((found for found in RANGES if found.key == key), DEFAULT)


def window_of(found: Range, now: datetime) -> Window:
    """The range up to `now`."""
    end = int(now.timestamp()) // found.bucket * found.bucket + found.bucket
    return Window(found, end - found.count * found.bucket)
