"""The list of every Worker's rollouts."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from dashboard.accounts.models import Role
from dashboard.accounts.permissions import Permission, permission, person
from dashboard.rollouts import messages
from dashboard.rollouts.forgotten_versions.queries import ForgottenVersion, forgotten_versions
from dashboard.rollouts.list.query import (
    OUTCOMES,
    SHOWS,
    CountedRows,
    RolloutFilter,
    remote_rollouts_for,
    rollouts_for,
)
from dashboard.rollouts.models import Rollout
from dashboard.rollouts.remote import messages as remote_messages
from dashboard.rollouts.remote.models import RemoteRollout
from dashboard.ui.page import page
from dashboard.ui.paging import Page, page_of


@dataclass(frozen=True, slots=True)
class RolloutsPage:
    """`rows`: rollouts with their titles; `remote_rows`: of connected accounts; `shows`: code, text
    and address of each filter."""

    rows: list[tuple[Rollout, str]]
    remote_rows: list[tuple[RemoteRollout, str]]
    pages: Page[Rollout] | None
    filters: RolloutFilter
    shows: list[tuple[str, str, str]]
    outcomes: list[tuple[str, str]]
    mine_address: str
    forgotten: list[ForgottenVersion]
    can: Permission


@require_GET
def of_all(request: HttpRequest) -> HttpResponse:
    """All rollouts, and forgotten versions."""
    filters, reader = RolloutFilter.from_query(request.GET.dict()), person(request)
    rows = CountedRows(rollouts_for(filters, reader))
    pages = page_of(rows, request.GET.get("page", ""), filters.as_query())
    context = RolloutsPage(
        rows=[(rollout, messages.title(rollout)) for rollout in pages.items],
        remote_rows=[
            (rollout, remote_messages.title(rollout.state, rollout.percentage))
            for rollout in remote_rollouts_for(filters, reader)
        ],
        pages=None if pages.is_all else pages,
        filters=filters,
        shows=[(code, words, filters.address(show=code)) for code, words in SHOWS.items()],
        outcomes=list(OUTCOMES.items()),
        mine_address=filters.address(mine="" if filters.mine else "1"),
        forgotten=forgotten_versions(timezone.now()),
        can=permission(request.user, Role.OPERATOR),
    )
    return page(request, "rollouts/list.html", context, partial="rollouts")
