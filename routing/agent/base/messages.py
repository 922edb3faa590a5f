"""Texts for people, about processes and the edge. Pure.

What a Worker prints stays in its output file; only the runtime's and the system's own lines go into
messages.
"""

from __future__ import annotations

import json
import signal

from routing.compile.names import SLOTS
from routing.compile.workerd.config import HEAP_MB
from routing.rules.permissions.permission import Fault

_LONGEST = 2000
_NO_MEMORY = ("out of memory", "cannot allocate memory", "bad_alloc")
_AFTER_REASON = ("stack: ", "*** Received signal")
"""Lines that follow the reason."""

NO_SNAPSHOT = "no snapshot yet: every request is answered with 503"
NO_FREE_SLOT = (
    f"waiting: {SLOTS} versions of this Worker run here, which is the limit. The next starts once "
    "one of those that leave has finished its requests"
)

STILL_WAITING = (
    "This edge does not know yet whether a Worker answers here: it is still waiting for its "
    "configuration. Try again in a few seconds."
)

# --- Addresses of versions ------------------------------------------------------------------------

PREVIEWS_OFF = "This edge runs only versions that are in a deployment."
PREVIEWS_BUSY = "Too many versions are in use at their own addresses. Try again soon."


def rate_limited(seconds: int) -> str:
    """`seconds` until the next try."""
    return f"Rate limit reached. Try again in {seconds} second{'' if seconds == 1 else 's'}."


def preview_unknown(error: object) -> str:
    """The control plane cannot be asked which version answers."""
    return f"Which version answers here is unknown: the control plane is unavailable ({error})."


def preview_failed(version_id: str, reason: str) -> str:
    """`reason` is why its process does not run."""
    return f"Version {version_id} does not start at this edge: {reason}"


def preview_late(version_id: str, seconds: float) -> str:
    """It did not become ready within `seconds`."""
    return f"Version {version_id} was not ready within {seconds:.0f} s."


# --- Shared links ---------------------------------------------------------------------------------

_ASK_AGAIN = "Ask for a new link."
LINK_REFUSED = {
    Fault.missing: (403, "This link has no permission in it.", "Copy the whole link."),
    Fault.malformed: (403, "This link is incomplete.", "Copy the whole link."),
    Fault.other_worker: (403, "This link is for another Worker.", _ASK_AGAIN),
    Fault.unknown_key: (410, "This link was signed with a key that is gone.", _ASK_AGAIN),
    Fault.forged: (403, "This link was changed after it was signed.", _ASK_AGAIN),
    Fault.other_host: (403, "This link is for another host name.", _ASK_AGAIN),
    Fault.other_version: (403, "This link is for another version.", _ASK_AGAIN),
    Fault.expired: (410, "This link has expired.", _ASK_AGAIN),
    Fault.revoked: (410, "This link was revoked.", _ASK_AGAIN),
}
"""Status, what is wrong, what to do."""
LINK_NOT_DEPLOYED = (
    404,
    "The version behind this link is not in the active deployment.",
    "It may have been replaced. Requests go to the versions that are live.",
)

# --- Ends of processes ----------------------------------------------------------------------------


def hung(seconds: float) -> str:
    return f"did not answer for {seconds:g} s and was replaced"


def ended(code: int | None, output: bytes) -> str:
    """Why a running version ended."""
    if out_of_memory(code, output):
        return _memory_ran_out(code, output)
    return _with_reason(f"ended by itself ({_code(code)})", output)


def not_started(code: int | None, output: bytes) -> str:
    """Why a version never became ready: workerd's own message, or its exit code."""
    if out_of_memory(code, output):
        return f"{_memory_ran_out(code, output)} while it started"
    said = "\n".join(runtime_words(output))
    return said[:_LONGEST] or f"could not start ({_code(code)})"


def _memory_ran_out(code: int | None, output: bytes) -> str:
    """Which limit was reached: V8 and the allocator only print addresses."""
    said = "\n".join(runtime_words(output)).lower()
    if "heap out of memory" in said or "heap limit" in said:
        return f"ran out of memory (its JavaScript heap reached {HEAP_MB} MB)"
    if any(words in said for words in _NO_MEMORY):
        return "ran out of memory (its process reached the limit)"
    return f"was killed by the system ({_code(code)}), as happens when memory runs out"


def out_of_memory(code: int | None, output: bytes) -> bool:
    """V8 and the allocator print a message at their limits. The kernel kills silently, and nothing
    else but a hang ends in SIGKILL here."""
    if code == -signal.SIGKILL:
        return True
    said = "\n".join(runtime_words(output)).lower()
    return any(words in said for words in _NO_MEMORY)


def runtime_words(output: bytes) -> list[str]:
    """The runtime's own lines: objects with a `timestamp`, or lines that are not objects."""
    found = []
    for line in output.decode("utf-8", "replace").splitlines():
        message = _message(line)
        if message:
            found.append(message.removeprefix("service main: "))
    return found


def _message(line: str) -> str:
    if not line.startswith("{"):
        return line.strip()
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    own = isinstance(entry, dict) and isinstance(entry.get("timestamp"), str)
    return str(entry.get("message", "")) if own else ""


def _with_reason(text: str, output: bytes) -> str:
    said = runtime_words(output)
    reasons = [line for line in said if not line.startswith(_AFTER_REASON)] or said
    return f"{text}: {reasons[-1]}"[:_LONGEST] if reasons else text


def _code(code: int | None) -> str:
    if code is None:
        return "exit code unknown: an earlier agent had started it"
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


NOT_JOINED = (
    "This edge has not joined: set SLUICE_EDGE_JOIN_TOKEN. The dashboard's Edges page creates one, "
    "or on the control plane: manage.py edge add --name NAME"
)
REMOVED = (
    "This edge was removed from the control plane: it has stopped serving, and deleted its "
    "credentials, its key, and the code, static assets and secrets of Workers. To use this machine "
    "again, add an edge on the control plane and start the agent with its join token."
)
