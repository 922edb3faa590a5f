"""The context of the start page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils import timezone

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission
from dashboard.fleet.deployment_cache import roles_of_deployment
from dashboard.fleet.version_roles import Standing
from dashboard.reviews.policies.messages import requirement_words
from dashboard.reviews.review_check import requirement_for
from dashboard.rollouts import messages
from dashboard.rollouts.actions.start import running_on
from dashboard.rollouts.models import Rollout, SavedPlanEdit
from dashboard.rollouts.plans.form.context import PlanFields, plan_fields
from dashboard.rollouts.plans.form.preview import traffic_of_day
from dashboard.rollouts.plans.form.step_rows import Errors
from dashboard.rollouts.related_rollouts.messages import warning
from dashboard.rollouts.related_rollouts.queries import running_related
from dashboard.rollouts.start_page.commands import start_commands
from dashboard.rollouts.start_page.form import StartForm
from routing.control.deploy import active_deployment
from routing.models import Deployment, Version, Worker, deployable

LISTED = 50


@dataclass(frozen=True, slots=True)
class StartPage:
    """`fields`: the plan with its errors and what its steps detect; `target`: the id that the
    buttons of the form replace; `refused`: why nothing was started or saved, or empty."""

    worker: Worker
    address: str
    target: str
    standings: Sequence[Standing]
    stable: Version | None
    form: StartForm
    fields: PlanFields
    plans: Sequence[SavedPlanEdit]
    commands: Sequence[tuple[str, str]]
    running: Rollout | None
    warnings: Sequence[str]
    suites: Sequence[str]
    versions: Sequence[Version]
    chosen: Version | None
    review: str
    expected: str
    can: Permission
    earlier: Sequence[tuple[Rollout, str]]
    refused: str
    asks_consent: bool


def start_page(
    request: HttpRequest,
    worker: Worker,
    form: StartForm,
    plans: Sequence[SavedPlanEdit],
    errors: Errors | None = None,
    *,
    refused: str = "",
    asks_consent: bool = False,
) -> StartPage:
    """A constant number of queries. `errors` None: those of the submitted plan."""
    deployment = active_deployment(worker)
    standings = roles_of_deployment(deployment) if deployment else []
    stable = standings[-1].version if standings else None
    versions = [v for v in deployable([worker]).select_related("author") if v != stable]
    chosen = next((v for v in versions if str(v.id) == form.version), next(iter(versions), None))
    expected = form.expected or (str(deployment.id) if deployment else "")
    plan, plan_errors = form.plan.check(form.suite)
    shown = plan_errors if errors is None else errors
    api = request.build_absolute_uri("/api")
    return StartPage(
        worker=worker,
        address=request.path,
        target="start-form",
        standings=standings,
        stable=stable,
        form=form,
        fields=plan_fields(form.plan, shown, plan, traffic_of_day(worker, timezone.now())),
        plans=plans,
        commands=start_commands(worker, plan, str(chosen.id), form.suite, expected, api)
        if plan and chosen
        else [],
        running=running_on(worker),
        warnings=_warnings(worker, stable, chosen),
        suites=list(worker.suites.values_list("name", flat=True)),
        versions=versions,
        chosen=chosen,
        review=_review(worker, deployment, chosen),
        expected=expected,
        can=permission(request.user, Role.OPERATOR),
        earlier=_earlier(worker),
        refused=refused,
        asks_consent=asks_consent,
    )


def _warnings(worker: Worker, stable: Version | None, chosen: Version | None) -> list[str]:
    return [warning(one, worker.name) for one in running_related(worker, (stable, chosen))]


def _earlier(worker: Worker) -> list[tuple[Rollout, str]]:
    """The newest rollouts, with their titles."""
    newest = worker.rollouts.with_versions().order_by("-started_at")[:LISTED]
    return [(rollout, messages.title(rollout)) for rollout in newest]


def _review(worker: Worker, deployment: Deployment | None, chosen: Version | None) -> str:
    """The approvals that the policy requires before the ramp, as text; empty without any."""
    if chosen is None:
        return ""
    requirement = requirement_for(worker, deployment, [(str(chosen.id), 100)])
    return requirement_words(requirement) if requirement.approvals else ""
