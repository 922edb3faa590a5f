"""Endpoints of products that Sluice does not have: refused with a reason."""

from __future__ import annotations

from typing import NoReturn

from django.conf import settings
from django.utils import timezone

from dashboard.api import messages
from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.envelope import Failure, resource
from dashboard.api.http.errors import ApiError, unsupported
from dashboard.api.http.lookup import worker_named
from dashboard.api.resources.scripts import SCRIPT
from routing.control.publish import hostname
from routing.control.subdomain import undo_switch_off

router = resource("Not supported")
ROUTES = messages.no_routes(settings.DOMAIN)


@router.get("/zones", auth=may_read, response=Failure)
def list_zones(request: ApiRequest) -> NoReturn:
    """Refused: there are no zones, so no routes."""
    raise unsupported(ROUTES)


@router.put(SCRIPT + "/routes", auth=may_deploy, response=Failure)
def put_routes(request: ApiRequest, account_id: str, script_name: str) -> NoReturn:
    """Refused. A host name that the same client just switched off is switched on again."""
    raise _no_routes(request, script_name)


@router.post(SCRIPT + "/domains/changeset", auth=may_deploy, response=Failure)
def post_domains(request: ApiRequest, account_id: str, script_name: str) -> NoReturn:
    """Refused. A host name that the same client just switched off is switched on again."""
    raise _no_routes(request, script_name)


@router.put(SCRIPT + "/domains/records", auth=may_deploy, response=Failure)
def put_domains(request: ApiRequest, account_id: str, script_name: str) -> NoReturn:
    """Refused. A host name that the same client just switched off is switched on again."""
    raise _no_routes(request, script_name)


def _no_routes(request: ApiRequest, script_name: str) -> ApiError:
    """wrangler has switched the Worker's host name off before this call; the refusal undoes it."""
    worker, caller = worker_named(script_name), request.auth
    undo_switch_off(worker=worker, author=caller.user, source=caller.source, now=timezone.now())
    # Read again: wrangler sends routes and domains at the same time, and either may undo it.
    worker.refresh_from_db(fields=["subdomain_enabled"])
    host = hostname(worker.name) if worker.subdomain_enabled else ""
    return unsupported(messages.no_routes(settings.DOMAIN, host))
