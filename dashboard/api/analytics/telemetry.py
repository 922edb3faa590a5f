"""Workers Observability: stored requests and console lines, searched and counted.

Cloudflare asks for a permission to write; here a token that may read suffices.
"""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any
from uuid import uuid4

from django.utils import timezone

from dashboard.api.analytics import messages
from dashboard.api.analytics.telemetry_calculations import calculate
from dashboard.api.analytics.telemetry_events import DATASET, nested, stored_events
from dashboard.api.analytics.telemetry_filters import (
    Event,
    FilterInvalid,
    match_all,
    text_of,
)
from dashboard.api.analytics.telemetry_schemas import (
    KeyItem,
    KeysInput,
    QueryInput,
    QueryResult,
    Timeframe,
    ValueItem,
    ValuesInput,
)
from dashboard.api.http.auth import ApiRequest, may_read
from dashboard.api.http.envelope import Envelope, ok, resource
from dashboard.api.http.errors import bad_request
from dashboard.misbehavior import analytics_now, faults
from routing.control.publish import timestamp

router = resource("Observability")
TELEMETRY = "/accounts/{account_id}/workers/observability/telemetry"
_HOUR_MS = 3_600_000
Json = dict[str, Any]


@router.post(TELEMETRY + "/query", auth=may_read, response=Envelope[QueryResult])
def query_telemetry(request: ApiRequest, account_id: str, given: QueryInput) -> Json:
    """Events, events by request, or calculations by group, newest first."""
    started = time.perf_counter()
    frame, parameters = _checked(given.timeframe), given.parameters
    calculated = given.view == "calculations"
    try:
        match = match_all(parameters.filters, parameters.filterCombination, parameters.needle)
        narrowing = parameters.filters if parameters.filterCombination.lower() == "and" else []
        stored = stored_events(frame.from_, frame.to, narrowing, sampled=calculated)
        events = [event for event in stored.events if match(event)]
        answer = _view(given, events, stored.sample_interval)
    except FilterInvalid as error:
        raise bad_request(str(error)) from error
    statistics = {
        "elapsed": time.perf_counter() - started,
        "rows_read": stored.rows_read,
        "bytes_read": 0,
        "abr_level": 1,
    }
    return ok({"run": _run(request, given, statistics), "statistics": statistics, **answer})


@router.post(TELEMETRY + "/keys", auth=may_read, response=Envelope[list[KeyItem]])
def list_telemetry_keys(request: ApiRequest, account_id: str, given: KeysInput) -> Json:
    """Fields of events, by name; of the last hour by default."""
    now = timezone.now().timestamp() * 1000
    until = now if given.to is None else given.to
    since = until - _HOUR_MS if given.from_ is None else given.from_
    needle = text_of(given.keyNeedle.value).lower() if given.keyNeedle else ""
    keys: dict[str, Json] = {}
    for event in _matching(given, Timeframe(**{"from": since, "to": until})):
        for key, value in event.items():
            if key.startswith("$") and needle in key.lower() and key not in keys:
                seen = event["timestamp"]
                keys[key] = {"key": key, "lastSeenAt": seen, "type": _type(value)}
    return ok([keys[key] for key in sorted(keys)][: given.limit])


@router.post(TELEMETRY + "/values", auth=may_read, response=Envelope[list[ValueItem]])
def list_telemetry_values(request: ApiRequest, account_id: str, given: ValuesInput) -> Json:
    """Distinct values of one field, most recent first."""
    values: dict[Any, Json] = {}
    for event in _matching(given, given.timeframe):
        value = event.get(given.key)
        if value is not None and _type(value) == given.type:
            row = {"dataset": DATASET, "key": given.key, "type": given.type, "value": value}
            values.setdefault(value, row)
    return ok(list(values.values())[: given.limit])


def _matching(given: KeysInput | ValuesInput, frame: Timeframe) -> list[Event]:
    frame = _checked(frame)
    try:
        match = match_all(given.filters, "and", given.needle)
        stored = stored_events(frame.from_, frame.to, given.filters, sampled=False)
    except FilterInvalid as error:
        raise bad_request(str(error)) from error
    return [event for event in stored.events if match(event)]


def _checked(frame: Timeframe) -> Timeframe:
    if not frame.from_ < frame.to:
        raise bad_request(messages.BAD_TIMEFRAME)
    latest = analytics_now(timezone.now()).timestamp() * 1000
    return frame if faults().analytics_late_seconds == 0 else _until(frame, latest)


def _until(frame: Timeframe, latest: float) -> Timeframe:
    return Timeframe(**{"from": frame.from_, "to": min(frame.to, latest)})


def _view(given: QueryInput, events: list[Event], sample_interval: int) -> Json:
    if given.view == "calculations":
        limit = given.parameters.limit or given.limit
        return {"calculations": calculate(events, given.parameters, limit, sample_interval)}
    if given.offset:
        places = [i for i, event in enumerate(events) if event["$metadata.id"] == given.offset]
        events = events[places[0] + 1 :] if places else []
    if given.view == "events":
        page = [nested(event) for event in events[: given.limit]]
        return {"events": {"count": len(events), "events": page}}
    requests: defaultdict[str, list[Json]] = defaultdict(list)
    for event in events:
        request_id = str(event["$metadata.requestId"])
        if request_id in requests or len(requests) < given.limit:
            requests[request_id].append(nested(event))
    return {"invocations": dict(requests)}


def _run(request: ApiRequest, given: QueryInput, statistics: Json) -> Json:
    """The query as it ran. It is not saved."""
    now, person = timestamp(timezone.now()), request.auth.user.get_username()
    query = {
        "id": given.queryId,
        "adhoc": True,
        "name": given.queryId,
        "created": now,
        "createdBy": person,
        "updated": now,
        "updatedBy": person,
        "parameters": given.parameters.model_dump(exclude_none=True),
    }
    return {
        "id": uuid4().hex,
        "accountId": request.resolver_match.kwargs["account_id"] if request.resolver_match else "",
        "dry": True,
        "granularity": 0,
        "query": query,
        "status": "COMPLETED",
        "timeframe": {"from": int(given.timeframe.from_), "to": int(given.timeframe.to)},
        "userId": person,
        "statistics": statistics,
    }


def _type(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"
