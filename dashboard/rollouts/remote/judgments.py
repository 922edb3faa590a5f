"""Late and sampled counts of a step → one judgment per guardrail. Pure.

Statistics use the requests that were counted, never the estimate. A step is judged safe only when
the counts reach past its bake time; until then the verdict is *not yet*. Harm is valid at any look.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dashboard.cloud.provider.values import MinuteCount, MinuteCounts
from dashboard.rollouts.decisions.guardrails import Figures, Judgment, judge_errors, judge_limit
from dashboard.rollouts.decisions.plan import Plan, Rule
from dashboard.rollouts.decisions.states import Verdict
from dashboard.statistics.blocks import Block
from routing.rules.split import TOTAL

ABORTING_RULES = 3
"""Rules that share the probability of a false alarm: runtime failures compared with stable, the
absolute limit, and 5xx from stored logs."""
LATE_AFTER = timedelta(minutes=5)
"""Beyond the usual delay. Counts whose newest minutes are empty for so long may be late."""
MINUTE = timedelta(minutes=1)
ERRORS, LIMIT, SERVER_ERRORS = "errors", "limit", "server_errors"


@dataclass(frozen=True, slots=True)
class Logged:
    """Logged requests and 5xx of both versions, as counted; `problem` says why there are none."""

    candidate: tuple[int, int] = (0, 0)
    stable: tuple[int, int] = (0, 0)
    as_of: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """`counts` None: `problem` says why. `covers`: until when counts must reach for *safe*."""

    counts: MinuteCounts | None
    candidate_id: str
    stable_id: str
    covers: datetime
    logged: Logged = Logged(problem="no_logs")
    problem: str = ""

    def of(self, version_id: str) -> list[MinuteCount]:
        rows = self.counts.rows if self.counts else ()
        return [row for row in rows if row.version_id == version_id]

    @property
    def reaches(self) -> datetime | None:
        """Until when requests are known. Late rows look like no traffic, so this ends with the
        newest minute that has a request."""
        if self.counts is None or not self.counts.rows:
            return None
        newest = max(row.minute for row in self.counts.rows)
        return min(self.counts.as_of, newest + MINUTE)

    @property
    def estimated(self) -> bool:
        """Whether requests were sampled."""
        return any(row.sample_interval > 1 for row in (self.counts.rows if self.counts else ()))


def figures_of(counted: Counted) -> Figures:
    """A block for each minute. Callers are not known: requests count as independent."""
    candidate, stable = counted.of(counted.candidate_id), counted.of(counted.stable_id)
    minutes = sorted({row.minute for row in (*candidate, *stable)})
    return Figures(
        blocks=[Block(*_sums(candidate, at), *_sums(stable, at)) for at in minutes],
        candidate=_sums(candidate),
        stable=_sums(stable),
        until=counted.counts.as_of if counted.counts else None,
    )


def judgments(
    counted: Counted, plan: Plan, rule: Rule, weight: int, now: datetime
) -> list[Judgment]:
    """At 100% there is no stable to compare with: the limit only."""
    figures = figures_of(counted)
    judged = [judge_limit(figures, plan, aborting_rules=ABORTING_RULES)]
    if weight != TOTAL:
        judged.insert(0, judge_errors(figures, plan, rule, ABORTING_RULES))
        judged.append(_server_errors(counted, plan))
    unknown = unknown_reason(counted, now)
    return [_with_lateness(one, counted, unknown) for one in judged]


def unknown_reason(counted: Counted, now: datetime) -> str:
    """Why the counts cannot be judged; empty if they can."""
    if counted.counts is None:
        return counted.problem or "no_figures"
    if now - counted.counts.as_of > LATE_AFTER:
        return "figures_late"
    reaches = counted.reaches or counted.counts.since
    return "figures_late" if counted.counts.as_of - reaches > LATE_AFTER else ""


def _with_lateness(judgment: Judgment, counted: Counted, unknown: str) -> Judgment:
    """Harm stays. Without counts, or with late ones, nothing else can be judged."""
    facts = judgment.facts | ({"sampled": True} if counted.estimated else {})
    judgment = replace(judgment, facts=facts)
    if judgment.verdict is Verdict.HARM:
        return judgment
    if judgment.name == SERVER_ERRORS:
        unknown = ""
        if judgment.code != "logged":
            return judgment
    if unknown:
        return replace(judgment, verdict=Verdict.CANNOT_JUDGE, code=unknown)
    if judgment.verdict is Verdict.SAFE and not _covered(judgment.name, counted):
        facts = facts | {"until": counted.covers.isoformat()}
        return replace(judgment, verdict=Verdict.NOT_YET, code="figures_not_covering", facts=facts)
    return judgment


def _covered(name: str, counted: Counted) -> bool:
    reaches = counted.logged.as_of if name == SERVER_ERRORS else counted.reaches
    return reaches is not None and reaches >= counted.covers


def _server_errors(counted: Counted, plan: Plan) -> Judgment:
    """5xx of logged requests. Without stored logs they are not judged, which holds nothing back."""
    logged = counted.logged
    if logged.problem:
        return Judgment(SERVER_ERRORS, Verdict.SAFE, logged.problem)
    blocks = [Block(*logged.candidate, *logged.stable)]
    figures = Figures(blocks, logged.candidate, logged.stable, until=logged.as_of)
    judged = judge_errors(figures, plan, Rule.CHECKS, ABORTING_RULES)
    code = "more_5xx" if judged.verdict is Verdict.HARM else "logged"
    return replace(judged, name=SERVER_ERRORS, code=code)


def _sums(rows: Sequence[MinuteCount], minute: datetime | None = None) -> tuple[int, int]:
    """(requests, failures) as counted; of one minute, or of all."""
    chosen = [row for row in rows if minute is None or row.minute == minute]
    return sum(row.seen for row in chosen), sum(row.seen_errors for row in chosen)
