"""Refusals of Sluice's own API: a code, a message, and the invalid field, if any."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from dashboard.api import messages as api_messages
from dashboard.api.http.errors import TOO_MANY, ApiError, validation_messages
from dashboard.api.sluice import messages
from dashboard.fleet.storage import problem_of
from dashboard.overrides.protection import OverrideRefused
from dashboard.reviews.gate import ReviewNeeded
from dashboard.reviews.policies.policy import PolicyError
from dashboard.reviews.proposals import report as reviews
from dashboard.reviews.proposals.decisions.vote import DecisionRefused
from dashboard.reviews.proposals.messages import refused
from dashboard.reviews.proposals.models import Proposal
from dashboard.rollouts import messages as rollout_messages
from dashboard.rollouts.actions.actions import ActionRefused
from dashboard.rollouts.actions.start import StartRefused
from dashboard.rollouts.conductor.advance import Stale
from dashboard.rollouts.decisions.plan import PlanError
from dashboard.rollouts.plans.saved_plans import SavedPlanError
from dashboard.rollouts.record import report
from dashboard.smoketests.subject import NoSubject
from dashboard.smoketests.suites.yaml_format import SuiteError
from dashboard.ui.http.unavailable import retry_later
from dashboard.ui.messages import reason_of
from routing.control.deploy import DeployRefused
from routing.trail.origin import note_refusal

logger = logging.getLogger(__name__)

_SHARED: Mapping[int, str] = {
    9106: "no_token",
    9109: "forbidden",
    10007: "unknown_worker",
    10026: "invalid",
    TOO_MANY: "rate_limited",
}
"""Codes of the Cloudflare-compatible API → codes of this one."""
_FIELDS: Mapping[str, str] = {
    "unknown_version": "version_id",
    "too_old": "version_id",
    "unknown_suite": "suite",
    "no_candidate": "version_id",
    "conflict": "deployment_id",
    "secrets_changed": "force",
    "unknown_step": "to",
    "name": "name",
}
_DECISION_STATUSES = {
    "ended": 409,
    "changed": 409,
    "again": 409,
    "needs_changes": 409,
    "no_reason": 422,
}
"""Statuses of refused decisions. Others are 403: another person may."""
_UNPROCESSABLE = ("unknown_version", "unknown_suite", "unknown_step", "name")


_OVERRIDES: Mapping[str, int] = {
    "invalid": 422,
    "unknown_version": 422,
    "unknown_link": 404,
    "not_allowed": 403,
}
"""Statuses of `OverrideRefused`; every other code is 409."""


class Refused(Exception):
    """Answered with `status`, `code`, the message and `field`, if any."""

    def __init__(self, status: int, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.field = status, code, field


def refusal(status: int, code: str, message: str, field: str = "", **more: Any) -> JsonResponse:
    """The body of every refusal."""
    named = {"field": field} if field else {}
    if status in (403, 409):
        note_refusal(message)
    return JsonResponse({"error": code, "message": message} | named | more, status=status)


def handle_errors(api: NinjaAPI) -> None:
    """Answers every exception of a view with a `refusal`."""
    api.add_exception_handler(Refused, _refused)
    api.add_exception_handler(ApiError, _shared)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(Http404, unknown_address)
    api.add_exception_handler(PlanError, _plan)
    api.add_exception_handler(PolicyError, _plan)
    api.add_exception_handler(SuiteError, _suite)
    api.add_exception_handler(NoSubject, _coded)
    api.add_exception_handler(SavedPlanError, _coded)
    api.add_exception_handler(StartRefused, _start)
    api.add_exception_handler(ActionRefused, _coded)
    api.add_exception_handler(DeployRefused, _coded)
    api.add_exception_handler(OverrideRefused, _override)
    api.add_exception_handler(ReviewNeeded, _review_needed)
    api.add_exception_handler(DecisionRefused, _decision_refused)
    api.add_exception_handler(Proposal.DoesNotExist, _deleted_review)
    api.add_exception_handler(Stale, _stale)
    api.add_exception_handler(Exception, unexpected)


def unknown_address(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Any path below `/api/` that does not exist."""
    return refusal(404, "unknown_address", messages.nothing_at(request.path))


