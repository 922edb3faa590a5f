"""Deployments: versions and their percentages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Schema
from pydantic import Field, StrictFloat, StrictInt

from dashboard.api import messages
from dashboard.api.acts.upload import cut_calls
from dashboard.api.http.auth import ApiRequest, may_deploy, may_read
from dashboard.api.http.conditional_deploy import EXPECTED_HEADER, expected_deployment
from dashboard.api.http.envelope import Envelope, Paging, ok, paged, resource
from dashboard.api.http.errors import DEPLOYMENT, bad_request
from dashboard.api.http.lookup import deployment_of, worker_named
from dashboard.api.resources.scripts import SCRIPT
from dashboard.api.serializers.annotations import Annotations, message_of
from dashboard.api.serializers.schemas import DeploymentItem, DeploymentList
from dashboard.api.serializers.version_json import deployment_item
from dashboard.reviews import gate

router = resource("Deployments")
DEPLOYMENTS = SCRIPT + "/deployments"


class ShareInput(Schema):
    """A version's part of the traffic."""

    version_id: str = Field(max_length=100)
    percentage: StrictInt | StrictFloat = Field(
        description="0 to 100 with up to three decimals. All of them sum to 100."
    )


class DeploymentInput(Schema):
    """One version at 100, or two that share."""

    strategy: str = "percentage"
    versions: list[ShareInput] = Field(max_length=100)
    annotations: Annotations | None = None
    expected_deployment_id: str | None = Field(
        None,
        max_length=100,
        description="Sluice only: deploy only if this deployment is active (null: none).",
    )


class DeploymentPaging(Paging):
    """Deployments can be listed by page and by time; the last 100 by default."""

    per_page: int = Field(100, ge=1, le=1000)
    since: datetime | None = None
    until: datetime | None = None


@router.get(DEPLOYMENTS, auth=may_read, response=Envelope[DeploymentList])
def list_deployments(
    request: ApiRequest, account_id: str, script_name: str, paging: Query[DeploymentPaging]
) -> dict[str, Any]:
    """Deployments, newest first: the first one is active."""
    rows = worker_named(script_name).deployments.with_shares().newest_first()
    if paging.since:
        rows = rows.filter(created_on__gte=_aware(paging.since))
    if paging.until:
        rows = rows.filter(created_on__lte=_aware(paging.until))
    page, info = paged(rows, paging)
    items = [deployment_item(deployment) for deployment in page]
    return ok({"deployments": items, "items": items}, info)


@router.post(
    DEPLOYMENTS,
    auth=may_deploy,
    response=Envelope[DeploymentItem],
    openapi_extra={"parameters": [EXPECTED_HEADER]},
)
def create_deployment(
    request: ApiRequest,
    account_id: str,
    script_name: str,
    given: DeploymentInput,
    force: bool = False,
) -> dict[str, Any]:
    """Deploys; `force` consents to traffic for an older version with other secrets (10220)."""
    if given.strategy != "percentage":
        raise bad_request(messages.ONLY_PERCENTAGE, DEPLOYMENT)
    worker = worker_named(script_name)
    deployment = gate.deploy(
        worker=worker,
        by_token=True,
        shares=[(share.version_id, share.percentage) for share in given.versions],
        author=request.auth.user,
        source=request.auth.source,
        message=message_of(given.annotations),
        expected=_expected(request, given),
        force=force,
        now=timezone.now(),
    )
    remarks = cut_calls(worker, [share.version_id for share in given.versions])
    return ok(deployment_item(deployment_of(worker, str(deployment.id))), remarks=remarks)


@router.get(DEPLOYMENTS + "/{deployment_id}", auth=may_read, response=Envelope[DeploymentItem])
def get_deployment(
    request: ApiRequest, account_id: str, script_name: str, deployment_id: str
) -> dict[str, Any]:
    """One deployment by its id."""
    return ok(deployment_item(deployment_of(worker_named(script_name), deployment_id)))


@router.delete(DEPLOYMENTS + "/{deployment_id}", auth=may_deploy, response=Envelope[None])
def delete_deployment(
    request: ApiRequest, account_id: str, script_name: str, deployment_id: str
) -> dict[str, Any]:
    """Always refused: deployments are the Worker's history."""
    deployment_of(worker_named(script_name), deployment_id)
    raise bad_request(messages.DEPLOYMENTS_STAY, DEPLOYMENT)


def _expected(request: HttpRequest, given: DeploymentInput) -> Any:
    """The condition in the body, else the one in the header."""
    if "expected_deployment_id" in given.model_fields_set:
        return given.expected_deployment_id
    return expected_deployment(request)


def _aware(moment: datetime) -> datetime:
    return moment if timezone.is_aware(moment) else timezone.make_aware(moment)
