"""What clients may ask for and Sluice does not have: refused by name, in the envelope."""

from __future__ import annotations

from typing import NoReturn

from django.conf import settings

from dashboard.api.auth import ApiRequest, may_deploy, may_read
from dashboard.api.envelope import Failure, resource
from dashboard.api.errors import unsupported
from dashboard.api.scripts import SCRIPT

router = resource("Not supported")
ASSETS = "Static assets are not supported yet: upload the files as modules, without [assets]."
ROUTES = (
    "Routes and custom domains are not supported: every Worker answers at "
    f"<name>.{settings.DOMAIN}. Remove routes from the configuration."
)


@router.post(SCRIPT + "/assets-upload-session", auth=may_deploy, response=Failure)
def create_assets_session(request: ApiRequest, account_id: str, script_name: str) -> NoReturn:
    """Refused: there are no static assets yet."""
    raise unsupported(ASSETS)


@router.get("/zones", auth=may_read, response=Failure)
def list_zones(request: ApiRequest) -> NoReturn:
    """Refused: there are no zones, so no routes."""
    raise unsupported(ROUTES)


@router.put(SCRIPT + "/routes", auth=may_deploy, response=Failure)
def put_routes(request: ApiRequest, account_id: str, script_name: str) -> NoReturn:
    """Refused: Workers answer at their own names."""
    raise unsupported(ROUTES)


@router.post(SCRIPT + "/domains/changeset", auth=may_deploy, response=Failure)
def post_domains(request: ApiRequest, account_id: str, script_name: str) -> NoReturn:
    """Refused: Workers answer at their own names."""
    raise unsupported(ROUTES)


@router.put(SCRIPT + "/domains/records", auth=may_deploy, response=Failure)
def put_domains(request: ApiRequest, account_id: str, script_name: str) -> NoReturn:
    """Refused: Workers answer at their own names."""
    raise unsupported(ROUTES)
