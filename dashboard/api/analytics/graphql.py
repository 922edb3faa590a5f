"""`POST /graphql`: errors of a query come with status 200 and `errors`, as the specification and
Cloudflare have it. Errors of the token come in the envelope."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import JsonResponse
from django.utils import timezone
from ninja import Schema

from dashboard import misbehavior
from dashboard.api.http.auth import ApiRequest, may_read
from dashboard.api.http.envelope import resource

router = resource("Analytics")


class GraphQLInput(Schema):
    """A query with its variables."""

    query: str
    variables: dict[str, Any] | None = None
    operationName: str | None = None


class GraphQLAnswer(Schema):
    """`data` is null if nothing could be answered; `errors` is null if everything was."""

    data: dict[str, Any] | None
    errors: list[dict[str, Any]] | None


@router.post("/graphql", auth=may_read, response=GraphQLAnswer)
def query_graphql(request: ApiRequest, given: GraphQLInput) -> JsonResponse:
    """`viewer.accounts.workersInvocationsAdaptive`: requests of versions by time and result."""
    from dashboard.api.analytics.graphql_schema import answer  # 16 MB and 0.2 s, for this only

    result = answer(
        given.query,
        given.variables,
        given.operationName,
        account_id=settings.ACCOUNT_ID,
        now=misbehavior.analytics_now(timezone.now()),
        sample_interval=misbehavior.faults().analytics_sample_interval,
    )
    return JsonResponse(result)
