"""What the edge's own rules say about a request before it is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from dashboard.playground.compose import VERSION_KEY, Composed
from dashboard.playground.explain import CannotExplain, decision
from dashboard.ui.standing import Standing
from routing.models import Deployment
from routing.rules import affinity
from routing.rules.decide import Decision, Reason
from routing.rules.fields import lines_named
from routing.rules.override import Outcome
from routing.rules.split import format_percentage


@dataclass(frozen=True, slots=True)
class Expected:
    """What the log line should say. `versions` has several ids where only chance decides."""

    worker: str
    reason: str
    outcome: str
    versions: tuple[str, ...]
    deployment_id: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Prediction:
    """For people: `answers` are the versions that may answer, `problem` why nothing can be said."""

    expected: Expected | None = None
    decision: Decision | None = None
    answers: tuple[Standing, ...] = ()
    key_joins_at: str = ""
    problem: str = ""

    @property
    def outcome(self) -> str:
        return self.expected.outcome if self.expected else str(Outcome.absent)

    @property
    def certain(self) -> bool:
        return len(self.answers) == 1


def predict(
    asked: Composed, deployment: Deployment | None, standings: list[Standing]
) -> Prediction:
    """The prediction for `asked`; the dice are left out, so chance names all it may choose."""
    if deployment is None:
        return Prediction(problem=f"{asked.worker} has no deployment, so nothing answers.")
    try:
        found = decision(asked.worker, asked.lines, 0.0)
    except CannotExplain as error:
        return Prediction(problem=str(error))
    answers = tuple(s for s in standings if _may_answer(found, s))
    expected = Expected(
        worker=asked.worker,
        reason=str(found.reason),
        outcome=str(found.override.outcome if found.override else Outcome.absent),
        versions=tuple(str(s.version.id) for s in answers),
        deployment_id=str(deployment.id),
    )
    return Prediction(expected, found, answers, _joins_at(asked, standings))


def _may_answer(found: Decision, standing: Standing) -> bool:
    if found.reason == Reason.percentage:
        return bool(standing.weight)
    return str(standing.version.id) == found.version_id


def _joins_at(asked: Composed, standings: list[Standing]) -> str:
    """From which percentage of the newest version the key is on it."""
    values = lines_named(VERSION_KEY.lower(), asked.lines)
    if len(standings) < 2 or not affinity.present(values):
        return ""
    return format_percentage(affinity.joins_at(values))
