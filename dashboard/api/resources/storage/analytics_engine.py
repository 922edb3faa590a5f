"""The SQL API of Analytics Engine. It answers without the envelope, as Cloudflare does."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone

from dashboard.api.http.auth import ApiRequest, may_read
from dashboard.api.http.envelope import resource
from dashboard.api.resources.storage.answers import state_errors
from dashboard.storage.datasets import datasets
from dashboard.storage.datasets.formats import CONTENT_TYPES, written
from dashboard.storage.datasets.messages import NO_QUERY
from dashboard.storage.datasets.sql.translate import translate
from dashboard.storage.datasets.sql.typed import SqlRefused

router = resource("Analytics Engine")
SQL = "/accounts/{account_id}/analytics_engine/sql"


@router.post(SQL, auth=may_read, response=None)
def query_dataset(request: ApiRequest, account_id: str) -> HttpResponse:
    """Runs the SELECT in the body, or `SHOW TABLES`. See docs/analytics-engine.md."""
    return _answer(request.body.decode(errors="replace"))


@router.get(SQL, auth=may_read, response=None, operation_id="analytics_engine_query_by_get")
def query_by_get(request: ApiRequest, account_id: str, query: str = "") -> HttpResponse:
    """The same with the query in the URL."""
    return _answer(query)


def _answer(text: str) -> HttpResponse:
    """Refusals are plain text."""
    try:
        if not text.strip():
            raise SqlRefused(NO_QUERY)
        query = translate(text, int(timezone.now().timestamp()))
        with state_errors():
            result = datasets.run(query)
    except SqlRefused as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    return HttpResponse(written(result, query.format), content_type=CONTENT_TYPES[query.format])
