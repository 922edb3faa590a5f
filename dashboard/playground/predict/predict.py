"""What the edge's own rules say about a request before it is sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from dashboard.fleet.deployment_cache import roles_by_deployment_id
from dashboard.fleet.version_roles import Standing
from dashboard.playground.predict.explain import CannotExplain, Lines, carried_by, target_of
from dashboard.playground.request.compose import VERSION_KEY
from routing.models import Deployment
from routing.rules import affinity
from routing.rules.decide import Decision, Reason, decide
from routing.rules.header.fields import lines_named
from routing.rules.override import Outcome
from routing.rules.split import VersionWeight, format_percentage


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
    key_newest: Standing | None = None
    key_now: Standing | None = None
    problem: str = ""
    #: All versions of the live deployment.
    live: tuple[Standing, ...] = ()

    @property
    def outcome(self) -> str:
        return self.expected.outcome if self.expected else str(Outcome.absent)

    @property
    def certain(self) -> bool:
        return len(self.answers) == 1


def predict(
    worker: str, lines: Lines, deployment: Deployment | None, standings: list[Standing]
) -> Prediction:
    """What `worker` does with these lines; the dice are left out, so chance names all it may
    choose."""
    if deployment is None:
        return Prediction(problem=f"{worker} has no deployment, so nothing answers.")
    try:
        target = target_of(worker, lines)
    except CannotExplain as error:
        return Prediction(problem=str(error))
    found = decide(target, lines, 0.0, carried_by(target, lines))
    decides = _standings(target.deployment_id, deployment, standings)
    answers = tuple(s for s in decides if _may_answer(found, s))
    expected = Expected(
        worker=worker,
        reason=str(found.reason),
        outcome=str(found.override.outcome if found.override else Outcome.absent),
        versions=tuple(str(s.version.id) for s in answers),
        deployment_id=target.deployment_id,
    )
    key = _key(lines, decides)
    return Prediction(expected, found, answers, *key, live=tuple(standings))


def _standings(deployment_id: str, newest: Deployment, standings: list[Standing]) -> list[Standing]:
    """The versions of the deployment that decides: an older one where an edge lags."""
    if deployment_id == str(newest.id):
        return standings
    pk = UUID(deployment_id)
    return roles_by_deployment_id([pk])[pk]


def _may_answer(found: Decision, standing: Standing) -> bool:
    if found.reason == Reason.percentage:
        return bool(standing.weight)
    return str(standing.version.id) == found.version_id


def _key(lines: Lines, standings: list[Standing]) -> tuple[str, Standing | None, Standing | None]:
    """From which percentage of the newest version the key is on it; that version; and the one
    that the key has now."""
    values = lines_named(VERSION_KEY.lower(), lines)
    if len(standings) < 2 or not affinity.has_version_key(values):
        return "", None, None
    newest_first = sorted(standings, key=lambda s: -s.version.number)
    shares = [VersionWeight(str(s.version.id), s.weight or 0) for s in newest_first]
    now = affinity.pick(values, shares)
    holder = next(s for s in standings if str(s.version.id) == now)
    return format_percentage(affinity.joins_at(values)), newest_first[0], holder
