"""What the pages of comparisons show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.http import urlencode

from dashboard.accounts.permissions import Permission
from dashboard.comparison import messages
from dashboard.comparison.compare import Comparison, Difference, compare
from dashboard.fleet.version_roles import Standing
from dashboard.playground.compare.models import Compared
from dashboard.playground.compare.three_sends import StoredAnswer
from dashboard.playground.request.typed_request import TypedRequest
from dashboard.playground.runs.context import is_complete
from dashboard.playground.runs.report import VersionRole
from routing.models import Version, Worker


@dataclass(frozen=True, kw_only=True)
class StartPage:
    """The request in the address, ready to be compared, and one's own comparisons."""

    worker: Worker
    #: The Worker's name, as on the page of a comparison.
    of: str
    typed: TypedRequest
    fields: Mapping[str, str]
    edit_query: str
    standings: list[Standing]
    own: list[Compared]
    can: Permission
    #: Title and text.
    failed: tuple[str, str] | None = None


@dataclass(frozen=True)
class DescribedDifference:
    difference: Difference
    place: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Result:
    """The differences between stable and the candidate, real ones and noise."""

    comparison: Comparison
    verdict: messages.Verdict
    real: list[DescribedDifference]
    maskable: list[DescribedDifference]
    body_lines: list[messages.MarkedLine]
    header_lines: list[messages.MarkedLine]
    more_lines: int
    headers_differ: int
    body_differs: int
    status_differs: int


@dataclass(frozen=True, kw_only=True)
class ComparedPage:
    """A stored comparison. `result` needs three answers."""

    compared: Compared
    of: str
    answers: list[StoredAnswer]
    roles: list[VersionRole]
    fields: Mapping[str, Any]
    edit_query: str
    #: Whether the stored request is incomplete, so that it cannot be sent again from here.
    masked: bool
    unanswered: list[StoredAnswer] = field(default_factory=list)
    cut: list[StoredAnswer] = field(default_factory=list)
    #: Another version ran than the override named.
    strayed: list[StoredAnswer] = field(default_factory=list)
    result: Result | None = None


def compared_page(row: Compared, chosen: QueryDict) -> ComparedPage:
    """With `chosen` in the address, only the masks named by `on` are on."""
    answers = [StoredAnswer(**(answer | {"headers": _pairs(answer)})) for answer in row.answers]
    roles = [VersionRole(**role) for role in row.stood]
    answered = all(answer.status for answer in answers)
    return ComparedPage(
        compared=row,
        of=row.worker,
        answers=answers,
        roles=roles,
        fields=row.request,
        edit_query=urlencode(row.request),
        masked=not is_complete(row.request),
        unanswered=[a for a in answers if not a.status],
        cut=[a for a in answers if a.ended_by],
        strayed=[a for a in answers if a.status and not a.as_pinned],
        result=result_of(_compare(answers, roles, chosen)) if answered else None,
    )


def _compare(
    answers: list[StoredAnswer], roles: list[VersionRole], chosen: QueryDict
) -> Comparison:
    stable, candidate = (_names_of(role.id) for role in roles)
    sides = [a.side(n) for a, n in zip(answers, (stable, stable, candidate), strict=True)]
    comparison = compare(sides[0], sides[1], sides[2], frozenset())
    if "chosen" not in chosen:
        return comparison
    off = frozenset(d.mask for d in comparison.masked) - set(chosen.getlist("on"))
    return compare(sides[0], sides[1], sides[2], off)


def result_of(comparison: Comparison) -> Result:
    described = [
        DescribedDifference(d, messages.place(d), messages.sentence(d))
        for d in comparison.differences
    ]
    differences = comparison.differences
    return Result(
        comparison=comparison,
        verdict=messages.verdict(comparison),
        real=[d for d in described if not d.difference.masked],
        maskable=[d for d in described if d.difference.reason],
        body_lines=messages.marked_lines(comparison.rows, differences, "body"),
        header_lines=messages.marked_lines(comparison.header_rows, differences, "header"),
        more_lines=max(0, len(comparison.rows) - messages.MOST_LINES),
        headers_differ=comparison.real_in("header"),
        body_differs=comparison.real_in("body"),
        status_differs=comparison.real_in("status"),
    )


def _names_of(version_id: str) -> tuple[str, ...]:
    """Texts by which a version may name itself: id, short id, tag, time of upload."""
    version = Version.objects.filter(id=version_id).only("id", "tag", "created_on").first()
    tag = version.tag if version else ""
    uploaded = version.created_on.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if version else ""
    return version_id, version_id[:8], tag, uploaded


def _pairs(answer: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in answer["headers"])
