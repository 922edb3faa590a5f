"""A dataset's page: a chart for everybody, queries for operators."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import person, requires
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.datasets import datasets
from dashboard.storage.datasets.messages import NO_QUERY
from dashboard.storage.datasets.page_context import ChartChoice, QueryForm, dataset_page
from dashboard.storage.datasets.sql.translate import translate
from dashboard.storage.datasets.sql.typed import SqlRefused
from dashboard.storage.messages import state_problem
from dashboard.ui.page import page
from routing.models import StateNamespace

TEMPLATE = "storage/datasets/dataset.html"


@never_cache
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    choice = ChartChoice.of(request.GET.dict())
    context = dataset_page(_dataset(key), person(request), choice, timezone.now())
    return page(request, TEMPLATE, context)


@requires(Role.OPERATOR)
@require_POST
def query(request: HttpRequest, key: str) -> HttpResponse:
    """Queries only read, so they are not audited. Other datasets may be named."""
    form, now = _answer(request.POST.get("sql", "").strip()), timezone.now()
    choice = ChartChoice.of(request.POST.dict())
    context = dataset_page(_dataset(key), person(request), choice, now, form)
    return page(request, TEMPLATE, context, status=422 if form.error else 200)


def _answer(sql: str) -> QueryForm:
    if not sql:
        return QueryForm(sql, error=NO_QUERY)
    try:
        result = datasets.run(translate(sql, int(timezone.now().timestamp())))
    except SqlRefused as error:
        return QueryForm(sql, error=str(error))
    except (StateRefused, StateUnavailable) as error:
        return QueryForm(sql, error=state_problem(error))
    return QueryForm(sql, result=result)


def _dataset(key: str) -> StateNamespace:
    return get_object_or_404(StateNamespace, kind=datasets.KIND, key=key)
