"""How a process ended, in words for people. Pure.

What a Worker prints is its own affair and stays in its output file; only the runtime's own words,
and those of the system below it, go into messages.
"""

from __future__ import annotations

import json
import signal

_LONGEST = 2000


def hung(seconds: float) -> str:
    """The watchdog's verdict."""
    return f"did not answer for {seconds:g} s and was replaced"


def ended(code: int, output: bytes) -> str:
    """A version that was running is not any more."""
    return _with_reason(f"ended by itself ({_code(code)})", output)


def not_started(code: int, output: bytes) -> str:
    """A version never became ready: workerd's own words, or how it ended."""
    said = "\n".join(runtime_words(output))
    return said[:_LONGEST] or f"could not start ({_code(code)})"


def runtime_words(output: bytes) -> list[str]:
    """The runtime's lines: an object with a `source`, or no object at all."""
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
    return f"{text}: {said[-1]}"[:_LONGEST] if said else text


def _code(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
