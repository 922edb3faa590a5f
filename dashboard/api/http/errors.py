"""What was refused, as Cloudflare says it: codes, statuses and words."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

from dashboard.api import messages
from dashboard.api.http.envelope import failure
from dashboard.api.products import product_at, refusal_of
from dashboard.fleet.storage import problem_of
from dashboard.ui.http.unavailable import retry_later
from dashboard.ui.messages import reason_of
from routing.control.deploy import DeployConflict, DeployRefused
from routing.models import Deployment
from routing.rules.split import format_percentage
from routing.upload_draft import UploadRefused

logger = logging.getLogger(__name__)

UNSUPPORTED = 90001
"""Ours: Cloudflare has this, Sluice does not (yet)."""
DEPLOYMENT = 90002
"""Ours: these versions and percentages make no deployment."""
REFERENCED = 90003
"""Ours: other Workers would lose this one."""


TOO_MANY = 971
"""Cloudflare's code for a limit of requests."""

REVIEW = 90005
"""Ours: the Worker's policy asks for a review; the message has its link."""

OLDER_DATE = 90004
"""Ours, a remark: the version runs with an older compatibility date than it was uploaded with."""

CUT_CALL = 90006
"""Ours, a remark: a service binding leads to a Worker that does not run in the same groups."""

MIGRATED = 90007
"""Ours: a Durable Object migration came after the version."""


class ApiError(Exception):
    """Answered as `status` with `problems` (code, message); `retry_after` are seconds."""

    def __init__(self, status: int, *problems: tuple[int, str], retry_after: int = 0) -> None:
        super().__init__(problems)
        self.status = status
        self.problems = problems
        self.retry_after = retry_after


def bad_request(message: str, code: int = 10026) -> ApiError:
    """The body or a parameter is not what it should be."""
    return ApiError(400, (code, message))


def unsupported(message: str) -> ApiError:
    """Something of Cloudflare's that is not here."""
    return ApiError(400, (UNSUPPORTED, message))


def no_worker() -> ApiError:
    """wrangler reads this code as "a new Worker" or makes one for a secret."""
    return ApiError(404, (10007, messages.NO_WORKER))


def no_service() -> ApiError:
    """Older wranglers need this code for a first deploy."""
    return ApiError(404, (10090, messages.NO_SERVICE))


def no_version() -> ApiError:
    """No version of this Worker has the id."""
    return ApiError(
        404,
        (100146, messages.NO_VERSION),
    )


_UPLOAD: Mapping[str, tuple[int, int]] = {
    "no_worker": (404, 10007),
    "exists": (409, 10035),
    "concurrent": (409, 10035),
    "name": (400, 10016),
    "alias": (400, 10026),
    "no_handlers": (400, 10068),
    "binding": (400, UNSUPPORTED),
    "service": (400, 10143),
    "tail_consumer": (400, 10143),
    "namespace_kv": (400, 10041),
    "namespace_d1": (400, 10181),
    "namespace_r2": (400, 10085),
    "namespace_queue": (400, 11000),
    "namespace_dataset": (400, 10026),
    "object_tag": (412, 10079),
    "object_class": (400, 10074),
    "object_new_export": (400, 10070),
    "object_export": (403, 10064),
    "object_binding": (400, 10061),
    "object_deploy": (412, 10211),
    "tag": (400, 10026),
    "message": (400, 10026),
}
_DEPLOY: Mapping[str, tuple[int, int]] = {
    "unknown_version": (404, 100146),
    "secrets_changed": (400, 10220),
    "conflict": (409, 10035),
    "held": (409, 10035),
    "review": (403, REVIEW),
    "migration": (400, MIGRATED),
}


def upload_error(error: UploadRefused) -> ApiError:
    """Refusals of the runtime are 10021, whose message wrangler prints in full."""
    if error.kind == "inherit":
        problems = [(10057, messages.nothing_to_inherit(name)) for name in error.names]
        return ApiError(400, *problems)
    status, code = _UPLOAD.get(error.kind, (400, 10021))
    return ApiError(status, (code, str(error)))


def deploy_error(error: DeployRefused) -> ApiError:
    """A conflict includes the active deployment."""
    status, code = _DEPLOY.get(error.code, (400, DEPLOYMENT))
    message = str(error)
    if isinstance(error, DeployConflict) and error.active:
        message = messages.live_since(message, error.active.created_on, _split(error.active))
    return ApiError(status, (code, message))


def handle_errors(api: NinjaAPI) -> None:
    """Answers every exception of a view in the envelope."""
    api.add_exception_handler(ApiError, _api_error)
    api.add_exception_handler(UploadRefused, _upload_refused)
    api.add_exception_handler(DeployRefused, _deploy_refused)
    api.add_exception_handler(ValidationError, _invalid)
    api.add_exception_handler(HttpError, _http_error)
    api.add_exception_handler(Http404, lambda r, e: unknown_route(r))
    api.add_exception_handler(Exception, unexpected)


def unknown_route(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Any path that does not exist; paths of other Cloudflare products name the product."""
    path = request.path.removeprefix("/client/v4")
    if product := product_at(path):
        return failure(400, [(UNSUPPORTED, refusal_of(product))])
    return failure(404, [(7003, messages.no_route(path[:200]))])


def unexpected(request: HttpRequest, error: Any) -> HttpResponse:
    """A bug: details go to the log only. Large bodies, an unavailable database and a full disk get
    their own answers."""
    if isinstance(error, RequestDataTooBig):
        return failure(413, [(10026, messages.BODY_TOO_LARGE)])
    if problem := problem_of(error):
        logger.warning("%s %s: %s", request.method, request.path, error)
        return retry_later(failure(problem.status, [(10013, reason_of(problem))]))
    logger.error("%s %s failed", request.method, request.path, exc_info=error)
    return failure(500, [(10013, messages.UNKNOWN_ERROR)])


def _api_error(request: HttpRequest, error: Any) -> HttpResponse:
    response = failure(error.status, error.problems)
    if error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


def _upload_refused(request: HttpRequest, error: Any) -> HttpResponse:
    return _api_error(request, upload_error(error))


def _deploy_refused(request: HttpRequest, error: Any) -> HttpResponse:
    return _api_error(request, deploy_error(error))


def _http_error(request: HttpRequest, error: Any) -> HttpResponse:
    """Ninja's own errors, which wrap those of our JSON parser."""
    if isinstance(error.__cause__, ApiError):
        return _api_error(request, error.__cause__)
    return failure(error.status_code, [(10026, str(error))])


def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    """Names the invalid field and why, never its value, which may be a secret."""
    return failure(400, [(10026, problem) for problem in validation_messages(error.errors)])


def validation_messages(errors: Any) -> list[str]:
    """Pydantic's errors as sentences."""
    sentences = []
    for error in errors[:20]:
        place = ".".join(str(step) for step in error["loc"] if step not in ("body", "query"))
        sentences.append(f"{place or 'body'}: {error['msg']}.")
    return sentences


def _split(deployment: Deployment) -> str:
    shares = deployment.shares.all()
    return ", ".join(f"{s.version_id} at {format_percentage(s.weight)}" for s in shares)
