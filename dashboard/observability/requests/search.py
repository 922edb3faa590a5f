"""Which invocations a page asks for: the filters in its address, and where its page begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q

from routing.models import Invocation, InvocationDetail, InvocationQuerySet

PAGE = 50
STATUSES = ("2xx", "3xx", "4xx", "5xx")
REASONS = ("override", "affinity", "percentage", "preview")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
ASKED = "asked"
"""The outcome filter for "carried an override, whatever became of it"."""
_LONGEST = 200
_START = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Search:
    """Empty fields filter nothing. `status` is a class or a number, `q` a part of the path."""

    ray: str = ""
    version: str = ""
    status: str = ""
    reason: str = ""
    outcome: str = ""
    method: str = ""
    q: str = ""
    failed: str = ""

    @property
    def query(self) -> str:
        """The filters as an address has them."""
        return urlencode({key: value for key, value in asdict(self).items() if value})

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """What a form with a field for `q` and one for `ray` carries along."""
        fields = asdict(self).items()
        return [(key, value) for key, value in fields if value and key not in ("q", "ray")]

    def address(self, **changed: str) -> str:
        """The same search with other fields."""
        return f"?{replace(self, **changed).query}"

    def rows(self, worker: str = "") -> InvocationQuerySet:
        """What matches, newest first; of one Worker, or of all."""
        found = Invocation.objects.filter(**({"worker": worker} if worker else {}))
        for condition in self._conditions():
            found = found.filter(condition)
        return found.select_related("edge").newest_first()

    def _conditions(self) -> list[Q]:
        """Each exact but `version`, which may be the beginning of an id, and `q`."""
        exact = {"ray": self.ray, "reason": self.reason, "method": self.method}
        found = [Q(**{key: value}) for key, value in exact.items() if value]
        if self.version:
            found.append(Q(version_id__startswith=self.version.lower()))
        if self.status:
            found.append(_status(self.status))
        if self.outcome:
            asked = self.outcome == ASKED
            found.append(~Q(override__in=["absent", ""]) if asked else Q(override=self.outcome))
        if self.q:
            found.append(Q(path__icontains=self.q))
        if self.failed:
            found.append(_failed())
        return found


def parse(given: Mapping[str, str]) -> Search:
    """Whatever an address says; what makes no sense matches nothing."""
    fields = {name: given.get(name, "").strip()[:_LONGEST] for name in Search.__dataclass_fields__}
    return Search(**fields)


def page_of(found: InvocationQuerySet, before: str) -> tuple[list[Invocation], str]:
    """One page from the place `before` on, and the place where the next one begins ("" at the
    end). Places are of rows, not numbers of pages: new rows do not move what is being read."""
    place = parse_place(before)
    if place is not None:
        when, last = place
        found = found.filter(Q(started_on__lt=when) | Q(started_on=when, id__lt=last))
    rows = list(found[: PAGE + 1])
    more = place_of(rows[PAGE - 1]) if len(rows) > PAGE else ""
    return rows[:PAGE], more


def place_of(row: Invocation) -> str:
    """Microseconds since 1970 and the row's id."""
    return f"{(row.started_on - _START) // _MICROSECOND}-{row.pk}"


def parse_place(text: str) -> tuple[datetime, int] | None:
    """What `place_of` gave; None for anything else."""
    when, _, last = text.partition("-")
    if not (when.isdecimal() and last.isdecimal() and len(when) < 18 and len(last) < 19):
        return None
    return _START + int(when) * _MICROSECOND, int(last)


def _status(text: str) -> Q:
    if text in STATUSES:
        low = int(text[0]) * 100
        return Q(status__gte=low, status__lt=low + 100)
    return Q(status=int(text)) if text.isdecimal() and len(text) < 4 else Q(pk=None)


def _failed() -> Q:
    details = InvocationDetail.objects.filter(failed=True, version_id=OuterRef("version_id"))
    return Q(Exists(details.filter(ray=OuterRef("ray")))) & ~Q(ray="")
