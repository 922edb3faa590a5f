"""Faults of Cloudflare's API on request, so that clients can be tested against Sluice. Test only.

The file of SLUICE_TEST_MISBEHAVIOR_FILE has the faults as a JSON object. It is read again when it
changes; without the setting nothing here has an effect, and with it Sluice does not start in
production (`dashboard.settings.test_only`).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from routing.control.deploy import deploy
from routing.models import Deployment, Worker

THROTTLE_SECONDS = 300
PERMISSIONS: Mapping[str, str] = {
    "scripts_read": r"GET .*/workers/(scripts|workers|services|domains)\b(?!.*include=modules)",
    "scripts_edit": r"(POST|PUT|PATCH|DELETE) .*/workers/scripts/[^/]+(/(versions|deployments))?$",
    "code": r"GET .*include=modules",
    "tail": r"\w+ .*/tails\b",
    "analytics": r"POST .*/graphql$",
    "observability": r"POST .*/observability/telemetry/",
}
"""What a token can lack: requests (`METHOD path?query`) that answer 403 then."""


@dataclass(frozen=True, slots=True)
class Faults:
    """Each is off by default.

    `deploy_before_write` ({"versions": [[id, percentage]], "message"}) happens once per change of
    the file, right before the next deployment.
    """

    analytics_late_seconds: float = 0
    analytics_sample_interval: int = 1
    propagation_seconds: float = 0
    tail_dead: bool = False
    tail_overload: bool = False
    tail_viewers: int | None = None
    throttled: bool = False
    rate_remaining: int | None = None
    lacks: tuple[str, ...] = ()
    secrets_changed: tuple[str, ...] = ()
    durable_object_changed: bool = False
    lost_answer_seconds: float | None = None
    deploy_before_write: Mapping[str, Any] | None = None
    account_token: bool = False
    changed_at: float = field(default=0.0, compare=False)


_NONE = Faults()
_read: dict[Path, Faults] = {}
_deployed_at: set[float] = set()


def faults() -> Faults:
    """The faults that are on now."""
    path: Path | None = settings.MISBEHAVIOR_FILE
    if path is None:
        return _NONE
    try:
        changed_at = path.stat().st_mtime
        if path not in _read or _read[path].changed_at != changed_at:
            _read[path] = _parse(json.loads(path.read_text()), changed_at)
    except FileNotFoundError:
        return _NONE
    return _read[path]


def _parse(given: Mapping[str, Any], changed_at: float) -> Faults:
    """Raises ValueError for an unknown fault: a typing error must not look like a passed test."""
    names = {entry.name for entry in fields(Faults)} - {"changed_at"}
    if unknown := given.keys() - names:
        raise ValueError(f"SLUICE_TEST_MISBEHAVIOR_FILE: {', '.join(sorted(unknown))}?")
    frozen: dict[str, Any] = {
        key: tuple(v) if isinstance(v, list) else v for key, v in given.items()
    }
    return Faults(**frozen, changed_at=changed_at)


def refusal(request: HttpRequest) -> HttpResponse | None:
    """The answer to a request that a fault refuses; None to let it pass."""
    now = faults()
    if now == _NONE:
        return None
    line = f"{request.method} {request.get_full_path()}"
    if now.throttled and time.time() < now.changed_at + THROTTLE_SECONDS:
        wait = int(now.changed_at + THROTTLE_SECONDS - time.time()) + 1
        answer = _failure(429, 971, "Please wait and consider throttling your request speed")
        answer["Retry-After"] = str(wait)
        return answer
    if any(re.match(PERMISSIONS[name], line) for name in now.lacks):
        return _forbidden(request)
    if now.account_token and request.path.endswith("/user/tokens/verify"):
        return _failure(401, 1000, "Invalid API Token")
    return _refused_write(request, now)


def before_view(request: HttpRequest) -> None:
    """Another client deploys between a client's read and its write."""
    given = faults().deploy_before_write
    if given is None or not _is_deploy(request) or faults().changed_at in _deployed_at:
        return
    _deployed_at.add(faults().changed_at)
    name = request.path.split("/scripts/")[1].split("/")[0]
    deploy(
        worker=Worker.objects.get(name=name),
        shares=[(str(version), share) for version, share in given["versions"]],
        author=None,
        source="wrangler",
        message=str(given.get("message", "")),
        force=True,
        now=timezone.now(),
    )


def after_view(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """A write whose answer is lost after it took effect, and what is left of the rate limit."""
    now = faults()
    if now.lost_answer_seconds is not None and _is_deploy(request) and response.status_code < 300:
        time.sleep(now.lost_answer_seconds)
        response = HttpResponse("upstream request timeout", status=504)
    if now.account_token and re.fullmatch(r".*/accounts/\w+/tokens/verify", request.path):
        result = {"id": "0" * 32, "status": "active"}
        body = {"success": True, "errors": [], "messages": [], "result": result}
        response = JsonResponse(body)
    if now.rate_remaining is not None:
        response["X-RateLimit-Remaining"] = str(now.rate_remaining)
    return response


def analytics_now(now: datetime) -> datetime:
    """The time up to which analytics know anything."""
    return now - timedelta(seconds=faults().analytics_late_seconds)


def wait_for_propagation(now: datetime) -> None:
    """Until the newest deployment is old enough to be on the data plane."""
    if seconds := faults().propagation_seconds:
        newest = Deployment.objects.order_by("-created_on").first()
        age = (now - newest.created_on).total_seconds() if newest else seconds
        time.sleep(max(0.0, seconds - age))


def _refused_write(request: HttpRequest, now: Faults) -> HttpResponse | None:
    if now.secrets_changed and _is_deploy(request) and "force" not in request.GET:
        names = ", ".join(now.secrets_changed)
        message = f"One or more secrets differ. The following secrets have changed: {names}"
        return _failure(400, 10220, message)
    is_upload = request.method == "POST" and request.path.endswith("/versions")
    if now.durable_object_changed and is_upload:
        return _failure(412, 10211, "Durable Object classes change. Use wrangler deploy.")
    return None


def _is_deploy(request: HttpRequest) -> bool:
    return request.method == "POST" and request.path.endswith("/deployments")


def _forbidden(request: HttpRequest) -> HttpResponse:
    if not request.path.endswith("/graphql"):
        return _failure(403, 10000, "Authentication error")
    error = {"message": "not authorized", "path": None, "extensions": {"code": "authz"}}
    return JsonResponse({"data": None, "errors": [error]})


def _failure(status: int, code: int, message: str) -> HttpResponse:
    errors = [{"code": code, "message": message}]
    body = {"success": False, "errors": errors, "messages": [], "result": None}
    return JsonResponse(body, status=status)
