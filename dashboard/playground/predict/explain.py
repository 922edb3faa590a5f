"""Which version would answer, and why, as JSON: `manage.py explain`."""

from __future__ import annotations

from typing import Any

from dashboard.playground.predict.messages import advice, step_detail
from dashboard.playground.predict.predict import Lines, permissions_in, target_of
from routing.control.deploy import active_deployment
from routing.models import DEPLOYABLE, Deployment, Version, Worker
from routing.rules.decide import Decision, Target, advise, decide, judge
from routing.rules.header.fields import OVERRIDES, lines_named
from routing.rules.override import Outcome, Override
from routing.rules.split import percentage


class CannotExplain(ValueError):
    """The Worker does not exist or has no deployment."""


def explain(worker_name: str, headers: Lines, draw: float) -> dict[str, Any]:
    """The decision about a request with these header lines; raises `CannotExplain`.

    Header values are as a server reads them: bytes as latin-1 (`rules.header.fields.as_sent`).
    """
    return as_json(decision(worker_name, headers, draw))


def decision(worker_name: str, headers: Lines, draw: float) -> Decision:
    """The same as a value; raises `CannotExplain`."""
    target = target_of(_deployment_of(worker_name), headers)
    return decide(target, headers, draw, permissions_in(target, headers))


def _deployment_of(worker_name: str) -> Deployment:
    worker = Worker.objects.filter(name=worker_name).first()
    if worker is None:
        raise CannotExplain(f"There is no Worker called {worker_name!r}.")
    deployment = active_deployment(worker)
    if deployment is None:
        raise CannotExplain(f"The Worker {worker_name} has no deployment yet.")
    return deployment


def undecided(worker_name: str, headers: Lines, error: str) -> dict[str, Any]:
    """`as_json` for a Worker without a deployment: no version, and `error`.

    The override header is judged against a deployment without versions.
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
    if judged.outcome is not Outcome.not_in_deployment:  # no deployment to add it to
        judged = advise(target, judged)
    return {
        "version_id": None,
        "percentage": 0,
        "reason": None,
        "override": _override(judged if lines else None),
        "steps": [],
        "error": error,
    }


def as_json(decision: Decision) -> dict[str, Any]:
    """`{"version_id", "percentage", "reason", "override": {"outcome", "advice"}, "steps"}`."""
    return {
        "version_id": decision.version_id,
        "percentage": percentage(decision.weight),
        "reason": str(decision.reason),
        "override": _override(decision.override),
        "steps": [
            {"name": s.name, "ok": s.ok, "detail": step_detail(s, decision)} for s in decision.steps
        ],
    }


def _override(judged: Override | None) -> dict[str, Any]:
    return {
        "outcome": str(judged.outcome if judged else Outcome.absent),
        "advice": advice(judged.problem) if judged else "",
        "suggestion": judged.suggestion if judged else None,
    }
