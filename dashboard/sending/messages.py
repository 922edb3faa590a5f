"""Why a request got no answer: title and text."""

from __future__ import annotations

from dashboard.sending.relay.loss import Loss
from routing.relayed_request import Failure

MAYBE = "The Worker may have acted anyway."
AWAY = "The edge is away"
NOT_SENT = "Not sent"
LATE = "No answer in time"
BROKEN = "The answer is broken"
LEFT = "The browser left."

NO_CONNECTION = "{edge} does not accept connections: {error}. Is it running?"
NOT_ACCEPTED = "The edge did not accept the connection within 2 s."
NO_HTTP = "{edge} sent no HTTP: {error}"
NOTHING_WITHIN = "Nothing came within {seconds:.0f} s. " + MAYBE
NOT_LOOPBACK = "The edge names a proof address that is not on this machine."

TOO_OLD = (
    "{edge} is on another machine, and its agent is too old to receive requests. Update the agent."
)
NOT_CONNECTED = "{edge} has not reported to the control plane for {seconds} s. Is it running?"
NO_EDGE = "No edge is connected. Start one, then send again."
UNKNOWN_EDGE = "There is no edge {edge!r}, or it has never reported. Choose another edge."

LOST = {
    Loss.not_taken: (
        AWAY,
        "{edge} is not connected to the control plane. Nothing was sent.",
    ),
    Loss.disconnected: (
        "Disconnected while sending",
        "{edge} lost its connection to the control plane before it answered. " + MAYBE,
    ),
    Loss.late: (LATE, "{edge} did not answer within {seconds:.0f} s. " + MAYBE),
    Loss.cancelled: ("Not waited for", "The browser left before an answer came. " + MAYBE),
    Loss.database: (NOT_SENT, "The control plane’s database is unavailable. Try again."),
}
FAILED = {
    Failure.unreachable: (AWAY, "Envoy at {edge} does not accept connections: {detail}."),
    Failure.late: (LATE, "Nothing came within {seconds:.0f} s at {edge}. " + MAYBE),
    Failure.broken: (BROKEN, "{edge} got no HTTP: {detail}. " + MAYBE),
    Failure.unknown_worker: (
        NOT_SENT,
        "{edge} does not have the Worker {worker}. It may not have the newest revision yet.",
    ),
    Failure.busy: (NOT_SENT, "Too many requests are waiting at {edge}. Try again."),
}
