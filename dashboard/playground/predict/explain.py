"""Which version would answer, and why: the edge's own rules, run on the control plane's rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from dashboard.fleet.propagation import SILENT_AFTER
from dashboard.playground.messages import advice, step_detail
from routing.control import publish
from routing.control.deploy import active_deployment
from routing.control.override_policies import protection
from routing.models import DEPLOYABLE, Deployment, Edge, Version, Worker
from routing.rules.decide import Decision, Target, advise, decide, judge
from routing.rules.header.fields import OVERRIDES, lines_named
from routing.rules.override import Outcome, Override, read_override
from routing.rules.permissions import token
from routing.rules.permissions.permission import COOKIE, NOTHING, UNPROTECTED, Presented, Protection
from routing.rules.permissions.presented import presented_in
from routing.rules.split import percentage

Lines = Sequence[tuple[str, str]]


class CannotExplain(ValueError):
    """There is nothing to decide about; the message says what is missing."""


def explain(worker_name: str, headers: Lines, draw: float) -> dict[str, Any]:
    """The decision about a request with these header lines, as `manage.py explain --json` shows it.

    Header values are as a server sees them: bytes read as latin-1 (`rules.fields.as_sent`).

    Raises `CannotExplain` for an unknown Worker or one without a deployment.
    """
    return as_json(decision(worker_name, headers, draw))


def decision(worker_name: str, headers: Lines, draw: float) -> Decision:
    """The decision itself, with the target looked up; raises as `explain` does."""
    target = target_of(worker_name, headers)
    return decide(target, headers, draw, carried_by(target, headers))


def carried_by(target: Target, headers: Lines) -> Presented:
    """The permissions among these lines, at the Worker's own host and now."""
    if target.protection is UNPROTECTED:
        return NOTHING
    host, now = publish.hostname(target.worker), timezone.now().timestamp()
    return presented_in(
        target.worker, headers, target.protection, host=host, now=now, read=token.read_token
    )


def target_of(worker_name: str, headers: Lines) -> Target:
    """The Worker as the edge that is furthest behind decides about it; raises as `explain` does."""
    worker = Worker.objects.filter(name=worker_name).first()
    if worker is None:
        raise CannotExplain(f"There is no Worker called {worker_name!r}.")
    deployment = active_deployment(worker)
    if deployment is None:
        raise CannotExplain(f"The Worker {worker_name} has no deployment yet.")
    asked = read_override(lines_named(OVERRIDES, headers), worker_name).requested
    return publish.target(
        worker,
        deployment,
        requested=[asked] if asked else [],
        edge=_edge_without(worker.name, deployment),
        protection=_protection(worker, headers),
    )


def _protection(worker: Worker, headers: Lines) -> Protection:
    """Nothing is looked up where neither the Worker nor a shared link's cookie asks for it."""
    has_cookie = any(COOKIE in value for value in lines_named("cookie", headers))
    if not worker.overrides_protected and not has_cookie:
        return UNPROTECTED
    return protection(worker)


def undecided(worker_name: str, headers: Lines, error: str) -> dict[str, Any]:
    """The shape of `as_json` for a Worker that nothing answers for: no version, and `error`.

    What the override header comes to is judged all the same, against a deployment of no versions.
    """
    lines = lines_named(OVERRIDES, headers)
    versions = Version.objects.filter(worker__name=worker_name).newest_first()
    target = Target(
        worker=worker_name,
        deployment_id="",
        shares=(),
        other_versions=frozenset(map(str, versions.values_list("id", flat=True)[:DEPLOYABLE])),
        workers=frozenset(Worker.objects.values_list("name", flat=True)),
    )
    judged = judge(target, lines)
    if judged.outcome is not Outcome.not_in_deployment:  # there is no deployment to add it to
        judged = advise(target, judged)
    return {
        "version_id": None,
        "percentage": 0,
        "reason": None,
        "override": _override(judged if lines else None),
        "steps": [],
        "error": error,
    }


def as_json(found: Decision) -> dict[str, Any]:
    """`{"version_id", "percentage", "reason", "override": {"outcome", "advice"}, "steps"}`."""
    return {
        "version_id": found.version_id,
        "percentage": percentage(found.weight),
        "reason": str(found.reason),
        "override": _override(found.override),
        "steps": [
            {"name": s.name, "ok": s.ok, "detail": step_detail(s, found)} for s in found.steps
        ],
    }


def _override(judged: Override | None) -> dict[str, Any]:
    return {
        "outcome": str(judged.outcome if judged else Outcome.absent),
        "advice": advice(judged.problem) if judged else "",
        "suggestion": judged.suggestion if judged else None,
    }


def _edge_without(name: str, deployment: Deployment) -> Edge | None:
    """An edge that reports and still answers by an older deployment of the Worker; the one that is
    furthest behind. None where every edge has this one."""
    alive = Edge.objects.filter(last_seen_on__gte=timezone.now() - SILENT_AFTER).defer("status")
    late = [edge for edge in alive if not edge.has(name, deployment.revision)]
    return min(late, key=lambda edge: edge.revision_of(name), default=None)
