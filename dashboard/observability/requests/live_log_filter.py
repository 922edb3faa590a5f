"""Which rows of a live log one viewer wants. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.observability.requests.search import ASKED, STATUSES, Search


def wanted(item: Mapping[str, Any], search: Search) -> bool:
    """Whether a row (`dashboard.observability.ingest.live_log_push`) passes the page's filters.

    A Worker's log lines (`dashboard.observability.ingest.worker_logs`) go to every viewer; the
    page drops those without a row.
    """
    if "place" in item:
        return True
    return (
        item["version"].startswith(search.version.lower())
        and (not search.status or _status(item["status"], search.status))
        and (not search.reason or item["reason"] == search.reason)
        and (not search.outcome or _outcome(item["override"], search.outcome))
        and (not search.q or search.q.lower() in item["text"].lower())
    )


def _status(status: int, asked: str) -> bool:
    return f"{status // 100}xx" == asked if asked in STATUSES else str(status) == asked


def _outcome(outcome: str, asked: str) -> bool:
    return outcome not in ("absent", "") if asked == ASKED else outcome == asked
