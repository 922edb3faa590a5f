"""The access log: one JSON object a line, which `agent.ship` reads.

No query string (it may hold secrets) and no header but those the edge itself has
written, save whether the answer has a content type, and the version key: it tells callers apart.
Only the agent can read the log, and it ships how many callers there were, never who.
"""

from __future__ import annotations

from typing import Any

from routing.compile import names
from routing.compile.envoy.clusters import TYPE
from routing.compile.envoy.headers import CLIENT, route_says

FIELDS = {
    "line": "%UNIQUE_ID%",
    "ts": "%START_TIME(%s.%6f)%",
    "ray": "%REQ(cf-ray)%",
    "id": "%REQ(x-request-id)%",
    "method": "%REQ(:METHOD)%",
    "host": "%REQ(:AUTHORITY)%",
    "path": "%PATH(NQ)%",
    "proto": "%PROTOCOL%",
    "status": "%RESPONSE_CODE%",
    # Null when the client left before the end, so the coarser `ms` stays.
    "us": "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%",
    "ms": "%DURATION%",
    "rx": "%BYTES_RECEIVED%",
    "tx": "%BYTES_SENT%",
    # Its first letter, null without one: how an uncaught exception is told from a Worker's own 500.
    "typed": "%RESP(content-type):1%",
    "version": "%UPSTREAM_CLUSTER%",
    "route": "%ROUTE_NAME%",
    "outcome": f"%DYNAMIC_METADATA({names.DECISION}:{names.OUTCOME_HEADER})%",
    # The Worker of a version that answers at its own address; no route of its own says it.
    "preview": f"%DYNAMIC_METADATA({names.DECISION}:{names.PREVIEW_HEADER})%",
    "deployment": route_says("deployment"),
    "revision": route_says("revision"),
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "attempts": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    # The caller, also behind a proxy that is trusted; the direct peer otherwise.
    "client": CLIENT,
}
"""`version` is a cluster (`names.parse_cluster`); `route` and `outcome` together tell the reason
and the override's outcome (`names.reason`, `names.override_outcome`)."""


def access_log(listener: str) -> list[dict[str, Any]]:
    """The log of one of `names.LISTENERS`; inside, it also says which version called."""
    fields = {**FIELDS, "listener": listener}
    if listener != "proof":  # probes count for nothing, so nobody needs to tell them apart
        fields["key"] = f"%REQ({names.KEY}):64%"
    if listener == "internal":
        fields["caller"] = f"%REQ({names.CALLER_HEADER})%"
    config = {
        "@type": f"{TYPE}envoy.extensions.access_loggers.file.v3.FileAccessLog",
        "path": names.log_file(listener),
        "log_format": {"json_format": fields},
    }
    return [{"name": "file", "typed_config": config}]
