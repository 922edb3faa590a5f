"""What a request will reach, by the edge's own rules on the rows of the control plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from dashboard.fleet.deployment_cache import roles_by_deployment_id, roles_of_deployment
from dashboard.fleet.edge_condition import SILENT_AFTER
from dashboard.fleet.version_roles import Standing
from routing.control import publish
from routing.control.deploy import active_deployment
from routing.control.override_policies import protection
from routing.models import Deployment, Edge, Worker
from routing.rules import affinity
from routing.rules.decide import Decision, Reason, Target, decide
from routing.rules.header.fields import OVERRIDES, VERSION_KEY, lines_named
from routing.rules.override import Outcome, read_override
from routing.rules.permissions import token
from routing.rules.permissions.permission import COOKIE, NOTHING, UNPROTECTED, Presented, Protection
from routing.rules.permissions.presented import presented_in
from routing.rules.split import VersionWeight, format_percentage

Lines = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Expected:
    """The predicted log line. `versions` has several ids where the percentage decides."""

    worker: str
    reason: str
    outcome: str
    versions: tuple[str, ...]
    deployment_id: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Expected:
        return cls(**{**fields, "versions": tuple(fields["versions"])})


@dataclass(frozen=True, slots=True)
class Prediction:
    """For people: `answers` are the versions that may answer; `problem` says why there is none."""

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


def live_versions(worker: Worker) -> tuple[Deployment | None, list[Standing]]:
    """The active deployment and the roles of its versions."""
    deployment = active_deployment(worker)
    return deployment, roles_of_deployment(deployment) if deployment else []


def predict(
    worker: str,
    lines: Lines,
    deployment: Deployment | None,
    standings: list[Standing],
    host: str = "",
) -> Prediction:
    """What `worker` does with these header lines at `host` ("": its own host name). Without a draw:
    a percentage names every version that has one."""
    if deployment is None:
        return Prediction(problem=f"{worker} has no deployment, so nothing answers.")
    target = target_of(deployment, lines)
    decision = decide(target, lines, 0.0, permissions_in(target, lines, host))
    decides = _standings(target.deployment_id, deployment, standings)
    answers = tuple(s for s in decides if _may_answer(decision, s))
    expected = Expected(
        worker=worker,
        reason=str(decision.reason),
        outcome=str(decision.override.outcome if decision.override else Outcome.absent),
        versions=tuple(str(s.version.id) for s in answers),
        deployment_id=target.deployment_id,
    )
    key = _key(lines, decides)
    return Prediction(expected, decision, answers, *key, live=tuple(standings))


def _standings(deployment_id: str, newest: Deployment, standings: list[Standing]) -> list[Standing]:
    """The versions of the deciding deployment, which is an older one where an edge lags."""
    if deployment_id == str(newest.id):
        return standings
    pk = UUID(deployment_id)
    return roles_by_deployment_id([pk])[pk]


def _may_answer(decision: Decision, standing: Standing) -> bool:
    if decision.reason == Reason.percentage:
        return bool(standing.weight)
    return str(standing.version.id) == decision.version_id


def _key(lines: Lines, standings: list[Standing]) -> tuple[str, Standing | None, Standing | None]:
    """The percentage of the newest version at which the key joins it, that version, and the key's
    present one."""
    values = lines_named(VERSION_KEY, lines)
    if len(standings) < 2 or not affinity.has_version_key(values):
        return "", None, None
    newest_first = sorted(standings, key=lambda s: -s.version.number)
    shares = [VersionWeight(str(s.version.id), s.weight or 0) for s in newest_first]
    now = affinity.pick(values, shares)
    holder = next(s for s in standings if str(s.version.id) == now)
    return format_percentage(affinity.joins_at(values)), newest_first[0], holder


def target_of(deployment: Deployment, headers: Lines) -> Target:
    """The Worker as the edge that is furthest behind decides about it."""
    worker = deployment.worker
    requested = read_override(lines_named(OVERRIDES, headers), worker.name).requested
    return publish.target(
        worker,
        deployment,
        requested=[requested] if requested else [],
        edge=_edge_without(worker.name, deployment),
        protection=_protection(worker, headers),
    )


def permissions_in(target: Target, headers: Lines, host: str = "") -> Presented:
    """The override permissions in these lines, now; `host` as for `predict`."""
    if target.protection is UNPROTECTED:
        return NOTHING
    return presented_in(
        target.worker,
        headers,
        target.protection,
        host=host or publish.hostname(target.worker),
        now=timezone.now().timestamp(),
        read=token.read_token,
    )


def _protection(worker: Worker, headers: Lines) -> Protection:
    """No query unless the Worker is protected or the request carries a shared link's cookie."""
    has_cookie = any(COOKIE in value for value in lines_named("cookie", headers))
    if not worker.overrides_protected and not has_cookie:
        return UNPROTECTED
    return protection(worker)


def _edge_without(name: str, deployment: Deployment) -> Edge | None:
    """The reporting edge furthest behind this deployment; None where every edge has it."""
    edges = Edge.objects.running(name).defer("status")
    alive = edges.filter(last_seen_on__gte=timezone.now() - SILENT_AFTER)
    late = [edge for edge in alive if not edge.has(name, deployment.revision)]
    return min(late, key=lambda edge: edge.revision_of(name), default=None)
