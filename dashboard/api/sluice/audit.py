"""The audit trail: listed with the page's filters, and as a file."""

from __future__ import annotations

from typing import Any, Literal

from django.http import StreamingHttpResponse
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from dashboard.api.http.auth import ApiRequest, may_administer, may_read
from dashboard.api.sluice.lookup import Listing
from dashboard.api.sluice.schemas import Json
from dashboard.trail import export
from dashboard.trail.entry_filter import EntryFilter, entry_filter

router = Router(tags=["Audit trail"])


class EntryQuery(Schema):
    """Which entries; days are `2026-11-29`, in UTC, both included."""

    q: str = Field("", max_length=100, description="Text in subject, person, token or action.")
    kind: str = Field("", max_length=40, description="As `deployment` or `attempt`.")
    about: str = Field("", max_length=100, description="One subject, as the name of a Worker.")
    request: str = Field("", max_length=36, description="A request id, or its beginning.")
    since: str = Field("", max_length=10)
    until: str = Field("", max_length=10)

    @property
    def filter(self) -> EntryFilter:
        return entry_filter(self.model_dump())


class EntryListing(EntryQuery, Listing):
    """With where the page begins."""

    before: int | None = Field(None, ge=1, le=10**15, description="Only entries with a lower id.")


@router.get("/audit", auth=may_read, response=list[Json])
def list_entries(request: ApiRequest, listing: Query[EntryListing]) -> Any:
    """Entries with their hashes, newest first. Addresses of people are in the file for admins."""
    found = listing.filter.entries()
    if listing.before:
        found = found.filter(pk__lt=listing.before)
    entries = list(found[: listing.limit])
    rows = export.rows_of(entries)
    for entry, row in zip(entries, rows, strict=True):
        row["id"] = entry.pk
        del row["address"]
    return rows


@router.get("/audit/export", auth=may_administer)
def export_entries(
    request: ApiRequest, chosen: Query[EntryQuery], format: Literal["jsonl", "csv"] = "jsonl"
) -> StreamingHttpResponse:
    """All entries of the filter as a file: JSON lines, or CSV that no spreadsheet runs."""
    return export.response(request, chosen.filter, format, timezone.now())
