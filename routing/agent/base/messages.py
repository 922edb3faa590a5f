"""How a process ended, in words for people. Pure.

What a Worker prints is its own affair and stays in its output file; only the runtime's own words,
and those of the system below it, go into messages.
"""

from __future__ import annotations

import json
import signal

from routing.compile.workerd.config import HEAP_MB

_LONGEST = 2000
_NO_MEMORY = ("out of memory", "cannot allocate memory", "bad_alloc")
_AFTER_REASON = ("stack: ", "*** Received signal")
"""Lines that follow the reason of an end."""


def hung(seconds: float) -> str:
    """The watchdog's verdict."""
    return f"did not answer for {seconds:g} s and was replaced"


def ended(code: int | None, output: bytes) -> str:
    """A version that was running is not any more."""
    if out_of_memory(code, output):
        return _memory_ran_out(code, output)
    return _with_reason(f"ended by itself ({_code(code)})", output)


def not_started(code: int | None, output: bytes) -> str:
    """A version never became ready: workerd's own words, or how it ended."""
    if out_of_memory(code, output):
        return f"{_memory_ran_out(code, output)} while it started"
    said = "\n".join(runtime_words(output))
    return said[:_LONGEST] or f"could not start ({_code(code)})"


def _memory_ran_out(code: int | None, output: bytes) -> str:
    """Which limit it reached: V8 and the allocator say it in terms that name addresses."""
    said = "\n".join(runtime_words(output)).lower()
    if "heap out of memory" in said or "heap limit" in said:
        return f"ran out of memory (its JavaScript heap reached {HEAP_MB} MB)"
    if any(words in said for words in _NO_MEMORY):
        return "ran out of memory (its process reached the limit)"
    return f"was killed by the system ({_code(code)}), as happens when memory runs out"


def out_of_memory(code: int | None, output: bytes) -> bool:
    """Whether memory ran out: V8 says so at its heap's limit, the allocator at the process's limit;
    the kernel kills without a word, and nothing else but a hang ends in SIGKILL here."""
    if code == -signal.SIGKILL:
        return True
    said = "\n".join(runtime_words(output)).lower()
    return any(words in said for words in _NO_MEMORY)


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
