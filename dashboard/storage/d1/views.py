"""A database's page: tables, rows and queries."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from dashboard.accounts.actor import Actor
from dashboard.accounts.models import Role
from dashboard.accounts.permissions import actor_of, person, requires
from dashboard.storage.client import StateRefused, StateUnavailable
from dashboard.storage.d1 import databases, messages
from dashboard.storage.d1.page_context import (
    MOST_RESULT_ROWS,
    QueryForm,
    database_page,
    results,
)
from dashboard.storage.d1.query import KIND, QueryFailed, Statement, WouldWrite, read, run
from dashboard.storage.d1.statements import split_statements
from dashboard.storage.messages import state_problem
from dashboard.ui.page import page
from routing.models import StateNamespace

TEMPLATE = "storage/d1/database.html"
_MOST_PAGES = 100_000


@never_cache
@require_GET
def detail(request: HttpRequest, key: str) -> HttpResponse:
    context = database_page(
        _database(key),
        person(request),
        table=request.GET.get("table", ""),
        page=_page_number(request.GET.get("page", "")),
    )
    return page(request, TEMPLATE, context)


@requires(Role.OPERATOR)
@require_POST
def query(request: HttpRequest, key: str) -> HttpResponse:
    """Runs statements. Those that write run only with `confirmed`."""
    database, sql = _database(key), request.POST.get("sql", "").strip()
    form = _answer(database, sql, "confirmed" in request.POST, actor_of(request))
    shown = database_page(database, person(request), table=request.POST.get("table", ""))
    status = 422 if form.error else 200
    return page(request, TEMPLATE, replace(shown, query=form), status=status)


def _answer(database: StateNamespace, sql: str, confirmed: bool, by: Actor) -> QueryForm:
    statements = [Statement(text) for text in split_statements(sql)]
    if not statements:
        return QueryForm(sql, error=messages.NO_STATEMENT)
    try:
        answer = read(database.key, statements, MOST_RESULT_ROWS)
        if not isinstance(answer, WouldWrite):
            return QueryForm(sql, results=results(answer))
        if not confirmed:
            return QueryForm(sql, would_change=answer.changes)
        written = run(database.key, statements)
    except QueryFailed as error:
        return QueryForm(sql, error=str(error))
    except (StateRefused, StateUnavailable) as error:
        return QueryForm(sql, error=state_problem(error))
    databases.record_query(database, sql, sum(each.meta["changes"] for each in written), by)
    return QueryForm(sql, results=results(written))


def _database(key: str) -> StateNamespace:
    return get_object_or_404(StateNamespace, kind=KIND, key=key)


def _page_number(text: str) -> int:
    is_number = text.isascii() and text.isdecimal() and len(text) < 7
    return min(max(int(text), 1), _MOST_PAGES) if is_number else 1
