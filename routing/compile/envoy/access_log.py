"""The access log: one JSON object per line, for `routing.agent.access_log`.

No query string, as it may include secrets, and only headers that the edge itself sets, plus the
first letter of the response's content type, and the version key, to count callers. Only the agent
can read the log, and it ships the number of callers, never their keys.
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
    "method": "%REQ(:METHOD)%",
    "host": "%REQ(:AUTHORITY)%",
    "path": "%PATH(NQ)%",
    "status": "%RESPONSE_CODE%",
    # Null when the client left before the end, so the coarser `ms` stays.
    "us": "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%",
    "ms": "%DURATION%",
    "tx": "%BYTES_SENT%",
    # First letter, or null: distinguishes an uncaught exception from a Worker's own 500.
    "typed": "%RESP(content-type):1%",
    "version": "%UPSTREAM_CLUSTER%",
    "route": "%ROUTE_NAME%",
    "outcome": f"%DYNAMIC_METADATA({names.DECISION}:{names.OUTCOME_HEADER})%",
    # The Worker of a preview, which has no route of its own.
    "preview": f"%DYNAMIC_METADATA({names.DECISION}:{names.PREVIEW_HEADER})%",
    "deployment": route_says("deployment"),
    "flags": "%RESPONSE_FLAGS%",
    "details": "%RESPONSE_CODE_DETAILS%",
    # The caller, also behind a proxy that is trusted; the direct peer otherwise.
    "client": CLIENT,
}
"""`version` is a cluster (`names.parse_cluster`). `route` and `outcome` together give the reason
and the override's outcome (`names.reason`, `names.override_outcome`)."""


def access_log(listener: str) -> list[dict[str, Any]]:
    """The log of one of `names.LISTENERS`; that of `internal` includes the calling version."""
    fields = {**FIELDS, "listener": listener}
    if listener != "proof":  # requests of the dashboard are not counted as callers
        fields["key"] = f"%REQ({names.KEY}):64%"
    if listener == "internal":
        fields["caller"] = f"%REQ({names.CALLER_HEADER})%"
    config = {
        "@type": f"{TYPE}envoy.extensions.access_loggers.file.v3.FileAccessLog",
        "path": names.log_file(listener),
        "log_format": {"json_format": fields},
    }
    return [{"name": "file", "typed_config": config}]
