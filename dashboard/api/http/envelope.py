"""Cloudflare's envelope: every answer, good or bad, is wrapped in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from django.http import JsonResponse
from ninja import Field, Router, Schema

from routing.trail.origin import note_refusal

Result = TypeVar("Result")


class Problem(Schema):
    """One error: the code is Cloudflare's where it has one for the case."""

    code: int
    message: str


class PageInfo(Schema):
    """The returned page of a list."""

    page: int
    per_page: int
    count: int
    total_count: int
    total_pages: int


class Envelope(Schema, Generic[Result]):
    """A successful answer."""

    success: bool
    errors: list[Problem]
    messages: list[Problem]
    result: Result
    result_info: PageInfo | None = None


class Failure(Schema):
    """A refusal: `errors` has the reason, and what to do."""

    success: bool
    errors: list[Problem]
    messages: list[Problem]
    result: None


class Paging(Schema):
    """The requested page of a list."""

    page: int = Field(1, ge=1, le=1_000_000)
    per_page: int = Field(10, ge=1, le=1000)


class OptionalPaging(Schema):
    """The requested page of a list; without either field all of it, as older clients expect."""

    page: int | None = Field(None, ge=1, le=1_000_000)
    per_page: int | None = Field(None, ge=1, le=1000)

    def part_of(self, rows: QuerySet[Any]) -> tuple[list[Any], dict[str, int] | None]:
        """The rows, and which part of the list they are."""
        if self.page is None and self.per_page is None:
            return list(rows), None
        return paged(rows, Paging(page=self.page or 1, per_page=self.per_page or 10))


def resource(tag: str) -> Router:
    """A router whose answers hold exactly the fields that were set."""
    return Router(tags=[tag], by_alias=True, exclude_unset=True)


def ok(
    result: Any, info: dict[str, int] | None = None, remarks: Sequence[tuple[int, str]] = ()
) -> dict[str, Any]:
    """`result` in the envelope; `remarks` (code, message) are its `messages`."""
    messages = [{"code": code, "message": message} for code, message in remarks]
    envelope = {"success": True, "errors": [], "messages": messages, "result": result}
    return envelope | ({"result_info": info} if info else {})


def failure(status: int, problems: Sequence[tuple[int, str]]) -> JsonResponse:
    """A refusal in the envelope."""
    errors = [{"code": code, "message": message} for code, message in problems]
    if status in (403, 409):
        note_refusal(" ".join(message for _, message in problems))
    body = {"success": False, "errors": errors, "messages": [], "result": None}
    return JsonResponse(body, status=status)


def paged(rows: QuerySet[Any], paging: Paging) -> tuple[list[Any], dict[str, int]]:
    """One page of `rows`; empty beyond the last, which is where the SDKs stop asking."""
    total = rows.count()
    start = (paging.page - 1) * paging.per_page
    found = list(rows[start : start + paging.per_page])
    return found, page_info(paging.page, paging.per_page, len(found), total)


def page_info(page: int, per_page: int, count: int, total: int) -> dict[str, int]:
    """`result_info`: clients ask on while page * per_page < total_count."""
    return {
        "page": page,
        "per_page": per_page,
        "count": count,
        "total_count": total,
        "total_pages": -(-total // per_page),
    }


def whole(items: list[Any], page: int) -> list[Any]:
    """A list that does not page: all of it on page 1, nothing after (the SDKs would loop)."""
    return items if page == 1 else []
