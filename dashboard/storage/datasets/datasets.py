"""Data points of a dataset, in the state process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dashboard.accounts.actor import Actor
from dashboard.storage import namespaces
from dashboard.storage.bound_workers import live_workers_of
from dashboard.storage.client import StateRefused, state_client
from dashboard.storage.datasets import messages
from dashboard.storage.datasets.formats import Result, typed_rows
from dashboard.storage.datasets.sql.translate import Query, ShowTables
from dashboard.storage.datasets.sql.typed import SqlRefused
from dashboard.storage.messages import FAILED
from dashboard.storage.namespaces import NamespaceRefused
from routing.models import StateNamespace
from routing.models.namespaces import DATASET

KIND = DATASET


@dataclass(frozen=True, slots=True)
class Status:
    """`lost` points never arrived, since `lost_since`. `size` in bytes."""

    points: int
    size: int
    first_at: datetime | None
    lost: int
    lost_since: datetime | None


def run(query: Query | ShowTables) -> Result:
    """Raises `SqlRefused`, `StateRefused` and `StateUnavailable`."""
    names = StateNamespace.objects.filter(kind=KIND)
    if isinstance(query, ShowTables):
        rows = tuple((name, "") for name in names.order_by("key").values_list("key", flat=True))
        return Result((("dataset", "String"), ("type", "String")), rows)
    if not names.filter(key=query.dataset).exists():
        raise SqlRefused(messages.no_dataset(query.dataset))
    found = _post(query.dataset, "/query", {"sql": query.sql, "parameters": query.parameters})
    return Result(query.columns, typed_rows(query.columns, found["rows"]), found["has_more"])


def status(dataset: str) -> Status:
    """Raises `StateRefused` and `StateUnavailable`."""
    found = _post(dataset, "/status", {})
    return Status(
        points=found["points"],
        size=found["bytes"],
        first_at=_moment(found["first"]),
        lost=found["lost"],
        lost_since=_moment(found["since"]),
    )


def delete(dataset: StateNamespace, by: Actor) -> None:
    """With all points. The next upload may create it again, so the state process does not deny its
    name. Raises `NamespaceRefused`, `StateRefused` and `StateUnavailable`."""
    if workers := live_workers_of(dataset):
        raise NamespaceRefused("bound", messages.still_bound(workers))
    answer = state_client().request(KIND, dataset.key, "POST", "/__destroy")
    if answer.status_code >= 400:
        raise StateRefused(answer.status_code, FAILED)
    namespaces.forget(dataset, by)


def _post(dataset: str, path: str, given: Any) -> Any:
    answer = state_client().request(KIND, dataset, "POST", path, json=given)
    if answer.status_code == 400:
        raise SqlRefused(answer.json()["error"])
    if answer.status_code >= 400:
        raise StateRefused(answer.status_code, FAILED)
    return answer.json()


def _moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None