def unexpected(request: HttpRequest, error: Any) -> HttpResponse:
    """A bug: details go to the log only. Large bodies and an unavailable database get their own
    answers."""
    if isinstance(error, RequestDataTooBig):
        return refusal(413, "too_large", api_messages.BODY_TOO_LARGE)
    if problem := problem_of(error):
        logger.warning("%s %s: %s", request.method, request.path, error)
        return retry_later(refusal(problem.status, "unavailable", reason_of(problem)))
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return refusal(500, "unexpected", messages.UNEXPECTED)


def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    return refusal(error.status, error.code, str(error), error.field)


def _shared(request: HttpRequest, error: Any) -> HttpResponse:
    message = " ".join(message for _, message in error.problems)
    response = refusal(error.status, _SHARED.get(error.problems[0][0], "refused"), message)
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    """Names the first invalid field, never its value, which may be a secret."""
    sentences = validation_messages([_without_body_name(one) for one in error.errors])
    field = sentences[0].partition(":")[0]
    return refusal(422, "invalid", " ".join(sentences), field, problems=sentences)


def _without_body_name(error: Any) -> Any:
    """Removes the name of the view's parameter: Ninja's `loc` is `body, given, step`."""
    return error | {"loc": [step for step in error["loc"] if step not in ("given", "path")]}


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    """Ninja's own errors, which wrap those of the JSON parser."""
    if isinstance(error.__cause__, ApiError):
        return _shared(request, error.__cause__)
    return refusal(error.status_code, "invalid", str(error))


def _plan(request: HttpRequest, error: Any) -> HttpResponse:
    return refusal(422, "invalid", str(error), error.field)


def _suite(request: HttpRequest, error: Any) -> HttpResponse:
    return refusal(422, "invalid_suite", str(error), error.field, problems=error.problems)


def _coded(request: HttpRequest, error: Any) -> HttpResponse:
    status = 422 if error.code in _UNPROCESSABLE else 409
    return refusal(status, error.code, str(error), _FIELDS.get(error.code, ""))


def _review_needed(request: HttpRequest, error: Any) -> HttpResponse:
    """With the open review, if there is one."""
    if error.proposal is None:
        return refusal(403, error.code, str(error))
    return refusal(
        403, error.code, str(error), review=reviews.as_json(error.proposal, timezone.now())
    )


def _decision_refused(request: HttpRequest, error: Any) -> HttpResponse:
    status = _DECISION_STATUSES.get(error.code, 403)
    review = reviews.as_json(error.proposal, timezone.now())
    return refusal(status, error.code, refused(error.code, error.proposal), review=review)


def _deleted_review(request: HttpRequest, error: Any) -> HttpResponse:
    return refusal(404, "unknown_review", messages.REVIEW_DELETED)


def _override(request: HttpRequest, error: Any) -> HttpResponse:
    return refusal(_OVERRIDES.get(error.code, 409), error.code, str(error), error.field)


def _start(request: HttpRequest, error: Any) -> HttpResponse:
    """A second rollout gets the first one in the answer."""
    if error.rollout is None:
        return _coded(request, error)
    return refusal(409, error.code, str(error), rollout=report.as_json(error.rollout))


def _stale(request: HttpRequest, error: Any) -> HttpResponse:
    """With who moved it, when, and its current state."""
    last = error.rollout.events.order_by("-pk").first()
    moved = {"by": last.as_json()["by"], "at": last.at.isoformat()} if last else {}
    now = report.as_json(error.rollout)
    return refusal(409, "stale", rollout_messages.moved(error.rollout), rollout=now, **moved)
