"""The calls of Cloudflare's API that Sluice makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec
from django.utils import timezone

from dashboard.cloud import messages
from dashboard.cloud.client import values
from dashboard.cloud.client.errors import CloudError, Kind
from dashboard.cloud.client.request import (
    Connection,
    Envelope,
    Multipart,
    Send,
    envelope_of,
    exchange,
    is_viewer_limit,
    send_checked,
)
from dashboard.cloud.client.spending import SharedBudget
from dashboard.cloud.proof.evidence import PROBE_HEADER, StoredLog
from dashboard.cloud.proof.stored_logs import (
    StoredRequest,
    logs_of,
    query_of,
    requests_of,
    requests_query,
)

T = TypeVar("T")
PAGE = 100
MOST_PAGES = 10
LATEST = 30
"""Deployments that are read."""
BY_VERSION = """query Sluice($tag: string!, $since: Time!, $until: Time!) {
  viewer { accounts(filter: {accountTag: $tag}) {
    workersInvocationsAdaptive(
      limit: 1000, filter: {datetime_geq: $since, datetime_lt: $until}
    ) {
      dimensions { scriptName scriptVersion }
      sum { requests errors }
      quantiles { wallTimeP50 wallTimeP95 wallTimeP99 }
      avg { sampleInterval }
    }
  } }
}"""
BY_MINUTE = """query Sluice($tag: string!, $worker: string!, $since: Time!, $until: Time!) {
  viewer { accounts(filter: {accountTag: $tag}) {
    workersInvocationsAdaptive(
      limit: 10000, filter: {scriptName: $worker, datetime_geq: $since, datetime_lt: $until}
    ) {
      dimensions { scriptVersion datetimeMinute }
      sum { requests errors }
      avg { sampleInterval }
    }
  } }
}"""
STATUS_BY_VERSION: Mapping[str, Any] = {
    "queryId": "sluice",
    "view": "calculations",
    "limit": 1000,
    "parameters": {
        "datasets": ["cloudflare-workers"],
        "filters": [
            {
                "key": "$metadata.type",
                "operation": "eq",
                "type": "string",
                "value": "cf-worker-event",
            }
        ],
        "calculations": [{"operator": "count"}],
        "groupBys": [
            {"value": "$workers.scriptName", "type": "string"},
            {"value": "$workers.scriptVersion.id", "type": "string"},
            {"value": "$workers.event.response.status", "type": "number"},
        ],
        "limit": 1000,
    },
}


class CloudClient:
    """Every method raises `CloudError`. Only `deploy` changes something at Cloudflare."""

    def __init__(
        self,
        connection: Connection,
        *,
        send: Send = send_checked,
        clock: Callable[[], datetime] = timezone.now,
    ) -> None:
        self.connection = connection
        self._send, self._clock = send, clock
        self._rest = SharedBudget(connection.token)
        self._graphql = SharedBudget(connection.token, "graphql")

    # --- The token ------------------------------------------------------------------------------

    def verify_user_token(self) -> values.Token:
        return self._get("/user/tokens/verify", values.Token)

    def verify_account_token(self) -> values.Token:
        return self._get(f"{self._account}/tokens/verify", values.Token)

    def accounts(self) -> tuple[values.Account, ...]:
        return self._pages("/accounts", values.Account)

    # --- Workers --------------------------------------------------------------------------------

    def workers(self) -> tuple[values.Worker, ...]:
        """Newest deployment first."""
        path = f"{self._account}/workers/workers?order_by=deployed_on"
        return self._pages(path, values.Worker)

    def worker(self, name: str) -> values.Worker:
        return self._get(f"{self._account}/workers/workers/{quote(name, '')}", values.Worker)

    def versions(self, name: str) -> tuple[values.Version, ...]:
        """At most 100, newest first."""
        path = f"{self._script(name)}/versions?deployable=true"
        return self._get(path, values.VersionList).items

    def version(self, name: str, version_id: str) -> values.Version:
        return self._get(f"{self._script(name)}/versions/{quote(version_id, '')}", values.Version)

    def deployments(self, name: str) -> tuple[values.Deployment, ...]:
        """Newest first: the first one is live."""
        path = f"{self._script(name)}/deployments"
        return self._get(path, values.DeploymentList).deployments[:LATEST]

    def deploy(self, name: str, shares: Sequence[values.Share], message: str) -> values.Deployment:
        """Makes `shares` live. There is no condition: read before and after it."""
        body = {
            "strategy": "percentage",
            "versions": [msgspec.to_builtins(share) for share in shares],
            "annotations": {"workers/message": message},
        }
        envelope = self._call("POST", f"{self._script(name)}/deployments", body, write=True)
        try:
            return msgspec.json.decode(envelope.result, type=values.Deployment)
        except msgspec.MsgspecError as error:
            raise CloudError(Kind.UNSURE, messages.UNREADABLE) from error

    def routes(self, name: str) -> tuple[values.Route, ...]:
        path = f"{self._account}/workers/services/{quote(name, '')}/environments/production/routes"
        return self._get(f"{path}?show_zonename=true", tuple[values.Route, ...])

    def has_code(self, worker: str, version_id: str) -> bool:
        """Whether the version's modules can be read."""
        return bool(self.code(worker, version_id).modules)

    def code(self, worker: str, version_id: str) -> values.Code:
        """The modules of a version, of a Worker by its id or name."""
        worker, version = quote(worker, ""), quote(version_id, "")
        path = f"{self._account}/workers/workers/{worker}/versions/{version}?include=modules"
        return self._get(path, values.Code)

    def upload(
        self,
        name: str,
        metadata: Mapping[str, Any],
        modules: Sequence[tuple[str, str, bytes]],
    ) -> values.Version:
        """Adds a version of (name, content type, content) modules. Nothing becomes live."""
        files: list[tuple[str, Any]] = [
            ("metadata", (None, json.dumps(metadata).encode(), "application/json"))
        ]
        files += [(n, (n, content, kind)) for n, kind, content in modules]
        form = httpx.Request("POST", "https://form.invalid/", files=files)
        body = Multipart(form.read(), form.headers["Content-Type"])
        envelope = self._call("POST", f"{self._script(name)}/versions", body, write=True)
        try:
            return msgspec.json.decode(envelope.result, type=values.Version)
        except msgspec.MsgspecError as error:
            raise CloudError(Kind.UNSURE, messages.UNREADABLE) from error

    # --- Requests -------------------------------------------------------------------------------

    def open_tail(self, name: str, header: str = PROBE_HEADER) -> values.Tail:
        """Only requests with this header, or all where it is empty."""
        body = {"filters": [{"header": {"key": header}}] if header else []}
        envelope = self._call("POST", f"{self._script(name)}/tails", body)
        return self._decoded(envelope.result, values.Tail)

    def close_tail(self, name: str, tail_id: str) -> None:
        self._call("DELETE", f"{self._script(name)}/tails/{quote(tail_id, '')}", None)

    def telemetry(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """`telemetry/query`."""
        path = f"{self._account}/workers/observability/telemetry/query"
        return self._decoded(self._call("POST", path, body).result, dict[str, Any])

    def stored_logs(self, ray: str, sent_at: datetime) -> tuple[StoredLog, ...]:
        """Stored invocations of one request; empty if none was stored (yet)."""
        try:
            return logs_of(ray, self.telemetry(query_of(ray, sent_at)))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise CloudError(Kind.UNREADABLE, messages.UNREADABLE) from error

    def stored_requests(
        self, name: str, since: datetime, until: datetime, limit: int
    ) -> tuple[StoredRequest, ...]:
        """Stored invocations of a Worker, newest first, with the console lines among `limit`
        events."""
        try:
            return requests_of(self.telemetry(requests_query(name, since, until, limit)))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise CloudError(Kind.UNREADABLE, messages.UNREADABLE) from error

    def status_counts(self, since: datetime, until: datetime) -> tuple[values.StatusCount, ...]:
        """Logged requests by Worker, version and status; one query for all Workers."""
        frame = {"from": int(since.timestamp() * 1000), "to": int(until.timestamp() * 1000)}
        try:
            answer = self.telemetry({**STATUS_BY_VERSION, "timeframe": frame})
            return values.status_counts_of(answer)
        except (KeyError, TypeError, ValueError) as error:
            raise CloudError(Kind.UNREADABLE, messages.UNREADABLE) from error

    def counts(self, since: datetime, until: datetime) -> tuple[values.VersionCounts, ...]:
        """Requests by Worker and version; one query for all Workers."""
        data = self._query(BY_VERSION, self._between(since, until))
        return _parsed(values.counts_of, data)

    def minute_counts(
        self, name: str, since: datetime, until: datetime
    ) -> tuple[values.MinuteCounts, ...]:
        """Requests of one Worker by version and minute."""
        data = self._query(BY_MINUTE, self._between(since, until) | {"worker": name})
        return _parsed(values.minute_counts_of, data)

    # --- How ------------------------------------------------------------------------------------

    def _between(self, since: datetime, until: datetime) -> dict[str, str]:
        """Variables of a GraphQL query."""
        return {
            "tag": self.connection.account_id,
            "since": f"{since:%Y-%m-%dT%H:%M:%SZ}",
            "until": f"{until:%Y-%m-%dT%H:%M:%SZ}",
        }

    @property
    def _account(self) -> str:
        return f"/accounts/{quote(self.connection.account_id, '')}"

    def _script(self, name: str) -> str:
        return f"{self._account}/workers/scripts/{quote(name, '')}"

    def _get(self, path: str, shape: type[T]) -> T:
        return self._decoded(self._call("GET", path, None).result, shape)

    def _pages(self, path: str, shape: type[T]) -> tuple[T, ...]:
        """All pages of a list, `MOST_PAGES` at most."""
        rows: list[T] = []
        for page in range(1, MOST_PAGES + 1):
            joint = "&" if "?" in path else "?"
            envelope = self._call("GET", f"{path}{joint}page={page}&per_page={PAGE}", None)
            rows += self._decoded(envelope.result, list[shape])  # type: ignore[valid-type]
            info = self._decoded(envelope.result_info, values.PageInfo | None)  # type: ignore[arg-type]
            if info is None or info.page * (info.per_page or PAGE) >= info.total_count:
                break
        return tuple(rows)

    def _call(self, method: str, path: str, body: Any, *, write: bool = False) -> Envelope:
        self._rest.spend(self._clock().timestamp(), write=write)
        answer = exchange(self.connection, self._send, method, path, body, write=write)
        if not is_viewer_limit(answer):
            self._rest.note_answer(self._clock().timestamp(), answer.status, answer.headers)
        return envelope_of(answer, write=write)

    def _query(self, query: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        """GraphQL: its errors come with status 200."""
        self._graphql.spend(self._clock().timestamp(), write=False)
        body = {"query": query, "variables": variables}
        answer = exchange(self.connection, self._send, "POST", "/graphql", body, write=False)
        self._graphql.note_answer(self._clock().timestamp(), answer.status, answer.headers)
        if answer.status != 200:
            envelope_of(answer, write=False)
        try:
            given = json.loads(answer.text)
            errors, data = given.get("errors"), given.get("data")
        except (ValueError, AttributeError) as error:
            raise CloudError(Kind.UNREADABLE, messages.UNREADABLE) from error
        if errors or not isinstance(data, dict):
            raise _graphql_error(errors)
        return data

    def _decoded(self, raw: msgspec.Raw, shape: type[T]) -> T:
        try:
            return msgspec.json.decode(raw, type=shape, strict=False)
        except msgspec.MsgspecError as error:
            raise CloudError(Kind.UNREADABLE, messages.UNREADABLE) from error


def _parsed(parse: Callable[[Mapping[str, Any]], T], data: Mapping[str, Any]) -> T:
    try:
        return parse(data)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise CloudError(Kind.UNREADABLE, messages.UNREADABLE) from error


def _graphql_error(errors: Any) -> CloudError:
    first = errors[0] if isinstance(errors, list) and errors else {}
    text = str(first.get("message", ""))[:500] if isinstance(first, dict) else ""
    extensions = first.get("extensions") if isinstance(first, dict) else None
    code = extensions.get("code") if isinstance(extensions, dict) else None
    kind = Kind.FORBIDDEN if code == "authz" else Kind.REFUSED
    return CloudError(kind, messages.refused(text, 0, 200), status=200)
